"""Things that belong to one event loop each: sessions, queues."""

from __future__ import annotations

import asyncio
import time
from asyncio import get_running_loop
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

__all__ = ["PerLoop", "time_of"]

T = TypeVar("T")


class PerLoop(Generic[T]):
    """One ``T`` for every running loop, made at first use there.

    What belongs to closed loops is given to ``drop``.
    """

    __slots__ = ("_all", "_drop", "_make")

    def __init__(self, make: Callable[[], T], drop: Callable[[T], None] = lambda _: None) -> None:
        self._make = make
        self._drop = drop
        self._all: dict[asyncio.AbstractEventLoop, T] = {}

    def get(self, loop: asyncio.AbstractEventLoop | None = None) -> T:
        """Give the one of the running loop; who knows that loop spares asking the system for it."""
        value = self._all.get(loop or get_running_loop())
        return self._first() if value is None else value

    def _first(self) -> T:
        for closed in [known for known in tuple(self._all) if known.is_closed()]:
            if (left := self._all.pop(closed, None)) is not None:
                self._drop(left)
        value = self._all[get_running_loop()] = self._make()
        return value

    def all(self) -> tuple[T, ...]:
        """Give those of all loops that are not closed."""
        return tuple(value for loop, value in tuple(self._all.items()) if not loop.is_closed())

    def drain(self) -> Iterator[tuple[asyncio.AbstractEventLoop, T]]:
        """Take all of them out, each with its loop."""
        while self._all:
            yield self._all.popitem()


def time_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """Give the clock of a loop; of asyncio's own loops without the way through them."""
    return time.monotonic if type(loop).time is asyncio.BaseEventLoop.time else loop.time
