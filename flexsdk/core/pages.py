"""Lists that a platform gives in pages, as one async iterator."""

from __future__ import annotations

from operator import length_hint
from types import TracebackType
from typing import Self, TypeVar

from flexsdk.core.ahead import Fetch
from flexsdk.core.hooks import Trail, along
from flexsdk.core.items import Items, Iteration
from flexsdk.core.reader import Reader
from flexsdk.protocol.checks import check_count
from flexsdk.protocol.cursor import PageStyle
from flexsdk.structs import Page

__all__ = ["Pages"]

T = TypeVar("T")


class Pages(Items[T]):
    """All items of a list, page after page.

    ``async for item in pages`` walks over items, ``async for page in pages.pages()`` over pages; the next
    page is fetched while the consumer works. Leaving a loop in any way cancels the request on its way;
    ``async with pages`` also waits for its end. Another loop over the same object goes on where this one
    was left, and so does one in another process from ``cursor``.

    Raises while iterating:
        DecodeError: the platform leads in a circle, or sends the same page again.
        ConfigError: two tasks walk over one object.

    An error loses no item: the next loop asks again for the page that failed.
    """

    def __init__(
        self, fetch: Fetch[T], style: PageStyle, *, cursor: str | None = None, limit: int | None = None
    ) -> None:
        trail = (Trail(),)
        self._reader = Reader(lambda place: along(trail, lambda: fetch(place)), style, cursor, limit)

    @property
    def cursor(self) -> str | None:
        """The place behind the last item that was handed out, as an opaque text.

        Give it to the list method, with the same filters and page size, to go on exactly there. An item is
        handed out when the loop gets it, so save the cursor after the work on the item. Where a page begins
        it is the platform's own cursor. ``None`` stands for the beginning, and once ``ended`` for the end.
        """
        return self._reader.cursor

    @property
    def ended(self) -> bool:
        """Whether the last item was handed out, so that there is nothing to go on with."""
        return self._reader.ended

    def ahead(self, pages: int) -> Self:
        """Set how many pages are fetched while the consumer works: 1 by default, 0 for none.

        Where pages are numbered and the platform tells the total they are fetched at the same time, within
        the client's limits, and still come in order; else one after the other. So many pages are kept in
        memory besides the one in use.
        """
        self._reader.depth = check_count("pages", pages, least=0)
        return self

    def pages(self) -> Iteration[Page[T]]:
        """Iterate over whole pages; what is left of a page that was begun comes first.

        A page counts as handed out with all its items.
        """
        return _PageWalk(self._reader)

    async def __anext__(self) -> T:
        """Give the next item, fetching the next page when there is none left."""
        return await anext(self._iterate(1))

    async def __aenter__(self) -> Self:
        """Give the list itself; nothing is asked for yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the request on its way, and wait until it is gone."""
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel the request on its way, and wait until it is gone; the list can be read on. Idempotent."""
        await self._reader.aclose()

    def _iterate(self, most: int | None = None) -> Iteration[T]:
        return _ItemWalk(self._reader, most)


class _ItemWalk(Iteration[T]):
    """A loop over items. Nothing else refers to it, so when it goes away, the loop has been left."""

    def __init__(self, reader: Reader[T], most: int | None) -> None:
        super().__init__(reader)
        self._reader = reader
        self._wanted = None if most is None else most - length_hint(reader.rest)

    def __del__(self) -> None:
        self._reader.drop()

    async def __anext__(self) -> T:
        for item in self._reader.rest:
            return item
        while await self._reader.turn(self._wanted):
            if self._wanted is not None:
                self._wanted -= length_hint(self._reader.rest)
            for item in self._reader.rest:
                return item
        raise StopAsyncIteration


class _PageWalk(Iteration[Page[T]]):
    """A loop over pages; it goes away like one over items."""

    def __init__(self, reader: Reader[T]) -> None:
        super().__init__(reader)
        self._reader = reader

    def __del__(self) -> None:
        self._reader.drop()

    async def __anext__(self) -> Page[T]:
        if length_hint(self._reader.rest) == 0 and not await self._reader.turn():
            raise StopAsyncIteration
        return self._reader.hand_out()
