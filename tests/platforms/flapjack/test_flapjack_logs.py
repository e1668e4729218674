"""Logs, analytics and the tree of spans, through the client."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import ConfigError, NotFound
from flexsdk.platforms.flapjack import Span, SpanNode, TraceDetail, span_tree
from flexsdk.platforms.flapjack.logs import GET
from flexsdk.sandbox import Sandbox


def span(id_: str, parent: str | None = None, children: list[Span] | None = None) -> Span:
    return Span(id=id_, kind="tool", name=id_, status="ok", parent_span_id=parent, children=children or [])


def shape(nodes: list[SpanNode]) -> list[object]:
    """Write a tree as nested lists: an id, then its children."""
    return [[node.span.id, *shape(node.children)] for node in nodes]


async def test_traces_come_newest_first_over_all_pages_and_each_once(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    traces = await flapjack.logs.list(limit=25).collect()

    assert len(traces) > 50
    assert len({trace.id for trace in traces}) == len(traces)
    assert [trace.started_at for trace in traces] == sorted(
        (trace.started_at for trace in traces), reverse=True
    )
    assert len(sandbox.flapjack.requests) == -(-len(traces) // 25)


async def test_the_cursor_of_a_page_leads_on_from_there(flapjack: Flapjack, sandbox: Sandbox) -> None:
    everything = [trace.id async for trace in flapjack.logs.list()]

    pages = flapjack.logs.list(limit=3)
    first = await anext(pages.pages())
    rest = [trace.id async for trace in flapjack.logs.list(limit=200, cursor=pages.cursor)]

    assert [trace.id for trace in first.items] + rest == everything
    assert pages.cursor is not None
    assert pages.cursor.endswith("|" + first.items[-1].id)
    assert "%7C" in sandbox.flapjack.requests[-1].raw_path


async def test_every_character_of_a_cursor_arrives(flapjack: Flapjack, sandbox: Sandbox) -> None:
    await flapjack.logs.list(cursor="2026-01-05T09:00:00+00:00|a&b=c d").collect()

    assert sandbox.flapjack.requests[0].query["cursor"] == "2026-01-05T09:00:00+00:00|a&b=c d"


async def test_filters_are_sent_in_snake_case_and_narrow_the_list(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    newest = next(trace for trace in await flapjack.logs.list().collect() if trace.thread_id)

    same = await flapjack.logs.list(
        agent_id=newest.agent_id, thread_id=newest.thread_id, status="ok", q=newest.name[1:]
    ).collect()

    assert newest.id in [trace.id for trace in same]
    assert {trace.agent_id for trace in same} == {newest.agent_id}
    assert set(sandbox.flapjack.requests[-1].query) == {"agent_id", "thread_id", "status", "q"}


async def test_the_trace_of_a_run_is_found_by_the_run(flapjack: Flapjack, sandbox: Sandbox) -> None:
    sandbox.run_seconds = 0.0
    runner = await flapjack.runners.list().first()
    assert runner is not None
    run = await flapjack.runners.runs.create(runner.id)

    (trace,) = await flapjack.logs.list(runner_id=runner.id, run_id=run.id).collect()
    detail = await flapjack.logs.get(trace.id)

    ended = await flapjack.runners.runs.get(runner.id, run.id)
    assert (ended.status, trace.status) == ("completed", "ok")
    assert (detail.trace.run_id, detail.trace.total_cost_usd) == (run.id, ended.total_cost_usd)
    (root,) = detail.tree()
    assert [node.span.kind for node in root.children] == ["runner_step"] * len(ended.steps)


async def test_a_trace_has_spans_as_a_tree_and_evaluations(flapjack: Flapjack) -> None:
    summary = next(trace for trace in await flapjack.logs.list().collect() if trace.agent_id)

    detail = await flapjack.logs.get(summary.id)

    assert (detail.trace.id, len(detail.spans)) == (summary.id, summary.span_count)
    (root,) = detail.tree()
    assert root.span.kind == "agent"
    assert [node.span.kind for node in root.children] == ["llm", "tool", "llm"]
    assert root.children[0].span.input_tokens is not None
    assert detail.evaluations[0].span_id == root.span.id


async def test_an_unknown_trace_is_not_found(flapjack: Flapjack) -> None:
    with pytest.raises(NotFound, match="Trace not found"):
        await flapjack.logs.get("none")


@pytest.mark.parametrize("limit", [0, 201, -1])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(ConfigError, match="limit must be 1 to 200"):
        Flapjack(KEY).logs.list(limit=limit)


TREES = {
    "flat": ([span("a"), span("b", "a"), span("c", "b"), span("d", "a")], [["a", ["b", ["c"]], ["d"]]]),
    "child before parent": ([span("b", "a"), span("a")], [["a", ["b"]]]),
    "nested": ([span("a", None, [span("b", None, [span("c")]), span("d")])], [["a", ["b", ["c"]], ["d"]]]),
    "nested and flat": ([span("a", None, [span("b", "a")]), span("b", "a")], [["a", ["b"]]]),
    "parent missing": ([span("a"), span("b", "gone")], [["a"], ["b"]]),
    "empty parent": ([span("a", "")], [["a"]]),
    "own parent": ([span("a", "a"), span("b", "a")], [["a", ["b"]]]),
    "circle of two": ([span("a", "b"), span("b", "a"), span("c", "b")], [["a", ["b", ["c"]]]]),
    "way into a circle": ([span("x", "a"), span("b", "a"), span("a", "b")], [["a", ["x"], ["b"]]]),
    "two circles": (
        [span("a", "b"), span("b", "a"), span("c", "d"), span("d", "c")],
        [["a", ["b"]], ["c", ["d"]]],
    ),
    "one id twice": ([span("a"), span("a", "b"), span("b", "a")], [["a", ["b"]]]),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("spans", "tree"), TREES.values(), ids=TREES.keys())
def test_spans_are_arranged_under_their_parents(spans: list[Span], tree: list[object]) -> None:
    assert shape(span_tree(spans)) == tree


def test_a_long_chain_of_spans_is_arranged_without_recursion() -> None:
    chain = [span(str(number), str(number - 1)) for number in range(20_000)]

    (root,) = span_tree(chain)

    depth = 1
    while root.children:
        (root,) = root.children
        depth += 1
    assert depth == 20_000


def test_a_trace_decodes_with_what_is_required_alone() -> None:
    trace = {"id": "t", "name": "n", "status": "new", "started_at": "2026-01-05T09:00:00Z"}

    detail = GET.decode(msgspec.json.encode({"trace": trace, "spans": []}))

    assert isinstance(detail, TraceDetail)
    assert detail.trace.started_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (detail.tree(), detail.evaluations) == ([], [])


async def test_a_page_without_a_cursor_is_the_last() -> None:
    async with (
        RawServer(answer(200, b'{"traces":[]}')) as server,
        Flapjack(KEY, base_url=server.url) as client,
    ):
        assert await client.logs.list().collect() == []

    assert server.lines == ["GET /api/logs HTTP/1.1"]


async def test_usage_adds_up_and_agrees_with_the_logs(flapjack: Flapjack, sandbox: Sandbox) -> None:
    report = await flapjack.analytics.get(period="90d")

    turns = [trace for trace in await flapjack.logs.list().collect() if trace.thread_id]
    assert sandbox.flapjack.requests[0].query == {"period": "90d"}
    assert report.period.days == 90
    assert report.summary.total_turns == len(turns)
    assert report.summary.input_tokens == sum(trace.total_input_tokens for trace in turns)
    assert report.summary.tool_calls == sum(tool.call_count for tool in report.top_tools)
    for shares in (report.daily, report.by_agent, report.by_model):
        assert sum(share.total_turns for share in shares) == len(turns)


async def test_usage_is_asked_for_by_period_and_agent(flapjack: Flapjack, sandbox: Sandbox) -> None:
    month = await flapjack.analytics.get()
    week = await flapjack.analytics.get(period="7d")
    agent_id = week.by_agent[0].agent_id
    one = await flapjack.analytics.get(period="7d", agent_id=agent_id)

    assert sandbox.flapjack.requests[-1].query == {"period": "7d", "agentId": agent_id}
    assert (month.period.days, week.period.days) == (30, 7)
    assert 0 < one.summary.total_turns < week.summary.total_turns < month.summary.total_turns
    assert [share.agent_id for share in one.by_agent] == [agent_id]
