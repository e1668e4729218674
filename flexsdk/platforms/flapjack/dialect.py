"""Flapjack's ways. Source: seed 004, "Errors" and "Authentication"; docs concepts/authentication."""

from __future__ import annotations

import msgspec

from flexsdk.codec import decoder
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.core.limits import AT_ONCE, Window
from flexsdk.errors import DecodeError

__all__ = ["DIALECT"]


class _Error(msgspec.Struct, frozen=True):
    """``error`` is a code in upper snake case; the list of codes is open."""

    error: str
    detail: str | None = None


_decode = decoder(_Error)


def _problem(body: bytes) -> Problem:
    try:
        error = _decode(body)
    except DecodeError:
        return Problem()
    return Problem(code=error.error, message=error.detail or "")


_EXEC = (
    Window(3, AT_ONCE, name="commands of an agent at a time", per="agent_id"),
    Window(60, 60.0, name="commands of an agent a minute", per="agent_id"),
    Window(600, 60.0, name="commands a minute"),
)
"""Source: docs guides/external-app-integration."""

DIALECT = Dialect(
    name="Flapjack",
    base_url="https://api.flapjack.dev",
    problem=_problem,
    buckets={"computer_exec": _EXEC},
)
