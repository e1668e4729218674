"""What a typed event of a fast stream costs over a socket, beside aiohttp by hand and openai."""

from __future__ import annotations

from itertools import product

from benchmarks._contest import Rounds, compete, median_of, ratio_of
from benchmarks._light_server import light_server
from benchmarks.harness import Figures, Report, Result, judge

QUESTION = "What does a typed event cost over a socket, against iter_any and msgspec by hand?"

EVENTS = 4_800
ROUNDS, QUICK_ROUNDS = 48, 12
CHUNKS = {1: "an event a chunk", 64: "64 events a chunk"}
"""How platforms send them, and how a proxy that buffers does."""
LABELS = {"bare": "aiohttp + msgspec by hand", "flexsdk": "flexsdk", "openai": "openai"}


def run(*, quick: bool) -> Report:
    results: list[Result] = []
    figures: Figures = {}
    for (size, what), loop in product(CHUNKS.items(), ("asyncio", "uvloop")):
        case = f"{loop}, {what}"
        rounds = _contest(size, loop, quick=quick)
        results += _judged(case, rounds)
        title = f"Processor time from socket to typed event in µs, {case}"
        figures[title] = {label: median_of(rounds, kind, "us") for kind, label in LABELS.items()}
    return Report(results, figures)


def _contest(size: int, loop: str, *, quick: bool) -> Rounds:
    arguments = [loop, str(EVENTS), str(size)]
    with light_server() as server:
        commands = {kind: ("benchmarks._event_client", kind, server.url, *arguments) for kind in LABELS}
        return compete(commands, QUICK_ROUNDS if quick else ROUNDS)


def _judged(case: str, rounds: Rounds) -> list[Result]:
    ours, openai = ratio_of(rounds, "flexsdk", "bare", "us"), ratio_of(rounds, "openai", "flexsdk", "us")
    return [
        judge("events", f"{case}: CPU of one", ours, "x by hand", better="lower", goal=1.15, least=1.3),
        judge("events", f"{case}: openai against us", openai, "x ours", better="higher", goal=8, least=5),
    ]
