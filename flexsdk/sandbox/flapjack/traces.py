"""Flapjack traces: turns of the past, and the runs of runners as they stand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from flexsdk.sandbox.flapjack.agents import Agents
from flexsdk.sandbox.flapjack.runner_models import Item, Runner
from flexsdk.sandbox.flapjack.runners import Runners
from flexsdk.sandbox.state import Maker

__all__ = ["Trace", "Traces"]

_DAY = 86_400.0
_TURNS = 60
"""Turns of the past, more than a page holds; one every day and a half, so they reach back 90 days."""
_EVERY = 1.5 * _DAY
_USERS = 5
_FAILS = 10
"""Every tenth turn fails in its tool."""
_LLM_MS, _TOOL_MS = 800, 150
_PRICE = (2.5e-6, 1e-5)
"""US dollars of a token in and a token out."""
_TOOLS = ("search_orders", "read_calendar", "create_ticket")
_STATUS = {"completed": "ok", "failed": "error", "cancelled": "error"}
"""State of a run to that of its trace; every other run goes on."""


@dataclass(slots=True)
class Trace:
    """A trace with all that belongs to it."""

    head: Item
    """The members that lists and single reads share."""
    spans: list[Item]
    labels: Item = field(default_factory=dict)
    """``session_id`` and ``user_id``, where the caller gave them."""
    evaluations: list[Item] = field(default_factory=list)

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in the order of time."""
        return self.head["started_at"], self.head["id"]

    def count(self, name: str, value: str) -> int:
        """Count the spans with a value."""
        return sum(span[name] == value for span in self.spans)


