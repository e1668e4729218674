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

__all__ = ["AT_ONCE", "Guess", "Meter", "Window"]

AT_ONCE: Final = 0.0
"""As ``Window.seconds``: that many at the same time, for streams until they are closed."""

_UNBOUNDED: Final = 1 << 62
_GUARD: Final = 0.001
"""Seconds; resets are printed with three decimals at most, so a rounded one is early by less."""
_WHOLE_SECOND: Final = 1.0
"""Resets in whole seconds are off by up to one."""
_UTC_GUARD: Final = 1.0
"""Seconds after the end of a day that its places are kept, for clocks that disagree."""
_GRAINS: Final = 1024
"""Releases within this part of a window are one, the latest, which bounds the memory of a long window."""
_LONGEST_GUESS: Final = 60.0
_SHORTEST_GUESS: Final = 1.0
_GROWTH: Final = 50


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

    ``limit`` and ``seconds`` are as declared, or as read from headers; ``left`` is what the platform said
    to remain until ``until``, ``None`` where it has said nothing of the present window.
    """

    __slots__ = (
        "_aligned",
        "_hurried",
        "_last",
        "_margin",
        "_runs",
        "_trusted",
        "cooling",
        "declared",
        "label",
        "left",
        "limit",
        "name",
        "seconds",
        "until",
    )

    def __init__(self, window: Window | None = None, *, name: str = "") -> None:
        self.declared = window
        self.name = window.name if window else name
        self.label = window.label if window else name or "told by headers"
        self.limit = window.requests if window else _UNBOUNDED
        self.seconds = float(window.seconds) if window else 0.0
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
        if limit.window is not None:
            return limit.window == self.seconds and self.name in ("", limit.name)
        if limit.name and self.name:
            return limit.name == self.name
        fits = limit.reset_after is None or limit.reset_after <= self.seconds + _WHOLE_SECOND
        return limit.limit == self.declared.requests and fits

    def continues(self, limit: Limit, now: float) -> bool:
        """Tell whether a header speaks of this learned limit, and not of another window of the same name."""
        if self.declared is not None or self.name != limit.name:
            return False
        if self.left is None or self.until <= now or limit.limit in (None, self.limit):
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
        return None if self.limit == _UNBOUNDED else self.limit

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
        return None if self.limit == _UNBOUNDED and self.left is None else max(0, room)

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
            self._keep(release)

    def _keep(self, release: float) -> None:
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
        self._learn_size(limit)
        if limit.reset_after == 0:
            self._margin = _WHOLE_SECOND  # a window that is not over ends in 0 s: rounded down
        if refused and sent >= self._hurried:
            self._trusted = False  # its resets give back single places, not all; keep to the window's length
        if limit.remaining is not None and (limit.reset_after is not None or self.seconds):
            self._take(limit.remaining, limit.reset_after, now, sent)

    def _learn_size(self, limit: Limit) -> None:
        if limit.window is not None and self.declared is None:
            self.seconds = limit.window
        elif limit.reset_after is not None and self.declared is None:
            self.seconds = max(self.seconds, self._lasting(limit.reset_after))
        if self.declared is not None:
            if limit.limit is not None:
                self.limit = max(1, min(self.declared.requests, limit.limit))
        elif limit.limit is not None:
            self.limit = max(1, limit.limit)
        elif limit.remaining is not None:
            known = 0 if self.limit == _UNBOUNDED else self.limit
            self.limit = max(1, known, limit.remaining + 1)

    def _take(self, left: int, reset: float | None, now: float, sent: float) -> None:
        lasting = self.seconds if reset is None else self._lasting(reset)
        if reset is not None and not self._aligned and self.seconds:
            lasting = min(lasting, self.seconds)
        until = now + lasting
        if self.left is None or self.until <= now or sent + lasting - _WHOLE_SECOND > self.until:
            if sent + lasting + _WHOLE_SECOND > now:  # else its window is over already
                self.left, self.until = left, until
        elif until + _WHOLE_SECOND >= self.until:
            self.left, self.until = min(self.left, left), max(self.until, until)


class Guess(Meter):
    """A limit that nobody tells, found from refusals: additive increase, multiplicative decrease.

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
            self.seconds = min(_LONGEST_GUESS, max(self.seconds, wait or _SHORTEST_GUESS))
            if self.limit == _UNBOUNDED:
                for moment in answers:
                    self._keep(moment + self.seconds)
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
            self.seconds = min(_LONGEST_GUESS, 2 * self.seconds)
        self.limit = max(1, limit)
