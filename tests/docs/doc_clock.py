"""A clock for pages that wait: time as it is, without the stretches in which everybody sleeps."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

PATIENCE = 0.02
"""Real seconds of sleep before time jumps, so that other tasks get to their next wait."""


class HastyClock:
    """Runs as fast as real time, and jumps to the earliest end of all sleeps once they have lasted a moment.

    May be used from several loops and threads at a time.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._ends: list[float] = []
        self._requests: list[object] = []

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def time(self) -> float:
        return time.time() + self._skipped

    async def sleep(self, seconds: float) -> None:
        ends = self.monotonic() + seconds
        self._ends.append(ends)
        try:
            while (left := ends - self.monotonic()) > 0:
                await anyio.sleep(min(left, PATIENCE))
                if not self._requests:
                    self._skipped += max(0.0, min(self._ends) - self.monotonic())
        finally:
            self._ends.remove(ends)

    def held_by(self, send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Wrap what talks to a server, so that time does not jump while an answer is under way."""

        async def sending(*given: Any) -> Any:
            request = object()
            self._requests.append(request)
            try:
                return await send(*given)
            finally:
                self._requests.remove(request)

        return sending
