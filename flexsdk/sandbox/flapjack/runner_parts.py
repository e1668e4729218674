"""Steps and triggers of Flapjack runners."""

from __future__ import annotations

import re

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.runner_models import Item, Shelf, find, renamed
from flexsdk.sandbox.state import Maker

__all__ = ["RunnerParts"]

# Requests are camelCase, answers snake_case.
_STEP = {
    "kind": "kind",
    "name": "name",
    "agentId": "agent_id",
    "inputMapping": "input_mapping",
    "position": "position",
    "config": "config",
}
_TRIGGER = {"kind": "kind", "cronExpression": "cron_expression", "config": "config", "enabled": "enabled"}
_CRON = re.compile(r"[\w*/,-]+( [\w*/,-]+){4}", re.ASCII)
"""Five fields, names of days allowed; that their numbers make sense is not checked."""


class RunnerParts:
    """The stages of pipelines, and what starts them; triggers start nothing by themselves."""

    def __init__(self, make: Maker, agents: Agents, shelf: Shelf) -> None:
        self._make = make
        self._agents = agents
        self._shelf = shelf

    def step(self, runner_id: str, body: Item, position: int) -> Item:
        """Make a step of an agent that exists."""
        self._check_agent(body)
        bare: Item = {"name": "", "agent_id": None, "input_mapping": None, "position": position, "config": {}}
        return self._part(runner_id) | bare | renamed(body, _STEP)

    def trigger(self, runner_id: str, body: Item) -> Item:
        """Make a trigger; one of the kind ``cron`` needs its expression."""
        bare: Item = {"cron_expression": None, "config": {}, "enabled": True}
        trigger = self._part(runner_id) | bare | renamed(body, _TRIGGER)
        _check_cron(trigger)
        return trigger

    async def runners_steps_list(self, call: Call) -> list[Item]:
        """Answer with the steps in their order."""
        return find(self._shelf, call).pipeline()

    async def runners_steps_create(self, call: Call) -> Item:
        """Add a step, at the end unless its position says otherwise."""
        runner = find(self._shelf, call)
        step = self.step(runner.shown["id"], call.body, len(runner.steps))
        if stored(call):
            runner.steps[step["id"]] = step
        return step

    async def runners_steps_update(self, call: Call) -> Item:
        """Change the members that were sent; a step keeps its kind."""
        runner = find(self._shelf, call)
        self._check_agent(call.body)
        step = _part_of(runner.steps, call.path["stepId"], "Step") | renamed(call.body, _without_kind(_STEP))
        step["updated_at"] = self._make.time()
        if stored(call):
            runner.steps[step["id"]] = step
        return step

    async def runners_steps_delete(self, call: Call) -> None:
        """Remove a step; runs that have begun keep it."""
        steps = find(self._shelf, call).steps
        step = _part_of(steps, call.path["stepId"], "Step")
        if stored(call):
            del steps[step["id"]]

    async def runners_triggers_list(self, call: Call) -> list[Item]:
        """Answer with all triggers."""
        return list(find(self._shelf, call).triggers.values())

    async def runners_triggers_create(self, call: Call) -> Item:
        """Add a trigger."""
        runner = find(self._shelf, call)
        trigger = self.trigger(runner.shown["id"], call.body)
        if stored(call):
            runner.triggers[trigger["id"]] = trigger
        return trigger

    async def runners_triggers_update(self, call: Call) -> Item:
        """Change the members that were sent; a trigger keeps its kind."""
        triggers = find(self._shelf, call).triggers
        trigger = _part_of(triggers, call.path["triggerId"], "Trigger")
        trigger = trigger | renamed(call.body, _without_kind(_TRIGGER))
        _check_cron(trigger)
        trigger["updated_at"] = self._make.time()
        if stored(call):
            triggers[trigger["id"]] = trigger
        return trigger

    async def runners_triggers_delete(self, call: Call) -> None:
        """Remove a trigger."""
        triggers = find(self._shelf, call).triggers
        trigger = _part_of(triggers, call.path["triggerId"], "Trigger")
        if stored(call):
            del triggers[trigger["id"]]

    def _part(self, runner_id: str) -> Item:
        now = self._make.time()
        return {"id": self._make.id(), "runner_id": runner_id, "created_at": now, "updated_at": now}

    def _check_agent(self, body: Item) -> None:
        if body.get("agentId") is not None:
            self._agents.find(body["agentId"])


def _part_of(parts: dict[str, Item], id_: str, word: str) -> Item:
    try:
        return parts[id_]
    except KeyError:
        raise Problem(404, f"{word} not found") from None


def _without_kind(fields: dict[str, str]) -> dict[str, str]:
    return {name: member for name, member in fields.items() if name != "kind"}


def _check_cron(trigger: Item) -> None:
    expression = trigger["cron_expression"]
    if trigger["kind"] == "cron" and not _CRON.fullmatch(expression or ""):
        raise Problem(422, "cronExpression has to have five fields", param="cronExpression")
