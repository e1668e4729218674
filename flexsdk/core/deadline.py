"""Time that several calls share, and the one timer of an attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType

from flexsdk.core.clock import SystemClock
from flexsdk.protocol.checks import check_seconds
from flexsdk.types import Clock

__all__ = ["AttemptTimer", "ambient", "deadline"]

_SYSTEM_CLOCK = SystemClock()

ambient: ContextVar[float | None] = ContextVar("flexsdk_deadline", default=None)
"""The monotonic time at which the enclosing :func:`deadline` ends."""


@contextmanager
def deadline(seconds: float, *, clock: Clock = _SYSTEM_CLOCK) -> Iterator[None]:
    """Give all calls made inside together ``seconds``; the innermost, earliest end counts.

    A call that cannot end in time raises :class:`~flexsdk.errors.Timeout` with phase ``deadline``.
    """
    ends = clock.monotonic() + check_seconds("deadline", seconds)
    outer = ambient.get()
    token = ambient.set(ends if outer is None else min(ends, outer))
    try:
        yield
    finally:
        ambient.reset(token)


class AttemptTimer:
    """Cancel the running task after ``seconds``, and tell whether it was this timer that did.

    One ``call_later`` instead of a cancel scope, which costs 10 to 30 % of a plain call. After the block,
    ``expired`` tells that the CancelledError was ours and is to be turned into an error.
    """

    __slots__ = ("_cancelling", "_handle", "_seconds", "_task", "expired")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.expired = False

    def __enter__(self) -> AttemptTimer:
        task = asyncio.current_task()
        assert task is not None, "calls are made inside a task"
        self._task = task
        self._cancelling = task.cancelling()
        self._handle = task.get_loop().call_later(self._seconds, self._expire)
        return self

    def _expire(self) -> None:
        self.expired = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._handle.cancel()
        if not self.expired:
            return False
        # Somebody else's cancellation, which came as well, goes on; only ours is swallowed.
        ours_alone = self._task.uncancel() <= self._cancelling
        return ours_alone and kind is not None and issubclass(kind, asyncio.CancelledError)
