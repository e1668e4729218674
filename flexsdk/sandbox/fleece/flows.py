"""Fleece flows and their runs; a run moves on by the clock alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Flows"]

# Title, status, mode, how its runs end, runs of the past.
_SEEDED = (
    ("Weekly Mail Summary", "active", "auto", "completed", 3),
    ("Daily Standup Digest", "active", "auto", "completed", 130),
    ("Broken Importer", "active", "auto", "failed", 2),
    ("Invoice Approval", "active", "always_ask", "skipped", 1),
    ("Paused Newsletter", "paused", "auto", "completed", 0),
    ("Draft Report", "draft", "auto", "completed", 0),
    ("Stuck Export", "error", "auto", "failed", 4),
)
_PENDING = 0.25
"""Share of a run's time that it waits before it starts."""
_PATIENCE = 10
"""After so many run times an approval that nobody gave lapses."""
_HOUR = 3600.0
_ENDED = ("completed", "failed", "skipped")


@dataclass(slots=True)
class _Run:
    id: str
    created: float
    """On the clock of the sandbox."""
    stamps: tuple[str, str, str]
    """Created, started, completed."""
    end: str
    """The status it comes to."""


@dataclass(slots=True)
class _Flow:
    id: str
    title: str
    status: str
    mode: str
    end: str
    stamps: tuple[str, str]
    """Created, updated."""
    runs: list[_Run] = field(default_factory=list)
    """Oldest first."""


class Flows:
    """The flows of one user."""

    def __init__(self, options: Options, make: Maker) -> None:
        self._options = options
        self._make = make
        flows = [self._flow(*seeded) for seeded in _SEEDED]
        self._flows = {flow.id: flow for flow in flows}

    def _flow(self, title: str, status: str, mode: str, end: str, past: int) -> _Flow:
        long_ago = past * _HOUR + _HOUR
        stamps = (self._make.time(long_ago), self._make.time(long_ago))
        flow = _Flow(self._make.id(), title, status, mode, end, stamps)
        for hours in range(past, 0, -1):
            flow.runs.append(self._run(flow, -1e9, hours * _HOUR))
        return flow

    def _run(self, flow: _Flow, created: float, ago: float = 0.0) -> _Run:
        stamps = (self._make.time(ago), self._make.time(ago), self._make.time(ago))
        return _Run(self._make.id(), created, stamps, flow.end)

    def _status(self, run: _Run) -> str:
        passed = self._options.clock() - run.created
        seconds = self._options.run_seconds
        if run.end == "skipped":
            return "skipped" if passed >= seconds * _PATIENCE else "pending"
        if passed < seconds * _PENDING:
            return "pending"
        return "running" if passed < seconds else run.end

    def _find(self, call: Call) -> _Flow:
        try:
            return self._flows[call.path["flowId"]]
        except KeyError:
            raise Problem(404, "Not found") from None

    def _is_running(self, flow: _Flow) -> bool:
        return bool(flow.runs) and self._status(flow.runs[-1]) not in _ENDED

    async def flows_list(self, _call: Call) -> dict[str, Any]:
        """Answer with all flows."""
        return {"data": list(map(self._shown, self._flows.values())), "total": len(self._flows)}

    async def flows_get(self, call: Call) -> dict[str, Any]:
        """Answer with one flow."""
        return self._shown(self._find(call))

    async def flows_trigger(self, call: Call) -> dict[str, Any]:
        """Start a run; one at a time, and only of an active flow."""
        flow = self._find(call)
        if flow.status != "active":
            raise Problem(400, "Flow is not active")
        if self._is_running(flow):
            raise Problem(409, "Flow is already running")
        flow.runs.append(self._run(flow, self._options.clock()))
        return self._shown_run(flow, flow.runs[-1])

    async def flows_runs_list(self, call: Call) -> dict[str, Any]:
        """Answer with the newest runs; the total counts all."""
        flow = self._find(call)
        newest = flow.runs[: -call.query["limit"] - 1 : -1]
        data = [self._shown_run(flow, run) for run in newest]
        return {"data": data, "total": len(flow.runs), "flowId": flow.id}

    async def flows_runs_get(self, call: Call) -> dict[str, Any]:
        """Answer with one run of the flow."""
        flow = self._find(call)
        for run in flow.runs:
            if run.id == call.path["runId"]:
                return self._shown_run(flow, run)
        raise Problem(404, "Not found")

    def _shown(self, flow: _Flow) -> dict[str, Any]:
        ends = [self._status(run) for run in flow.runs]
        active = flow.status == "active"
        return {
            "id": flow.id,
            "title": flow.title,
            "description": None,
            "icon": "📊",
            "cronExpression": "0 9 * * 1",
            "scheduleDescription": "Every Monday at 9:00 AM",
            "timezone": "Europe/Paris",
            "mode": flow.mode,
            "status": flow.status,
            "model": "gpt-5.2",
            "integrations": ["gmail", "slack"],
            "isRunning": self._is_running(flow),
            "estimatedHumanMinutes": 15,
            "lastRunAt": flow.runs[-1].stamps[0] if flow.runs else None,
            "nextRunAt": "2026-01-12T08:00:00.000Z" if active else None,
            "totalRuns": len(ends),
            "totalFailures": ends.count("failed"),
            "createdAt": flow.stamps[0],
            "updatedAt": flow.stamps[1],
        }

    def _shown_run(self, flow: _Flow, run: _Run) -> dict[str, Any]:
        status = self._status(run)
        done = status in ("completed", "failed")
        created, started, completed = run.stamps
        summary = f"{flow.title}: all steps done"
        return {
            "id": run.id,
            "flowId": flow.id,
            "status": status,
            "startedAt": started if done or status == "running" else None,
            "completedAt": completed if status in _ENDED else None,
            "durationMs": round(self._options.run_seconds * 1000) if done else None,
            "resultSummary": summary if status == "completed" else None,
            "resultData": {"messages": 12, "channels": ["#team"]} if status == "completed" else None,
            "toolCalls": [{"tool": "gmail.search"}] if done else [],
            "tokensUsed": 1523 if done else None,
            "errorMessage": "The importer found no file" if status == "failed" else None,
            "createdAt": created,
        }
