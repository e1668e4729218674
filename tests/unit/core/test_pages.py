"""Lists in pages: every item once, in order, and no request more than needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from page_kit import walk_into

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


@pytest.mark.parametrize(
    ("taken", "cursor", "rest"),
    [
        pytest.param(0, None, [1, 2, 3], id="before the first"),
        pytest.param(1, "~skip1", [2, 3], id="inside the first page"),
        pytest.param(2, "b", [3], id="behind the first page"),
        pytest.param(3, None, [], id="behind the last"),
    ],
)
async def test_the_cursor_is_the_place_behind_the_last_item(
    taken: int, cursor: str | None, rest: list[int]
) -> None:
    platform = Platform(LISTS)
    pages = Pages(platform.fetch, CURSOR)
    await pages.collect(limit=taken)

    assert pages.cursor == cursor
    assert pages.ended is (taken == 3)
    if not pages.ended:
        assert await Pages(platform.fetch, CURSOR, cursor=pages.cursor).collect() == rest


async def test_the_cursor_stays_what_it_was_given_until_an_item_is_taken() -> None:
    platform = Platform({"b": Page(items=[1, 2, 3], next_cursor="c"), "c": Page(items=[4])})
    pages = Pages(platform.fetch, CURSOR, cursor="b~skip2")

    assert pages.cursor == "b~skip2"
    assert await pages.first() == 3
    assert pages.cursor == "c"


async def test_a_place_behind_a_page_that_has_become_shorter_is_found_on_the_next() -> None:
    platform = Platform({"b": Page(items=[1, 2], next_cursor="c"), "c": Page(items=[3, 4])})

    assert await Pages(platform.fetch, CURSOR, cursor="b~skip3").collect() == [4]


async def test_a_place_behind_a_list_that_has_become_shorter_is_its_end() -> None:
    pages = Pages(Platform({"b": Page(items=[1, 2])}).fetch, CURSOR, cursor="b~skip5")

    assert await pages.collect() == []
    assert (pages.cursor, pages.ended) == (None, True)


async def test_pages_give_what_is_left_of_a_page_first_and_count_as_handed_out_whole() -> None:
    pages = Pages(Platform(LISTS).fetch, CURSOR)
    await pages.first()
    walk = pages.pages()

    assert (await anext(walk)).items == [2]
    assert pages.cursor == "b"
    assert [page.items async for page in walk] == [[], [3]]


async def test_a_failure_between_two_pages_loses_nothing() -> None:
    platform = Platform(LISTS)
    pages = Pages(platform.fetch, CURSOR)
    seen = await pages.collect(limit=2)
    platform.failing = True
    with pytest.raises(ConnectionLost):
        await pages.first()
    platform.failing = False

    assert seen + await pages.collect() == [1, 2, 3]


@pytest.mark.parametrize("ahead", [0, 1, 3])
@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        pytest.param(
            {None: Page(items=[1], next_cursor="a"), "a": Page(items=[2], next_cursor="a")}, 2, id="itself"
        ),
        pytest.param(
            {
                None: Page(items=[1], next_cursor="a"),
                "a": Page(items=[2], next_cursor="b"),
                "b": Page(items=[3], next_cursor="a"),
            },
            3,
            id="the page before",
        ),
    ],
)
async def test_a_list_that_leads_in_a_circle_ends_with_an_error_behind_its_items(
    pages: dict[str | None, Page[int]], asked: int, ahead: int
) -> None:
    platform = Platform(pages)
    items: list[int] = []

    with pytest.raises(DecodeError, match="circle"):
        await walk_into(Pages(platform.fetch, CURSOR).ahead(ahead), items)

    assert items == list(range(1, asked + 1))
    assert ahead > 1 or len(platform.asked) == asked


async def test_the_same_page_over_and_over_ends_with_an_error() -> None:
    async def fetch(query: dict[str, object]) -> Page[int]:
        return Page(items=[1, 2])

    with pytest.raises(DecodeError, match="same page again"):
        await Pages(fetch, NumberedPages()).collect()


async def test_an_answer_can_be_tried_again_after_the_same_page_came() -> None:
    answers = [Page(items=[1, 2]), Page(items=[1, 2]), Page(items=[3]), Page(items=[])]

    async def fetch(query: dict[str, object]) -> Page[int]:
        return answers.pop(0)

    pages = Pages(fetch, NumberedPages()).ahead(0)
    with pytest.raises(DecodeError, match="same page again"):
        await pages.collect()

    assert (pages.cursor, answers) == (None, [Page(items=[3]), Page(items=[])])


async def test_a_list_without_pages_is_fetched_once() -> None:
    platform = Platform({None: Page(items=[1, 2])})

    assert await Pages(platform.fetch, SINGLE).collect() == [1, 2]
    assert len(platform.asked) == 1
