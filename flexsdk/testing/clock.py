"""A clock for several tasks at once: time stands still while anybody has something to do."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

__all__ = ["VirtualClock"]

HOLD_SECONDS = 0.001
"""Real seconds between two looks at what holds the clock."""


class VirtualClock:
    """Jumps to the next moment that somebody sleeps for, as soon as all tasks of the loop wait.

    Pass it as ``clock=`` to clients, and its ``time`` as ``clock=`` to a sandbox. It moves on one event loop;
    ``time`` and ``monotonic`` may be read from any thread. ``slept`` lists the waits, in seconds. Timeouts of
    attempts and of streams are not virtual: they run on the clock of the loop.

    Args:
        now: what ``monotonic`` begins with, in seconds.
        epoch: what ``time`` begins with, in seconds since 1970.
        patience: where servers of the same loop answer over sockets, how many turns of the loop have to be
            idle before time jumps, so that no byte on its way is overtaken.
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
        self._holds: list[Callable[[], bool]] = []

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""
        return self.now

    def time(self) -> float:
        """Give seconds since the epoch."""
        return self.now + self._offset

    async def sleep(self, seconds: float) -> None:
        """Wait until that many virtual seconds have passed."""
        self.slept.append(seconds)
        loop: Any = asyncio.get_running_loop()
        woken = loop.create_future()
        heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), next(self._order), woken))
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn, loop)
        await woken

    def advance(self, seconds: float) -> None:
        """Let time pass by hand, so that tokens expire and windows end; who sleeps until then wakes up.

        To be called on the loop of those who sleep.
        """
        until = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self._wake_next()
        self.now = until

    def hold_while(self, condition: Callable[[], bool]) -> None:
        """Let no time pass while the condition holds, such as that a server elsewhere has yet to answer."""
        self._holds.append(condition)

    def _turn(self, loop: Any) -> None:
        if any(condition() for condition in self._holds):
            self._idle = 0
            loop.call_later(HOLD_SECONDS, self._turn, loop)
            return
        # The loop's own queue of what is ready; there is no public way to learn that all tasks wait.
        self._idle = 0 if loop._ready else self._idle + 1  # noqa: SLF001 - see above
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
