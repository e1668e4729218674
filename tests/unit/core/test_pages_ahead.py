"""Pages are asked for while the consumer works: so many and no more, in order, and none is left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import pytest
from clock import VirtualClock
from page_kit import Listing, others, settle, walk_into

from flexsdk.core import reader
from flexsdk.core.deadline import ambient, deadline
from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError, ConnectionLost
from flexsdk.protocol.cursor import CURSOR, EitherPages
from flexsdk.structs import Page


@pytest.mark.parametrize("numbered", [False, True], ids=["cursor", "numbered"])
@pytest.mark.parametrize("ahead", [0, 1, 2, 5, 50])
async def test_items_come_in_order_however_many_pages_are_ahead(numbered: bool, ahead: int) -> None:
    listing = Listing([3] * 20 + [1], numbered=numbered, total=numbered)

    assert await listing.list().ahead(ahead).collect() == listing.items
    assert listing.asked == list(range(21))
    assert listing.most_active == (max(1, min(ahead, 20)) if numbered else 1)


@pytest.mark.parametrize("ahead", [0, 1, 3])
async def test_so_many_pages_are_asked_for_while_the_consumer_works_and_no_more(ahead: int) -> None:
    listing = Listing([2] * 9)

    async for _ in listing.list().ahead(ahead):
        for _ in range(20):
            await asyncio.sleep(0)
        break

    assert listing.asked == list(range(1 + ahead))


@pytest.mark.parametrize("page", [1, 2])
async def test_a_page_is_asked_for_before_a_consumer_that_works_and_never_waits_gets_its_items(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "WORK_SECONDS", -1.0)
    listing = Listing([2] * 9)

    async for item in listing.list():
        if item == 2 * page - 2:
            assert listing.asked == list(range(page + 1))
            break


@pytest.mark.parametrize("page", [2, 3])
async def test_a_page_is_asked_for_as_soon_as_a_consumer_waits_that_did_not_before(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "WORK_SECONDS", 1e9)
    listing = Listing([2] * 9)

    async for item in listing.list():
        if item == 2 * page - 2:
            assert listing.asked == list(range(page))
            await settle()
            assert listing.asked == list(range(page + 1))
            break
    await settle()

    assert others() == set()


async def test_a_loop_left_before_its_consumer_waited_asks_for_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "WORK_SECONDS", 1e9)
    listing = Listing([2] * 9)

    async for item in listing.list():
        if item == 3:
            break
    await settle()

    assert listing.asked == [0, 1]


async def test_a_consumer_that_only_collects_costs_one_task_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader, "WORK_SECONDS", 1e9)
    listing = Listing([2] * 9)
    tasks: set[object] = set()

    async def fetch(query: dict[str, object]) -> Page[int]:
        tasks.add(asyncio.current_task())
        return await listing.fetch(query)

    assert await Pages(fetch, CURSOR).collect() == listing.items
    assert len(tasks) == 2


async def test_pages_without_a_total_are_asked_for_one_by_one() -> None:
    listing = Listing([2] * 9, numbered=True)

    assert await listing.list().ahead(4).collect() == listing.items
    assert listing.most_active == 1
    assert listing.asked == list(range(10))


async def test_pages_that_finish_out_of_order_come_in_order() -> None:
    listing = Listing([2] * 6, numbered=True, total=True)
    done = [asyncio.Event() for _ in range(8)]
    finished: list[int] = []

    async def fetch(query: dict[str, object]) -> Page[int]:
        number = int(str(query["page"]))
        if number in (2, 4):
            await done[number + 1].wait()
        page = await listing.fetch(query)
        finished.append(number)
        done[number].set()
        return page

    assert await Pages(fetch, listing.style).ahead(3).collect() == listing.items
    assert finished.index(3) < finished.index(2)
    assert finished.index(5) < finished.index(4)


async def test_pages_foreseen_by_a_total_that_was_wrong_are_not_taken_for_others() -> None:
    listing = Listing([2] * 8, numbered=True, total=True)
    pages = listing.list().ahead(3)
    await pages.collect(limit=2)
    del listing.pages[5:]
    listing.total = 10

    assert await pages.collect() == listing.items[2:10]


async def test_a_page_foreseen_is_not_taken_where_the_list_goes_on_elsewhere() -> None:
    pages: dict[object, Page[int]] = {
        None: Page(items=[1], total=3, next_cursor="page=2"),
        2: Page(items=[2], total=3, next_cursor="elsewhere"),
        3: Page(items=[99], total=3),
        "elsewhere": Page(items=[3], total=3),
    }

    async def fetch(query: dict[str, object]) -> Page[int]:
        return pages[query.get("page", query.get("cursor"))]

    assert await Pages(fetch, EitherPages()).ahead(3).collect() == [1, 2, 3]


# --- exits

Leave = Callable[[Pages[int]], Awaitable[None]]


async def leave_by_break(pages: Pages[int]) -> None:
    async for _ in pages:
        break


async def leave_by_error(pages: Pages[int]) -> None:
    async def consume() -> None:
        async for _ in pages:
            1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError):
        await consume()


async def leave_by_cancel(pages: Pages[int]) -> None:
    async def consume() -> None:
        async for _ in pages:
            await asyncio.Event().wait()

    consumer = asyncio.create_task(consume())
    await settle()
    consumer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consumer


async def leave_by_timeout(pages: Pages[int]) -> None:
    async def consume() -> None:
        async for _ in pages:
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(consume(), 0.001)


async def leave_by_return(pages: Pages[int]) -> None:
    async def search() -> int | None:
        async for item in pages:
            return item
        return None

    await search()


async def leave_by_taking(pages: Pages[int]) -> None:
    async for item in pages.filter(lambda item: item % 2).map(str).take(2):
        assert item


async def leave_by_dropping(pages: Pages[int]) -> None:
    walk = aiter(pages.filter(lambda item: True))
    await anext(walk)


async def leave_a_generator(pages: Pages[int]) -> None:
    async def evens() -> AsyncIterator[int]:
        async for item in pages:
            yield item

    async for _ in evens():
        break


async def leave_pages(pages: Pages[int]) -> None:
    async for _ in pages.pages():
        break


EXITS = [
    leave_by_break,
    leave_by_error,
    leave_by_cancel,
    leave_by_timeout,
    leave_by_return,
    leave_by_taking,
    leave_by_dropping,
    leave_a_generator,
    leave_pages,
]


@pytest.mark.parametrize("numbered", [False, True], ids=["cursor", "numbered"])
@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("leave", EXITS, ids=lambda leave: leave.__name__)
async def test_leaving_early_leaves_no_task(leave: Leave, ahead: int, numbered: bool) -> None:
    listing = Listing([5] * 9, numbered=numbered, total=numbered)
    pages = listing.list().ahead(ahead)
    await leave(pages)
    await settle()

    assert others() == set()
    assert listing.active == 0
    assert await listing.list(cursor=pages.cursor).collect() == await pages.collect()


async def test_leaving_cancels_the_request_on_its_way_at_once() -> None:
    listing = Listing([2] * 9)
    walk = aiter(listing.list())
    await anext(walk)
    listing.gate.clear()
    await settle()
    assert (listing.active, len(others())) == (1, 1)

    del walk
    await asyncio.sleep(0)

    assert (listing.active, others()) == (0, set())


async def test_closing_waits_until_the_request_is_gone() -> None:
    listing = Listing([1] * 9)
    async with listing.list() as pages:
        walk = aiter(pages)
        await anext(walk)
        assert len(others()) == 1
    assert others() == set()

    async with aclosing(aiter(pages)) as walk:
        await anext(walk)
        await asyncio.sleep(0)
        assert len(others()) == 1
    assert others() == set()
    assert await pages.collect() == listing.items[2:]


async def test_a_walk_that_goes_away_in_another_thread_is_cancelled_in_its_loop() -> None:
    listing = Listing([1] * 9)
    walks = [aiter(listing.list())]
    await anext(walks[0])
    listing.gate.clear()
    thread = threading.Thread(target=walks.clear)
    thread.start()
    thread.join()
    await settle()

    assert others() == set()


def test_a_walk_outlives_its_loop() -> None:
    listing = Listing([1] * 9)
    pages = listing.list()
    walk = aiter(pages)
    with asyncio.Runner() as runner:
        runner.run(anext(walk))  # type: ignore[arg-type]  # anext gives a coroutine here
    del walk
    gc.collect()

    assert asyncio.run(pages.collect()) == listing.items[1:]


# --- failures


@pytest.mark.parametrize("numbered", [False, True], ids=["cursor", "numbered"])
@pytest.mark.parametrize("ahead", [0, 1, 3])
async def test_a_page_that_fails_ahead_raises_behind_the_items_before_it_and_loses_none(
    ahead: int, numbered: bool
) -> None:
    listing = Listing([3] * 6, numbered=numbered, total=numbered)
    listing.broken = {2}
    pages = listing.list().ahead(ahead)
    items: list[int] = []

    with pytest.raises(ConnectionLost):
        await walk_into(pages, items)
    assert items == listing.items[:6]

    listing.broken.clear()
    assert items + await pages.collect() == listing.items
    await settle()
    assert others() == set()


async def test_a_failure_from_before_the_page_was_wanted_is_no_failure_now() -> None:
    listing = Listing([1] * 3)
    listing.broken = {1}
    walk = aiter(listing.list())
    await anext(walk)
    await settle()
    listing.broken.clear()

    assert await anext(walk) == 1
    assert listing.asked == [0, 1, 1]


async def test_a_cancelled_wait_for_a_page_loses_nothing() -> None:
    listing = Listing([1] * 3)
    walk = aiter(listing.list())
    await anext(walk)
    listing.gate.clear()
    waiting = asyncio.create_task(anext(walk))  # type: ignore[arg-type]  # anext gives a coroutine here
    await settle()
    waiting.cancel()
    await settle()
    listing.gate.set()

    assert [item async for item in walk] == [1, 2]


async def test_two_tasks_that_walk_over_one_list_are_told() -> None:
    listing = Listing([1] * 3)
    pages = listing.list()
    listing.gate.clear()
    first = asyncio.create_task(pages.first())
    await settle()

    with pytest.raises(ConfigError, match="two tasks"):
        await pages.first()

    listing.gate.set()
    assert await first == 0


# --- deadlines


class Timed:
    """Notes under which deadline each page was asked for."""

    def __init__(self) -> None:
        self.listing = Listing([1] * 5)
        self.deadlines: list[float | None] = []

    async def fetch(self, query: dict[str, object]) -> Page[int]:
        self.deadlines.append(ambient.get())
        return await self.listing.fetch(query)

    def list(self) -> Pages[int]:
        return Pages(self.fetch, CURSOR)


async def test_a_page_asked_for_ahead_keeps_to_the_deadline_of_the_loop() -> None:
    timed = Timed()

    with deadline(5.0, clock=VirtualClock(now=100.0)):
        assert await timed.list().collect() == timed.listing.items

    assert timed.deadlines == [105.0] * 5


async def test_a_page_on_its_way_under_another_deadline_is_asked_for_anew() -> None:
    timed = Timed()
    walk = aiter(timed.list())
    with deadline(5.0, clock=VirtualClock(now=100.0)):
        await anext(walk)
        timed.listing.gate.clear()
        await settle()
    waiting = asyncio.create_task(anext(walk))  # type: ignore[arg-type]  # anext gives a coroutine here
    await settle()
    timed.listing.gate.set()

    assert await waiting == 1
    assert timed.deadlines == [105.0, 105.0, None]


async def test_a_page_that_has_come_under_another_deadline_is_taken() -> None:
    timed = Timed()
    walk = aiter(timed.list())
    with deadline(5.0, clock=VirtualClock(now=100.0)):
        await anext(walk)
    await settle()

    assert await anext(walk) == 1
    assert timed.listing.asked == [0, 1]


@pytest.mark.parametrize("ahead", [-1, 1.5, True])
async def test_what_is_no_number_of_pages_is_refused(ahead: int) -> None:
    with pytest.raises(ConfigError, match="pages must be a whole number"):
        Listing([1]).list().ahead(ahead)
