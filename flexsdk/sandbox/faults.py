"""Faults as values, and the plan that says which request meets which fault."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Fault", "Faults"]

Kind = Literal["latency", "answer", "reset", "close", "cut", "silence", "drip"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong; make one with the class methods."""

    kind: Kind
    seconds: float = 0.0
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    after: int | None = None
    size: int = 1
    clean: bool = False
    acted: bool = False

    @property
    def severs(self) -> bool:
        """Whether nothing at all is sent."""
        return self.kind in ("reset", "close") or (self.kind == "silence" and self.after is None)

    @classmethod
    def latency(cls, seconds: float) -> Fault:
        """Wait before the answer; goes together with any other fault."""
        return cls("latency", seconds=seconds)

    @classmethod
    def status(
        cls,
        status: int,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        retry_after: float | str | None = None,
    ) -> Fault:
        """Answer with a status; the body is the platform's own error shape unless one is given."""
        extra = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return cls("answer", code=status, body=body, headers={**(headers or {}), **extra})

    @classmethod
    def content_type(cls, content_type: str, *, body: bytes = b"<html><body>Hello</body></html>") -> Fault:
        """Answer 200 with another content type, as a captive portal does."""
        return cls("answer", headers={"Content-Type": content_type}, body=body)

    @classmethod
    def bad_json(cls) -> Fault:
        """Answer 200 with JSON that ends too early."""
        return cls("answer", headers={"Content-Type": "application/json"}, body=b'{"data": [{"id": "')

    @classmethod
    def redirect(cls, url: str, *, status: int = 307) -> Fault:
        """Send the client elsewhere."""
        return cls("answer", code=status, headers={"Location": url}, body=b"")

    @classmethod
    def reset(cls, *, acted: bool = False) -> Fault:
        """Break the connection hard (RST) after the request was read.

        With ``acted`` the platform does its work first, and only the answer is lost.
        """
        return cls("reset", acted=acted)

    @classmethod
    def close(cls, *, acted: bool = False) -> Fault:
        """Close the connection (FIN) after the request was read; ``acted`` as in ``reset``."""
        return cls("close", acted=acted)

    @classmethod
    def cut(cls, after: int, *, clean: bool = False) -> Fault:
        """End the answer after so many bytes of the body.

        A chunked body is left open and the connection closed; with ``clean`` the body ends as a
        complete one does, so that only its content tells.
        """
        return cls("cut", after=after, clean=clean)

    @classmethod
    def silence(cls, after: int | None = None) -> Fault:
        """Send nothing more after so many bytes of the body (0: after the headers; None: nothing at all)."""
        return cls("silence", after=after)

    @classmethod
    def drip(cls, bytes_: int = 1, every: float = 0.01) -> Fault:
        """Send the body in pieces of so many bytes, with so many seconds between them."""
        return cls("drip", size=bytes_, seconds=every)


@dataclass(frozen=True, slots=True)
class _Rule:
    fault: Fault
    operation: str | None
    requests: Collection[int] | None
    probability: float


class Faults:
    """The faults of one platform."""

    def __init__(self, operations: Collection[str], seed: str) -> None:
        self._operations = operations
        self._random = random.Random(seed)  # noqa: S311 - chance has to be the same each time
        self._rules: list[_Rule] = []
        self._seen: Counter[str | None] = Counter()

    def add(
        self,
        fault: Fault,
        *,
        operation: str | None = None,
        requests: Collection[int] | None = None,
        probability: float = 1.0,
    ) -> None:
        """Let requests meet a fault.

        Args:
            fault: What happens.
            operation: Operation id; every request of the platform without one.
            requests: Numbers from 1, counted from the start over the requests of the operation (without
                an operation: over all requests); every request without numbers.
            probability: Chance of each of them, drawn with the seed.
        """
        if operation is not None and operation not in self._operations:
            raise ValueError(f"no operation {operation!r} in the contract")
        self._rules.append(_Rule(fault, operation, requests, probability))

    def clear(self) -> None:
        """Drop all faults; the count of requests goes on."""
        self._rules.clear()

    def meet(self, operation: str | None) -> list[Fault]:
        """Count a request and return the faults that it meets, in the order they were added."""
        self._seen.update({None, operation})
        return [rule.fault for rule in self._rules if self._applies(rule, operation)]

    def _applies(self, rule: _Rule, operation: str | None) -> bool:
        if rule.operation not in (None, operation):
            return False
        if rule.requests is not None and self._seen[rule.operation] not in rule.requests:
            return False
        return rule.probability >= 1 or self._random.random() < rule.probability
