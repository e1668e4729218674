"""Lists in pages: every item once, in order, and no request more than needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flexsdk.core.pages import Pages
from flexsdk.errors import ConnectionLost, DecodeError
from flexsdk.protocol.cursor import CURSOR, SINGLE, NumberedPages
from flexsdk.structs import Page

LISTS: dict[str | None, Page[int]] = {
    None: Page(items=[1, 2], next_cursor="b"),
    "b": Page(items=[], next_cursor="c"),
    "c": Page(items=[3], total=3),
}


class Platform:
    """Gives pages by their cursor; fails when told to."""

    def __init__(self, pages: Mapping[Any, Page[int]]) -> None:
        self.pages = pages
        self.asked: list[object] = []
        self.failing = False

    async def fetch(self, query: dict[str, object]) -> Page[int]:
        self.asked.append(query.get("cursor"))
        if self.failing:
            raise ConnectionLost("lost")
        return self.pages[query.get("cursor")]


async def test_items_come_once_and_in_order_over_all_pages_also_empty_ones() -> None:
    platform = Platform(LISTS)

    assert [item async for item in Pages(platform.fetch, CURSOR)] == [1, 2, 3]
    assert platform.asked == [None, "b", "c"]


async def test_pages_are_fetched_only_when_they_are_needed() -> None:
    platform = Platform(LISTS)
    pages = Pages(platform.fetch, CURSOR)
    assert platform.asked == []

    assert await pages.first() == 1
    assert await pages.first() == 2
    assert platform.asked == [None]


async def test_whole_pages_can_be_walked_over() -> None:
    platform = Platform(LISTS)

    assert [page.items async for page in Pages(platform.fetch, CURSOR).pages()] == [[1, 2], [], [3]]


@pytest.mark.parametrize(
    ("limit", "items"), [(None, [1, 2, 3]), (0, []), (1, [1]), (3, [1, 2, 3]), (9, [1, 2, 3])]
)
async def test_items_are_collected_up_to_a_limit(limit: int | None, items: list[int]) -> None:
    assert await Pages(Platform(LISTS).fetch, CURSOR).collect(limit=limit) == items


async def test_an_ended_list_asks_no_more() -> None:
    platform = Platform(LISTS)
    pages = Pages(platform.fetch, CURSOR)
    await pages.collect()

    assert await pages.collect() == []
    assert await pages.first() is None
    assert len(platform.asked) == 3


async def test_the_cursor_resumes_after_the_page_fetched_last() -> None:
    platform = Platform(LISTS)
    pages = Pages(platform.fetch, CURSOR)
    await pages.first()

    assert pages.cursor == "b"
    assert await Pages(platform.fetch, CURSOR, cursor=pages.cursor).collect() == [3]


async def test_a_failure_between_two_pages_loses_nothing() -> None:
    platform = Platform(LISTS)
    pages = Pages(platform.fetch, CURSOR)
    seen = await pages.collect(limit=2)
    platform.failing = True
    with pytest.raises(ConnectionLost):
        await pages.first()
    platform.failing = False

    assert seen + await pages.collect() == [1, 2, 3]


async def test_a_list_that_leads_in_a_circle_ends_with_an_error() -> None:
    platform = Platform({None: Page(items=[1], next_cursor="a"), "a": Page(items=[2], next_cursor="a")})

    with pytest.raises(DecodeError, match="circle"):
        await Pages(platform.fetch, CURSOR).collect()
    assert len(platform.asked) == 2


async def test_the_same_page_over_and_over_ends_with_an_error() -> None:
    async def fetch(query: dict[str, object]) -> Page[int]:
        return Page(items=[1, 2])

    with pytest.raises(DecodeError, match="same page again"):
        await Pages(fetch, NumberedPages()).collect()


async def test_a_list_without_pages_is_fetched_once() -> None:
    platform = Platform({None: Page(items=[1, 2])})

    assert await Pages(platform.fetch, SINGLE).collect() == [1, 2]
    assert len(platform.asked) == 1
