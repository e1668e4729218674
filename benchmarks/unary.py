"""What a typed call costs, beside a call by hand and the calls of other clients."""

from __future__ import annotations

from statistics import median

from benchmarks._contest import Rounds, compete, median_of, ratio_of
from benchmarks._light_server import light_server
from benchmarks.harness import Better, Figures, Report, Result, judge

QUESTION = "What does a typed call cost, against session.get and msgspec by hand?"

CALLS, PEER_CALLS = 500, 100
"""In a round: short ones, many of them, meet a noisy machine in the same mood."""
ROUNDS, QUICK_ROUNDS = 60, 12
AT_ONCE = (1, 16, 100)
WITH_PEERS = 16
OURS = ("bare", "flexsdk")
PEERS = {
    "openai": (10, 8),
    "anthropic": (10, 8),
    "openai_aiohttp": (6, 5),
    "anthropic_aiohttp": (6, 5),
    "githubkit": (6, 5),
    "azure_core": (3, 2),
    "aiohttp_retry": (1.05, 0.95),
    "tenacity": (1.05, 0.95),
}
"""How many times cheaper we want to be: the goal, and the least."""
LABELS = {"bare": "aiohttp + msgspec by hand", "aiohttp_retry": "aiohttp-retry", "azure_core": "azure-core"}


def run(*, quick: bool) -> Report:
    results: list[Result] = []
    figures: Figures = {}
    for loop in ("asyncio", "uvloop"):
        rounds = _contest(loop, quick=quick)
        more = _contest_of_more(loop, quick=quick)
        results += [*_bare(loop, rounds), *_more(loop, more), *_peers(loop, rounds)]
        if not figures:
            figures = {_TITLE: _costs(rounds)}
    return Report(results, figures)


_TITLE = f"Processor time of a typed GET in µs, {WITH_PEERS} at the same time, asyncio"


def _contest(loop: str, *, quick: bool) -> Rounds:
    many, one = [str(CALLS), *map(str, AT_ONCE)], [str(PEER_CALLS), str(WITH_PEERS)]
    with light_server() as server:
        commands = {
            kind: ("benchmarks._unary_client", kind, server.url, loop, *(many if kind in OURS else one))
            for kind in (*OURS, *PEERS)
        }
        return compete(commands, QUICK_ROUNDS if quick else ROUNDS)


def _contest_of_more(loop: str, *, quick: bool) -> Rounds:
    with light_server() as server:
        command = ("benchmarks._more_client", server.url, loop, str(CALLS), str(WITH_PEERS))
        return compete({"ours": command}, QUICK_ROUNDS if quick else ROUNDS)


def _result(case: str, value: float, unit: str, better: Better, bar: tuple[float, float]) -> Result:
    return judge("unary", case, value, unit, better=better, goal=bar[0], least=bar[1])


def _bare(loop: str, rounds: Rounds) -> list[Result]:
    return [
        _result(
            f"{loop}, {number} at once: CPU of a call",
            ratio_of(rounds, "flexsdk", "bare", str(number)),
            "x by hand",
            "lower",
            (0.95, 1.05),
        )
        for number in AT_ONCE
    ]


def _more(loop: str, rounds: Rounds) -> list[Result]:
    return [
        _result(
            f"{loop}: one {what} more",
            median(each[what] / each["plain"] for each in rounds["ours"]),
            "x without",
            "lower",
            (1.02, 1.03),
        )
        for what in ("hook", "middleware")
    ]


def _peers(loop: str, rounds: Rounds) -> list[Result]:
    return [
        _result(
            f"{loop}: {_label(kind)} against us",
            ratio_of(rounds, kind, "flexsdk", str(WITH_PEERS)),
            "x our CPU",
            "higher",
            bar,
        )
        for kind, bar in PEERS.items()
    ]


def _costs(rounds: Rounds) -> dict[str, float]:
    costs = {_label(kind): median_of(rounds, kind, str(WITH_PEERS)) for kind in ("bare", "flexsdk", *PEERS)}
    return dict(sorted(costs.items(), key=lambda each: each[1]))


def _label(kind: str) -> str:
    return LABELS.get(kind, kind.replace("_", " on "))
