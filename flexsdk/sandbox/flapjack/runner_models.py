"""What a Flapjack runner consists of, and where it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flexsdk.sandbox.exchange import Call, Problem

__all__ = ["NO_BUDGET", "Item", "Run", "Runner", "Shelf", "Status", "Usage", "find", "renamed"]

Item = dict[str, Any]
"""An object as it is answered."""

NO_BUDGET: Item = {"enabled": False, "max_cost_usd": None, "period": "run", "action": "pause"}
"""The budget of a new runner."""

Status = Literal["pending", "running", "paused", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one step has used."""

    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(slots=True, eq=False)
class Run:
    """A run, as far as it has come."""

    id: str
    runner_id: str
    input: Item | None
    steps: list[Item]
    """The pipeline as it was when the run was made."""
    created: str
    due: float
    """When the next thing happens, on the clock of the sandbox."""
    ago: float = 0.0
    """How many seconds the run lies back, for runs of the past."""
    status: Status = "pending"
    started: str | None = None
    completed: str | None = None
    results: list[Item] = field(default_factory=list)
    """One for each step that was begun."""
    context: Item = field(default_factory=dict)
    error: str | None = None
    usages: list[Usage] = field(default_factory=list)

    @property
    def cost_usd(self) -> float:
        """What the run has cost so far."""
        return sum(usage.cost_usd for usage in self.usages)


@dataclass(slots=True, eq=False)
class Runner:
    """A runner with all that hangs on it."""

    shown: Item
    steps: dict[str, Item] = field(default_factory=dict)
    triggers: dict[str, Item] = field(default_factory=dict)
    connections: dict[str, dict[str, Item]] = field(default_factory=dict)
    """Kind of connection to the id of what is connected to the binding."""
    features: dict[str, Item] = field(default_factory=dict)
    """Name of the feature to its settings."""
    budget: Item = field(default_factory=NO_BUDGET.copy)
    runs: list[Run] = field(default_factory=list)
    """Oldest first."""

    def pipeline(self) -> list[Item]:
        """Return the steps in their order."""
        return sorted(self.steps.values(), key=lambda step: step["position"])


Shelf = dict[str, Runner]
"""All runners by their ids."""


def find(shelf: Shelf, call: Call) -> Runner:
    """Return the runner that a path names, or raise a 404."""
    try:
        return shelf[call.path["runnerId"]]
    except KeyError:
        raise Problem(404, "Runner not found") from None


def renamed(body: Mapping[str, Any], fields: Mapping[str, str]) -> Item:
    """Return the known members of a request under the names of the answers."""
    return {fields[name]: value for name, value in body.items() if name in fields}
