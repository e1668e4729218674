"""Lists in pages, however a platform cuts them: every row once and in order, in as many requests as pages."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError, DecodeError
from flexsdk.protocol.cursor import CursorPages, EitherPages, NumberedPages, cursor_at, place_of
from flexsdk.structs import Page


@dataclass
class Rows:
    """A list of the numbers from 0 on; a page has what was asked for, but at most ``cap``."""

    count: int
    cap: int
    tells_total: bool
    tells_size: str
    named: str
    """How the next page is named: by ``number`` or ``cursor``."""
    end: str | None = None
    """The name of the page behind the last one."""
    asked: int = 0

    async def __call__(self, query: dict[str, Any]) -> Page[int]:
        self.asked += 1
        wanted = query.get("page_size") or query.get("limit")
        size = min(wanted or self.cap, self.cap)
        start = self._start(query, size)
        items = list(range(start, min(start + size, self.count)))
        following = start + size if start + size < self.count else None
        return Page(
            items=items,
            total=self.count if self.tells_total else None,
            size={"no": None, "true": size, "as asked": wanted or size}[self.tells_size],
            next_cursor=self.end if following is None else self._name(following, size),
        )

    def _start(self, query: dict[str, Any], size: int) -> int:
        if query.get("cursor") is not None:
            return int(str(query["cursor"]).removeprefix("at "))
        return (int(query.get("page", 1)) - 1) * size

    def _name(self, following: int, size: int) -> str:
        return f"page={following // size + 1}" if self.named == "number" else f"at {following}"


rows = st.builds(
    Rows,
    count=st.integers(0, 40),
    cap=st.integers(1, 12),
    tells_total=st.booleans(),
    tells_size=st.sampled_from(["no", "true", "as asked"]),
    named=st.sampled_from(["number", "cursor"]),
    end=st.sampled_from([None, ""]),
)
limits = st.none() | st.integers(1, 15)


async def walk(pages: Pages[int]) -> list[int]:
    return [item async for item in pages]


@settings(max_examples=100, deadline=None)
@given(rows, limits, st.integers(0, 4))
def test_no_row_of_a_numbered_list_is_lost_or_comes_twice(rows: Rows, limit: int | None, ahead: int) -> None:
    seen = asyncio.run(walk(Pages(rows, NumberedPages(), limit=limit).ahead(ahead)))

    assert seen == list(range(rows.count))
    full = max(1, -(-rows.count // min(limit or rows.cap, rows.cap)))
    assert rows.asked <= full + max(1, ahead)  # in doubt one page more, and what was asked for ahead


@settings(max_examples=100, deadline=None)
@given(rows, limits, st.integers(0, 4))
def test_no_row_of_a_list_that_names_its_next_page_is_lost_or_comes_twice(
    rows: Rows, limit: int | None, ahead: int
) -> None:
    seen = asyncio.run(walk(Pages(rows, EitherPages(), limit=limit).ahead(ahead)))

    assert seen == list(range(rows.count))
    full = max(1, -(-rows.count // min(limit or rows.cap, rows.cap)))
    assert rows.asked <= full + ahead


@settings(max_examples=100, deadline=None)
@given(rows, limits, st.integers(0, 40), st.sampled_from([NumberedPages(), EitherPages()]))
def test_a_list_is_gone_on_with_behind_any_row(rows: Rows, limit: int | None, taken: int, style: Any) -> None:
    async def main() -> list[int]:
        first = Pages(rows, style, limit=limit)
        seen = await first.collect(limit=taken)
        return (
            seen if first.ended else seen + await walk(Pages(rows, style, cursor=first.cursor, limit=limit))
        )

    assert asyncio.run(main()) == list(range(rows.count))


@given(st.none() | st.text(min_size=1), st.integers(0, 10**6))
def test_a_cursor_reads_back_as_the_place_it_was_made_of(page: str | None, skip: int) -> None:
    assert place_of(cursor_at(page, skip)) == (page, skip)


@dataclass
class Hostile:
    """Names any next page, tells any figures."""

    names: list[str]
    total: int | None
    size: int | None
    asked: int = 0

    async def __call__(self, query: dict[str, Any]) -> Page[int]:
        name = self.names[self.asked] if self.asked < len(self.names) else None
        self.asked += 1
        return Page(items=[self.asked], total=self.total, size=self.size, next_cursor=name)


figures = st.none() | st.integers(-(2**63), 2**63 - 1)
cursors = st.text() | st.from_regex(r"page=[0-9]{1,5}", fullmatch=True) | st.just("page=" + "9" * 5_000)


@settings(deadline=None)
@example(["page=" + "9" * 5_000], 10, 1, EitherPages(), 0)
@example(["page=" + "9" * 5_000], 10, 1, EitherPages(), 2)
@given(
    st.lists(cursors, max_size=5),
    figures,
    figures,
    st.sampled_from([CursorPages(), EitherPages()]),
    st.integers(0, 3),
)
def test_a_walk_ends_whatever_the_pages_say(
    names: list[str], total: int | None, size: int | None, style: Any, ahead: int
) -> None:
    rows = Hostile(names, total, size)

    with suppress(DecodeError):
        asyncio.run(walk(Pages(rows, style).ahead(ahead)))

    assert rows.asked <= len(names) + 2 + ahead


@example("place 3")
@given(st.text(min_size=1))
def test_a_cursor_of_another_list_is_refused_or_asked_for(cursor: str) -> None:
    rows = Rows(3, 3, tells_total=True, tells_size="true", named="number")
    pages = Pages(rows, NumberedPages(), cursor=cursor)

    place, _ = place_of(cursor)
    if place is None or re.fullmatch("[0-9]{1,9}", place):
        asyncio.run(walk(pages))
    else:
        with pytest.raises(ConfigError):
            asyncio.run(walk(pages))
