"""Budget, web, plan and knowledge settings of Flapjack runners."""

from __future__ import annotations

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import stored
from flexsdk.sandbox.flapjack.runner_models import NO_BUDGET, Item, Runner, Shelf, find, renamed
from flexsdk.sandbox.flapjack.runner_runs import RunnerRuns

__all__ = ["RunnerSettings"]

_BUDGET = {"enabled": "enabled", "maxCostUsd": "max_cost_usd", "period": "period", "action": "action"}


class RunnerSettings:
    """What is read and replaced as a whole."""

    def __init__(self, shelf: Shelf, runs: RunnerRuns) -> None:
        self._shelf = shelf
        self._runs = runs

    async def runners_budget_get(self, call: Call) -> Item:
        """Answer with the budget, and what it counts at this moment."""
        runner = find(self._shelf, call)
        self._runs.settle(runner)
        return self._budget(runner, runner.budget)

    async def runners_budget_put(self, call: Call) -> Item:
        """Set the budget anew, switched on unless the request says otherwise; paused runs stay paused."""
        runner = find(self._shelf, call)
        self._runs.settle(runner)
        budget = NO_BUDGET | {"enabled": True} | renamed(call.body, _BUDGET)
        if (budget["max_cost_usd"] or 0) < 0:
            raise Problem(422, "maxCostUsd has to be 0 or more", param="maxCostUsd")
        if stored(call):
            runner.budget = budget
        return self._budget(runner, budget)

    async def runners_web_get(self, call: Call) -> Item:
        """Answer with the settings of the web tools."""
        return self._feature(call, "web")

    async def runners_web_put(self, call: Call) -> Item:
        """Set the settings of the web tools anew."""
        return self._put_feature(call, "web")

    async def runners_plan_get(self, call: Call) -> Item:
        """Answer with the settings of plans."""
        return self._feature(call, "plan")

    async def runners_plan_put(self, call: Call) -> Item:
        """Set the settings of plans anew."""
        return self._put_feature(call, "plan")

    async def runners_knowledge_get(self, call: Call) -> Item:
        """Answer with the settings of knowledge."""
        return self._feature(call, "knowledge")

    async def runners_knowledge_put(self, call: Call) -> Item:
        """Set the settings of knowledge anew."""
        return self._put_feature(call, "knowledge")

    def _budget(self, runner: Runner, budget: Item) -> Item:
        newest = runner.runs[-1] if runner.runs else None
        return budget | {"spent_usd": round(self._runs.spent(runner, newest), 6)}

    def _feature(self, call: Call, name: str) -> Item:
        return find(self._shelf, call).features.get(name, {"enabled": False})

    def _put_feature(self, call: Call, name: str) -> Item:
        features = find(self._shelf, call).features
        if stored(call):
            features[name] = call.body
        settings: Item = call.body
        return settings
