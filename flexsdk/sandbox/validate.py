"""JSON Schema validation of requests and answers, compiled once a schema and process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

try:
    from jsonschema import Draft202012Validator, FormatChecker
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012
except ImportError as error:  # pragma: no cover - the test extra brings it
    raise ImportError('the sandbox needs jsonschema: pip install "flexsdk[sandbox]"') from error

from flexsdk.sandbox.contract import Contract, Schema, load

__all__ = ["Validator", "Violation", "convert", "validator"]

_MESSAGE = 200
"""Longest text about a value, in characters: jsonschema quotes the whole value."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a value breaks its schema."""

    field: str
    """Dotted path; empty for the value as a whole."""
    message: str
    """One line that names the field."""


class Validator:
    """The compiled schemas of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._base = f"urn:{contract.name}"
        self._registry = Registry().with_resource(self._base, DRAFT202012.create_resource(contract.document))
        self._compiled: dict[int, Any] = {}

    def check(self, schema: Schema, value: Any) -> Violation | None:
        """Return the most telling violation, or None."""
        # The schemas live as long as the cached contract, so their identity is a key.
        compiled = self._compiled.get(id(schema))
        if compiled is None:
            compiled = self._compiled[id(schema)] = self._compile(schema)
        error = best_match(compiled.iter_errors(value))
        return None if error is None else _violation(error)

    def types(self, schema: Schema) -> list[str]:
        """Return the JSON types that a schema names."""
        types = self._contract.resolve(schema).get("type", [])
        return [types] if isinstance(types, str) else list(types)

    def _compile(self, schema: Schema) -> Any:
        return Draft202012Validator(
            self._absolute(schema), registry=self._registry, format_checker=_formats()
        )

    def _absolute(self, part: Any) -> Any:
        """Copy a schema with references that do not depend on where it stands."""
        if isinstance(part, dict):
            return {
                name: self._base + value if name == "$ref" else self._absolute(value)
                for name, value in part.items()
            }
        return [self._absolute(item) for item in part] if isinstance(part, list) else part


def _violation(error: Any) -> Violation:
    path = [str(step) for step in error.absolute_path]
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        field = ".".join([*path, missing])
        return Violation(field, f"{field} is required")
    field = ".".join(path)
    message = error.message if len(error.message) <= _MESSAGE else error.message[:_MESSAGE] + "..."
    return Violation(field, f"{field}: {message}" if field else message)


@cache
def _formats() -> Any:
    checker = FormatChecker(formats=("uuid", "date", "email"))
    # jsonschema checks date-time only with one more package; plain dates pass, as PHP services send them.
    checker.checks("date-time", raises=ValueError)(_is_time)
    return checker


def _is_time(value: object) -> bool:
    if isinstance(value, str):
        datetime.fromisoformat(value)
    return True


@cache
def validator(name: str) -> Validator:
    """Return the validator of a contract, one a process."""
    return Validator(load(name))


_INTEGER = re.compile(r"-?\d{1,18}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def convert(text: str, types: Iterable[str]) -> Any:
    """Return a parameter's text as the first of the JSON types that it fits, else as it is."""
    for kind in types:
        if kind == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "number":
            return _number(text)
        if kind == "boolean" and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
    return text


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
