"""Ingestion beside a loop by hand: gather and a semaphore around the same client."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._light_server import light_server
from benchmarks.harness import Measure, Report, Result, cpu, judge, pairs
from flexsdk import Op, Platform
from flexsdk.ingest import Done, Operation, ingest

QUESTION = "What does an item of an ingestion cost, with and without a journal?"

ITEMS = 3_000
CONCURRENCY = 50
KEY = "fj_test_0123456789abcdef"
PROBE = Op("probe", "GET", "/probe/{item_id}", dict[str, Any])

Work = Callable[[Platform, int], Awaitable[int]]


def run(*, quick: bool) -> Report:
    with light_server() as server:
        bare, plain, kept = (_measure(server.url, work) for work in (_by_hand, _plain, _kept))
        plain_pairs = pairs(plain, bare, quick=quick)
        kept_pairs = pairs(kept, bare, quick=quick)
        rate = ITEMS / median(_seconds(server.url) for _ in range(3))
    results = [
        _ratio("processor time over gather and a semaphore", plain_pairs, goal=1.15, least=1.30),
        _ratio("the same with a journal", kept_pairs, goal=1.6, least=2.2),
        _added("a journal adds to an item", kept_pairs, goal=150.0, least=300.0),
        _result("items a second with a journal", rate, "/s", better="higher", goal=1_000.0, least=500.0),
    ]
    return Report(results)


def _result(case: str, value: float, unit: str, **bar: Any) -> Result:
    return judge("ingest", case, value, unit, **bar)


def _ratio(case: str, rounds: list[tuple[float, float]], *, goal: float, least: float) -> Result:
    value = median(ours / theirs for ours, theirs in rounds)
    return _result(case, value, "x", better="lower", goal=goal, least=least)


def _added(case: str, rounds: list[tuple[float, float]], *, goal: float, least: float) -> Result:
    value = median(ours - theirs for ours, theirs in rounds) / ITEMS * 1e6
    return _result(case, value, "µs", better="lower", goal=goal, least=least)


def _measure(url: str, work: Work) -> Measure:
    return cpu(lambda: asyncio.run(_run(url, work)))


async def _run(url: str, work: Work) -> None:
    async with Platform(KEY, base_url=url, limits=None) as platform:
        done = await work(platform, ITEMS)
    assert done == ITEMS, f"{done} of {ITEMS} done"


def _seconds(url: str) -> float:
    start = time.perf_counter()
    asyncio.run(_run(url, _kept))
    return time.perf_counter() - start


async def _by_hand(platform: Platform, items: int) -> int:
    slots = asyncio.Semaphore(CONCURRENCY)

    async def one(item: int) -> dict[str, Any]:
        async with slots:
            return await platform.call(PROBE, item)

    return len(await asyncio.gather(*(one(item) for item in range(items))))


async def _plain(platform: Platform, items: int) -> int:
    return await _ingest(platform, items, None)


async def _kept(platform: Platform, items: int) -> int:
    with _folder() as folder:
        return await _ingest(platform, items, folder / "journal")


async def _ingest(platform: Platform, items: int, journal: Path | None) -> int:
    async def one(item: int) -> dict[str, Any]:
        return await platform.call(PROBE, item)

    async with ingest(range(items), Operation(one, PROBE), concurrency=CONCURRENCY, journal=journal) as run:
        return sum([isinstance(outcome, Done) async for outcome in run])


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
