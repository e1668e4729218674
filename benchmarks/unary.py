"""What a typed call costs, beside a call by hand and the calls of other clients."""

from __future__ import annotations

from benchmarks._contest import Rounds, compete, ratio_of
from benchmarks._light_server import LightServer
from benchmarks._unary_client import AT_ONCE
from benchmarks.harness import QUICK_ROUNDS, ROUNDS, Result, judge

QUESTION = "What does a typed call cost, against session.get and msgspec by hand?"

CALLS, QUICK_CALLS = 3_000, 1_000
PEER_CALLS = 600
OURS = ("bare", "flexsdk", "flexsdk_two_hooks", "flexsdk_middleware")
PEERS = {"openai": (10, 8), "anthropic": (10, 8), "openai_aiohttp": (6, 5), "anthropic_aiohttp": (6, 5)}
"""How many times cheaper we want to be: the goal, and the least."""


def run(*, quick: bool) -> list[Result]:
    results = []
    for loop in ("asyncio", "uvloop"):
        rounds = _contest(loop, quick=quick)
        results += [*_bare(loop, rounds), *_more(loop, rounds), *_peers(loop, rounds)]
    return results


def _contest(loop: str, *, quick: bool) -> Rounds:
    calls = QUICK_CALLS if quick else CALLS
    with LightServer() as server:
        commands = {
            kind: (
                "benchmarks._unary_client",
                kind,
                server.url,
                loop,
                str(calls if kind in OURS else PEER_CALLS),
            )
            for kind in (*OURS, *PEERS)
        }
        return compete(commands, QUICK_ROUNDS if quick else 2 * ROUNDS)


def _bare(loop: str, rounds: Rounds) -> list[Result]:
    return [
        judge(
            "unary",
            f"{loop}, {n} at once: CPU of a call",
            ratio_of(rounds, "flexsdk", "bare", str(n)),
            "x by hand",
            better="lower",
            goal=0.95,
            least=1.05,
        )
        for n in AT_ONCE
    ]


def _more(loop: str, rounds: Rounds) -> list[Result]:
    return [
        judge(
            "unary",
            f"{loop}: one {what} more",
            ratio_of(rounds, kind, "flexsdk", "16"),
            "x without",
            better="lower",
            goal=1.02,
            least=1.03,
        )
        for what, kind in (("hook", "flexsdk_two_hooks"), ("middleware", "flexsdk_middleware"))
    ]


def _peers(loop: str, rounds: Rounds) -> list[Result]:
    return [
        judge(
            "unary",
            f"{loop}: {kind.replace('_', ' on ')} against us",
            ratio_of(rounds, kind, "flexsdk", "16"),
            "x our CPU",
            better="higher",
            goal=goal,
            least=least,
        )
        for kind, (goal, least) in PEERS.items()
    ]
