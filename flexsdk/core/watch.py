"""The clocks of an open body."""

from __future__ import annotations

import asyncio

from flexsdk.core.call import Source
from flexsdk.core.loops import time_of
from flexsdk.errors import ConfigError, FlexError, StreamStalled, Timeout

__all__ = ["Watch"]


class Watch:
    """Two clocks and a deadline on one timer.

    The clocks run only while somebody waits, so that a slow reader is no stalled stream. The timer is never
    reset by bytes: when it fires it looks how long the present wait has lasted and goes on for the rest.
    """

    __slots__ = (
        "_event",
        "_event_since",
        "_idle",
        "_loop",
        "_read_since",
        "_source",
        "_stops",
        "_time",
        "_timer",
    )

    def __init__(self, idle: float, event: float = float("inf")) -> None:
        self._idle = idle
        self._event = event
        self._read_since: float | None = None
        self._event_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, source: Source, deadline: float) -> None:
        """Begin to watch a body that may take ``deadline`` seconds more."""
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._time = time_of(self._loop)
        self._stops = self._time() + deadline
        self._timer = self._loop.call_later(min(self._idle, self._event, deadline), self._look)

    def stop(self) -> None:
        """Watch no more."""
        if self._timer:
            self._timer.cancel()

    def waits(self) -> None:
        """Count from here on as waiting for an event, and for a byte of it, until :meth:`rests`."""
        if self._event_since is not None:
            raise ConfigError("two tasks read one stream; give each its own, or share the events")
        self._event_since = self._read_since = self._time()

    def reads(self) -> None:
        """Count from here on as waiting for another byte."""
        self._read_since = self._time()

    def rests(self) -> None:
        """Wait for nothing."""
        self._event_since = self._read_since = None

    def _look(self) -> None:
        now = self._time()
        idle_left = self._idle - (now - (self._read_since or now))
        event_left = self._event - (now - (self._event_since or now))
        left = min(idle_left, event_left, self._stops - now)
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._source.fail(self._verdict(idle_left <= 0, event_left <= 0))

    def _verdict(self, idle: bool, event: bool) -> FlexError:
        if idle:
            return StreamStalled(f"no byte for {self._idle:g} s", phase="idle", seconds=self._idle)
        if event:
            return StreamStalled(f"no event for {self._event:g} s", phase="event", seconds=self._event)
        return Timeout("the deadline passed while the stream was open", phase="deadline", seconds=0.0)
