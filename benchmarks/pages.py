"""Lists in pages: what a page costs beside a loop by hand and the peers, and whether waiting is hidden."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from benchmarks._contest import Contender, Rounds, compete, median_of, ratio_of
from benchmarks._pages_server import ITEMS, page_server
from benchmarks._pages_walkers import KEY, WALKERS
from benchmarks.harness import QUICK_ROUNDS, ROUNDS, Figures, Report, Result, judge
from flexsdk import FlexOrch, Platform

QUESTION = "What does a page of a list cost, and does the consumer wait for the next?"

PAGES = 100
SERVER_SECONDS = 0.020
WORK_SECONDS = 0.010
WALKED_PAGES = 1_000
AT_ONCE = 8


def run(*, quick: bool) -> Report:
    rounds = _costs(QUICK_ROUNDS if quick else ROUNDS)
    return Report([*_cost_results(rounds), _memory(), *_overlap(quick=quick)], _figures(rounds))


def _result(case: str, value: float, unit: str, **bar: Any) -> Result:
    return judge("pages", case, value, unit, **bar)


def _costs(count: int) -> Rounds:
    with page_server(PAGES) as server:
        return compete({name: _walker(name, server.url, PAGES) for name in WALKERS}, count)


def _walker(name: str, url: str, pages: int) -> tuple[str, ...]:
    return ("benchmarks._pages_walkers", name, url, str(pages * ITEMS))


def _cost_results(rounds: Rounds) -> list[Result]:
    ours = ratio_of(rounds, "flexsdk", "by hand", "us")
    peers = {name: ratio_of(rounds, name, "flexsdk", "us") for name in ("azure-core", "openai")}
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
    short, long = _held(WALKED_PAGES // 10, walks=3), _held(WALKED_PAGES, walks=1)
    grown = (long - short) / 1024
    case = f"memory held after {WALKED_PAGES:,} pages, over that after {WALKED_PAGES // 10}"
    return _result(case, grown, "KiB", better="lower", goal=512, least=1_024)


def _held(pages: int, walks: int) -> float:
    with page_server(pages) as server, Contender(*_walker("flexsdk", server.url, pages)) as walker:
        return median(walker.measure()["resident"] for _ in range(walks))


def _overlap(*, quick: bool) -> list[Result]:
    """Work on pages for half the time that the server takes for one; and fetch numbered ones at once.

    The least of three runs counts: other work of the machine can only add to the time.
    """
    pages = PAGES // 2 if quick else PAGES
    with page_server(pages, delay=SERVER_SECONDS) as server:
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


def _figures(rounds: Rounds) -> Figures:
    costs = {name: median_of(rounds, name, "us") for name in WALKERS}
    return {f"Processor time of a page of {ITEMS} items in µs": costs}
