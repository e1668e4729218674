"""A clock that stands still while anything is being done, and jumps over the waits."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import Any

PATIENCE = 20
"""Turns of the loop that have to be idle before a jump, so that no byte on its way is overtaken."""


class VirtualClock:
    """Time for a client and a server that share one event loop; the speed of the machine plays no part."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()
        self._idle = 0
        self._turning = False

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_780_000_000.0 + self.now

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
        self._idle = 0 if loop._ready else self._idle + 1  # noqa: SLF001
        if self._idle > PATIENCE:
            self._idle = 0
            self._jump()
        self._turning = bool(self._sleepers)
        if self._turning:
            loop.call_soon(self._turn, loop)

    def _jump(self) -> None:
        while self._sleepers:
            moment, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():  # else its task was cancelled
                self.now = max(self.now, moment)
                woken.set_result(None)
                return
