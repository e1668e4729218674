"""What stays the same when there is more to do: processor time of a call, and memory."""

from __future__ import annotations

from statistics import median

from benchmarks._contest import Contender, compete
from benchmarks._light_server import light_server
from benchmarks.harness import QUICK_ROUNDS, ROUNDS, Report, Result, judge

QUESTION = "Does a call cost the same with 1,000 at once, and does memory stay flat over a million?"

CALLS, QUICK_CALLS = 10_000, 5_000
FEW, MANY = 100, 1_000
ENDURED, QUICK_ENDURED = 1_000_000, 50_000
PARTS = 10
KINDS = {"flexsdk": f"on {MANY:,} connections", "flexsdk_few_connections": f"on {FEW} connections"}


def run(*, quick: bool) -> Report:
    return Report([*_at_once(quick=quick), _memory(QUICK_ENDURED if quick else ENDURED)])


def _at_once(*, quick: bool) -> list[Result]:
    calls = str(QUICK_CALLS if quick else CALLS)
    with light_server() as server:
        commands = {
            kind: ("benchmarks._unary_client", kind, server.url, "asyncio", calls, str(FEW), str(MANY))
            for kind in KINDS
        }
        rounds = compete(commands, QUICK_ROUNDS if quick else ROUNDS)
    return [
        judge(
            "scale",
            f"CPU of a call, {MANY:,} at once over {FEW}, {connections}",
            median(each[str(MANY)] / each[str(FEW)] for each in rounds[kind]),
            "x",
            better="lower",
            goal=1.1,
            least=1.25,
        )
        for kind, connections in KINDS.items()
    ]


def _memory(calls: int) -> Result:
    """Compare what is held after a first tenth of the calls with what is held after all that follow."""
    part = str(calls // PARTS)
    with (
        light_server() as server,
        Contender("benchmarks._unary_client", "flexsdk", server.url, "asyncio", part, str(FEW)) as contender,
    ):
        held = [contender.measure()["resident"] for _ in range(PARTS + 1)]
    return judge(
        "scale",
        f"memory held, {calls:,} calls later",
        (held[-1] - held[0]) / 1024,
        "KiB more",
        better="lower",
        goal=512,
        least=2_048,
    )
