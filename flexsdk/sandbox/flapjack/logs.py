"""Flapjack logs: list traces with filters and a cursor, and read one with its spans."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.traces import Trace, Traces

__all__ = ["Logs"]

_FILTERS = ("agent_id", "runner_id", "thread_id", "run_id", "status")


class Logs:
    """What an organization has done."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    async def logs_list(self, call: Call) -> dict[str, Any]:
        """Answer with a page, newest first; the cursor names the last trace before it."""
        found = [trace for trace in self._traces.all() if _fits(trace, call)]
        if "cursor" in call.query:
            place = _place(call.query["cursor"])
            found = [trace for trace in found if trace.place < place]
        limit = call.query["limit"]
        page, more = found[:limit], len(found) > limit
        return {
            "traces": [_summary(trace) for trace in page],
            "nextCursor": "|".join(page[-1].place) if more else None,
        }

    async def logs_get(self, call: Call) -> dict[str, Any]:
        """Answer with a trace, its spans as a flat list, and its evaluations."""
        for trace in self._traces.all():
            if trace.head["id"] == call.path["traceId"]:
                head = trace.head | {"metadata": {}}
                return {"trace": head, "spans": trace.spans, "evaluations": trace.evaluations}
        raise Problem(404, "Trace not found")


def _fits(trace: Trace, call: Call) -> bool:
    wanted = {name: call.query[name] for name in _FILTERS if name in call.query}
    named = call.query.get("q", "").lower() in trace.head["name"].lower()
    return named and all(trace.head[name] == value for name, value in wanted.items())


def _place(cursor: str) -> tuple[str, str]:
    started, pipe, id_ = cursor.partition("|")
    if not pipe:
        raise Problem(400, "cursor has to be <startedAt>|<traceId>")
    return started, id_


def _summary(trace: Trace) -> dict[str, Any]:
    return {
        **trace.head,
        "session_id": trace.labels.get("session_id"),
        "user_id": trace.labels.get("user_id"),
        "span_count": len(trace.spans),
        "error_count": trace.count("status", "error"),
        "llm_call_count": trace.count("kind", "llm"),
        "tool_call_count": trace.count("kind", "tool"),
    }
