"""Lists in pages: what a page costs beside a loop by hand and the peers, and whether waiting is hidden."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks._pages_server import ITEMS, PageServer
from benchmarks._pages_walkers import KEY, WALKERS, Walker
from benchmarks._svg import bars, save
from benchmarks.harness import QUICK_ROUNDS, ROUNDS, Result, judge
from flexsdk import FlexOrch, Platform

QUESTION = "What does a page of a list cost, and does the consumer wait for the next?"

PAGES = 100
SERVER_SECONDS = 0.020
WORK_SECONDS = 0.010
WALKED_PAGES = 1_000
AT_ONCE = 8

Rounds = list[dict[str, float]]
"""Processor seconds of a page by walker, round by round."""


def run(*, quick: bool) -> list[Result]:
    rounds = _costs(ROUNDS if not quick else QUICK_ROUNDS)
    results = [*_cost_results(rounds), _memory(), *_overlap(quick=quick)]
    _draw(rounds)
    return results


def _result(case: str, value: float, unit: str, **bar: Any) -> Result:
    return judge("pages", case, value, unit, **bar)


def _costs(count: int) -> Rounds:
    """Let all walk in turn, in an order that moves on by one each round; the first round does not count."""
    rounds: Rounds = []
    with ExitStack() as stack:
        server = stack.enter_context(PageServer(PAGES))
        walkers = {name: stack.enter_context(Walker(name, server.url, PAGES * ITEMS)) for name in WALKERS}
        for number in range(count + 1):
            order = [*walkers][number % len(walkers) :] + [*walkers][: number % len(walkers)]
            rounds.append({name: walkers[name].walk()[0] / PAGES for name in order})
    return rounds[1:]


def _ratio(rounds: Rounds, first: str, second: str) -> float:
    return median(each[first] / each[second] for each in rounds)


def _cost_results(rounds: Rounds) -> list[Result]:
    ours = _ratio(rounds, "flexsdk", "by hand")
    peers = {name: _ratio(rounds, name, "flexsdk") for name in ("azure-core", "openai")}
    case = f"processor time of a page of {ITEMS}"
    return [
        _result(f"{case}, over a loop by hand", ours, "x", better="lower", goal=1.1, least=1.3),
        *(
            _result(f"{case}, {name} over us", value, "x", better="higher", goal=least, least=least)
            for (name, value), least in zip(peers.items(), (2.0, 5.0), strict=True)
        ),
    ]


def _memory() -> Result:
    """Walk over the first tenth, then over all: what is held must not depend on how far the walk went."""
    with (
        PageServer(WALKED_PAGES // 10) as few,
        Walker("flexsdk", few.url, WALKED_PAGES // 10 * ITEMS) as walker,
    ):
        short = median(walker.walk()[1] for _ in range(3))
    with PageServer(WALKED_PAGES) as many, Walker("flexsdk", many.url, WALKED_PAGES * ITEMS) as walker:
        long = walker.walk()[1]
    grown = (long - short) / 1024
    case = f"memory held after {WALKED_PAGES:,} pages, over that after {WALKED_PAGES // 10}"
    return _result(case, grown, "KiB", better="lower", goal=512, least=1_024)


def _overlap(*, quick: bool) -> list[Result]:
    """Work on pages for half the time that the server takes for one; and fetch numbered ones at once.

    The least of three runs counts: other work of the machine can only add to the time.
    """
    pages = PAGES // 2 if quick else PAGES
    with PageServer(pages, delay=SERVER_SECONDS) as server:
        waiting = min(asyncio.run(_time(server.url, _wait)) for _ in range(3))
        working = min(asyncio.run(_time(server.url, _work)) for _ in range(3))
        parallel = min(asyncio.run(_numbered(server.url, pages)) for _ in range(3))
    ideal = pages * SERVER_SECONDS
    case = f"{SERVER_SECONDS * 1000:g} ms at the server and {WORK_SECONDS * 1000:g} ms of work a page"
    bar: dict[str, Any] = {"better": "lower", "goal": 1.06, "least": 1.12}
    speed = f"numbered pages, {AT_ONCE} at once, over one by one"
    return [
        _result(f"{case}, that waits", waiting / ideal, "x ideal", **bar),
        _result(
            f"{case}, that never waits", working / ideal, "x ideal", better="lower", goal=1.12, least=1.3
        ),
        _result(speed, ideal / parallel, "x", better="higher", goal=AT_ONCE * 0.8, least=AT_ONCE * 0.6),
    ]


async def _wait() -> None:
    await asyncio.sleep(WORK_SECONDS)


async def _work() -> None:
    time.sleep(WORK_SECONDS)  # noqa: ASYNC251 - work that keeps the loop busy is what is measured


async def _time(url: str, work: Callable[[], Awaitable[None]]) -> float:
    async with Platform(KEY, base_url=f"{url}/v1") as platform:
        await platform.resources.list().first()
        start = time.perf_counter()
        async for _ in platform.resources.list().pages():
            await work()
        return time.perf_counter() - start


async def _numbered(url: str, pages: int) -> float:
    async with FlexOrch(KEY, base_url=f"{url}/v1") as flexorch:
        await flexorch.documents.list().first()
        start = time.perf_counter()
        documents = await flexorch.documents.list().ahead(AT_ONCE).collect()
        assert len(documents) == pages * ITEMS
        return time.perf_counter() - start


def _draw(rounds: Rounds) -> None:
    costs = {name: median(each[name] for each in rounds) * 1e6 for name in WALKERS}
    save("pages", bars({f"Processor time of a page of {ITEMS} items, in microseconds": costs}))
