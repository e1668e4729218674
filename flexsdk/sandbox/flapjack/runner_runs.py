"""Runs of Flapjack runners; a run moves on by the clock, step by step, until its budget is used up."""

from __future__ import annotations

import math

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.runner_models import Item, Run, Runner, Shelf, Status, find
from flexsdk.sandbox.flapjack.runner_work import check_input, price, resolve, work
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["RunnerRuns"]

_PENDING = 0.25
"""Share of a run's time that it waits before it starts."""
_DAY = 86_400.0
_WINDOWS = {"day": _DAY, "week": 7 * _DAY}
"""Seconds that a budget looks back; every other word but ``run`` means a month."""
_NOISE = 1e-9
"""Less than this is noise of adding binary fractions."""
_DEFAULT_MODEL = "gpt-5.4"


class RunnerRuns:
    """The runs of all runners."""

    def __init__(self, options: Options, make: Maker, agents: Agents, shelf: Shelf) -> None:
        self._options = options
        self._make = make
        self._agents = agents
        self._shelf = shelf

    def all(self) -> list[Item]:
        """Return all runs as they stand at this moment, those of a runner oldest first."""
        return [self._shown(run) for runner in self._shelf.values() for run in self.settle(runner)]

    def settle(self, runner: Runner) -> list[Run]:
        """Bring the runs of a runner up to this moment; what changes their budget calls this first."""
        for run in runner.runs:
            while run.status in ("pending", "running") and self._options.clock() >= run.due:
                self._move(runner, run)
        return runner.runs

    def add_past(self, runner: Runner, ago: float) -> None:
        """Add a run that ended so many seconds ago."""
        runner.runs.append(self._new(runner, {}, due=-math.inf, ago=ago))
        self.settle(runner)

    def spent(self, runner: Runner, run: Run | None) -> float:
        """Return the US dollars that the budget counts: of one run, or of all runs in its window."""
        period = runner.budget["period"]
        if period == "run":
            return run.cost_usd if run else 0.0
        window = _WINDOWS.get(period, 30 * _DAY)
        return sum(each.cost_usd for each in runner.runs if each.ago < window)

    async def runners_runs_create(self, call: Call) -> Item:
        """Start a run, once its input satisfies the schema of the runner."""
        runner = find(self._shelf, call)
        given = (call.body or {}).get("input")
        if problem := check_input(runner.shown["input_schema"], given):
            raise Problem(422, problem)
        run = self._new(runner, given, due=self._options.clock() + self._options.run_seconds * _PENDING)
        if stored(call):
            runner.runs.append(run)
        return self._shown(run)

    async def runners_runs_list(self, call: Call) -> list[Item]:
        """Answer with the newest runs first, without their steps."""
        runs = reversed(self.settle(find(self._shelf, call)))
        status = call.query.get("status")
        shown = [self._shown(run) for run in runs if status in (None, run.status)]
        return [
            {name: value for name, value in run.items() if name != "steps"}
            for run in shown[: call.query.get("limit")]
        ]

    async def runners_runs_get(self, call: Call) -> Item:
        """Answer with one run and its steps."""
        return self._shown(self._find(call))

    async def runners_runs_cancel(self, call: Call) -> Item:
        """End a run that has not ended."""
        run = self._find(call)
        if run.completed is not None:
            raise Problem(400, f"The run is {run.status} already")
        if stored(call):
            for result in run.results:
                if result["status"] == "running":
                    result |= {"status": "cancelled", "completed_at": self._make.time()}
            self._end(run, "cancelled")
        return self._shown(run)

    async def runners_runs_resume(self, call: Call) -> Item:
        """Let a paused run go on; with the budget as it was, it pauses again at once."""
        run = self._find(call)
        if run.status != "paused":
            raise Problem(409, f"The run is {run.status}, not paused")
        if stored(call):
            run.status, run.due = "running", self._options.clock()
            self._begin(find(self._shelf, call), run)
        return self._shown(run)

    def _find(self, call: Call) -> Run:
        for run in self.settle(find(self._shelf, call)):
            if run.id == call.path["runId"]:
                return run
        raise Problem(404, "Run not found")

    def _new(self, runner: Runner, given: Item | None, *, due: float, ago: float = 0.0) -> Run:
        return Run(
            id=self._make.id(),
            runner_id=runner.shown["id"],
            input=given,
            steps=runner.pipeline(),
            created=self._make.time(ago),
            due=due,
            ago=ago,
            context=dict(given or {}),
        )

    def _move(self, runner: Runner, run: Run) -> None:
        """Do what is due: start, or finish a step; then begin the next one."""
        if run.status == "pending":
            run.status, run.started = "running", self._make.time(run.ago)
        else:
            self._finish(runner, run)
        if run.status == "running":
            self._begin(runner, run)

    def _begin(self, runner: Runner, run: Run) -> None:
        if len(run.results) == len(run.steps):
            self._end(run, "completed")
            return
        step = run.steps[len(run.results)]
        if self._is_over_budget(runner, run, step):
            run.status = "paused"
            return
        run.due += self._options.run_seconds * (1 - _PENDING) / len(run.steps)
        run.results.append(
            {
                "id": self._make.id(),
                "run_id": run.id,
                "step_id": step["id"],
                "status": "running",
                "input": resolve(step["input_mapping"], run.context),
                "output": None,
                "error": None,
                "started_at": self._make.time(run.ago),
                "completed_at": None,
            }
        )

    def _finish(self, runner: Runner, run: Run) -> None:
        step = run.steps[len(run.results) - 1]
        outcome = work(step, self._agents.agents, runner.shown["default_model"] or _DEFAULT_MODEL)
        status = "failed" if outcome.error else "completed"
        run.results[-1] |= {
            "status": status,
            "output": outcome.output,
            "error": outcome.error,
            "completed_at": self._make.time(run.ago),
        }
        run.context = {**run.context, step["name"]: outcome.output}
        if outcome.usage:
            run.usages.append(outcome.usage)
        if outcome.error:
            run.error = f"{step['name']}: {outcome.error}"
            self._end(run, "failed")

    def _end(self, run: Run, status: Status) -> None:
        run.status, run.completed = status, self._make.time(run.ago)

    def _is_over_budget(self, runner: Runner, run: Run, step: Item) -> bool:
        most: float | None = runner.budget["max_cost_usd"]
        if not runner.budget["enabled"] or most is None:
            return False
        return self.spent(runner, run) + price(step) > most + _NOISE

    def _shown(self, run: Run) -> Item:
        return {
            "id": run.id,
            "runner_id": run.runner_id,
            "status": run.status,
            "trigger_id": None,
            "input": run.input,
            "output": run.context if run.status == "completed" else None,
            "error": run.error,
            "steps": [dict(result) for result in run.results],
            "total_input_tokens": sum(usage.input_tokens for usage in run.usages),
            "total_output_tokens": sum(usage.output_tokens for usage in run.usages),
            "total_cost_usd": round(run.cost_usd, 6),
            "started_at": run.started,
            "completed_at": run.completed,
            "created_at": run.created,
        }
