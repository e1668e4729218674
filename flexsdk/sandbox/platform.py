"""Platform, the template: keys, errors and limits; all its operations give default answers so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Problem
from flexsdk.sandbox.limits import Window

__all__ = ["Platform"]

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    422: "validation_error",
    429: "rate_limited",
}
_MINUTES = {"starter": 60, "pro": 600, "business": 6_000}


class Platform(Emulator):
    """Resources and jobs."""

    name: ClassVar[str] = "platform"
    key_prefix: ClassVar[str] = "sk_"

    def error_body(self, problem: Problem) -> Any:
        """Return ``{error: {code, message, param?}}``."""
        code = problem.code or _CODES.get(problem.status, "internal_error")
        error = {"code": code, "message": problem.message, **problem.extra}
        return {"error": error | ({"param": problem.param} if problem.param else {})}

    def common_headers(self) -> dict[str, str]:
        """Return the request id."""
        return {"X-Request-Id": f"req_{len(self.requests):06d}"}

    def windows(self, plan: str) -> Sequence[Window]:
        """Return the minute of a plan."""
        return ((_MINUTES[plan], 60.0),)
