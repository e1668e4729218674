"""The ways in which platforms cut lists into pages, each a value."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from flexsdk.errors import DecodeError

__all__ = [
    "CURSOR",
    "SINGLE",
    "CursorPages",
    "EitherPages",
    "Leaf",
    "NumberedPages",
    "PageStyle",
    "SinglePage",
]


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
    """How to ask for a page and how to tell whether another follows; cursors are opaque texts."""

    def ask(self, cursor: str | None, limit: int | None) -> dict[str, object]:
        """Give the query parameters for the page at ``cursor`` with at most ``limit`` items."""
        ...

    def after(self, cursor: str | None, page: Leaf) -> str | None:
        """Give the cursor of the page after this one; ``None`` when it was the last.

        Raises:
            DecodeError: the platform leads in a circle.
        """
        ...


class SinglePage(msgspec.Struct, frozen=True):
    """The whole list at once, or its newest ``limit`` items."""

    limit: str = ""

    def ask(self, cursor: str | None, limit: int | None) -> dict[str, object]:
        """Ask for the newest ``limit`` items where that can be asked for."""
        return {self.limit: limit} if self.limit else {}

    def after(self, cursor: str | None, page: Leaf) -> str | None:
        """There is no other page."""
        return None


class CursorPages(msgspec.Struct, frozen=True):
    """Each page names the next one."""

    cursor: str = "cursor"
    limit: str = "limit"

    def ask(self, cursor: str | None, limit: int | None) -> dict[str, object]:
        """Send the cursor back as it came."""
        return {self.cursor: cursor, self.limit: limit}

    def after(self, cursor: str | None, page: Leaf) -> str | None:
        """Take the next cursor from the page, unless it leads nowhere."""
        if page.next_cursor is not None and page.next_cursor == cursor:
            raise DecodeError(
                "the list leads in a circle: a page names itself as the next", expected="cursor"
            )
        return page.next_cursor


class EitherPages(msgspec.Struct, frozen=True):
    """Each page names the next one, by a cursor or by a number, as the platform answers.

    A number is written as ``page=2``; every other text is a cursor of the platform's.
    """

    limit: str = "limit"

    def ask(self, cursor: str | None, limit: int | None) -> dict[str, object]:
        """Ask in the way in which the page was named."""
        word, _, number = (cursor or "").partition("=")
        if word == "page" and number.isdecimal():
            return {"page": int(number), self.limit: limit}
        return {"cursor": cursor, self.limit: limit}

    def after(self, cursor: str | None, page: Leaf) -> str | None:
        """Take the next page from this one, unless it leads nowhere."""
        return CURSOR.after(cursor, page)


class NumberedPages(msgspec.Struct, frozen=True):
    """Pages counted from 1; the cursor is the number as text.

    The last page is empty, or reaches the total, or is shorter than the size that the platform itself told:
    the size asked for is no measure, for a platform may clamp it.
    """

    page: str = "page"
    size: str = "page_size"

    def ask(self, cursor: str | None, limit: int | None) -> dict[str, object]:
        """Ask by number."""
        return {self.page: int(cursor or 1), self.size: limit}

    def after(self, cursor: str | None, page: Leaf) -> str | None:
        """Count on, unless this was the last page."""
        number = int(cursor or 1)
        count = len(page.items)
        if count == 0 or (page.size is not None and count < page.size):
            return None
        before = (number - 1) * (page.size or count)
        if page.total is not None and before + count >= page.total:
            return None
        return str(number + 1)


SINGLE = SinglePage()
CURSOR = CursorPages()
