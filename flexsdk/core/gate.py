"""The client's own limit on requests at the same time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from flexsdk.core.call import Call, Reply
from flexsdk.core.hooks import QueueWaited
from flexsdk.core.loops import PerLoop
from flexsdk.errors import ConfigError, Timeout
from flexsdk.types import Handler

__all__ = ["Gate"]


class Gate:
    """Lets ``limit`` requests through at a time, first come first served; a stream keeps its slot to its end.

    A free slot costs no await. The wait for one ends with the call's deadline as
    :class:`~flexsdk.errors.Timeout` with phase ``queue``; nothing was sent then.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ConfigError(f"max_connections must be 1 or more, not {limit!r}")
        self._limit = limit
        self._slots = PerLoop(lambda: _Slots(limit))

    @property
    def under_way(self) -> int:
        """How many slots are taken, in all loops."""
        return sum(self._limit - slots.free for slots in self._slots.all())

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot, in all loops."""
        return sum(slots.waiting for slots in self._slots.all())

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Forward the call once it has a slot."""
        if call.source is not None:
            call.abandon()
        slots = self._slots.get(call.loop)
        if slots.free > 0:
            slots.free -= 1
        else:
            await _queue(call, slots)
        source = None
        try:
            reply = await forward(call)
            source = reply.source
        finally:
            if source is None:
                slots.give_back()
        if source is not None:
            source.on_close(slots.give_back)
        return reply


class _Slots:
    __slots__ = ("_waiting", "free")

    def __init__(self, free: int) -> None:
        self.free = free
        self._waiting: deque[asyncio.Future[bool]] = deque()

    @property
    def waiting(self) -> int:
        return sum(not turn.done() for turn in self._waiting)

    async def take(self, timeout: float) -> bool:
        """Wait for a slot that is handed over by its last user; false when the time is over."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(turn)
        timer = loop.call_later(timeout, _settle, turn, False) if timeout < float("inf") else None
        try:
            return await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.result():
                self.give_back()  # the slot had been handed over in the same moment
            raise
        finally:
            if timer:
                timer.cancel()

    def give_back(self) -> None:
        """Hand the slot to the next in the queue, or put it back."""
        while self._waiting:
            if _settle(self._waiting.popleft(), True):
                return
        self.free += 1


def _settle(turn: asyncio.Future[bool], granted: bool) -> bool:
    """Answer a waiting task, unless it has gone or been answered."""
    if turn.done():
        return False
    turn.set_result(granted)
    return True


async def _queue(call: Call, slots: _Slots) -> None:
    left = call.time_left()
    began = call.clock.monotonic()
    granted = left > 0 and await slots.take(left)
    seconds = call.clock.monotonic() - began
    call.queued += seconds
    if not granted:
        raise Timeout(
            "no free slot before the deadline; nothing was sent. Raise max_connections or the deadline",
            phase="queue",
            seconds=seconds,
        )
    if call.hooks:
        call.emit(QueueWaited(op=call.op.id, call=call.ref, seconds=seconds))
