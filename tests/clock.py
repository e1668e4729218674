"""A clock for several tasks at once: time stands still while anybody has something to do."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Any


class VirtualClock:
    """Jumps to the next moment that somebody sleeps for, as soon as all tasks of the loop wait.

    ``slept`` lists the waits. Where servers of the same loop answer over sockets, ``patience`` is how many
    turns of the loop have to be idle first, so that no byte on its way is overtaken.
    """

    def __init__(self, now: float = 1_000.0, epoch: float = 1_780_000_000.0, *, patience: int = 0) -> None:
        self.now = now
        self.slept: list[float] = []
        self._patience = patience
        self._idle = 0
        self._offset = epoch - now
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self._turning = False

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now + self._offset

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        loop: Any = asyncio.get_running_loop()
        woken = loop.create_future()
        heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), next(self._order), woken))
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn, loop)
        await woken

    def _turn(self, loop: Any) -> None:
        # The loop's own queue of what is ready; there is no public way to learn that all tasks wait.
        self._idle = 0 if loop._ready else self._idle + 1
        if self._idle > self._patience:
            self._idle = 0
            self._wake_next()
        self._turning = bool(self._sleepers)
        if self._turning:
            loop.call_soon(self._turn, loop)

    def _wake_next(self) -> None:
        while self._sleepers:
            moment, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():  # else its task was cancelled
                self.now = max(self.now, moment)
                woken.set_result(None)
                return


async def standing_still(condition: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds, while no virtual time passes."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the condition never came true")
