"""A hook that counts: what the client says of its calls, attempts, retries and waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from flexsdk.core.hooks import (
    AttemptEnded,
    CallEnded,
    Event,
    LimiterWaited,
    QueueWaited,
    RetryScheduled,
    StreamEnded,
)

__all__ = ["Tally"]


@dataclass
class _Waits:
    count: int = 0
    longest: float = 0.0
    """Seconds."""

    def add(self, seconds: float) -> None:
        self.count += 1
        self.longest = max(self.longest, seconds)


@dataclass
class Tally:
    """Counts the events of one or more clients."""

    calls: int = 0
    attempts: int = 0
    retries: int = 0
    streams: int = 0
    stream_events: int = 0
    waits: defaultdict[str, _Waits] = field(default_factory=lambda: defaultdict(_Waits))
    """By cause."""

    def __call__(self, event: Event) -> None:
        """Count an event."""
        match event:
            case CallEnded():
                self.calls += 1
            case AttemptEnded():
                self.attempts += 1
            case RetryScheduled():
                self.retries += 1
                asked = "" if event.hint is None else ", as asked"
                self.waits[f"retry of a {event.cause}{asked}"].add(event.wait)
            case LimiterWaited():
                self.waits["rate limit"].add(event.seconds)
            case QueueWaited():
                self.waits["free connection"].add(event.seconds)
            case StreamEnded():
                self.streams += 1
                self.stream_events += event.events

    def rows(self) -> Iterator[tuple[str, int, str]]:
        """Yield what was counted, how often, and a remark."""
        yield "calls", self.calls, ""
        yield "HTTP attempts", self.attempts, ""
        yield "retries", self.retries, ""
        yield "streams", self.streams, f"{self.stream_events} events"
        for cause, waits in self.waits.items():
            yield f"waits: {cause}", waits.count, f"the longest {waits.longest:.1f} s"
