"""Clients side by side: each in a process of its own, round after round, compared by paired rounds."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Self

__all__ = [
    "Contender",
    "Measured",
    "Rounds",
    "compete",
    "median_of",
    "ratio_of",
    "resident",
    "runner_of",
    "serve",
]

GENERATIONS = 12
"""Processes that measure one after the other, where there are rounds enough for two each."""

Measured = dict[str, float]
Rounds = Mapping[str, Sequence[Measured]]
"""What each contender measured, round by round."""


class Contender:
    """The process of one client; it measures a round whenever it is told to."""

    def __init__(self, *command: str) -> None:
        self._command = [sys.executable, "-m", *command]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def measure(self) -> Measured:
        """Have one round measured; it raises when the process has failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._command)} ended with {self._process.wait()}")
        measured: Measured = json.loads(line)
        return measured

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def compete(contenders: Mapping[str, Sequence[str]], rounds: int) -> Rounds:
    """Measure that many rounds of each contender, a few in each generation of processes.

    Where its memory happens to lie makes one process slower than the next of the same program, for as long as
    it lives. Who goes first alternates, so that a machine that changes its speed favours none.
    """
    found: dict[str, list[Measured]] = {name: [] for name in contenders}
    generation = max(2, rounds // GENERATIONS)
    for begun in range(0, rounds, generation):
        _measure_generation(contenders, range(begun, min(begun + generation, rounds)), found)
    return found


def _measure_generation(
    contenders: Mapping[str, Sequence[str]], numbers: range, found: dict[str, list[Measured]]
) -> None:
    """Start all contenders, and measure these rounds after one that does not count."""
    with ExitStack() as stack:
        started = {name: stack.enter_context(Contender(*command)) for name, command in contenders.items()}
        for contender in started.values():
            contender.measure()
        for number in numbers:
            for name in sorted(started, reverse=number % 2 == 1):
                found[name].append(started[name].measure())


def ratio_of(rounds: Rounds, ours: str, theirs: str, key: str) -> float:
    """Give how many times theirs ours is: the median over paired rounds."""
    return median(a[key] / b[key] for a, b in zip(rounds[ours], rounds[theirs], strict=True))


def median_of(rounds: Rounds, name: str, key: str) -> float:
    """Give what the contender measured in its middle round."""
    return median(each[key] for each in rounds[name])


def resident() -> int:
    """Run in the contender's process: give the bytes of memory that it holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def runner_of(loop: str) -> asyncio.Runner:
    """Run in the contender's process: make the loop of this name."""
    if loop == "asyncio":
        return asyncio.Runner()
    import uvloop

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def serve(measure: Callable[[], Any]) -> None:
    """Run in the contender's process: measure a round for every line."""
    for _ in sys.stdin:
        print(json.dumps(measure()), flush=True)
