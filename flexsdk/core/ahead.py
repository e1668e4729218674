"""Pages that are asked for before anybody wants them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from flexsdk.core.deadline import ambient
from flexsdk.protocol.cursor import PageStyle
from flexsdk.structs import Page

__all__ = ["Ahead", "Fetch"]

T = TypeVar("T")

Fetch: TypeAlias = Callable[[dict[str, object]], Coroutine[Any, Any, Page[T]]]
"""Makes the call for a page, given the query parameters of its place."""


class _Coming(NamedTuple):
    place: str
    task: asyncio.Task[Any]
    deadline: float | None


class Ahead(Generic[T]):
    """The pages on their way, in the order of the list; each is one task.

    What was foreseen may turn out wrong: a page is only given out for the place that is asked for, and one
    that failed before anybody waited for it is asked for anew.
    """

    __slots__ = ("_coming", "_depth", "_fetch", "_limit", "_style")

    def __init__(self, fetch: Fetch[T], style: PageStyle, limit: int | None) -> None:
        self._fetch = fetch
        self._style = style
        self._limit = limit
        self._depth = 0
        self._coming: deque[_Coming] = deque()

    async def take(self, place: str | None) -> Page[T]:
        """Give the page at a place: the one that was asked for ahead, or a new one."""
        if self._coming:
            task = self._usable(self._coming.popleft(), place)
            if task is not None:
                return await task
            self.drop()
        return await self._fetch(self._style.ask(place, self._limit))

    def fill(self, page: Page[T], following: str, depth: int) -> bool:
        """Ask for what follows ``page`` until ``depth`` pages are on their way; tell whether any was missing.

        Pages that ``page`` tells of are asked for at the same time, the others one after the other.
        """
        self._depth = depth
        before = len(self._coming)
        for place in islice(self._style.foresee(following, page), before, depth):
            self._start(place)
        if self._coming and len(self._coming) < depth:
            self._coming[-1].task.add_done_callback(self._go_on)
        return len(self._coming) > before

    def drop(self) -> None:
        """Cancel all that is on its way."""
        while self._coming:
            _cancel(self._coming.pop().task)

    async def aclose(self) -> None:
        """Cancel all that is on its way, and wait until it is gone."""
        tasks = [coming.task for coming in self._coming]
        self.drop()
        if tasks:
            await asyncio.wait(tasks)

    def _usable(self, coming: _Coming, place: str | None) -> asyncio.Task[Page[T]] | None:
        """Tell whether a page on its way is the one wanted, and worth waiting for."""
        # A page on its way ends with the deadline under which it was sent for, which may be another one now.
        waits = not coming.task.done() and coming.deadline == ambient.get()
        if coming.place == place and (waits or _landed(coming.task)):
            return coming.task
        _cancel(coming.task)
        return None

    def _start(self, place: str) -> None:
        task = asyncio.create_task(self._fetch(self._style.ask(place, self._limit)))
        self._coming.append(_Coming(place, task, ambient.get()))

    def _go_on(self, task: asyncio.Task[Page[T]]) -> None:
        """Ask for the page behind the last one on its way, which has arrived."""
        if not self._coming or self._coming[-1].task is not task or not _landed(task):
            return
        page = task.result()
        following = self._style.after(self._coming[-1].place, page, self._limit, len(page.items))
        if following is not None and len(self._coming) < self._depth:
            self._start(following)
            self._coming[-1].task.add_done_callback(self._go_on)


def _landed(task: asyncio.Task[Any]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _cancel(task: asyncio.Task[Any]) -> None:
    """Cancel from any thread: the last reference to a walk may go away in a garbage collection anywhere."""
    if task.done():
        _forget(task)
        return
    task.add_done_callback(_forget)
    loop = task.get_loop()
    if asyncio._get_running_loop() is loop:  # noqa: SLF001 - its public twin raises outside of loops
        task.cancel()
    else:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing of it runs any more
            loop.call_soon_threadsafe(task.cancel)


def _forget(task: asyncio.Task[Any]) -> None:
    """Look at the failure that nobody will see, so that asyncio does not report it."""
    if not task.cancelled():
        task.exception()
