"""What open streams cost while a token a second comes on each, beside aiohttp by hand and openai."""

from __future__ import annotations

from statistics import median

from benchmarks._contest import Contender, Measured
from benchmarks._light_server import LightServer
from benchmarks.harness import Result, judge

QUESTION = "What do thousands of open streams cost, in memory and CPU an event, against aiohttp by hand?"

SECONDS, QUICK_SECONDS = 6.0, 3.0
ROUNDS, QUICK_ROUNDS = 3, 1
PEER_STREAMS = 500


def run(*, quick: bool) -> list[Result]:
    counts = (1_000,) if quick else (1_000, 2_000, 5_000)
    results = []
    for streams in counts:
        found = {kind: _rounds(kind, streams, quick=quick) for kind in ("bare", "flexsdk")}
        results += _against_bare(streams, found)
    ours, theirs = (_rounds(kind, PEER_STREAMS, quick=True)[0] for kind in ("flexsdk", "openai"))
    return [*results, *_against_openai(ours, theirs)]


def _rounds(kind: str, streams: int, *, quick: bool) -> list[Measured]:
    """Measure in fresh processes, so that memory is not what an earlier round has left."""
    seconds = QUICK_SECONDS if quick else SECONDS
    return [_round(kind, streams, seconds) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]


def _round(kind: str, streams: int, seconds: float) -> Measured:
    with (
        LightServer() as server,
        Contender("benchmarks._stream_client", kind, server.url, str(streams), str(seconds)) as contender,
    ):
        return contender.measure()


def _against_bare(streams: int, found: dict[str, list[Measured]]) -> list[Result]:
    def of(kind: str, key: str) -> float:
        return median(each[key] for each in found[kind])

    return [
        judge(
            "streams",
            f"{streams:,} open: {what} ({of('flexsdk', key):.3g} {unit} against {of('bare', key):.3g})",
            of("flexsdk", key) / of("bare", key),
            "x by hand",
            better="lower",
            goal=1.15,
            least=1.3,
        )
        for what, key, unit in (("memory of a stream", "kib", "KiB"), ("CPU of an event", "us", "µs"))
    ]


def _against_openai(ours: Measured, theirs: Measured) -> list[Result]:
    return [
        judge(
            "streams",
            f"{PEER_STREAMS} open: openai's {what} against ours",
            theirs[key] / ours[key],
            "x ours",
            better="higher",
            goal=2.0,
            least=1.5,
        )
        for what, key in (("memory of a stream", "kib"), ("CPU of an event", "us"))
    ]
