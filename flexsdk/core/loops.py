"""Things that belong to one event loop each: sessions, queues."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["PerLoop"]

T = TypeVar("T")


class PerLoop(Generic[T]):
    """One ``T`` for every running loop, made at first use there.

    What belongs to closed loops is given to ``drop``.
    """

    __slots__ = ("_all", "_drop", "_latest", "_make")

    def __init__(self, make: Callable[[], T], drop: Callable[[T], None] = lambda _: None) -> None:
        self._make = make
        self._drop = drop
        self._all: dict[asyncio.AbstractEventLoop, T] = {}
        self._latest: tuple[asyncio.AbstractEventLoop, T] | None = None  # one word, so that threads agree

    def get(self) -> T:
        """Give the one of the running loop."""
        loop = asyncio.get_running_loop()
        latest = self._latest
        if latest and latest[0] is loop:
            return latest[1]
        for closed in [known for known in tuple(self._all) if known.is_closed()]:
            if (left := self._all.pop(closed, None)) is not None:
                self._drop(left)
        if loop not in self._all:
            self._all[loop] = self._make()
        self._latest = (loop, self._all[loop])
        return self._all[loop]

    def all(self) -> tuple[T, ...]:
        """Give those of all loops that are not closed."""
        return tuple(value for loop, value in tuple(self._all.items()) if not loop.is_closed())

    def drain(self) -> Iterator[tuple[asyncio.AbstractEventLoop, T]]:
        """Take all of them out, each with its loop."""
        self._latest = None
        while self._all:
            yield self._all.popitem()
