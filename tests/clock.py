"""A clock for several tasks at once: time stands still while anybody has something to do."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import Any


class VirtualClock:
    """Jumps to the next moment that somebody sleeps for, as soon as all tasks of the loop wait."""

    def __init__(self, now: float = 1_000.0, epoch: float = 1_780_000_000.0) -> None:
        self.now = now
        self._offset = epoch - now
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self._turning = False

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now + self._offset

    async def sleep(self, seconds: float) -> None:
        loop: Any = asyncio.get_running_loop()
        woken = loop.create_future()
        heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), next(self._order), woken))
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn, loop)
        await woken

    def _turn(self, loop: Any) -> None:
        # The loop's own queue of what is ready; there is no public way to learn that all tasks wait.
        if not loop._ready:
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
