"""What 1,000 relayed streams cost a FastAPI server, beside a relay on FastAPI and aiohttp by hand."""

from __future__ import annotations

from statistics import median

from benchmarks._contest import Contender, Measured
from benchmarks._light_server import light_server
from benchmarks.harness import QUICK_ROUNDS, Report, Result, judge

QUESTION = "What does a relayed stream cost, in memory and CPU an event, against FastAPI and aiohttp by hand?"

BROWSERS = 1_000
SECONDS, QUICK_SECONDS = 6.0, 3.0
PAIRS = {"relay": "events_by_hand", "passthrough": "bytes_by_hand"}
"""Each of ours beside what one writes by hand to the same end."""


def run(*, quick: bool) -> Report:
    seconds = QUICK_SECONDS if quick else SECONDS
    results: list[Result] = []
    for ours, theirs in PAIRS.items():
        pairs = [(_round(ours, seconds), _round(theirs, seconds)) for _ in range(QUICK_ROUNDS)]
        results += _judged(ours, pairs)
    return Report(results)


def _round(kind: str, seconds: float) -> Measured:
    """Measure in a fresh process, so that memory is not what an earlier round has left."""
    with (
        light_server() as server,
        Contender("benchmarks._relay_server", kind, server.url, str(BROWSERS), str(seconds)) as contender,
    ):
        return contender.measure()


def _judged(kind: str, rounds: list[tuple[Measured, Measured]]) -> list[Result]:
    costs = [
        judge(
            "relay",
            f"{kind}, {BROWSERS:,} open: {what} ({_of(rounds, 0, key):.3g} {unit} against "
            f"{_of(rounds, 1, key):.3g})",
            median(ours[key] / theirs[key] for ours, theirs in rounds),
            "x by hand",
            better="lower",
            goal=1.0,
            least=1.2,
        )
        for what, key, unit in (("memory of a stream", "kib", "KiB"), ("CPU of an event", "us", "µs"))
    ]
    leaving = judge(
        "relay",
        f"{kind}, {BROWSERS:,} open: one more leaves, until the platform knows",
        max(ours["ms"] for ours, _ in rounds),
        "ms",
        better="lower",
        goal=50.0,
        least=100.0,
    )
    return [*costs, leaving]


def _of(rounds: list[tuple[Measured, Measured]], which: int, key: str) -> float:
    return median(pair[which][key] for pair in rounds)
