"""The work of a poller in one loop: a timer, the requests under way, and those who wait."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from flexsdk.core.hooks import along
from flexsdk.core.jobkind import JobKind, Listing, Read, Reading
from flexsdk.errors import APIError, DecodeError, QuotaExceeded
from flexsdk.protocol.backoff import upward_jitter
from flexsdk.protocol.poll import Agenda, Look, Plan, Ref, Walk
from flexsdk.types import Clock

if TYPE_CHECKING:
    from flexsdk.core.poller import Waiter

__all__ = ["Rounds", "chance"]

J = TypeVar("J")

NO_LIST = frozenset({400, 403, 404, 405, 422, 501})
"""What a platform may answer that has no such list, or not for this caller."""

Ended = Callable[[asyncio.AbstractEventLoop], None]
"""Told when nobody waits any more in a loop."""


class Rounds(Generic[J]):
    """The work of a poller in one loop: a timer, the requests under way, and those who wait."""

    def __init__(
        self, kind: JobKind[J], read: Read[J], listing: Listing[J] | None, *, clock: Clock, on_end: Ended
    ) -> None:
        self._kind = kind
        self._clock = clock
        self._read = read
        self._listing = listing
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._plan = Plan(kind.rhythm, lists=listing is not None)
        self._waiters: dict[Ref, set[Waiter[J]]] = {}
        self._all: set[Waiter[J]] = set()
        self._alarms: Agenda[Waiter[J]] = Agenda()
        self._looks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Task[None] | None = None
        self._due = math.inf

    @property
    def tasks(self) -> int:
        """How many tasks are at work: the timer and the requests under way."""
        return sum(task is not None and not task.done() for task in (*self._looks, self._timer))

    # --- who waits

    def join(self, waiter: Waiter[J]) -> None:
        """Begin, or go on, to look for a waiter."""
        waiter.awaited = True
        if waiter not in self._all:
            now = self._clock.monotonic()
            self._all.add(waiter)
            for ref, due in waiter.dues.items():
                self._waiters.setdefault(ref, set()).add(waiter)
                self._plan.add(ref, waiter.began, due, now)
            self._alarms.set(waiter, waiter.last if now < waiter.last else waiter.ends)
        self._arm(self._next())

    def rest(self, waiter: Waiter[J]) -> None:
        """Note that a waiter has something to do; it may be back at once."""
        waiter.awaited = False
        waiter.under_way = set(self._looks)
        self._loop.call_soon(self._settle)

    def leave(self, waiter: Waiter[J]) -> None:
        """Forget a waiter; what was being asked for nobody else is given up."""
        waiter.awaited = False
        if waiter not in self._all:
            return
        self._all.discard(waiter)
        self._alarms.drop(waiter)
        for ref in waiter.dues:
            waiter.dues[ref] = self._forget(ref, waiter)
        if not self._all:
            self._end()

    def notify(self, job_id: str) -> None:
        """Look at a job at once."""
        for ref in self._plan.named(job_id):
            self._plan.hurry(ref, self._clock.monotonic())
        self._arm(self._next())

    def _forget(self, ref: Ref, waiter: Waiter[J]) -> float:
        """Forget that somebody waits for a job; give when it would have been due."""
        due = self._plan.due(ref)
        self._waiters[ref].discard(waiter)
        if not self._waiters[ref]:
            del self._waiters[ref]
            self._plan.remove(ref)
        return self._clock.monotonic() if due == math.inf else due

    def _settle(self) -> None:
        """Let those go who have not come back, unless an answer to them is under way."""
        for waiter in tuple(self._all):
            if not waiter.awaited and waiter.under_way.isdisjoint(self._looks):
                self.leave(waiter)

    def _end(self) -> None:
        self._on_end(self._loop)
        for task in (*self._looks, self._timer):
            if task is not None and not self._loop.is_closed():
                task.cancel()

    # --- when to look

    def _next(self) -> float:
        return min(self._plan.next(), self._alarms.next())

    def _arm(self, due: float) -> None:
        """Set the timer, if this is earlier than planned."""
        if due < self._due:
            if self._timer is not None:
                self._timer.cancel()
            self._due = due
            # An empty context, which the requests inherit: no deadline or span of one is that of all.
            self._timer = self._loop.create_task(self._ring(due), context=Context())

    async def _ring(self, due: float) -> None:
        while due < math.inf:
            wait = due - self._clock.monotonic()
            # One turn of the loop at the least: those who come together are served together.
            await (self._clock.sleep(wait) if wait > 0 else asyncio.sleep(0))
            # Not changed before the turn is over, so that the turn does not restart the task it is made by.
            self._due = due = self._turn()

    def _turn(self) -> float:
        """Do all that is due; give the moment of the next turn."""
        now = self._clock.monotonic()
        for waiter in self._alarms.take(now):
            if now < waiter.ends:
                self._alarms.set(waiter, waiter.ends)
                for ref in waiter.dues:
                    self._plan.hurry(ref, now)
            else:
                waiter.wake()
        for look in self._plan.begin(now):
            trails = {waiter.trail for ref in look.refs for waiter in self._waiters.get(ref, ())}
            task = self._loop.create_task(along(tuple(trails), partial(self._look, look)))
            self._looks.add(task)
            task.add_done_callback(self._looked)
        return self._next()

    # --- looking

    async def _look(self, look: Look) -> None:
        try:
            if look.walk:
                await self._walk(look)
            else:
                self._take(look.refs[0], await self._read(look.refs[0]))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must not wait for ever
            self._fail(look, error)
        finally:
            self._plan.done(look, self._clock.monotonic())

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._looks.discard(task)
        self._settle()
        if self._all:
            self._arm(self._next())

    async def _walk(self, look: Look) -> None:
        listing = self._listing
        assert listing is not None, "walks are planned where there is a list"
        walk = Walk(look.refs)
        # Nothing is fetched ahead: whether another page is wanted is decided page by page.
        async with listing.pages(look.group).ahead(0) as pages:
            async for page in pages.pages():
                found = {Ref(listing.id(job), look.group): job for job in page.items}
                for ref, job in found.items():
                    self._pass(ref, job, listing)
                if not walk.go_on(found):
                    break
        self._plan.straggle(walk.missing)

    def _pass(self, ref: Ref, job: J, listing: Listing[J]) -> None:
        """Take a job of a list, whether it was due or not."""
        if ref not in self._plan:
            return
        if self._kind.meaning(job) == "going" or listing.whole(job):
            self._take(ref, Reading(job))
        else:
            self._plan.straggle([ref])

    def _take(self, ref: Ref, reading: Reading[J]) -> None:
        waiters = self._waiters.get(ref, set())
        for waiter in tuple(waiters):
            waiter.take(ref, reading.job)
            if ref not in waiter.dues:
                self._forget(ref, waiter)
        if ref in self._plan:
            now = self._clock.monotonic()
            self._plan.read(ref, now, random=chance(), wish=reading.wish)

    def _fail(self, look: Look, error: Exception) -> None:
        if (wait := _named_wait(error)) is not None:
            until = self._clock.monotonic() + upward_jitter(wait, random=chance())
            self._plan.hold(until)
            self._tell(look, error, lambda waiter: waiter.ends <= until)
        elif look.walk and _is_final(error):
            self._plan.unlist(look.group)
        else:
            self._tell(look, error, lambda _: True)

    def _tell(self, look: Look, error: Exception, concerned: Callable[[Waiter[J]], bool]) -> None:
        """Tell an error to those whose jobs the request has not told of."""
        for ref in self._plan.untold(look):
            for waiter in filter(concerned, tuple(self._waiters[ref])):
                waiter.fail(ref, error)
                self._forget(ref, waiter)


def _named_wait(error: Exception) -> float | None:
    """Give the seconds for which the platform refuses, if it has said so."""
    if not isinstance(error, APIError) or isinstance(error, QuotaExceeded) or error.status not in (429, 503):
        return None
    return error.retry_after


def _is_final(error: Exception) -> bool:
    """Tell whether a list will not be readable the next time either, though single jobs may be."""
    return isinstance(error, DecodeError) or (isinstance(error, APIError) and error.status in NO_LIST)


def chance() -> float:
    """Give a number in [0, 1)."""
    return random.random()  # noqa: S311 - spreading load, not secrets