class Traces:
    """All traces of one organization."""

    def __init__(self, make: Maker, agents: Agents, runners: Runners) -> None:
        self._make = make
        self._org_id = agents.org_id
        self._runners = runners
        self._agents = list(agents.agents.values())

    @cached_property
    def turns(self) -> list[Trace]:
        """The turns of agents, made at the first look: few tests want them."""
        threads = [self._make.id() for _ in range(_TURNS // 2)]
        return [
            self._turn(number, self._agents[number % len(self._agents)], threads[number // 2])
            for number in range(_TURNS)
        ]

    def all(self) -> list[Trace]:
        """Return all traces, newest first; a run has one as soon as it has started."""
        runs = [self._of_run(run) for run in self._runners.runs.all() if run["started_at"]]
        return sorted(self.turns + runs, key=lambda trace: trace.place, reverse=True)

    def _turn(self, number: int, agent: Item, thread_id: str) -> Trace:
        """Make a turn that asked the model, called a tool, and asked again unless the tool failed."""
        id_, started = self._make.id(), self._make.time((number + 0.5) * _EVERY)
        status = "error" if number % _FAILS == _FAILS - 1 else "ok"
        root = self._span(id_, None, "agent", agent["name"], started, 2 * _LLM_MS + _TOOL_MS, status)
        tool = _TOOLS[number % len(_TOOLS)]
        spans = [
            root,
            self._llm(id_, root["id"], agent["default_model"], started, number),
            self._span(id_, root["id"], "tool", tool, _later(started, _LLM_MS), _TOOL_MS, status),
        ]
        if status == "ok":
            again = _later(started, _LLM_MS + _TOOL_MS)
            spans.append(self._llm(id_, root["id"], agent["default_model"], again, number))
        head = self._head(id_, agent["name"], status, spans) | {
            "agent_id": agent["id"],
            "thread_id": thread_id,
        }
        labels = {"session_id": f"visit-{number // 2}", "user_id": f"user-{number % _USERS}"}
        return Trace(head, spans, labels, [self._evaluation(id_, root["id"], status)])

    def _of_run(self, run: Item) -> Trace:
        runner = self._runners.runners[run["runner_id"]]
        id_ = str(uuid.uuid5(uuid.NAMESPACE_OID, run["id"]))  # the same at every look
        status = _STATUS.get(run["status"], "running")
        root = _run_span(id_, None, run | {"status": status}, "chain", runner.shown["name"])
        spans = [root, *(_step_span(id_, root["id"], result, runner) for result in run["steps"])]
        head = self._head(id_, runner.shown["name"], status, spans) | {
            "runner_id": runner.shown["id"],
            "run_id": run["id"],
            "total_input_tokens": run["total_input_tokens"],
            "total_output_tokens": run["total_output_tokens"],
            "total_cost_usd": run["total_cost_usd"],
        }
        return Trace(head, spans)

    def _head(self, id_: str, name: str, status: str, spans: list[Item]) -> Item:
        root = spans[0]
        asked = [span for span in spans if span["kind"] == "llm"]
        return {
            "id": id_,
            "name": name,
            "status": status,
            "started_at": root["started_at"],
            "ended_at": root["ended_at"],
            "duration_ms": root["duration_ms"],
            "total_input_tokens": sum(span["input_tokens"] for span in asked),
            "total_output_tokens": sum(span["output_tokens"] for span in asked),
            "total_cost_usd": sum(span["cost_usd"] for span in asked),
            "tags": [],
            "org_id": self._org_id,
            "agent_id": None,
            "runner_id": None,
            "thread_id": None,
            "run_id": None,
        }

    def _span(
        self,
        trace_id: str,
        parent: str | None,
        kind: str,
        name: str,
        started: str,
        ms: int,
        status: str = "ok",
    ) -> Item:
        return {
            "id": self._make.id(),
            "trace_id": trace_id,
            "parent_span_id": parent,
            "kind": kind,
            "name": name,
            "status": status,
            "started_at": started,
            "ended_at": _later(started, ms),
            "duration_ms": ms,
            "input": {"text": "What is new?"},
            "output": {"text": "Nothing yet."} if status == "ok" else None,
            "error": None if status == "ok" else {"message": f"{name} did not answer"},
        }

    def _llm(self, trace_id: str, parent: str, model: str, started: str, number: int) -> Item:
        tokens = (400 + 10 * number, 60 + number)
        return self._span(trace_id, parent, "llm", model, started, _LLM_MS) | {
            "provider": "openai" if model.startswith("gpt") else "anthropic",
            "model": model,
            "temperature": 0.7,
            "max_tokens": 4096,
            "input_tokens": tokens[0],
            "output_tokens": tokens[1],
            "cached_input_tokens": 0,
            "cost_usd": tokens[0] * _PRICE[0] + tokens[1] * _PRICE[1],
        }

    def _evaluation(self, trace_id: str, span_id: str, status: str) -> Item:
        good = status == "ok"
        return {
            "id": self._make.id(),
            "trace_id": trace_id,
            "span_id": span_id,
            "name": "answered",
            "source": "heuristic",
            "score": 1.0 if good else 0.0,
            "label": "good" if good else "bad",
            "explanation": None,
            "created_at": self._make.time(),
        }


def _step_span(trace_id: str, parent: str, result: Item, runner: Runner) -> Item:
    """Make the span of a step; of one that is no longer in the pipeline only the id is left."""
    step = runner.steps.get(result["step_id"])
    name = step["name"] if step else result["step_id"]
    status = _STATUS.get(result["status"], "running")
    return _run_span(trace_id, parent, result | {"status": status}, "runner_step", name)


def _run_span(trace_id: str, parent: str | None, item: Item, kind: str, name: str) -> Item:
    started, ended = item["started_at"], item["completed_at"]
    return {
        "id": item["id"],
        "trace_id": trace_id,
        "parent_span_id": parent,
        "kind": kind,
        "name": name,
        "status": item["status"],
        "started_at": started,
        "ended_at": ended,
        "duration_ms": round(_seconds(started, ended) * 1000) if ended else None,
        "input": item["input"],
        "output": item["output"],
        "error": item["error"],
    }


def _seconds(started: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(started)).total_seconds()


def _later(stamp: str, ms: int) -> str:
    moment = datetime.fromisoformat(stamp) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
