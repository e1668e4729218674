"""Soak: traffic of every kind, with faults, leaves memory, descriptors and tasks as they were.

The traffic runs in a process of its own (soak_traffic.py), the platforms in another. After each round, when
all work is at rest and garbage is collected, memory is read: the bytes that the C library has given out, and
the blocks that Python's allocator has. A leak is in one of the two. The pages that the kernel counts (RSS)
grow a little without any: a page stays as long as a single block on it is in use. A third of the rounds warms
up; of the others, the median of the first few is held against that of the last few.

Half an hour of it: ``python -m pytest -m full tests/proofs/test_proof_soak.py``.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec
import pytest
from soak_traffic import Round

TRAFFIC = Path(__file__).with_name("soak_traffic.py")
SHORT, LONG = 40, 1_800
"""Seconds."""
CONTROL = 25
AMPLE = 120
"""Seconds that beginning and ending take at most."""
MOST_GROWTH = {"heap": 0.01, "blocks": 0.01, "resident": 0.05}
FEW = 3
LEAK = 4_096
Record = Callable[[str, object], None]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def soak(seconds: int, *, leak: int = 0) -> list[Round]:
    done = subprocess.run(
        [sys.executable, str(TRAFFIC), str(seconds), str(leak)],
        check=True,
        stdout=subprocess.PIPE,
        timeout=seconds + AMPLE,
    )
    return [msgspec.json.decode(line, type=Round) for line in done.stdout.splitlines()]


def growth(figures: list[int]) -> float:
    """Give the share by which a figure grew after the warm-up."""
    warm = figures[len(figures) // 3 :]
    return median(warm[-FEW:]) / median(warm[:FEW]) - 1


def left(rounds: list[Round]) -> list[str]:
    """Name what there is more of at the end."""
    first, last = rounds[len(rounds) // 3], rounds[-1]
    found = [
        f"{name} grew by {share:.2%}"
        for name, most in MOST_GROWTH.items()
        if (share := growth([getattr(each, name) for each in rounds])) > most
    ]
    if last.descriptors > first.descriptors:
        found.append(f"{last.descriptors - first.descriptors} descriptors")
    if last.tasks > 1:
        found.append(f"{last.tasks - 1} tasks")
    if last.busy:
        found.append(f"{last.busy} slots, waits or tasks of the clients")
    return found


def _prove(seconds: int, record: Record) -> None:
    rounds = soak(seconds)
    record("cases", rounds[-1].calls)

    assert left(rounds) == []
    assert rounds[-1].failures > 0


def test_traffic_with_faults_leaves_nothing(record_property: Record) -> None:
    _prove(SHORT, record_property)


@pytest.mark.full
def test_half_an_hour_of_traffic_with_faults_leaves_nothing(record_property: Record) -> None:
    _prove(LONG, record_property)


@pytest.mark.control
def test_a_client_that_leaks_a_little_with_each_call_is_seen() -> None:
    assert any("heap grew" in each for each in left(soak(CONTROL, leak=LEAK)))
