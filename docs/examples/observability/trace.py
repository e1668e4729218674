"""One call that is held, queued, refused, repeated and then answered, as a trace on the terminal.

The platform is the sandbox, which refuses the first message of a thread with 429. Run it with

    python -m pip install ".[otel,sandbox]" opentelemetry-sdk
    python docs/examples/observability/trace.py
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from flexsdk import Flapjack, RateLimit, Window
from flexsdk.ext.otel import Telemetry, inject, origin
from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.faults import Fault

MESSAGE = "threads_send_message"


async def work(sandbox: Sandbox, provider: TracerProvider) -> None:
    """Send a message while the only connection is busy and the limit of the half second is used up."""
    sandbox.flapjack.faults.add(Fault.latency(0.7), operation="agents_list", requests=[2])
    sandbox.flapjack.faults.add(Fault.status(429, retry_after=0.2), operation=MESSAGE, requests=[1])
    client = Flapjack(
        sandbox.flapjack.key,
        base_url=sandbox.flapjack.base_url,
        max_connections=1,
        limits=RateLimit(Window(3, 0.5, name="burst")),
        hooks=[Telemetry(provider)],
        middlewares=[inject],
    )
    async with client as flapjack:
        agent = await flapjack.agents.list().ahead(0).first()
        assert agent is not None
        thread = await flapjack.threads.create(agent.id)
        other = asyncio.create_task(flapjack.agents.list().collect())
        await asyncio.sleep(0.01)
        with provider.get_tracer("app").start_as_current_span("answer a customer"):
            async with flapjack.threads.stream(thread.id, "Where is my order?") as events:
                await events.until_done()
        await other


def tree(spans: Sequence[ReadableSpan], root: ReadableSpan, depth: int = 0) -> Iterator[str]:
    """Give a span, its events and its children as lines, in the order of time; times in milliseconds."""
    indent, start = "  " * depth, root.start_time or 0
    yield f"{indent}{root.name}  {_ms(root.end_time, start):.0f} ms{_attributes(root)}"
    children = [span for span in spans if span.parent and span.parent.span_id == root.context.span_id]
    rows = [(event.timestamp, [f"{indent}  - {_told(event, start)}"]) for event in root.events]
    rows += [(child.start_time or 0, list(tree(spans, child, depth + 1))) for child in children]
    for _, lines in sorted(rows, key=lambda row: row[0]):
        yield from lines


def _told(event: Event, start: int) -> str:
    said = ", ".join(
        f"{name.removeprefix('flexsdk.')} {_value(value)}" for name, value in (event.attributes or {}).items()
    )
    return f"{_ms(event.timestamp, start):>4.0f}  {event.name}: {said}"


def _ms(moment: int | None, start: int) -> float:
    return ((moment or start) - start) / 1e6


def _value(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value!s}"


def _attributes(span: ReadableSpan) -> str:
    shown = ("http.response.status_code", "http.status_code", "http.request.resend_count")
    return "".join(
        f"  {name.rpartition('.')[2]}={value!s}"
        for name, value in (span.attributes or {}).items()
        if name in shown or name.startswith("gen_ai.usage")
    )


async def main() -> None:
    """Do the work, and print its trace."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    AioHttpClientInstrumentor().instrument(tracer_provider=provider, url_filter=origin)
    try:
        async with Sandbox(platforms=["flapjack"], token_delay=0.01) as sandbox:
            await work(sandbox, provider)
    finally:
        AioHttpClientInstrumentor().uninstrument()
    spans = exporter.get_finished_spans()
    root = next(span for span in spans if span.name == "answer a customer")
    print("\n".join(tree(spans, root)))


if __name__ == "__main__":
    asyncio.run(main())
