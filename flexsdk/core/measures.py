"""What is counted and timed, as data: each metric once, and what an event adds to it.

Labels have few values, whatever a program does: the platform, the operation id, how something ended, and
words of our own. Nothing a platform or a user has written becomes a label.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Final, Literal, NamedTuple

from flexsdk import errors
from flexsdk.core.hooks import (
    AttemptEnded,
    BodyClosed,
    BodyOpened,
    CallEnded,
    Event,
    FirstEvent,
    LimiterRefused,
    LimiterWaited,
    QueueWaited,
    RetryScheduled,
    StreamEnded,
)

__all__ = ["METRICS", "Metric", "Reading", "readings"]


class Metric(NamedTuple):
    """A metric; histograms are in seconds."""

    name: str
    """Words with dots between them, as OpenTelemetry writes it."""
    kind: Literal["histogram", "counter", "gauge"]
    about: str
    labels: tuple[str, ...]


class Reading(NamedTuple):
    """What one event adds to a metric; ``labels`` are the values, in the metric's order."""

    metric: Metric
    value: float
    labels: tuple[str, ...]


BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends of the buckets of all histograms, in seconds: from a local answer to several minutes."""

CALLS: Final = Metric(
    "flexsdk.call.duration",
    "histogram",
    "Time of a call with all its waits and attempts; of a stream, until it began.",
    ("platform", "op", "outcome"),
)
WAITS: Final = Metric(
    "flexsdk.call.wait",
    "histogram",
    "Time that calls were held: by the limiter, in the queue for a connection, by backoff before a repeat.",
    ("platform", "op", "cause"),
)
RETRIES: Final = Metric(
    "flexsdk.call.retries",
    "counter",
    "Repeats, by the outcome of the attempt before.",
    ("platform", "op", "outcome"),
)
REFUSED: Final = Metric(
    "flexsdk.call.refused",
    "counter",
    "Requests refused for a limit: by the platform with 429, or by the limiter before they were sent.",
    ("platform", "op", "by"),
)
STREAMS: Final = Metric(
    "flexsdk.stream.duration",
    "histogram",
    "Time from the call of an event stream to its end.",
    ("platform", "op", "outcome"),
)
FIRST_EVENTS: Final = Metric(
    "flexsdk.stream.first_event",
    "histogram",
    "Time from the call of an event stream to its first event.",
    ("platform", "op"),
)
OPEN: Final = Metric(
    "flexsdk.stream.open",
    "gauge",
    "Streams and downloads that are open.",
    ("platform", "op"),
)
TOKENS: Final = Metric(
    "flexsdk.tokens",
    "counter",
    "Model tokens that streams told of, by kind.",
    ("platform", "op", "kind"),
)
METRICS: Final = (CALLS, WAITS, RETRIES, REFUSED, STREAMS, FIRST_EVENTS, OPEN, TOKENS)

_NAMED: Final = frozenset({*errors.__all__, "Cancelled"})


@singledispatch
def readings(event: Event) -> list[Reading]:
    """Tell what an event adds to the metrics."""
    return []


@readings.register
def _(event: CallEnded) -> list[Reading]:
    return [_reading(CALLS, event.seconds, event, _ending(event.outcome))]


@readings.register
def _(event: LimiterWaited) -> list[Reading]:
    return [_reading(WAITS, event.seconds, event, "limiter")]


@readings.register
def _(event: QueueWaited) -> list[Reading]:
    return [_reading(WAITS, event.seconds, event, "queue")]


@readings.register
def _(event: RetryScheduled) -> list[Reading]:
    return [
        _reading(WAITS, event.wait, event, "backoff"),
        _reading(RETRIES, 1, event, _ending(event.cause)),
    ]


@readings.register
def _(event: LimiterRefused) -> list[Reading]:
    return [_reading(REFUSED, 1, event, "limiter")]


@readings.register
def _(event: AttemptEnded) -> list[Reading]:
    return [_reading(REFUSED, 1, event, "platform")] if event.outcome == "429" else []


@readings.register
def _(event: FirstEvent) -> list[Reading]:
    return [_reading(FIRST_EVENTS, event.seconds, event)]


@readings.register
def _(event: StreamEnded) -> list[Reading]:
    tokens = [_reading(TOKENS, count, event, kind) for kind, count in event.tokens.items()]
    return [_reading(STREAMS, event.seconds, event, event.outcome), *tokens]


@readings.register
def _(event: BodyOpened) -> list[Reading]:
    return [_reading(OPEN, 1, event)]


@readings.register
def _(event: BodyClosed) -> list[Reading]:
    return [_reading(OPEN, -1, event)]


def _reading(metric: Metric, value: float, event: Event, *more: str) -> Reading:
    return Reading(metric, value, (event.call.platform, event.op, *more))


def _ending(outcome: str) -> str:
    """Give the class of a status, such as ``2xx``; an error's name, if it is one of the package's."""
    if outcome.isdecimal():
        return f"{outcome[0]}xx"
    return outcome if outcome in _NAMED else "Other"
