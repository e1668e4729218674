"""How fast work goes on, and how long it will still take."""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["Pace"]

WINDOW_SECONDS: Final = 30.0
"""The rate is that of the last half minute: long enough for a limit by the second, short enough to follow."""
_SLICE: Final = 0.5


class Pace:
    """Counts what is finished, in slices of half a second."""

    __slots__ = ("_began", "_slices")

    def __init__(self, now: float) -> None:
        self._began = now
        self._slices: deque[tuple[float, int]] = deque()

    def count(self, now: float) -> None:
        """Take one more."""
        if self._slices and now - self._slices[-1][0] < _SLICE:
            began, number = self._slices.pop()
            self._slices.append((began, number + 1))
        else:
            self._slices.append((now, 1))
        self._forget(now)

    def rate(self, now: float) -> float:
        """Give the number finished a second, lately."""
        self._forget(now)
        passed = min(WINDOW_SECONDS, now - self._began)
        return sum(number for _, number in self._slices) / passed if passed > 0 else 0.0

    def time_left(self, remaining: int, now: float) -> float | None:
        """Give the seconds that this many will take; ``None`` while nothing is known."""
        rate = self.rate(now)
        return remaining / rate if rate > 0 else None

    def _forget(self, now: float) -> None:
        while self._slices and now - self._slices[0][0] > WINDOW_SECONDS:
            self._slices.popleft()
