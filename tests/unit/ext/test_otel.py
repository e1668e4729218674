"""Spans and metrics of calls, as the exporters of OpenTelemetry get them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from canaries import leaks, sing
from clock import VirtualClock
from opentelemetry import propagate, trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from poll_kit import FakeClient, Jobs, Platform
from servers import RawServer, answer, reset, stream
from service import END, READ, Connect, Item, word
from stream_kit import opened, say

from flexsdk.core.hooks import CallEnded, CallRef, CallStarted
from flexsdk.core.jobkind import Reading
from flexsdk.core.limits import RateLimit, Window
from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.errors import DecodeError, NotFound, StreamTruncated
from flexsdk.ext.otel import Telemetry, inject, origin
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Page

LIST: Op[Page[Item]] = Op("list", "GET", "/items", Page[Item], pages=CURSOR)
FILE: Op[None] = Op("file", "GET", "/files/{file_id}", None, accept="*/*", streamed=True)


class Traced:
    """A tracer and a meter of this test alone, and all that they export."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")
        self.reader = InMemoryMetricReader()
        self.telemetry = Telemetry(self.provider, MeterProvider([self.reader]))
        self.options: dict[str, Any] = {"hooks": [self.telemetry], "middlewares": [inject]}

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    @property
    def text(self) -> str:
        """All that was exported."""
        metrics = self.reader.get_metrics_data()
        return "\n".join([*(span.to_json() for span in self.spans), metrics.to_json() if metrics else ""])

    def values(self, metric: str) -> list[tuple[dict[str, Any], float]]:
        """Give attributes and sum of each series of a metric."""
        data = json.loads(self.reader.get_metrics_data().to_json())
        series = [
            each
            for resource in data["resource_metrics"]
            for scope in resource["scope_metrics"]
            for found in scope["metrics"]
            if found["name"] == metric
            for each in found["data"]["data_points"]
        ]
        return [(each["attributes"], each.get("sum", each.get("value"))) for each in series]


@pytest.fixture
def traced() -> Iterator[Traced]:
    traced = Traced()
    yield traced
    traced.provider.shutdown()
    assert trace.get_current_span() is trace.INVALID_SPAN, "no span of the test is left current"


def names(span: ReadableSpan) -> list[str]:
    return [event.name for event in span.events]


async def test_a_call_is_one_span_named_by_method_and_route(connect: Connect, traced: Traced) -> None:
    async with RawServer(answer()) as server:
        await connect(server, **traced.options).call(READ, "a")

    (span,) = traced.spans
    assert span.name == "GET /items/{item_id}"
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/items/{item_id}",
        "http.response.status_code": 200,
        "url.template": "/items/{item_id}",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "flexsdk.platform": "Service",
        "flexsdk.op": "read",
    }


async def test_attempts_waits_and_answers_are_events_in_the_order_of_time(
    connect: Connect, traced: Traced
) -> None:
    async with RawServer(answer(), answer(429, retry_after="2"), reset, answer()) as server:
        client = connect(server, **traced.options, limits=RateLimit(Window(1, 60.0, name="minute")))
        await client.call(READ, "a")
        await client.call(READ, "b")

    span = traced.spans[1]
    attempt = ["limiter", "first byte", "attempt", "backoff"]
    assert names(span) == [*attempt, "limiter", "attempt", "backoff", "limiter", "first byte", "attempt"]
    said = [dict(event.attributes or {}) for event in span.events]
    assert said[0] == {"flexsdk.limit": "minute", "flexsdk.seconds": 60.0}
    assert said[2] == {"flexsdk.attempt": 1, "flexsdk.outcome": "429", "flexsdk.seconds": 0.0}
    assert said[3] == {
        "flexsdk.attempt": 1,
        "flexsdk.cause": "429",
        "flexsdk.wait": pytest.approx(2.1),
        "flexsdk.hint": 2.0,
    }
    assert (span.attributes or {})["http.request.resend_count"] == 2


