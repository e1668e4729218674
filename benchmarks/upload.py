"""Large files up and down, beside aiohttp by hand: processor time, and whether memory stays flat."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks._upload_server import upload_server
from benchmarks.harness import Measure, Report, Result, judge, ratio

QUESTION = "What does a large file cost, and does memory stay flat?"

MIB = 1024 * 1024
SIZE = 64 * MIB
MOST_GROWTH = 8.0
"""MiB above the start of the transfer."""
MOST_CPU = 1.3
"""Times the processor time of a client written by hand."""


def run(*, quick: bool) -> Report:
    with tempfile.TemporaryDirectory() as folder, upload_server(SIZE) as server:
        paths = [_file(Path(folder) / "small.txt", MIB), _file(Path(folder) / "large.txt", SIZE)]
        places = [server.url, *paths]
        results = [_compare(what, places, quick=quick) for what in ("upload", "download")]
    return Report([result for each in results for result in each])


def _file(path: Path, size: int) -> str:
    with path.open("wb") as file:
        file.truncate(size)
    return str(path)


def _compare(what: str, places: list[str], *, quick: bool) -> list[Result]:
    growth: dict[str, list[int]] = {"flexsdk": [], "aiohttp": []}
    ours, theirs = (_measure([who, what, *places], growth[who]) for who in growth)
    cpu = ratio(ours, theirs, quick=quick)
    case = f"{what}, {SIZE // MIB} MiB"
    peak, control = (max(each) / MIB for each in growth.values())
    return [
        judge("upload", f"{case}: CPU", cpu, "x aiohttp by hand", better="lower", goal=1.1, least=MOST_CPU),
        judge("upload", f"{case}: memory", peak, "MiB", better="lower", goal=4.0, least=MOST_GROWTH),
        judge(
            "upload", f"{case}: memory by hand", control, "MiB", better="lower", goal=4.0, least=SIZE / MIB
        ),
    ]


def _measure(arguments: list[str], growth: list[int]) -> Measure:
    command = [sys.executable, "-m", "benchmarks._upload_client", *arguments]

    def measure() -> float:
        seconds, grown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        growth.append(int(grown))
        return float(seconds)

    return measure
