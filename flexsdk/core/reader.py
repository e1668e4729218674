"""How far a list has been read, to the item, and the way to its next page."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from itertools import islice
from operator import length_hint
from typing import Final, Generic, TypeVar

import msgspec

from flexsdk.core.ahead import Ahead, Fetch
from flexsdk.errors import ConfigError, DecodeError
from flexsdk.protocol.cursor import PageStyle, Trail, cursor_at, place_of
from flexsdk.structs import Page

__all__ = ["Reader"]

T = TypeVar("T")

DEPTH: Final = 1
"""So many pages are asked for ahead, unless the user says otherwise."""
WORK_SECONDS: Final = 0.001
"""A consumer that takes longer over a page is at work; nothing can be gained beside one that takes less."""


class Reader(Generic[T]):
    """One list: the page in hand, its items that are left, and the pages on their way.

    ``rest`` are the items left. It is a list's own iterator, which costs nothing to take from and still tells
    how many are left; so the exact place is known at any time without counting.
    """

    __slots__ = (
        "_ahead",
        "_following",
        "_given",
        "_last",
        "_later",
        "_limit",
        "_most",
        "_page",
        "_place",
        "_skip",
        "_style",
        "_trail",
        "_turning",
        "depth",
        "rest",
    )

    def __init__(self, fetch: Fetch[T], style: PageStyle, cursor: str | None, limit: int | None) -> None:
        self._style = style
        self._limit = limit
        self._ahead = Ahead(fetch, style, limit)
        self._turning = False
        self._given = -math.inf
        self._later: asyncio.Handle | None = None
        self.depth = DEPTH
        self.rewind(cursor)

    @property
    def cursor(self) -> str | None:
        """The place behind the last item taken; ``None`` at the beginning and at the end."""
        left = length_hint(self.rest)
        if left == 0:
            return cursor_at(self._following, self._skip)
        return cursor_at(self._place, len(self._page.items) - left)

    @property
    def ended(self) -> bool:
        """Whether all items have been taken."""
        return self._last and length_hint(self.rest) == 0

    def rewind(self, cursor: str | None) -> None:
        """Go to the place of a cursor; what has been fetched is forgotten."""
        self.drop()
        self._following, self._skip = place_of(cursor)
        self._place: str | None = None
        self._page: Page[T] = Page(items=[])
        self.rest: Iterator[T] = iter(self._page.items)
        self._last = False
        self._most = 0
        self._trail = Trail()

    async def turn(self, wanted: int | None = None) -> bool:
        """Bring in the next page; false when there is none. Then ask ahead for others.

        Args:
            wanted: so many items more are wanted, ``None`` for all.
        """
        if self._last:
            return False
        if self._turning:
            raise ConfigError("two tasks walk over one list; let one walk and hand its items to the others")
        self._turning = True
        try:
            loop = asyncio.get_running_loop()
            works = loop.time() - self._given > WORK_SECONDS
            self._call_off()
            await self._next_page()
            if self._more_wanted(wanted):
                await self._look_ahead(loop, works)
            self._given = loop.time()
        except BaseException:
            self.drop()
            raise
        finally:
            self._turning = False
        return True

    def hand_out(self) -> Page[T]:
        """Take all items that are left of the page in hand, as a page."""
        page, items = self._page, list(self.rest)
        return page if len(items) == len(page.items) else msgspec.structs.replace(page, items=items)

    def drop(self) -> None:
        """Cancel what is on its way."""
        self._call_off()
        self._ahead.drop()

    async def aclose(self) -> None:
        """Cancel what is on its way, and wait until it is gone."""
        self._call_off()
        await self._ahead.aclose()

    async def _next_page(self) -> None:
        place = self._following
        if place in self._trail:
            raise DecodeError("the list leads in a circle, back to an earlier page", expected="next page")
        page = await self._ahead.take(place)
        if page.items and page.items == self._page.items:
            raise DecodeError("the platform sends the same page again and again", expected="another page")
        self._trail.add(place)
        self._place, self._page, self.rest = place, page, iter(page.items)
        self._most = max(self._most, len(page.items))
        self._following = self._style.after(place, page, self._limit, self._most)
        self._last = self._following is None
        if self._skip:
            next(islice(self.rest, self._skip, self._skip), None)  # what had been handed out before
            self._skip = 0 if self._last else max(0, self._skip - len(page.items))

    def _more_wanted(self, wanted: int | None) -> bool:
        """Tell whether the next page is there and will be asked for."""
        if self.depth == 0 or self._following is None or self._following in self._trail:
            return False
        return wanted is None or wanted > length_hint(self.rest)

    async def _look_ahead(self, loop: asyncio.AbstractEventLoop, works: bool) -> None:
        """Ask for further pages: at once if there is work to be done meanwhile, else when the consumer waits.

        A task for each page is a tenth of what a page costs, and of no use to a consumer that only collects.
        """
        assert self._following is not None
        if not works and self.depth == 1:
            self._later = loop.call_soon(self._ahead.fill, self._page, self._following, 1)
        elif self._ahead.fill(self._page, self._following, self.depth):
            await asyncio.sleep(0)  # so that the request is sent even if the work never waits

    def _call_off(self) -> None:
        """Forget what was to be asked for when the consumer waits."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
