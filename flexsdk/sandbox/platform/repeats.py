"""Idempotency keys: a repeated request gets the answer of the first one, for 24 hours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from flexsdk.sandbox.exchange import Answer, Problem

__all__ = ["Repeats"]

_KEPT_SECONDS = 24 * 3600.0


@dataclass(slots=True)
class _First:
    body: object
    began: float
    answer: Answer | None = None
    """None while the work goes on."""


class Repeats:
    """The keys of one workspace.

    The answers to what the documents leave open are the usual ones: a key with another body is a 422, one
    whose first request is not done yet a 409. Only what was done is kept: neither 4xx nor 5xx.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._firsts: dict[str, _First] = {}

    async def once(self, key: str | None, body: object, act: Callable[[], Awaitable[Answer]]) -> Answer:
        """Act, unless the key was seen before with the same body; without a key always.

        Raises:
            Problem: 422 or 409.
        """
        if not key:
            return await act()
        first = self._firsts.get(key)
        if first is None or self._clock() - first.began >= _KEPT_SECONDS:
            first = await self._first(key, body, act)
        if first.body != body:
            message = "The Idempotency-Key was used with another body"
            raise Problem(422, message, code="idempotency_key_reused", param="Idempotency-Key")
        if first.answer is None:
            message = "A request with this Idempotency-Key is under way"
            raise Problem(409, message, code="idempotency_key_in_use")
        # A copy, because the engine adds headers, and those of the first request are not repeated.
        return replace(first.answer)

    async def _first(self, key: str, body: object, act: Callable[[], Awaitable[Answer]]) -> _First:
        first = self._firsts[key] = _First(body, self._clock())
        try:
            first.answer = await act()
        except BaseException:
            del self._firsts[key]
            raise
        return first
