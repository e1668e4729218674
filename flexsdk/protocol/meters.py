"""What is known of one limit: how many requests may go now, and when places come free.

The rule that all of this rests on: the platform counts a request at some moment between its sending and
its answer, so the request keeps its place from the grant until a whole window after the answer. Then no
window of that length, wherever it begins, can hold more requests than there are places. A place comes
free earlier only where the answer itself says when the window it was counted in ends.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final, Literal

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.stock import Rule

__all__ = ["AT_ONCE", "UNBOUNDED", "Meter", "Window"]

AT_ONCE: Final = 0.0
"""As ``Window.seconds``: that many at the same time, for streams until they are closed."""

UNBOUNDED: Final = 1 << 62
"""The size of a limit that is not known."""
_GUARD: Final = 0.001
"""Seconds; resets are printed with three decimals at most, so a rounded one is early by less."""
_WHOLE_SECOND: Final = 1.0
"""Resets in whole seconds are off by up to one."""
_UTC_GUARD: Final = 1.0
"""Seconds after the end of a day that its places are kept, for clocks that disagree."""
_GRAINS: Final = 1024
"""Releases within this part of a window are one, the latest, which bounds the memory of a long window."""


class Window(msgspec.Struct, frozen=True):
    """A declared limit: so many requests in so many seconds.

    Args:
        requests: how many; 1 or more.
        seconds: length of the window; 0 (``AT_ONCE``) limits the requests at the same time instead.
        name: the policy's name in the platform's headers, also shown in errors and snapshots.
        align: ``utc`` where windows begin at whole multiples of their length since the epoch, so that a
            day ends at UTC midnight; ``sliding`` is safe for every other kind.
        per: a path parameter, such as ``agent_id``: each value of it has a limit of its own. For windows
            of a bucket only.

    Raises:
        ConfigError: a value out of range.
    """

    requests: int
    seconds: float
    name: str = ""
    align: Literal["sliding", "utc"] = "sliding"
    per: str = ""

    def __post_init__(self) -> None:
        _check_size(self.requests, self.seconds)
        if self.align not in ("sliding", "utc"):
            raise ConfigError(f"Window: align must be 'sliding' or 'utc', not {self.align!r}")
        if self.align == "utc" and self.seconds == AT_ONCE:
            raise ConfigError("Window: a limit on requests at the same time has no alignment")

    @property
    def label(self) -> str:
        """The name, or the figures where there is none."""
        if self.name:
            return self.name
        length = f"per {self.seconds:g} s" if self.seconds else "at a time"
        return f"{self.requests} {length}"


def _check_size(requests: object, seconds: object) -> None:
    if not isinstance(requests, int) or isinstance(requests, bool) or requests < 1:
        raise ConfigError(f"Window: requests must be an integer of 1 or more, not {requests!r}")
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ConfigError(f"Window: seconds must be 0 or more, not {seconds!r}")


class _Run(msgspec.Struct):
    """Places that come free together, at ``release``; later ones up to ``latest`` join them."""

    release: float
    latest: float
    places: int = 1


class Meter:
    """One limit and the places taken in it. Requests in flight are counted by the pool it belongs to.

    ``size`` and ``length`` are as declared, or as read from headers, and ``limit`` and ``seconds`` what this
    process keeps to of it: the same, unless it has only a share. ``left`` is what the platform said
    to remain until ``until``, ``None`` where it has said nothing of the present window.
    """

    __slots__ = (
        "_aligned",
        "_hurried",
        "_last",
        "_margin",
        "_runs",
        "_share",
        "_trusted",
        "cooling",
        "declared",
        "label",
        "left",
        "length",
        "limit",
        "name",
        "seconds",
        "size",
        "until",
    )

    def __init__(self, window: Window | None = None, *, name: str = "") -> None:
        self.declared = window
        self.name = window.name if window else name
        self.label = window.label if window else name or "told by headers"
        self.size = self.limit = window.requests if window else UNBOUNDED
        self.length = self.seconds = float(window.seconds) if window else 0.0
        self._share = 1.0
        self._aligned = window is not None and window.align == "utc"
        self._runs: deque[_Run] = deque()  # releases ascending
        self._last: _Run | None = None
        self.cooling = 0
        self.left: int | None = None
        self.until = 0.0
        self._margin = 0.0
        self._trusted = True
        self._hurried = math.inf  # the first moment at which a place came free before the window's length

    def matches(self, limit: Limit) -> bool:
        """Tell whether a header speaks of this declared limit."""
        if self.declared is None:
            return False
        named = bool(limit.name and self.name)
        if named or limit.window is not None:
            return (not named or limit.name == self.name) and limit.window in (None, self.length)
        fits = limit.reset_after is None or limit.reset_after <= self.length + _WHOLE_SECOND
        return limit.limit == self.declared.requests and fits

    def continues(self, limit: Limit, now: float) -> bool:
        """Tell whether a header speaks of this learned limit, and not of another window of the same name."""
        if self.declared is not None or self.name != limit.name:
            return False
        if self.left is None or self.until <= now or limit.limit in (None, self.size):
            return True
        ends = now + (limit.reset_after or 0.0)
        return abs(ends - self.until) <= 2 * _WHOLE_SECOND

    def room(self, now: float, inflight: int) -> int:
        """Give how many more requests may go now; not above 0 when none may."""
        runs = self._runs
        while runs and runs[0].release <= now:
            self.cooling -= runs.popleft().places
            if not runs:
                self._last = None
        free = self.limit - self.cooling
        if self.left is not None:
            if self.until <= now:
                self.left = None
            elif self.left < free:
                free = self.left
        return free - inflight

    @property
    def known_limit(self) -> int | None:
        """The number of requests allowed; ``None`` while unknown."""
        return None if self.size == UNBOUNDED else self.size

    def idle(self, now: float) -> bool:
        """Tell whether nothing is known of the present window, so that the meter may be dropped."""
        self.room(now, 0)
        return self.cooling == 0 and self.left is None

    def resets_at(self) -> float | None:
        """Give the moment at which all answered requests have left; ``None`` if there are none."""
        last = self._runs[-1].release if self._runs else 0.0
        return max(last, self.until if self.left is not None else 0.0) or None

    def remaining(self, now: float, inflight: int) -> int | None:
        """Give what a snapshot shows; ``None`` while no limit is known."""
        room = self.room(now, inflight)
        return None if self.limit == UNBOUNDED and self.left is None else max(0, room)

    def due(self, now: float, inflight: int) -> float:
        """Give the known moment at which a place may come free; infinite if only an answer can free one."""
        at = now
        if self.limit - self.cooling - inflight < 1:
            at = self._runs[0].release if self._runs else math.inf
        if self.left is not None and self.left - inflight < 1:
            at = max(at, self.until)
        return at

    def eta(self, now: float, inflight: int, nth: int) -> float:
        """Give the earliest moment at which the ``nth`` request from now may go, counted from 1."""
        at = self._release_of(now, nth - (self.limit - self.cooling - inflight))
        if self.left is not None and nth > self.left - inflight:
            at = max(at, self.until)
        return at

    def _release_of(self, now: float, place: int) -> float:
        if place <= 0:
            return now
        cycles, place = divmod(place - 1, self.limit)
        for run in self._runs:
            place -= run.places
            if place < 0:
                return run.release + cycles * self.seconds
        # In flight: answered now at the earliest, and an aligned window may end at any moment.
        return now + (cycles if self._aligned else cycles + 1) * self.seconds

    def settle(self, now: float, wall: float, reset: float | None) -> None:
        """Keep the place of an answered request for as long as it may still count.

        Args:
            now: the moment of the answer.
            wall: the same in seconds since the epoch.
            reset: seconds until the window ends, where the answer told.
        """
        release = now + self.seconds
        if self._aligned:
            release += _UTC_GUARD - wall % self.seconds
        if reset is not None and self._trusted:
            told = now + self._lasting(reset)
            if told < release:
                self._hurried = min(self._hurried, told)
            release = told if self._aligned else min(release, told)
        if release > now:
            self.keep(release)

    def keep(self, release: float) -> None:
        """Take a place until ``release``, or until the latest before it, if that is later."""
        self.cooling += 1
        last = self._last
        if last is not None and release <= last.latest:
            last.places += 1
            if release > last.release:
                last.release = release
        else:
            self._last = _Run(release, release + self.seconds / _GRAINS)
            self._runs.append(self._last)

    def _lasting(self, reset: float) -> float:
        return reset + self._margin + _GUARD

    def learn(self, limit: Limit, now: float, sent: float, *, refused: bool = False) -> None:
        """Take what an answer says of this window, if it is more careful or speaks of a newer window.

        Args:
            limit: from the headers.
            now: the moment of the answer.
            sent: when its request was granted; the count is from some moment between the two.
            refused: the request was turned away for this limit.
        """
        if limit.reset_after == 0:
            self._margin = _WHOLE_SECOND  # a window that is not over ends in 0 s: rounded down
        self._learn_size(limit)
        if refused and sent >= self._hurried:
            self._trusted = False  # its resets give back single places, not all; keep to the window's length
        if limit.remaining is not None and (limit.reset_after is not None or self.seconds):
            self._take(limit.remaining, limit.reset_after, now, sent)

    def _learn_size(self, limit: Limit) -> None:
        if self.declared is not None:
            if limit.limit is not None:
                self.size = max(1, min(self.declared.requests, limit.limit))
        else:
            self._learn_undeclared(limit)
        self.take_share(self._share)

    def _learn_undeclared(self, limit: Limit) -> None:
        if limit.window is not None:
            self.length = limit.window
        elif limit.reset_after is not None:
            self.length = max(self.length, self._lasting(limit.reset_after))
        if limit.limit is not None:
            self.size = max(1, limit.limit)
        elif limit.remaining is not None:
            known = 0 if self.size == UNBOUNDED else self.size
            self.size = max(1, known, limit.remaining + 1)

    def take_share(self, share: float) -> None:
        """Keep to a share of the limit, 0 to 1; where that is less than one request, to one in more time."""
        self._share = share
        if self.size == UNBOUNDED:
            return
        places = self.size * share
        self.limit = self.size if share == 1.0 else max(1, int(places))
        self.seconds = self.length / min(1.0, places)

    def rule(self) -> Rule | None:
        """Give the limit as a shared store needs it; ``None`` while it is not known."""
        if self.size == UNBOUNDED:
            return None
        return Rule(self.label, self.size, self.length, self._aligned)

    def told(self, now: float) -> tuple[str, int, float] | None:
        """Give what the platform said of the present window: label, requests left, seconds to the reset."""
        if self.left is None or self.until <= now:
            return None
        return self.label, self.left, self.until - now

    def _take(self, left: int, reset: float | None, now: float, sent: float) -> None:
        left = left if self._share == 1.0 else int(left * self._share)
        lasting = self.seconds if reset is None else self._lasting(reset)
        if reset is not None and not self._aligned and self.seconds:
            lasting = min(lasting, self.seconds)
        until = now + lasting
        if self.left is None or self.until <= now or sent + lasting - _WHOLE_SECOND > self.until:
            if sent + lasting + _WHOLE_SECOND > now:  # else its window is over already
                self.left, self.until = left, until
        elif until + _WHOLE_SECOND >= self.until:
            self.left, self.until = min(self.left, left), max(self.until, until)
