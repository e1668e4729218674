"""Where outcomes wait until they are read."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

__all__ = ["Shelf"]

T = TypeVar("T")


class Shelf(Generic[T]):
    """Gives things in the order they come, or of their numbers when ``first`` names the first of these."""

    def __init__(self, first: int | None) -> None:
        self._next = first
        self._early: dict[int, T] = {}
        self._ready: deque[T] = deque()
        self._bell = asyncio.Event()

    def __len__(self) -> int:
        """Count all that nobody has taken."""
        return len(self._ready) + len(self._early)

    def put(self, number: int, thing: T) -> None:
        """Add a thing, and wake who waits for one."""
        if self._next is None:
            self._ready.append(thing)
        else:
            self._early[number] = thing
            while self._next in self._early:
                self._ready.append(self._early.pop(self._next))
                self._next += 1
        self.ring()

    def take(self) -> T | None:
        """Give the next thing, if it is there."""
        return self._ready.popleft() if self._ready else None

    def clear(self) -> list[T]:
        """Give all that is left, in the order of their numbers as far as there is one."""
        left = [*self._ready, *(self._early[number] for number in sorted(self._early))]
        self._ready.clear()
        self._early.clear()
        return left

    def ring(self) -> None:
        """Wake who waits."""
        self._bell.set()

    async def wait(self) -> None:
        """Wait until something happens."""
        self._bell.clear()
        await self._bell.wait()
