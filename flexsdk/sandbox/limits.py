"""Rate limits: windows of requests, decided on the clock of the sandbox."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Limiter", "Reset", "Verdict", "Window"]

Window = tuple[int, float]
"""How many requests, in how many seconds."""
Reset = Literal["epoch", "epoch_decimal", "epoch_ms", "delta"]
"""``X-RateLimit-Reset`` as seconds since 1970 (whole or decimal), milliseconds, or seconds from now."""

# Rounded up, never down: a client that waits until the reset must not come too early.
_RESETS: dict[Reset, Callable[[float, float], str]] = {
    "epoch": lambda reset, _now: str(math.ceil(reset)),
    "epoch_decimal": lambda reset, _now: f"{math.ceil(reset * 1000) / 1000:.3f}",
    "epoch_ms": lambda reset, _now: str(math.ceil(reset * 1000)),
    "delta": lambda reset, now: str(math.ceil(reset - now)),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about one request; ``wait`` is 0 when it is admitted."""

    wait: float
    limit: int
    remaining: int
    reset: float
    """Seconds since 1970."""

    def headers(self, now: float, style: Reset | None) -> dict[str, str]:
        """Return the three X-RateLimit headers; without the reset when there is no style."""
        trio = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(self.remaining)}
        if style is not None:
            trio["X-RateLimit-Reset"] = _RESETS[style](self.reset, now)
        return trio


@dataclass(slots=True)
class _Counter:
    requests: int
    seconds: float
    sliding: bool
    taken: deque[float] = field(default_factory=deque)

    def expire(self, now: float) -> None:
        while self.taken and self._end(self.taken[0]) <= now:
            self.taken.popleft()

    def _end(self, taken: float) -> float:
        if self.sliding:
            return taken + self.seconds
        return (taken // self.seconds + 1) * self.seconds

    def remaining(self) -> int:
        return self.requests - len(self.taken)

    def frees(self, now: float) -> float:
        """When the next slot is free (sliding), or the window ends (fixed)."""
        return self._end(self.taken[0] if self.taken else now)


class Limiter:
    """Windows of one key. Fixed windows begin at multiples of their length: a day at UTC midnight."""

    def __init__(self, windows: Sequence[Window], *, sliding: bool, longest: bool) -> None:
        self._counters = [_Counter(requests, seconds, sliding) for requests, seconds in windows]
        self._longest = longest

    def take(self, now: float) -> Verdict | None:
        """Count one request, unless a window refuses it; None when there are no windows.

        The verdict describes the longest window where that was asked for, else the one with the fewest
        requests left; ``wait`` is the longest wait of the windows that refuse.
        """
        if not self._counters:
            return None
        for counter in self._counters:
            counter.expire(now)
        wait = max((c.frees(now) - now for c in self._counters if c.remaining() <= 0), default=0.0)
        if not wait:
            for counter in self._counters:
                counter.taken.append(now)
        shown = self._shown()
        return Verdict(wait, shown.requests, max(shown.remaining(), 0), shown.frees(now))

    def peek(self, now: float) -> Verdict | None:
        """Return what ``take`` would show, without counting a request."""
        if not self._counters:
            return None
        for counter in self._counters:
            counter.expire(now)
        shown = self._shown()
        return Verdict(0.0, shown.requests, max(shown.remaining(), 0), shown.frees(now))

    def _shown(self) -> _Counter:
        if self._longest:
            return max(self._counters, key=lambda counter: counter.seconds)
        return min(self._counters, key=lambda counter: (counter.remaining(), -counter.seconds))
