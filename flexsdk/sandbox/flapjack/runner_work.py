"""What the steps of a Flapjack run do: take their input from the context, work, and fail at times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from flexsdk.sandbox.flapjack.runner_models import Item, Usage

__all__ = ["Outcome", "check_input", "check_schema", "price", "resolve", "work"]

_AGENT = (1200, 300, 0.01)
"""Tokens in, tokens out and US dollars of each step that an agent runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step has ended."""

    output: Item | None = None
    error: str | None = None
    usage: Usage | None = None


def price(step: Item) -> float:
    """Return what a step will cost, in US dollars."""
    return _AGENT[2] if step["kind"] == "agent" else 0.0


def work(step: Item, agents: Mapping[str, Item], model: str) -> Outcome:
    """Return the outcome of a step; nothing is really called.

    Args:
        step: The step of the pipeline.
        agents: The agents by id, at this moment.
        model: The model of steps whose agent is not named.
    """
    match step["kind"]:
        case "agent":
            return _ask(step, agents, model)
        case "webhook" if not step["config"].get("url"):
            return Outcome(error="The webhook has no url")
        case "webhook":
            return Outcome({"status": 200})
        case "condition":
            return Outcome({"matched": True})
        case "computer":
            return Outcome({"exit_code": 0, "stdout": ""})
    return Outcome({})


def _ask(step: Item, agents: Mapping[str, Item], model: str) -> Outcome:
    name = "The model"
    if step["agent_id"] is not None:
        if step["agent_id"] not in agents:
            return Outcome(error="Agent not found")
        agent = agents[step["agent_id"]]
        name, model = agent["name"], agent["default_model"] or model
    return Outcome({"text": f"{name} is done with {step['name']}"}, usage=Usage(model, *_AGENT))


def resolve(mapping: Mapping[str, Any] | None, context: Item) -> Item:
    """Return the input of a step: the whole context, or what dotted JSONPaths take out of it."""
    if mapping is None:
        return dict(context)
    return {name: _value(path, context) for name, path in mapping.items()}


def _value(path: Any, context: Any) -> Any:
    if not isinstance(path, str) or not path.startswith("$"):
        return path
    for name in filter(None, path[1:].split(".")):
        context = context.get(name) if isinstance(context, dict) else None
    return context


def check_schema(schema: Item | None) -> str | None:
    """Return what is wrong with a JSON Schema."""
    try:
        Draft202012Validator.check_schema(schema or {})
    except (SchemaError, RecursionError) as error:
        return f"inputSchema is no JSON Schema: {type(error).__name__}"
    return None


def check_input(schema: Item | None, value: Item | None) -> str | None:
    """Return what is wrong with the input of a run; a schema that cannot be applied finds nothing wrong."""
    # An own registry, so that a reference to another address is never fetched.
    judge = Draft202012Validator(schema or {}, registry=Registry())
    try:
        error = best_match(judge.iter_errors(value or {}))
    except (Unresolvable, RecursionError):
        return None
    return None if error is None else f"input: {error.message[:200]}"
