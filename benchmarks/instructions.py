"""Instructions counted by callgrind: the same on a busy machine as on a quiet one, so CI can hold them.

The bars are no goals but a guard: a little above what was counted last, so that what makes calls, streams or
the start of a program dearer is seen. System calls are not counted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks._light_server import light_server
from benchmarks.harness import Report, Result, judge

QUESTION = "How many instructions do a call, an event and an import take, against a program by hand?"

STEPS = ("start", "import", "build", "open", "calls", "warm stream", "stream")
"""What is done before the first mark of ``_counted``, between the first and the second, and so on."""
_TOTAL = re.compile(rb"^totals: (\d+)", re.MULTILINE)

Counts = dict[str, int]


def run(*, quick: bool) -> Report:
    """Count all of it, quick or not; needs ``valgrind`` on the PATH."""
    with light_server() as server, ThreadPoolExecutor() as threads:
        ours, bare = threads.map(partial(_count, server.url), ("flexsdk", "bare"))
    return Report(_judged(ours, bare))


def _judged(ours: Counts, bare: Counts) -> list[Result]:
    imported = bare["import"]
    built = ours["import"] + ours["build"]
    return [
        _result("a call, one at a time", ours["calls"] / bare["calls"], 0.95, 1.03),
        _result("an event, from a socket", ours["stream"] / bare["stream"], 1.2, 1.28),
        _result("import flexsdk, over aiohttp, msgspec and anyio", ours["import"] / imported, 0.01, 0.05),
        _result("a first Flapjack client, over the same imports", built / imported, 1.2, 1.3),
    ]


def _result(case: str, value: float, goal: float, least: float) -> Result:
    return judge("instructions", case, value, "x by hand", better="lower", goal=goal, least=least)


def _count(url: str, kind: str) -> Counts:
    """Give the instructions of each step."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("instructions needs valgrind: apt-get install valgrind")
    command = [sys.executable, "-m", "benchmarks._counted", kind, url]
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tool=callgrind", "--dump-before=getpgid", f"--callgrind-out-file={folder}/out"]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            [valgrind, *options, *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"callgrind failed:\n{done.stderr[-2000:]}")
        return {step: _total(Path(folder) / f"out.{number}") for number, step in enumerate(STEPS, 1)}


def _total(part: Path) -> int:
    found = _TOTAL.search(part.read_bytes())
    assert found is not None, f"{part} has no totals"
    return int(found[1])
