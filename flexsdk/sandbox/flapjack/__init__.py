"""Flapjack: keys, errors and limits; its sections are modules of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Problem
from flexsdk.sandbox.flapjack.agents import Agents
from flexsdk.sandbox.flapjack.threads import Script, Threads
from flexsdk.sandbox.limits import Window

__all__ = ["Flapjack"]

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    422: "VALIDATION_FAILED",
    429: "RATE_LIMITED",
    503: "UNAVAILABLE",
}


class Flapjack(Emulator):
    """Agents, threads and streamed messages.

    ``issue("user")`` makes the token that key management asks for, ``issue(plan="demo")`` a key whose
    writes are stubs: nothing is stored.
    """

    name: ClassVar[str] = "flapjack"
    key_prefix: ClassVar[str] = "fj_"
    user_schemes: ClassVar[frozenset[str]] = frozenset({"supabaseJwt"})
    limit_trio: ClassVar[bool] = False

    def sections(self) -> Sequence[object]:
        """Return agents and threads, made anew."""
        self.scripts: deque[Script] = deque()
        agents = Agents(self.make)
        return agents, Threads(self.options, self.make, agents, self.scripts)

    def script(self, raw: bytes, chunks: Sequence[int] | None = None) -> None:
        """Let the next message be answered with exactly these bytes.

        Args:
            raw: A whole event stream, or a broken one.
            chunks: Sizes in bytes of the pieces that are flushed; the rest is the last piece.
        """
        self.scripts.append((raw, tuple(chunks or ())))

    def error_body(self, problem: Problem) -> Any:
        """Return ``{error, detail}``."""
        code = problem.code or _CODES.get(problem.status, "INTERNAL_ERROR")
        return {"error": code, "detail": problem.message, **problem.extra}

    def windows(self, plan: str) -> Sequence[Window]:
        """Return a generous minute: no figure is documented but that of the computer."""
        return ((6000, 60.0),)
