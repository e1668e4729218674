"""Lists that a platform gives in pages, as one async iterator."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, Self, TypeVar

from flexsdk.errors import DecodeError
from flexsdk.protocol.cursor import PageStyle
from flexsdk.structs import Page

__all__ = ["Pages"]

T = TypeVar("T")

Fetch = Callable[[dict[str, object]], Awaitable[Page[T]]]


class Pages(Generic[T]):
    """All items of a list, page after page, fetched as they are needed.

    ``async for item in pages`` walks over items, ``async for page in pages.pages()`` over pages. ``cursor``
    stands for the page after the last one that was fetched; give it to the list method to go on from there.
    """

    def __init__(
        self, fetch: Fetch[T], style: PageStyle, *, cursor: str | None = None, limit: int | None = None
    ) -> None:
        self._fetch = fetch
        self._style = style
        self._limit = limit
        self._items: deque[T] = deque()
        self._latest: list[T] = []
        self._ended = False
        self._circle: DecodeError | None = None
        self.cursor = cursor

    def __aiter__(self) -> Self:
        """Iterate over the items."""
        return self

    async def __anext__(self) -> T:
        """Give the next item, fetching the next page when there is none left."""
        while not self._items:
            if self._ended:
                raise StopAsyncIteration
            self._items.extend((await self._next_page()).items)
        return self._items.popleft()

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Iterate over whole pages."""
        while not self._ended:
            yield await self._next_page()

    async def first(self) -> T | None:
        """Give the next item, or ``None`` where there is none."""
        return await anext(self, None)

    async def collect(self, *, limit: int | None = None) -> list[T]:
        """Give the items as a list, at most ``limit`` of them; all of them must fit into memory."""
        items: list[T] = []
        while limit is None or len(items) < limit:
            try:
                items.append(await anext(self))
            except StopAsyncIteration:
                break
        return items

    async def _next_page(self) -> Page[T]:
        if self._circle is not None:
            raise self._circle
        page = await self._fetch(self._style.ask(self.cursor, self._limit))
        if page.items and page.items == self._latest:
            raise DecodeError("the platform sends the same page again and again", expected="another page")
        self._latest = page.items
        try:
            self.cursor = self._style.after(self.cursor, page)
        except DecodeError as error:
            self._circle = error  # this page is good; asking for the next is not
        self._ended = self.cursor is None
        return page
