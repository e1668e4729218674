"""A loop that runs what is ready in an order of its own, told by a seed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, TypeVar

__all__ = ["run"]

T = TypeVar("T")
_LIMIT_SECONDS = 10.0
"""Of real time; virtual time passes in none, so a run that takes longer stands still."""


class _Shuffled(deque[Any]):
    """A queue that gives any of its members."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    def popleft(self) -> Any:
        self.rotate(-self._random.randrange(len(self)))
        return super().popleft()


class ShuffledLoop(asyncio.SelectorEventLoop):
    """Callbacks that are ready run in any order, where asyncio has first come, first served.

    What is right under every order depends on no order: neither on that of today's loop nor on another
    loop's. Sockets are not for it, for asyncio's own transports do depend on the order.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._ready = _Shuffled(Random(seed))


def run(main: Callable[[Random], Awaitable[T]], seed: int) -> T:
    """Run a coroutine under the order of a seed; it gets a source of chance of the same seed."""
    with asyncio.Runner(loop_factory=lambda: ShuffledLoop(seed)) as runner:
        return runner.run(_in_time(main(Random(seed))))


async def _in_time(work: Awaitable[T]) -> T:
    async with asyncio.timeout(_LIMIT_SECONDS):
        return await work
