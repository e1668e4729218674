"""Limits that nobody tells: how a limiter that knows nothing begins, and what it makes of refusals."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from flexsdk.protocol.headers import Limit
from flexsdk.protocol.meters import UNBOUNDED, Meter

__all__ = ["Guess", "SlowStart"]

_LONGEST: Final = 60.0
"""Seconds; a longer wish is a ban or a day's quota, and says nothing of the pace after it."""
_SHORTEST: Final = 1.0
_GROWTH: Final = 50
"""A guess that holds grows by this part of itself."""


_FIRST_BURST: Final = 10
_DOUBLING: Final = 0.1
"""Seconds."""
_OPEN: Final = 1024


class SlowStart(Meter):
    """Lets a limiter that knows nothing yet begin with a few requests, not with all that wait.

    Ten at the same time, one more for every other answer, and twice as many every tenth of a second whether
    there are answers or not: the first answers mostly tell the limit, and where none tells, 200 requests are
    on their way after half a second. It is dropped when a limit is known or 1,024 are allowed.
    """

    __slots__ = ("_doubles_at", "_odd")

    def __init__(self) -> None:
        super().__init__(name="slow start")
        self.limit = _FIRST_BURST
        self._doubles_at = -math.inf
        self._odd = False

    @property
    def over(self) -> bool:
        """Whether it holds nobody up any more."""
        return self.limit >= _OPEN

    def continues(self, limit: Limit, now: float) -> bool:
        """No header speaks of it."""
        return False

    def room(self, now: float, inflight: int) -> int:
        """Give how many more requests may go now."""
        if self.limit > inflight:
            return self.limit - inflight
        if self._doubles_at == -math.inf:
            self._doubles_at = now + _DOUBLING
        elif self._doubles_at <= now:
            self.limit *= 2
            self._doubles_at = now + _DOUBLING
        return self.limit - inflight

    def due(self, now: float, inflight: int) -> float:
        """Give the moment of the next doubling."""
        return now if self.limit > inflight else self._doubles_at

    def eta(self, now: float, inflight: int, nth: int) -> float:
        """It is over soon, so nobody is refused for it."""
        return now

    def settle(self, now: float, wall: float, reset: float | None) -> None:
        """Allow one more for every other answer."""
        self._odd = not self._odd
        self.limit += self._odd


class Guess(Meter):
    """Additive increase, multiplicative decrease.

    A refusal that names a wait gives both figures: as many requests as passed in that time. One that names
    nothing halves what passed in the last second, then in twice that time, up to a minute. A guess that
    was used up and not refused grows by a fiftieth, at least by one request a window.
    """

    __slots__ = ("_cut", "_full", "_grow_at")

    def __init__(self) -> None:
        super().__init__(name="found from refusals")
        self._cut = -math.inf
        self._grow_at = 0.0
        self._full = False

    @property
    def known_limit(self) -> int | None:
        """The number of requests guessed."""
        return self.limit

    def continues(self, limit: Limit, now: float) -> bool:
        """No header speaks of a guess."""
        return False

    def room(self, now: float, inflight: int) -> int:
        """Give how many more requests may go now, and note that the guess is used up."""
        room = super().room(now, inflight)
        if room < 1:
            self._full = True
        return room

    def settle(self, now: float, wall: float, reset: float | None) -> None:
        """Keep the place of an answered request, and grow once a window has passed without a refusal."""
        super().settle(now, wall, None)
        if self._full and now >= self._grow_at:
            self.limit += max(1, self.limit // _GROWTH)
            self._full = False
            self._grow_at = now + self.seconds

    def refuse(
        self, now: float, sent: float, wait: float | None, *, inflight: int, answers: deque[float]
    ) -> None:
        """Take a refusal without a count.

        Args:
            now: the moment of the answer.
            sent: when its request was granted; those sent before the last cut belong to the same burst.
            wait: seconds that the answer asks for.
            inflight: requests not yet answered.
            answers: when the last requests passed, used for the first cut.
        """
        if sent < self._cut:
            self.limit = max(1, self.limit - 1) if wait else self.limit
        else:
            self._cut = now
            self.seconds = min(_LONGEST, max(self.seconds, wait or _SHORTEST))
            if self.limit == UNBOUNDED:
                for moment in answers:
                    self.keep(moment + self.seconds)
            super().room(now, inflight)  # drops what is older than the window
            self._shrink(told=bool(wait), passed=self.cooling, inflight=inflight)
        self.left = 0
        self.until = max(self.until, now + (wait or self.seconds))
        self._grow_at = self.until + self.seconds
        self._full = False

    def _shrink(self, *, told: bool, passed: int, inflight: int) -> None:
        if told:
            limit = min(self.limit - 1, passed + inflight)
        elif self.limit > 1:
            limit = min(self.limit, passed) // 2
        else:
            limit = 1
            self.seconds = min(_LONGEST, 2 * self.seconds)
        self.limit = max(1, limit)
