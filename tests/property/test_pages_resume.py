"""However often a walk over a list ends, and wherever: gone on with at its cursor, every item comes once."""

from __future__ import annotations

import asyncio
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_kit import Listing, others, settle

from flexsdk.core.pages import Pages
from flexsdk.errors import ConnectionLost

EXITS = ["break", "fail", "cancel", "page", "batch", "collect", "same"]
Step = tuple[str, int, int]

steps = st.lists(st.tuples(st.sampled_from(EXITS), st.integers(0, 7), st.integers(0, 3)), max_size=12)
sizes = st.lists(st.integers(0, 5), min_size=1, max_size=8)


async def some(pages: Pages[int], how: str, count: int, listing: Listing) -> list[int]:
    """Take about ``count`` items in one of the ways, and leave."""
    seen: list[int] = []
    if how == "page":
        return [item async for page in pages.pages().take(count) for item in page.items]
    if how == "batch":
        return [item async for batch in pages.batched(1 + count).take(1) for item in batch]
    if how == "collect":
        return await pages.collect(limit=count)
    if how == "fail":
        listing.broken = set(islice(range(len(listing.pages)), count, None))
    try:
        await asyncio.wait_for(_walk(pages, seen, count, how), 5)
    except ConnectionLost:
        listing.broken = set()
    except asyncio.CancelledError:
        pass
    return seen


async def _walk(pages: Pages[int], seen: list[int], count: int, how: str) -> None:
    async for item in pages:
        seen.append(item)
        if len(seen) > count and how != "fail":
            if how == "cancel":
                raise asyncio.CancelledError
            break


@given(sizes=sizes, steps=steps, numbered=st.booleans())
def test_every_item_comes_exactly_once_over_any_exits(
    sizes: list[int], steps: list[Step], numbered: bool
) -> None:
    if numbered:  # an empty page in the middle ends a numbered list
        sizes = [3] * len(sizes) + [1]

    async def main() -> list[int]:
        listing = Listing(sizes, numbered=numbered, total=numbered)
        pages = listing.list()
        seen: list[int] = []
        for how, count, ahead in [*steps, ("collect", 999, 1)]:
            if pages.ended:
                break
            seen += await some(pages.ahead(ahead), how, count, listing)
            listing.broken = set()
            if how != "same" and not pages.ended:
                pages = listing.list(cursor=pages.cursor)
        await settle()
        assert others() == set()
        assert seen == listing.items
        return seen

    asyncio.run(main())


@pytest.mark.parametrize("at", range(13))
async def test_a_list_can_be_left_and_gone_on_with_behind_each_item(at: int) -> None:
    listing = Listing([3, 1, 0, 4, 5])
    pages = listing.list()
    seen = await pages.collect(limit=at)

    rest = [] if pages.ended else await listing.list(cursor=pages.cursor).collect()

    assert seen + rest == listing.items