async def test_the_queue_for_a_connection_is_an_event(connect: Connect, traced: Traced) -> None:
    async with RawServer(answer()) as server:
        client = connect(server, **traced.options, max_connections=1)
        await asyncio.gather(client.call(READ, "a"), client.call(READ, "b"))

    assert ["queue" in names(span) for span in traced.spans] == [False, True]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param(b"{}", 404, NotFound, id="an error of the platform"),
        pytest.param(b"[]", 200, DecodeError, id="an answer of another shape"),
    ],
)
async def test_a_failed_call_is_a_failed_span_without_the_text_of_the_error(
    connect: Connect, traced: Traced, body: bytes, status: int, error: type[Exception]
) -> None:
    async with RawServer(answer(status, body)) as server:
        with pytest.raises(error):
            await connect(server, **traced.options).call(READ, "a")

    (span,) = traced.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description is None
    assert (span.attributes or {})["error.type"] == error.__name__
    assert (span.attributes or {})["http.response.status_code"] == status


async def test_a_stream_is_a_span_until_it_is_closed(connect: Connect, traced: Traced) -> None:
    answers = stream(word("a"), END)
    async with RawServer(answers) as server, say(connect(server, **traced.options)) as events:
        assert trace.get_current_span() is trace.INVALID_SPAN
        await events.until_done()
        assert traced.spans == []

    (span,) = traced.spans
    assert names(span) == ["first byte", "attempt", "first event", "stream ended"]
    assert span.status.status_code is StatusCode.UNSET


async def test_a_cut_stream_is_a_failed_span(connect: Connect, traced: Traced) -> None:
    async with RawServer(stream(word("a"))) as server, say(connect(server, **traced.options)) as events:
        with pytest.raises(StreamTruncated):
            await events.until_done()

    assert (traced.spans[0].attributes or {})["error.type"] == "cut"


async def test_a_download_is_a_span_until_it_is_closed(connect: Connect, traced: Traced) -> None:
    step = answer(200, b"bytes", content_type="text/plain")
    async with RawServer(step) as server, connect(server, **traced.options).download(FILE, "a") as file:
        assert traced.spans == []
        assert b"".join([piece async for piece in file]) == b"bytes"

    assert [span.name for span in traced.spans] == ["GET /files/{file_id}"]


async def test_a_cancelled_stream_ends_its_span(connect: Connect, traced: Traced) -> None:
    async with RawServer(opened(word("a"))) as server, say(connect(server, **traced.options)) as events:
        await anext(events)
        events.cancel()

    (span,) = traced.spans
    assert span.status.status_code is StatusCode.UNSET


async def test_the_span_of_the_caller_is_the_parent_and_is_current_again(
    connect: Connect, traced: Traced
) -> None:
    async with RawServer(answer()) as server:
        client = connect(server, **traced.options)
        with traced.tracer.start_as_current_span("work") as work:
            await asyncio.gather(client.call(READ, "a"), client.call(READ, "b"))
            assert trace.get_current_span() is work

    *calls, _ = traced.spans
    assert [span.parent and span.parent.span_id for span in calls] == [work.get_span_context().span_id] * 2


async def test_the_trace_reaches_the_platform_on_every_attempt(connect: Connect, traced: Traced) -> None:
    async with RawServer(answer(503), answer()) as server:
        await connect(server, **traced.options).call(READ, "a")

    (span,) = traced.spans
    for request in server.requests:
        sent = trace.get_current_span(TraceContextTextMapPropagator().extract(request.headers))
        assert sent.get_span_context().span_id == span.context.span_id
        assert sent.get_span_context().trace_id == span.context.trace_id


async def test_the_configured_propagator_is_used(
    connect: Connect, traced: Traced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propagate, "inject", lambda carrier: carrier.update({"x-own-trace": "7"}))
    async with RawServer(answer()) as server:
        await connect(server, **traced.options).call(READ, "a")

    assert server.requests[0].headers["x-own-trace"] == "7"
    assert "traceparent" not in server.requests[0].headers


class Things(Resource):
    def list(self) -> Any:
        return self._pages(LIST)


async def test_each_page_is_linked_to_the_page_before(connect: Connect, traced: Traced) -> None:
    more = b'{"items":[{"id":"a"}],"next_cursor":"2"}'
    async with RawServer(answer(200, more), answer(200, b'{"items":[{"id":"b"}]}')) as server:
        with traced.tracer.start_as_current_span("work") as work:
            things = Things(connect(server, **traced.options)).list()
            assert [item.id async for item in things] == ["a", "b"]

    first, second, _ = traced.spans
    assert [link.context.span_id for link in first.links] == []
    assert [link.context.span_id for link in second.links] == [first.context.span_id]
    assert second.parent is not None
    assert second.parent.span_id == work.get_span_context().span_id


