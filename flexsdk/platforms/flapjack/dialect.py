"""Flapjack's ways. Source: seed 004, "Errors" and "Authentication"; docs concepts/authentication."""

from __future__ import annotations

import msgspec

from flexsdk.codec import decoder
from flexsdk.core.dialect import Dialect, Problem
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


DIALECT = Dialect(name="Flapjack", base_url="https://api.flapjack.dev", problem=_problem)
