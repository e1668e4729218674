"""What open streams cost while a token a second comes on each, beside aiohttp by hand and openai."""

from __future__ import annotations

from statistics import median

from benchmarks._contest import Contender, Measured
from benchmarks._light_server import light_server
from benchmarks.harness import QUICK_ROUNDS, Figures, Report, Result, judge

QUESTION = "What do thousands of open streams cost, in memory and CPU an event, against aiohttp by hand?"

SECONDS, QUICK_SECONDS = 6.0, 3.0
COUNTS, QUICK_COUNTS = (1_000, 5_000), (1_000,)
PEER_STREAMS = 500
MEASURES = (("memory of a stream", "kib", "KiB"), ("CPU of an event", "us", "µs"))

Pairs = list[tuple[Measured, Measured]]


def run(*, quick: bool) -> Report:
    results: list[Result] = []
    figures: Figures = {}
    for streams in QUICK_COUNTS if quick else COUNTS:
        pairs = _pairs("bare", streams, QUICK_ROUNDS, quick=quick)
        results += _against_bare(streams, pairs)
        for what, key, unit in MEASURES:
            costs = {"aiohttp by hand": _of(pairs, 1, key), "flexsdk": _of(pairs, 0, key)}
            figures[f"{streams:,} open streams: {what}, {unit}"] = costs
    return Report([*results, *_against_openai(_pairs("openai", PEER_STREAMS, 1, quick=True))], figures)


def _pairs(peer: str, streams: int, rounds: int, *, quick: bool) -> Pairs:
    """Measure in fresh processes, so that memory is not what an earlier round has left."""
    seconds = QUICK_SECONDS if quick else SECONDS
    return [(_round("flexsdk", streams, seconds), _round(peer, streams, seconds)) for _ in range(rounds)]


def _round(kind: str, streams: int, seconds: float) -> Measured:
    with (
        light_server() as server,
        Contender("benchmarks._stream_client", kind, server.url, str(streams), str(seconds)) as contender,
    ):
        return contender.measure()


def _of(pairs: Pairs, which: int, key: str) -> float:
    return median(pair[which][key] for pair in pairs)


def _against_bare(streams: int, pairs: Pairs) -> list[Result]:
    return [
        judge(
            "streams",
            f"{streams:,} open: {what}",
            median(ours[key] / bare[key] for ours, bare in pairs),
            "x by hand",
            better="lower",
            goal=1.15,
            least=1.3,
        )
        for what, key, _ in MEASURES
    ]


def _against_openai(pairs: Pairs) -> list[Result]:
    return [
        judge(
            "streams",
            f"{PEER_STREAMS} open: openai's {what} against ours",
            median(theirs[key] / ours[key] for ours, theirs in pairs),
            "x ours",
            better="higher",
            goal=2.0,
            least=1.5,
        )
        for what, key, _ in MEASURES
    ]
