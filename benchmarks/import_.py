"""What the import of the package, and the building of a client, cost a program."""

from __future__ import annotations

import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from benchmarks.harness import QUICK_ROUNDS, ROUNDS, Figures, Report, Result, judge

QUESTION = "What do `import flexsdk` and a first client add to the start of a program?"

CLIENTS = ("Flapjack", "Fleece", "FlexOrch", "Flextell", "Platform")
BARE, BASE = "a bare interpreter", "aiohttp, msgspec, anyio"
PROGRAMS = {
    BARE: "pass",
    "flexsdk imported": "import flexsdk",
    BASE: "import aiohttp, msgspec, anyio",
    **{f"flexsdk {name} built": f"import flexsdk; flexsdk.{name}('fj_test_0')" for name in CLIENTS},
}
COUNT_AIOHTTP = "import flexsdk, sys; print(sum(name.partition('.')[0] == 'aiohttp' for name in sys.modules))"

Rounds = list[dict[str, float]]
"""Milliseconds of processor time of each program, round by round."""


def run(*, quick: bool) -> Report:
    rounds = _rounds(QUICK_ROUNDS if quick else ROUNDS)
    added = median(each["flexsdk imported"] - each[BARE] for each in rounds)
    loaded = int(_python(COUNT_AIOHTTP))
    results = [
        judge("import", "import over a bare interpreter", added, "ms", better="lower", goal=15, least=25),
        judge("import", "aiohttp modules loaded by it", loaded, "modules", better="lower", goal=0, least=0),
        *(_client(name, rounds) for name in CLIENTS),
    ]
    return Report(results, _figures(rounds))


def _rounds(count: int) -> Rounds:
    """Start all programs in turn, forwards and backwards; the first round, which compiles, does not count."""
    rounds = []
    for number in range(count + 1):
        order = sorted(PROGRAMS, reverse=number % 2 == 1)
        rounds.append({name: _milliseconds(PROGRAMS[name]) for name in order})
    return rounds[1:]


def _client(name: str, rounds: Rounds) -> Result:
    """Compare what the two add to a bare interpreter, so that its own start hides nothing."""
    ours = f"flexsdk {name} built"
    built = median((each[ours] - each[BARE]) / (each[BASE] - each[BARE]) for each in rounds)
    case = f"{name} built, over importing {BASE}"
    return judge("import", case, built, "x", better="lower", goal=1.10, least=1.25)


def _figures(rounds: Rounds) -> Figures:
    middle = {name: median(each[name] for each in rounds) for name in PROGRAMS}
    return {"Processor time of a program in ms, from start to end": middle}


def _milliseconds(code: str) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    _python(code)
    after = getrusage(RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _python(code: str) -> bytes:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True).stdout
