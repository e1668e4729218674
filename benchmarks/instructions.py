"""Instructions of a typed call, counted by callgrind: the same on a busy machine as on a quiet one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from benchmarks._light_server import LightServer
from benchmarks.harness import Result, judge

QUESTION = "How many instructions does a typed call take, against session.get and msgspec by hand?"

FEW, MANY = 20, 120
_TOTAL = re.compile(r"Collected : (\d+)")


def run(*, quick: bool) -> list[Result]:
    """Count both; needs ``valgrind`` on the PATH."""
    with LightServer() as server:
        ours, bare = (_a_call(kind, server.url) for kind in ("flexsdk", "bare"))
    case = "instructions of a call, one at a time"
    return [judge("instructions", case, ours / bare, "x by hand", better="lower", goal=0.95, least=1.1)]


def _a_call(kind: str, url: str) -> float:
    """What start and imports take is taken off."""
    return (_count(kind, url, MANY) - _count(kind, url, FEW)) / (MANY - FEW)


def _count(kind: str, url: str, calls: int) -> int:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise SystemExit("instructions needs valgrind: apt-get install valgrind")
    command = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, "-m", "benchmarks._counted", kind, url, str(calls)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    found = _TOTAL.search(done.stderr)
    if done.returncode or found is None:
        raise RuntimeError(f"callgrind failed:\n{done.stderr[-2000:]}")
    return int(found[1])
