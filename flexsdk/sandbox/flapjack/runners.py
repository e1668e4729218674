"""Flapjack runners: list, get, create, update, delete; all that hangs on them is in modules of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.runner_analytics import RunnerAnalytics
from flexsdk.sandbox.flapjack.runner_connections import RunnerConnections
from flexsdk.sandbox.flapjack.runner_models import Item, Runner, Shelf, find, renamed
from flexsdk.sandbox.flapjack.runner_parts import RunnerParts
from flexsdk.sandbox.flapjack.runner_runs import RunnerRuns
from flexsdk.sandbox.flapjack.runner_settings import RunnerSettings
from flexsdk.sandbox.flapjack.runner_work import check_schema
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Runners"]

_DAY = 86_400.0
# Name, steps (kind, name, config), trigger, ages of the past runs in days. The webhook without a URL fails.
_SEEDED: tuple[tuple[str, list[tuple[str, str, Item]], Item, Sequence[int]], ...] = (
    (
        "Weekly Digest",
        [
            ("agent", "Summarize", {}),
            ("condition", "Anything new", {"expression": "$.Summarize.text"}),
            ("webhook", "Send", {"url": "https://example.com/digest"}),
        ],
        {"kind": "cron", "cronExpression": "0 9 * * MON"},
        (65, 16, 9, 2),
    ),
    (
        "Lead Import",
        [("agent", "Enrich", {}), ("webhook", "Push", {})],
        {"kind": "bulk_import"},
        (3, 1),
    ),
    ("Ticket Sweep", [("computer", "Fetch", {"command": "sweep"})], {"kind": "manual"}, ()),
)
_FIELDS = {
    "name": "name",
    "description": "description",
    "defaultModel": "default_model",
    "inputSchema": "input_schema",
    "projectId": "project_id",
}


class Runners:
    """The runners of one organization."""

    def __init__(self, options: Options, make: Maker, agents: Agents) -> None:
        self._make = make
        self._org_id = agents.org_id
        self.runners: Shelf = {}
        """By id; ``shown`` of each is what is answered, with its ``project_id``."""
        self.runs = RunnerRuns(options, make, agents, self.runners)
        """``runs.all()`` gives all runs as they stand."""
        self._parts = RunnerParts(make, agents, self.runners)
        for seeded in _SEEDED:
            self._seed(next(iter(agents.agents)), *seeded)

    def sections(self) -> Sequence[object]:
        """Return this section and those of all that hangs on runners."""
        return (
            self,
            self._parts,
            self.runs,
            RunnerAnalytics(self._make, self.runners, self.runs),
            RunnerSettings(self.runners, self.runs),
            RunnerConnections(self._make, self.runners),
        )

    def _seed(
        self, agent_id: str, name: str, steps: list[tuple[str, str, Item]], trigger: Item, ages: Sequence[int]
    ) -> None:
        runner = Runner(self._runner({"name": name, "defaultModel": "gpt-5.4"}))
        id_ = runner.shown["id"]
        self.runners[id_] = runner
        for position, (kind, step_name, config) in enumerate(steps):
            body = {"kind": kind, "name": step_name, "config": config}
            body |= {"agentId": agent_id} if kind == "agent" else {}
            step = self._parts.step(id_, body, position)
            runner.steps[step["id"]] = step
        made = self._parts.trigger(id_, trigger)
        runner.triggers[made["id"]] = made
        for days in ages:
            self.runs.add_past(runner, days * _DAY)

    def _runner(self, body: Item) -> Item:
        now = self._make.time()
        runner: dict[str, Any] = {
            "id": self._make.id(),
            "org_id": body.get("orgId", self._org_id),
            "name": "",
            "description": None,
            "default_model": None,
            "input_schema": None,
            "project_id": None,
            "status": "active",
            "created_at": now,
            "updated_at": now,
        }
        return runner | renamed(body, _FIELDS)

    async def runners_list(self, call: Call) -> list[Item]:
        """Answer with a bare array, without steps and triggers."""
        org_id = call.query.get("orgId", self._org_id)
        return [runner.shown for runner in self.runners.values() if runner.shown["org_id"] == org_id]

    async def runners_get(self, call: Call) -> Item:
        """Answer with the runner, its steps and its triggers."""
        runner = find(self.runners, call)
        return runner.shown | {"steps": runner.pipeline(), "triggers": list(runner.triggers.values())}

    async def runners_create(self, call: Call) -> Item:
        """Add a runner without steps."""
        _check(call.body)
        runner = Runner(self._runner(call.body))
        if stored(call):
            self.runners[runner.shown["id"]] = runner
        return runner.shown

    async def runners_update(self, call: Call) -> Item:
        """Change the members that were sent."""
        _check(call.body)
        runner = find(self.runners, call)
        shown = runner.shown | renamed(call.body, _FIELDS) | {"updated_at": self._make.time()}
        if stored(call):
            runner.shown = shown
        return shown

    async def runners_delete(self, call: Call) -> None:
        """Remove a runner with its runs."""
        runner = find(self.runners, call)
        if stored(call):
            del self.runners[runner.shown["id"]]


def _check(body: Item) -> None:
    if problem := check_schema(body.get("inputSchema")):
        raise Problem(422, problem, param="inputSchema")
