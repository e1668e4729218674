"""The ways in which platforms cut lists into pages, each a value; and places inside of lists, as texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, Protocol

import msgspec

from flexsdk.errors import ConfigError

__all__ = [
    "CURSOR",
    "SINGLE",
    "CursorPages",
    "EitherPages",
    "Leaf",
    "NumberedPages",
    "PageStyle",
    "SinglePage",
    "Trail",
    "cursor_at",
    "place_of",
]

TRAIL_LENGTH: Final = 4_096
"""So many places at the least are remembered, so that a circle of as many pages shows at its first repeat."""

_NUMBER = re.compile(r"[0-9]{1,9}")
"""Of a page; `int` takes digits of other scripts as well, and refuses thousands of them."""
_INSIDE = re.compile(r"(?P<page>.*)~skip(?P<skip>[0-9]{1,9})", re.DOTALL)


def cursor_at(page: str | None, skip: int) -> str | None:
    """Give the cursor of the place behind the first ``skip`` items of the page at ``page``.

    It is the page's own cursor when there is nothing to skip.
    """
    if skip or _INSIDE.fullmatch(page or ""):
        return f"{page or ''}~skip{skip}"
    return page


def place_of(cursor: str | None) -> tuple[str | None, int]:
    """Read a cursor: where its page is, ``None`` for the first, and how many items of it to skip."""
    inside = _INSIDE.fullmatch(cursor or "")
    if inside is None:
        return cursor or None, 0
    return inside["page"] or None, int(inside["skip"])


class Trail:
    """The places where a walk has been: a list that leads back to one of them leads in a circle.

    A circle that is longer than what is remembered shows as well, but later: the walk is held against the
    place it was at after 1, 2, 4, 8 … steps (Brent's algorithm). So memory is bounded.
    """

    __slots__ = ("_before", "_landmark", "_recent", "_steps")

    def __init__(self) -> None:
        self._recent: set[str | None] = set()
        self._before: set[str | None] = set()
        self._landmark: str | None = ""
        self._steps = 0

    def __contains__(self, place: str | None) -> bool:
        """Tell whether the walk has been there, as far as is remembered."""
        return place in self._recent or place in self._before or place == self._landmark

    def add(self, place: str | None) -> None:
        """Remember one step more."""
        if len(self._recent) == TRAIL_LENGTH:
            self._before, self._recent = self._recent, set()
        self._recent.add(place)
        self._steps += 1
        if self._steps & (self._steps - 1) == 0:
            self._landmark = place


class Leaf(Protocol):
    """What a style has to see of a page."""

    @property
    def items(self) -> list[Any]:
        """The items."""
        ...

    @property
    def total(self) -> int | None:
        """Items over all pages, where the platform tells."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """The platform's own cursor of the next page."""
        ...

    @property
    def size(self) -> int | None:
        """Items that the platform puts on a full page, where it tells."""
        ...


class PageStyle(Protocol):
    """How to ask for a page and how to tell whether another follows; places of pages are opaque texts."""

    def ask(self, place: str | None, limit: int | None) -> dict[str, object]:
        """Give the query parameters for the page at ``place`` with at most ``limit`` items."""
        ...

    def after(self, place: str | None, page: Leaf, limit: int | None, most: int) -> str | None:
        """Give the place of the page after this one; ``None`` when it was the last.

        Args:
            place: where ``page`` is.
            page: what was found there.
            limit: the size of pages that was asked for.
            most: the most items that one page has had so far, this one included.
        """
        ...

    def foresee(self, following: str, page: Leaf) -> Iterable[str]:
        """Give the places of the pages behind ``page`` that it tells of; ``following`` is the first."""
        ...


class SinglePage(msgspec.Struct, frozen=True):
    """The whole list at once, or its newest ``limit`` items."""

    limit: str = ""

    def ask(self, place: str | None, limit: int | None) -> dict[str, object]:
        """Ask for the newest ``limit`` items where that can be asked for."""
        return {self.limit: limit} if self.limit else {}

    def after(self, place: str | None, page: Leaf, limit: int | None, most: int) -> str | None:
        """There is no other page."""
        return None

    def foresee(self, following: str, page: Leaf) -> Iterable[str]:
        """There is no other page."""
        return ()


class CursorPages(msgspec.Struct, frozen=True):
    """Each page names the next one."""

    cursor: str = "cursor"
    limit: str = "limit"

    def ask(self, place: str | None, limit: int | None) -> dict[str, object]:
        """Send the cursor back as it came."""
        return {self.cursor: place, self.limit: limit}

    def after(self, place: str | None, page: Leaf, limit: int | None, most: int) -> str | None:
        """Take the next cursor from the page; an empty one names no page."""
        return page.next_cursor or None

    def foresee(self, following: str, page: Leaf) -> Iterable[str]:
        """A page tells of one other only."""
        return (following,)


class EitherPages(msgspec.Struct, frozen=True):
    """Each page names the next one, by a cursor or by a number, as the platform answers.

    A number is written as ``page=2``; every other text is a cursor of the platform's.
    """

    limit: str = "limit"

    def ask(self, place: str | None, limit: int | None) -> dict[str, object]:
        """Ask in the way in which the page was named."""
        word, _, number = (place or "").partition("=")
        if word == "page" and _NUMBER.fullmatch(number):
            return {"page": int(number), self.limit: limit}
        return {"cursor": place, self.limit: limit}

    def after(self, place: str | None, page: Leaf, limit: int | None, most: int) -> str | None:
        """Take the next page from this one."""
        return CURSOR.after(place, page, limit, most)

    def foresee(self, following: str, page: Leaf) -> Iterable[str]:
        """Count on to the last page where pages are named by number and the total is told."""
        word, _, number = following.partition("=")
        last = _last_number(page)
        if word == "page" and last and _NUMBER.fullmatch(number):
            return (f"page={each}" for each in range(int(number), last + 1))
        return (following,)


class NumberedPages(msgspec.Struct, frozen=True):
    """Pages counted from 1; the place of a page is its number as text.

    The last page is empty, or ends with the total, or is shorter than the size that the platform itself told.
    The size asked for is no measure, for a platform may clamp it and still repeat what was asked: then a page
    of that size has to be seen first. In doubt one page more is asked for, so that nothing is lost.
    """

    page: str = "page"
    size: str = "page_size"

    def ask(self, place: str | None, limit: int | None) -> dict[str, object]:
        """Ask by number.

        Raises:
            ConfigError: the place is that of another kind of list.
        """
        if place is not None and not _NUMBER.fullmatch(place):
            raise ConfigError("cursor: no place of this list; pass what its own .cursor gave")
        return {self.page: int(place or 1), self.size: limit}

    def after(self, place: str | None, page: Leaf, limit: int | None, most: int) -> str | None:
        """Count on, unless this was the last page."""
        number = int(place or 1)
        count = len(page.items)
        if count == 0:
            return None
        size = page.size if page.size and (page.size != limit or most >= page.size) else None
        if page.total is not None:
            ends = (number - 1) * (size or most) + count == page.total
        else:
            ends = size is not None and count < size
        return None if ends else str(number + 1)

    def foresee(self, following: str, page: Leaf) -> Iterable[str]:
        """Count on to the last page where the total is told."""
        last = _last_number(page)
        return map(str, range(int(following), last + 1)) if last else (following,)


def _last_number(page: Leaf) -> int | None:
    """Tell how many pages there are, going by a full one."""
    size = page.size or len(page.items)
    return -(-page.total // size) if page.total and size else None


SINGLE = SinglePage()
CURSOR = CursorPages()
