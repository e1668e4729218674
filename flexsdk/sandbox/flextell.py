"""Flextell: tokens, errors and limits; all its operations give default answers so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Problem
from flexsdk.sandbox.limits import Window

__all__ = ["Flextell"]

_CODES = {
    400: "invalid_request",
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    422: "validation_error",
    429: "rate_limit_exceeded",
    503: "unavailable",
}


class Flextell(Emulator):
    """Generic resources and the clinic tier; ``key`` is an access token."""

    name: ClassVar[str] = "flextell"
    key_prefix: ClassVar[str] = "flt_"

    def error_body(self, problem: Problem) -> Any:
        """Return the flat ``{error, message}``."""
        code = problem.code or _CODES.get(problem.status, "server_error")
        return {"error": code, "message": problem.message, **problem.extra}

    def windows(self, plan: str) -> Sequence[Window]:
        """Return a minute of our own: the figures vary by account and are not published."""
        return ((600, 60.0),)
