"""Work that is struck as it waits for the k-th time: by a cancel, a scope, a timeout, or a closing client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio

Strike = Callable[[], object]
MOST_SECONDS = 5.0
"""What has not ended by then hangs."""


class Struck:
    """Awaits a coroutine, and strikes as it waits for the ``number``-th time.

    ``waking`` strikes in the very moment in which what is waited for has come, but is not yet taken: what has
    just been handed over is then easily lost.
    """

    def __init__(self, work: Coroutine[Any, Any, Any], number: int, *, waking: bool) -> None:
        self._work = work
        self._number = number
        self._waking = waking
        self.strike: Strike = lambda: None
        self.waits = 0

    @property
    def reached(self) -> bool:
        return self.waits >= self._number

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._work.__await__()
        go_on: Callable[[], Any] = partial(steps.send, None)
        while True:
            try:
                awaited = go_on()
            except StopIteration as end:
                return end.value
            self._count(awaited)
            try:
                value = yield awaited
            except BaseException as error:  # noqa: BLE001 - whatever it is, it goes on to the work
                go_on = partial(steps.throw, error)
            else:
                go_on = partial(steps.send, value)

    def _count(self, awaited: Any) -> None:
        self.waits += 1
        if self.waits != self._number:
            return
        if self._waking and awaited is not None:
            awaited.add_done_callback(lambda _: self.strike())
        else:
            asyncio.get_running_loop().call_soon(self.strike)


@dataclass(frozen=True)
class Outcome:
    """How it ended: ``finished`` before the strike, ``stopped`` by it, or what else."""

    word: str
    reached: bool


Way = Callable[[Struck, Callable[[], Coroutine[Any, Any, None]]], Coroutine[Any, Any, Outcome]]
"""Runs work and strikes it; is also given what closes its client."""


async def by_cancel(struck: Struck, _: object) -> Outcome:
    task = asyncio.ensure_future(_run(struck))
    struck.strike = task.cancel
    return await _ended(task, struck)


async def by_two_cancels(struck: Struck, _: object) -> Outcome:
    task = asyncio.ensure_future(_run(struck))

    def strike() -> None:
        task.cancel()
        asyncio.get_running_loop().call_soon(task.cancel)

    struck.strike = strike
    return await _ended(task, struck)


async def by_scope(struck: Struck, _: object) -> Outcome:
    async def run() -> None:
        with anyio.CancelScope() as scope:
            struck.strike = scope.cancel
            await struck
            await _turns()
        if scope.cancelled_caught:
            raise asyncio.CancelledError

    return await _ended(asyncio.ensure_future(run()), struck)


async def by_timeout(struck: Struck, _: object) -> Outcome:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as scope:
                struck.strike = lambda: scope.reschedule(loop.time())
                await struck
                await _turns()
        except TimeoutError:
            if scope.expired():
                raise asyncio.CancelledError from None
            raise

    return await _ended(asyncio.ensure_future(run()), struck)


async def by_closing(struck: Struck, close: Callable[[], Coroutine[Any, Any, None]]) -> Outcome:
    task = asyncio.ensure_future(_run(struck))
    closing: list[asyncio.Task[None]] = []
    struck.strike = lambda: closing.append(asyncio.ensure_future(close()))
    outcome = await _ended(task, struck)
    if closing:
        await asyncio.wait(closing, timeout=MOST_SECONDS)
        closing[0].result()
    return outcome


CANCELS: dict[str, Way] = {
    "cancel": by_cancel,
    "two cancels": by_two_cancels,
    "anyio scope": by_scope,
    "asyncio.timeout": by_timeout,
}


async def _turns() -> None:
    """Let a strike land that came in the last moment; a scope and a timeout need some turns of the loop."""
    for _ in range(3):
        await asyncio.sleep(0)


async def _run(struck: Struck) -> None:
    await struck


async def _ended(task: asyncio.Future[None], struck: Struck) -> Outcome:
    await asyncio.wait([task], timeout=MOST_SECONDS)
    if not task.done():
        task.cancel()
        return Outcome("hangs", struck.reached)
    if task.cancelled():
        return Outcome("stopped", struck.reached)
    error = task.exception()
    return Outcome(type(error).__name__ if error else "finished", struck.reached)
