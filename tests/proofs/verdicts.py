"""What is wrong with the way in which the client takes an answer, if anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

import msgspec
from mutants import Mutant, Path

from flexsdk.core.call import Reply
from flexsdk.core.client import Client
from flexsdk.core.op import Op
from flexsdk.errors import APIError, DecodeError, FlexError

LISTS = ("items", "rows")
"""What a page is about: without it, it is none, for an empty list would say that there is nothing."""


class Judge:
    """Decodes the way calls do and says what is wrong with the outcome."""

    def __init__(self, client: Client, op: Op[Any]) -> None:
        self._op = op
        self._call = client._prepare(op, ["x"] * len(op.template.names), None, None, {})

    def wrong(self, mutant: Mutant) -> str | None:
        outcome = self._outcome(mutant)
        return f"{self._op.id}, {mutant.kind} at {mutant.path}: {outcome}" if outcome else None

    def _outcome(self, mutant: Mutant) -> str | None:
        try:
            use(Reply(self._call, 200, {}, mutant.body).value)
        except DecodeError as error:
            excused = mutant.kind == "drop" and mutant.path[-1] in LISTS
            return "refused" if mutant.works and not excused else self._misnamed(error, mutant.path)
        except APIError as error:
            own = mutant.path[:1] == ("error",) and error.status == 200
            return None if own else f"an error of the platform: {error!r}"
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            return f"not one of ours: {error!r:.200}"
        return None

    def _misnamed(self, error: DecodeError, path: Path) -> str | None:
        named = error.op == self._op.id and self._op.id in str(error)
        return None if named and _leads_to(error.path, path) else f"names another place: {error}"


_STEP = re.compile(r"\.([^.\[]+)|\[([0-9]+|\.\.\.)\]")


def _leads_to(said: str, path: Path) -> bool:
    """Tell whether a JSON path is that of the change, of what holds it, or of something inside of it."""
    steps = [name or number for name, number in _STEP.findall(said)]
    place = [str(step) for step in path]
    inside = place[1:] if place[:1] == ["data"] else place  # where what is in the envelope is decoded alone
    return any(_alike(steps, each) and len(steps) >= len(each) - 1 for each in (place, inside))


def _alike(steps: list[str], place: list[str]) -> bool:
    return all(one in ("...", other) for one, other in zip(steps, place, strict=False))


def use(value: Any) -> None:
    """Look at everything that a decoded value shows."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            use(getattr(value, name))
        for name in _computed(type(value)):
            with suppress(FlexError):
                getattr(value, name)
    elif isinstance(value, Mapping):
        with suppress(FlexError):  # what is decoded when it is looked at knows its call no more
            dict(value)
    elif isinstance(value, list):
        for each in value[:2]:
            use(each)


@cache
def _computed(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Give the names of a struct's properties."""
    found = {name: value for base in kind.__mro__ for name, value in vars(base).items()}
    return tuple(
        name
        for name, value in found.items()
        if isinstance(value, property | cached_property) and not name.startswith("_")
    )
