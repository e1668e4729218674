"""Flapjack traces: what one turn or run has done, in spans. Source: docs concepts/tracing, api/logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, TypeAlias

from flexsdk.structs import Model

__all__ = ["Evaluation", "Span", "SpanNode", "Trace", "TraceDetail", "TraceSummary", "span_tree"]

TraceStatus: TypeAlias = Literal["running", "ok", "error"] | str
SpanKind: TypeAlias = (
    Literal[
        "agent",
        "runner_step",
        "llm",
        "tool",
        "mcp",
        "webhook",
        "condition",
        "embedding",
        "guardrail",
        "chain",
    ]
    | str
)


class Trace(Model, frozen=True, kw_only=True):
    """One turn of an agent or one run of a runner; it has ended when ``ok`` or ``error``.

    The ids are inferred for single reads. ``metadata`` comes with those only.
    """

    id: str
    name: str
    status: TraceStatus
    started_at: datetime
    ended_at: datetime | None = None
    duration_ms: int | None = None
    total_input_tokens: int = 0
    total_output_tokens: int = 0
    total_cost_usd: float = 0.0
    tags: list[str] = []
    metadata: dict[str, Any] = {}
    org_id: str | None = None
    agent_id: str | None = None
    runner_id: str | None = None
    thread_id: str | None = None
    run_id: str | None = None


class TraceSummary(Trace, frozen=True, kw_only=True):
    """A trace as it is listed. ``session_id`` and ``user_id`` are labels of the caller's, not UUIDs."""

    session_id: str | None = None
    user_id: str | None = None
    span_count: int = 0
    error_count: int = 0
    llm_call_count: int = 0
    tool_call_count: int = 0


class Span(Model, frozen=True, kw_only=True):
    """One operation within a trace.

    The platform cuts ``input`` and ``output``, any JSON, at about 256 KB each. Only spans of the kind ``llm``
    have provider, model, tokens and cost. ``children`` are there only if the platform nests spans (inferred);
    use :func:`span_tree`, which reads both forms.
    """

    id: str
    kind: SpanKind
    name: str
    status: TraceStatus
    trace_id: str | None = None
    parent_span_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_ms: int | None = None
    input: Any = None
    output: Any = None
    error: Any = None
    provider: str | None = None
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    cost_usd: float | None = None
    children: list[Span] = []


class Evaluation(Model, frozen=True, kw_only=True):
    """A quality score of a trace or one of its spans. All names are inferred."""

    id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    name: str | None = None
    source: Literal["heuristic", "llm_judge", "human"] | str | None = None
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    created_at: datetime | None = None


class SpanNode(Model, frozen=True, kw_only=True):
    """A span in its place; the children stand in the order of the platform."""

    span: Span
    children: list[SpanNode] = []


class TraceDetail(Model, frozen=True, kw_only=True):
    """A trace with its spans. Evaluations are made later: they may appear on a trace that has long ended."""

    trace: Trace
    spans: list[Span]
    evaluations: list[Evaluation] = []

    def tree(self) -> list[SpanNode]:
        """Arrange the spans as a tree; see :func:`span_tree`."""
        return span_tree(self.spans)


def span_tree(spans: Iterable[Span]) -> list[SpanNode]:
    """Arrange spans under their parents, and give the roots.

    Every span appears once. One whose parent is not there is a root; parents that lead in a circle are cut
    where the circle is met first; of spans with one id the first counts.
    """
    nodes: dict[str, SpanNode] = {}
    parents: dict[str, str | None] = {}
    for span, parent in _flat(spans):
        if span.id not in nodes:
            nodes[span.id] = SpanNode(span=span, children=[])
            parents[span.id] = parent
    _cut_circles(parents)
    roots: list[SpanNode] = []
    for name, node in nodes.items():
        parent_node = nodes.get(parents[name] or "")
        (roots if parent_node is None else parent_node.children).append(node)
    return roots


def _flat(spans: Iterable[Span]) -> Iterator[tuple[Span, str | None]]:
    """Give each span with the id of its parent, also where the platform nests them."""
    waiting: list[tuple[Span, str | None]] = [(span, None) for span in spans]
    waiting.reverse()
    while waiting:
        span, container = waiting.pop()
        yield span, span.parent_span_id or container
        waiting.extend((child, span.id) for child in reversed(span.children))


def _cut_circles(parents: dict[str, str | None]) -> None:
    """Make a root of one span of each circle; every span is walked over once."""
    settled: set[str] = set()
    for start in parents:
        walked: dict[str, None] = {}
        place: str | None = start
        while place in parents and place not in settled and place not in walked:
            walked[place] = None
            place = parents[place]
        if place in walked:
            parents[place] = None
        settled.update(walked)
