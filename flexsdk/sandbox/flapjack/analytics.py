"""Flapjack analytics: sums over the turns that the logs show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flexsdk.sandbox.exchange import Call
from flexsdk.sandbox.flapjack.traces import Trace, Traces
from flexsdk.sandbox.state import Maker

__all__ = ["Analytics"]

_MOST_TOOLS = 10


class Analytics:
    """Usage of the organization."""

    def __init__(self, make: Maker, traces: Traces) -> None:
        self._make = make
        self._traces = traces

    async def analytics_get(self, call: Call) -> dict[str, Any]:
        """Answer with the sums over the days up to now."""
        days = int(call.query["period"].removesuffix("d"))
        end = datetime.fromisoformat(self._make.time())
        start = end - timedelta(days=days)
        agent_id = call.query.get("agentId")
        turns = [
            trace
            for trace in self._traces.turns
            if datetime.fromisoformat(trace.head["started_at"]) >= start
            and agent_id in (None, trace.head["agent_id"])
        ]
        return {
            "period": {"start": start.isoformat(), "end": end.isoformat(), "days": days},
            "summary": _summary(turns),
            "daily": [{"day": day} | _day(group) for day, group in _by_day(turns)],
            "by_agent": _shares(turns, "agent_id", lambda trace: trace.head["agent_id"]),
            "by_model": _shares(turns, "model", lambda trace: trace.spans[1]["model"]),
            "top_tools": _tools(turns),
        }


def _cost(turns: Iterable[Trace]) -> float:
    return float(round(sum(trace.head["total_cost_usd"] for trace in turns), 6))


def _day(turns: list[Trace]) -> dict[str, Any]:
    return {
        "unique_users": len({trace.labels["user_id"] for trace in turns}),
        "total_threads": len({trace.head["thread_id"] for trace in turns}),
        "total_turns": len(turns),
        "input_tokens": sum(trace.head["total_input_tokens"] for trace in turns),
        "output_tokens": sum(trace.head["total_output_tokens"] for trace in turns),
        "estimated_cost_usd": _cost(turns),
    }


def _summary(turns: list[Trace]) -> dict[str, Any]:
    times = [trace.head["duration_ms"] for trace in turns]
    return _day(turns) | {
        "unique_sessions": len({trace.labels["session_id"] for trace in turns}),
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "tool_calls": sum(trace.count("kind", "tool") for trace in turns),
        "avg_response_time_ms": sum(times) / len(times) if times else 0,
    }


def _by_day(turns: list[Trace]) -> Iterable[tuple[str, list[Trace]]]:
    ordered = sorted(turns, key=lambda trace: trace.place)
    for day, group in groupby(ordered, key=lambda trace: trace.head["started_at"][:10]):
        yield day, list(group)


def _shares(turns: list[Trace], member: str, of: Any) -> list[dict[str, Any]]:
    names = dict.fromkeys(of(trace) for trace in turns)
    groups = {name: [trace for trace in turns if of(trace) == name] for name in names}
    return [
        {member: name, "total_turns": len(group), "estimated_cost_usd": _cost(group)}
        for name, group in groups.items()
    ]


def _tools(turns: list[Trace]) -> list[dict[str, Any]]:
    calls = Counter(span["name"] for trace in turns for span in trace.spans if span["kind"] == "tool")
    return [{"tool_name": name, "call_count": count} for name, count in calls.most_common(_MOST_TOOLS)]
