"""Items can be chosen, changed and bundled on their way, and the place in the list stays exact."""

from __future__ import annotations

import pytest
from page_kit import Listing, others, settle

from flexsdk.core.items import Items
from flexsdk.errors import ConfigError, ConnectionLost


def thirty() -> Listing:
    return Listing([10, 0, 10, 10])


@pytest.mark.parametrize(
    ("count", "asked"),
    [(0, []), (1, [0]), (10, [0]), (11, [0, 1, 2]), (30, [0, 1, 2, 3]), (99, [0, 1, 2, 3])],
)
async def test_taking_some_asks_for_no_page_behind_them(count: int, asked: list[int]) -> None:
    listing = thirty()
    pages = listing.list()

    assert [item async for item in pages.take(count)] == listing.items[:count]
    assert listing.asked == asked
    assert await listing.list(cursor=pages.cursor).first() == (count if count < 30 else 0)


async def test_items_are_filtered_and_changed_in_order() -> None:
    listing = thirty()

    found = listing.list().filter(lambda item: item % 7 == 0).map(str)

    assert [item async for item in found] == ["0", "7", "14", "21", "28"]


async def test_what_is_true_in_any_way_is_kept() -> None:
    assert await Listing([3]).list().filter(lambda item: "x" * item).collect() == [1, 2]


async def test_batches_go_over_the_borders_of_pages_and_the_last_is_shorter() -> None:
    batches = [batch async for batch in thirty().list().batched(8)]

    assert [len(batch) for batch in batches] == [8, 8, 8, 6]
    assert [item for batch in batches for item in batch] == list(range(30))


async def test_a_batch_is_counted_as_handed_out_when_it_is_whole() -> None:
    listing = thirty()
    pages = listing.list()
    batches = pages.batched(8)

    await anext(batches)
    assert pages.cursor == "~skip8"
    await anext(batches)
    assert pages.cursor == "place 2~skip6"


@pytest.mark.parametrize("gather", ["collect", "batched"])
async def test_items_gathered_before_a_failure_count_as_not_handed_out(gather: str) -> None:
    listing = thirty()
    pages = listing.list()
    await pages.collect(limit=3)
    listing.broken = {3}

    with pytest.raises(ConnectionLost):
        await (pages.collect() if gather == "collect" else anext(pages.batched(25)))
    assert pages.cursor == "~skip3"

    listing.broken.clear()
    assert await pages.collect() == listing.items[3:]


async def test_a_batch_goes_on_after_a_failure() -> None:
    listing = thirty()
    batches = listing.list().batched(8)
    seen = [await anext(batches), await anext(batches)]
    listing.broken = {3}
    with pytest.raises(ConnectionLost):
        await anext(batches)
    listing.broken.clear()

    seen += [batch async for batch in batches]

    assert [item for batch in seen for item in batch] == listing.items


async def test_transformations_can_be_chained_in_any_order() -> None:
    def even() -> Items[int]:
        return thirty().list().filter(lambda item: item % 2 == 0)

    assert await even().take(3).map(lambda item: -item).collect() == [0, -2, -4]
    assert await even().batched(4).take(2).collect() == [[0, 2, 4, 6], [8, 10, 12, 14]]
    assert await even().take(5).batched(2).collect() == [[0, 2], [4, 6], [8]]
    assert await even().map(str).first() == "0"
    assert await even().filter(lambda item: item > 99).first() is None
    assert await thirty().list().pages().filter(lambda page: page.items).map(
        lambda page: page.items[0]
    ).collect() == [
        0,
        10,
        20,
    ]


async def test_nothing_is_asked_for_before_the_first_item() -> None:
    listing = thirty()
    pages = listing.list()

    for items in (pages.take(3), pages.filter(bool), pages.map(str), pages.batched(2), pages.pages()):
        await items.aclose()

    assert listing.asked == []


async def test_taking_ends_the_request_on_its_way_with_its_last_item() -> None:
    listing = thirty()
    items = listing.list().filter(lambda item: True).take(2)

    assert await anext(items) == 0
    listing.gate.clear()
    assert await anext(items) == 1
    await settle()

    assert others() == set()
    assert await anext(items, None) is None


async def test_a_function_that_fails_ends_the_walk_behind_its_item() -> None:
    listing = thirty()
    pages = listing.list()

    with pytest.raises(ZeroDivisionError):
        async for _ in pages.map(lambda item: 1 / (item - 4)):
            pass

    assert await pages.first() == 5


@pytest.mark.parametrize(("name", "count"), [("take", -1), ("take", 1.0), ("batched", 0), ("batched", "3")])
async def test_what_is_no_number_of_items_is_refused(name: str, count: object) -> None:
    with pytest.raises(ConfigError, match="count must be a whole number"):
        getattr(thirty().list(), name)(count)