async def test_a_list_read_elsewhere_is_linked_to_where_it_began(connect: Connect, traced: Traced) -> None:
    async with RawServer(answer(200, b'{"items":[]}')) as server:
        with traced.tracer.start_as_current_span("work") as work:
            things = Things(connect(server, **traced.options)).list()
        await things.collect()

    assert [link.context.span_id for link in traced.spans[1].links] == [work.get_span_context().span_id]


class Watched(Platform):
    """Tells of each look, as a client does."""

    telemetry: Telemetry

    async def read(self, ref: Any) -> Reading[Any]:
        call = CallRef(platform="Service", method="GET", route="/jobs/{job_id}")
        self.telemetry(CallStarted(op="look", call=call, base_url="https://service.invalid"))
        try:
            return await super().read(ref)
        finally:
            self.telemetry(CallEnded(op="look", call=call, outcome="200", attempts=1, seconds=0.0))


async def test_polls_are_linked_to_all_who_wait_and_to_the_look_before(traced: Traced) -> None:
    clock = VirtualClock()
    platform = Watched(clock, ends={"1": clock.now + 5.0})
    platform.telemetry = traced.telemetry
    jobs: Any = Jobs(FakeClient(platform, lists=False))  # type: ignore[arg-type] # all that it needs of one

    async def wait(name: str) -> int:
        with traced.tracer.start_as_current_span(name) as span:
            await jobs.wait("1")
        return span.get_span_context().span_id

    waiting = set(await asyncio.gather(wait("one"), wait("two")))

    first, second, *_ = [span for span in traced.spans if span.name == "GET /jobs/{job_id}"]
    assert first.parent is None, "what is asked for several has none of them as its parent"
    assert {link.context.span_id for link in first.links} == waiting
    assert {link.context.span_id for link in second.links} == {*waiting, first.context.span_id}


async def test_the_metrics_are_those_of_prometheus(connect: Connect, traced: Traced) -> None:
    async with RawServer(answer(429, retry_after="2"), answer()) as server:
        await connect(server, **traced.options).call(READ, "a")

    labels = {"flexsdk.platform": "Service", "flexsdk.op": "read"}
    assert traced.values("flexsdk.call.duration") == [({**labels, "flexsdk.outcome": "2xx"}, 2.1)]
    assert traced.values("flexsdk.call.wait") == [({**labels, "flexsdk.cause": "backoff"}, 2.1)]
    assert traced.values("flexsdk.call.retries") == [({**labels, "flexsdk.outcome": "4xx"}, 1)]
    assert traced.values("flexsdk.call.refused") == [({**labels, "flexsdk.by": "platform"}, 1)]


async def test_open_streams_go_up_and_down(connect: Connect, traced: Traced) -> None:
    labels = {"flexsdk.platform": "Service", "flexsdk.op": "say"}
    async with RawServer(opened(word("a"))) as server, say(connect(server, **traced.options)) as events:
        await anext(events)
        assert traced.values("flexsdk.stream.open") == [(labels, 1)]

    assert traced.values("flexsdk.stream.open") == [(labels, 0)]


@pytest.fixture
def wire(traced: Traced) -> Iterator[None]:
    """The official instrumentation of aiohttp, for the sessions that are made meanwhile."""
    AioHttpClientInstrumentor().instrument(tracer_provider=traced.provider, url_filter=origin)
    yield
    AioHttpClientInstrumentor().uninstrument()


async def test_spans_of_the_wire_are_children_of_the_call_one_an_attempt(
    connect: Connect, traced: Traced, wire: None
) -> None:
    async with RawServer(answer(503), answer()) as server:
        await connect(server, **traced.options).call(READ, "a")

    *requests, call = traced.spans
    assert [span.parent and span.parent.span_id for span in requests] == [call.context.span_id] * 2
    sent = [
        trace.get_current_span(TraceContextTextMapPropagator().extract(each.headers))
        for each in server.requests
    ]
    assert [each.get_span_context().span_id for each in sent] == [span.context.span_id for span in requests]


async def test_nothing_private_is_exported_not_even_by_the_wire(
    connect: Connect, traced: Traced, wire: None
) -> None:
    await sing(connect, [traced.telemetry], middlewares=[inject])

    assert len(traced.spans) == 7
    assert not leaks(traced.text)
