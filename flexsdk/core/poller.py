"""One poller for all who wait for jobs of one kind: few requests, nothing left behind."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

from flexsdk.core.deadline import ambient
from flexsdk.core.hooks import Trail
from flexsdk.core.jobkind import Handle, JobKind, Listing, Read
from flexsdk.core.rounds import Rounds, chance
from flexsdk.errors import ConfigError, JobTimeout
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.poll import Ref
from flexsdk.types import Clock

__all__ = ["Poller", "Waiter"]

J = TypeVar("J")

LAST_LOOK_SECONDS = 1.0
"""How long before the end of a wait the last look begins, at most."""


class Poller(Generic[J]):
    """Looks at jobs for all who wait for them; it works only while somebody waits, in the loop of each.

    A request that fails is told to those whose jobs it was made for. A refusal that names a time to come
    back is none: nothing is asked before. A list that cannot be read is given up for single reads.
    """

    def __init__(self, kind: JobKind[J], read: Read[J], listing: Listing[J] | None, *, clock: Clock) -> None:
        self.kind = kind
        self.clock = clock
        self._read = read
        self._listing = listing
        self._rounds: dict[asyncio.AbstractEventLoop, Rounds[J]] = {}

    @property
    def tasks(self) -> int:
        """How many tasks are at work, in all loops."""
        return sum(rounds.tasks for rounds in tuple(self._rounds.values()))

    def notify(self, job_id: str) -> None:
        """Look at a job at once, in whatever loop somebody waits for it; from any thread."""
        for loop, rounds in tuple(self._rounds.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(rounds.notify, job_id)

    def rounds(self) -> Rounds[J]:
        """Give the work in the running loop, which begins with its first waiter."""
        loop = asyncio.get_running_loop()
        if loop not in self._rounds:
            self._rounds[loop] = Rounds(
                self.kind, self._read, self._listing, clock=self.clock, on_end=self._rounds.__delitem__
            )
        return self._rounds[loop]


class Waiter(Generic[J]):
    """Somebody who waits for some jobs, until all have ended or paused or the time is over.

    Jobs are looked at only while :meth:`next` is awaited: what is not closed costs no more than the requests
    that are under way.

    Args:
        jobs: those without a known state are looked at first.
        timeout: seconds in all; the kind's patience by default. The deadline around counts as well.
        every: whether every reading is given, or only the last one of each job.
    """

    def __init__(
        self, poller: Poller[J], jobs: Iterable[Handle[J]], *, timeout: float | None, every: bool
    ) -> None:
        patience = poller.kind.patience if timeout is None else check_seconds("timeout", timeout)
        self.began = poller.clock.monotonic()
        self.ends = min(self.began + patience, ambient.get() or math.inf)
        self.last = self.ends - min(LAST_LOOK_SECONDS, (self.ends - self.began) / 10)
        self.dues: dict[Ref, float] = {}
        """The jobs that are still waited for, and when they are due while nobody awaits."""
        self.awaited = False
        self.under_way: set[asyncio.Task[None]] = set()
        """The requests whose answers may still be of use when :meth:`next` is awaited again."""
        self.trail = Trail()
        """What a tracer links the requests made for it along."""
        self._known: dict[Ref, J] = {}
        """The last reading of each job that is still waited for."""
        self._doubts: dict[Ref, float] = {}
        """Until when an end is not believed."""
        self._poller = poller
        self._every = every
        self._ready: deque[tuple[Ref, J | Exception]] = deque()
        self._woken: asyncio.Future[None] | None = None
        self._rounds: Rounds[J] | None = None
        for ref, job, doubt in {handle.ref: handle for handle in jobs}.values():
            self._begin(ref, job, doubt)

    def _begin(self, ref: Ref, job: J | None, doubt: float) -> None:
        kind = self._poller.kind
        self._doubts[ref] = self.began + doubt
        self.dues[ref] = self.began
        if job is None:
            return
        self._known[ref] = job
        match kind.meaning(job):
            case "going":
                self.dues[ref] += kind.rhythm.interval(0.0, random=chance())
            case "succeeded" | "failed" if not doubt:
                self._last(ref, job)
            case _:  # a pause may have been lifted since, so it is no last word
                pass

    async def next(self) -> tuple[Ref, J] | None:
        """Give the next reading; ``None`` when no job is left to wait for.

        Raises:
            JobTimeout: the time is over.
            FlexError: why a job could not be read; the others can still be waited for.
        """
        while not self._ready:
            if not self.dues:
                return None
            if self._poller.clock.monotonic() >= self.ends:
                self.close()
                raise self._timeout()
            await self._wait()
        ref, reading = self._ready.popleft()
        if isinstance(reading, Exception):
            raise reading
        return ref, reading

    def close(self) -> None:
        """Give up what is being asked for nobody else. Idempotent."""
        if self._rounds is not None:
            self._rounds.leave(self)

    async def _wait(self) -> None:
        if self.awaited:
            raise ConfigError("two tasks wait with one iterator; give each its own")
        self._woken = asyncio.get_running_loop().create_future()
        self._rounds = self._poller.rounds()
        self._rounds.join(self)
        try:
            await self._woken
        except BaseException:
            self.close()
            raise
        self._rounds.rest(self)

    def take(self, ref: Ref, job: J) -> None:
        """Take a reading of a job."""
        going = self._poller.kind.meaning(job) == "going"
        if going:
            self._doubts[ref] = -math.inf
        if not going and self._poller.clock.monotonic() >= self._doubts[ref]:
            self._last(ref, job)
            return
        self._known[ref] = job
        if self._every:
            self._ready.append((ref, job))
            self.wake()

    def fail(self, ref: Ref, error: Exception) -> None:
        """Take an error in place of a job."""
        self._last(ref, error)

    def _last(self, ref: Ref, reading: J | Exception) -> None:
        """Wait no longer for a job."""
        del self.dues[ref]
        self._known.pop(ref, None)
        self._ready.append((ref, reading))
        self.wake()

    def wake(self) -> None:
        """Go on: there is something to say, or the time is over."""
        if self._woken and not self._woken.done():
            self._woken.set_result(None)

    def _timeout(self) -> JobTimeout:
        left = len(self.dues)
        job = next(iter(self._known.values()), None)
        seconds = self._poller.clock.monotonic() - self.began
        kind = self._poller.kind
        if left > 1:
            return JobTimeout(f"{left} {kind.name}s go on after {seconds:.3g} s", job=job)
        state = "not known" if job is None else f"still {kind.status(job)}"
        return JobTimeout(f"the {kind.name} is {state} after {seconds:.3g} s; it goes on", job=job)
