"""What passes between the engine and a behaviour, and what is recorded of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.auth import Key
from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.forms import Part

__all__ = ["Answer", "Call", "Problem", "Recorded"]


@dataclass(slots=True)
class Recorded:
    """One request as it arrived, and how it ended."""

    operation: str | None
    """Operation id of the contract; None for a path or method it does not have."""
    method: str
    path: str
    """Path without the query, percent-decoded."""
    raw_path: str
    """The request target as it was sent, with its query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """The headers; the names in any case."""
    started: float
    """When the headers had arrived, on the clock of the sandbox."""
    body: bytes = b""
    form: Mapping[str, list[Part]] | None = None
    """The parts of a body that was measured while it arrived and not kept; else None."""
    status: int | None = None
    """None while there is no answer, and for ever when a fault sent none."""
    ended: float | None = None
    """When the last byte was handed over, or the connection was gone."""
    disconnected: bool = False
    """Whether the client left before the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An admitted request: authenticated, within the limits, valid against the contract."""

    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, Any]
    """Declared parameters, converted to the type of their schema."""
    headers: Mapping[str, str]
    body: Any
    """The decoded JSON; None without a body."""
    form: Mapping[str, list[Part]]
    """The parts of a multipart or form body, by name."""
    key: Key | None
    """None on a public operation."""


@dataclass(slots=True)
class Answer:
    """An answer that differs from "this JSON value, with the first documented status"."""

    status: int
    data: Any = None
    """A JSON value, sent unless ``body`` is given."""
    body: bytes | AsyncGenerator[bytes, None] | None = None
    """Bytes as they are, or pieces that are flushed one by one."""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Problem(Exception):
    """An error answer; each platform writes it in its own shape.

    ``code`` is the machine word where it is not the usual one of the status, ``param`` the offending
    field, ``extra`` further members of the body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
