"""Traces and metrics for OpenTelemetry; extra ``otel``.

One span a call, after the semantic conventions for HTTP clients
(https://opentelemetry.io/docs/specs/semconv/http/http-spans/) with one exception: ``url.full`` is left out,
for addresses hold ids and queries. The route template is there as ``http.route`` and ``url.template``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Token
from itertools import islice
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import msgspec
from yarl import URL

from flexsdk._version import __version__
from flexsdk.core.call import Call, Reply
from flexsdk.core.hooks import (
    AttemptEnded,
    BodyClosed,
    BodyOpened,
    CallEnded,
    CallStarted,
    Event,
    FirstByte,
    FirstEvent,
    LimiterRefused,
    LimiterWaited,
    QueueWaited,
    RetryScheduled,
    StreamEnded,
    Trail,
    trails,
)
from flexsdk.core.measures import BOUNDS, METRICS, Metric, readings
from flexsdk.errors import ConfigError
from flexsdk.types import Handler

try:
    from opentelemetry import context, propagate, trace
    from opentelemetry.context import Context
    from opentelemetry.metrics import MeterProvider, get_meter
    from opentelemetry.trace import (
        INVALID_SPAN_CONTEXT,
        Link,
        Span,
        SpanContext,
        SpanKind,
        Status,
        StatusCode,
        TracerProvider,
    )
except ModuleNotFoundError as missing:
    raise ConfigError("flexsdk.ext.otel needs opentelemetry-api; pip install 'flexsdk[otel]'") from missing

__all__ = ["Telemetry", "inject", "origin"]

MAX_LINKS: Final = 32
"""Most trails that a span is linked along; a list that is read for a thousand jobs needs no more."""

_EVENTS: Final[dict[type[Event], str]] = {
    LimiterWaited: "limiter",
    LimiterRefused: "limiter refused",
    QueueWaited: "queue",
    FirstByte: "first byte",
    AttemptEnded: "attempt",
    RetryScheduled: "backoff",
    FirstEvent: "first event",
    StreamEnded: "stream ended",
}
"""What becomes an event of the span, and its name there."""


class _Open(msgspec.Struct):
    """A call whose span has not ended."""

    span: Span
    token: Token[Context]
    bodies: int = 0
    ended: bool = False


class Telemetry:
    """Spans and metrics of calls. Make one, and give it to all clients: ``hooks=[telemetry]``.

    The span of a call is current while the call runs, so that what happens below it, such as the spans of
    the official instrumentation of aiohttp, becomes its child. The span of a stream or a download ends when
    it is closed. Spans of pages are linked to the page before, those of polls to the look before and to the
    spans that wait for the job. The metrics are those of :class:`flexsdk.ext.prometheus.Metrics`, with dots:
    ``flexsdk.call.duration`` and so on.

    Args:
        tracer_provider: by default the global one.
        meter_provider: by default the global one.
    """

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        self._tracer = trace.get_tracer("flexsdk", __version__, tracer_provider)
        meter = get_meter("flexsdk", __version__, meter_provider)
        self._record = {metric: _instrument(meter, metric) for metric in METRICS}
        self._open: dict[int, _Open] = {}
        self._latest: WeakKeyDictionary[Trail, SpanContext] = WeakKeyDictionary()

    def __call__(self, event: Event) -> None:
        """Take an event of a client."""
        for metric, value, labels in readings(event):
            names = (f"flexsdk.{label}" for label in metric.labels)
            self._record[metric](value, dict(zip(names, labels, strict=True)))
        if isinstance(event, CallStarted):
            self._start(event)
        elif (call := self._open.get(event.call.number)) is not None:
            _follow(call, event)
            if call.ended and not call.bodies:
                call.span.end()
                del self._open[event.call.number]

    def _start(self, event: CallStarted) -> None:
        ref = event.call
        span = self._tracer.start_span(
            f"{ref.method} {ref.route}",
            kind=SpanKind.CLIENT,
            attributes=_attributes(event),
            links=self._links(),
        )
        for trail in trails.get():
            self._latest[trail] = span.get_span_context()
        self._open[ref.number] = _Open(span, context.attach(trace.set_span_in_context(span)))

    def _links(self) -> list[Link]:
        """Link to where the trails of this call begin, and to the calls before this one."""
        parent = trace.get_current_span().get_span_context()
        found: dict[int, SpanContext] = {}
        for trail in islice(trails.get(), MAX_LINKS):
            for each in (_beginning(trail), self._latest.get(trail, INVALID_SPAN_CONTEXT)):
                found[each.span_id] = each
        return [Link(each) for each in found.values() if each.is_valid and each.span_id != parent.span_id]


async def inject(call: Call, forward: Handler) -> Reply[Any]:
    """Tell the platform the trace, as a middleware: ``middlewares=[inject]``.

    The headers are those of the configured propagator: ``traceparent`` and, where there is any, ``baggage``,
    which the platform can read; the environment variable ``OTEL_PROPAGATORS=tracecontext`` leaves that out.
    """
    propagate.inject(call.headers)
    return await forward(call)


def origin(url: URL) -> str:
    """Keep paths and queries out of the spans of the wire.

    For the official instrumentation: ``AioHttpClientInstrumentor().instrument(url_filter=origin)``.
    """
    return str(url.origin())


def _instrument(meter: Any, metric: Metric) -> Callable[[float, dict[str, str]], None]:
    record: Callable[[float, dict[str, str]], None]
    match metric.kind:
        case "histogram":
            record = meter.create_histogram(
                metric.name, "s", metric.about, explicit_bucket_boundaries_advisory=BOUNDS
            ).record
        case "counter":
            record = meter.create_counter(metric.name, description=metric.about).add
        case "gauge":
            record = meter.create_up_down_counter(metric.name, description=metric.about).add
    return record


def _attributes(event: CallStarted) -> dict[str, str | int]:
    place = urlsplit(event.base_url)
    return {
        "http.request.method": event.call.method,
        "http.route": event.call.route,
        "url.template": event.call.route,
        "server.address": place.hostname or "",
        "server.port": place.port or (443 if place.scheme == "https" else 80),
        "flexsdk.platform": event.call.platform,
        "flexsdk.op": event.op,
    }


def _beginning(trail: Trail) -> SpanContext:
    """Give the span in which a trail began; from a copy, as no two threads may enter one context."""
    begun = trail.context.copy().run(context.get_current)
    return trace.get_current_span(begun).get_span_context()


def _follow(call: _Open, event: Event) -> None:
    """Write down what happens to a call."""
    if (name := _EVENTS.get(type(event))) is not None:
        call.span.add_event(name, _said(event))
    match event:
        case AttemptEnded(outcome=outcome) if outcome.isdecimal():
            call.span.set_attribute("http.response.status_code", int(outcome))
        case CallEnded():
            _end(call, event)
        case StreamEnded():
            _end_stream(call.span, event)
        case BodyOpened():
            call.bodies += 1
        case BodyClosed():
            call.bodies -= 1


def _end(call: _Open, event: CallEnded) -> None:
    context.detach(call.token)
    call.ended = True
    if event.attempts > 1:
        call.span.set_attribute("http.request.resend_count", event.attempts - 1)
    if not event.outcome.isdecimal():
        _fail(call.span, event.outcome)


def _end_stream(span: Span, event: StreamEnded) -> None:
    for kind, count in event.tokens.items():
        span.set_attribute(f"gen_ai.usage.{kind}_tokens", count)
    if event.outcome not in ("complete", "cancelled"):
        _fail(span, event.outcome)


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def _said(event: Event) -> dict[str, str | int | float]:
    fields = msgspec.structs.asdict(event)
    return {
        f"flexsdk.{name}": value
        for name, value in fields.items()
        if isinstance(value, str | int | float) and name != "op"
    }
