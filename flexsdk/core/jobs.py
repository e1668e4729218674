"""Resources whose work takes its time: wait for one job, watch it, or take many as they end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, Self, TypeVar

from flexsdk.core.jobkind import Handle, JobKind, Listing, Reading
from flexsdk.core.op import Op
from flexsdk.core.poller import Poller, Waiter
from flexsdk.core.resource import Resource
from flexsdk.errors import JobFailed, JobPaused
from flexsdk.protocol.poll import Ref, Rhythm, States

__all__ = [
    "Changes",
    "Completed",
    "Handle",
    "JobKind",
    "Listing",
    "LongWork",
    "Reading",
    "Ref",
    "Rhythm",
    "States",
]

J = TypeVar("J")
G = TypeVar("G")


class Changes(Generic[J]):
    """The states of one job as they change; the iteration ends after its end or its pause, which it gives.

    The job is looked at only while the next change is awaited. Closing is needed only to give up a request
    that is under way.
    """

    def __init__(self, waiter: Waiter[J], kind: JobKind[J], known: J | None) -> None:
        self._waiter = waiter
        self._kind = kind
        self._state = None if known is None else kind.status(known)

    def __aiter__(self) -> Self:
        """Iterate over the changes."""
        return self

    async def __anext__(self) -> J:
        """Wait for the next change.

        Raises:
            JobTimeout: the time is over; the job goes on.
        """
        while told := await self._waiter.next():
            job = told[1]
            state = self._kind.status(job)
            if state != self._state or not self._waiter.dues:
                self._state = state
                return job
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Give up what is under way. Idempotent."""
        self._waiter.close()


class Completed(Generic[J]):
    """Jobs in the order in which they end, well or not, or pause; each is given once.

    A job that cannot be read raises its error once; iterate on for the others. Jobs are looked at only
    while the next one is awaited. Closing is needed only to give up a request that is under way.
    """

    def __init__(self, waiter: Waiter[J]) -> None:
        self._waiter = waiter

    @property
    def pending(self) -> tuple[str, ...]:
        """The ids of the jobs that are still waited for."""
        return tuple(ref.id for ref in self._waiter.dues)

    def __aiter__(self) -> Self:
        """Iterate over the jobs."""
        return self

    async def __anext__(self) -> J:
        """Wait for the next job to end.

        Raises:
            JobTimeout: the time is over; the jobs that are ``pending`` go on. ``job`` is one of them.
        """
        told = await self._waiter.next()
        if told is None:
            raise StopAsyncIteration
        return told[1]

    async def aclose(self) -> None:
        """Give up what is under way. Idempotent."""
        self._waiter.close()


class LongWork(Resource, ABC, Generic[J, G]):
    """Base of resources whose things move through states by themselves; ``G`` is whatever names one.

    All who wait for such things share one poller, see :class:`~flexsdk.core.poller.Poller`. Cancelling a
    wait never cancels the work. What names a job is plain data: pickled, it can be waited for elsewhere.
    """

    kind: ClassVar[JobKind[Any]]

    @abstractmethod
    def _handle(self, job: G) -> Handle[J]:
        """Give the id of a job and where it is listed, and what is known of it."""

    @abstractmethod
    async def _look(self, ref: Ref) -> Reading[J]:
        """Read one job."""

    def _listing(self) -> Listing[J] | None:
        """Give the list that tells of many jobs, if the platform has one."""
        return None

    async def _read(self, op: Op[J], *ids: str) -> Reading[J]:
        """Read a job by one call, with what the platform asks for the next look."""
        reply = await self._client.send(op, *ids)
        return Reading(reply.value, reply.retry_after)

    async def wait(
        self, job: G, *, timeout: float | None = None, on_update: Callable[[J], None] | None = None
    ) -> J:
        """Wait until a job has ended well: look at it less and less often, or as often as the platform asks.

        Cancelling the wait leaves the job alone. A state that is not known counts as going on. A job that
        is handed in as ended is not asked for again.

        Args:
            timeout: seconds to wait in all; by default what is usual for such jobs.
            on_update: called with every new reading of the job.

        Raises:
            JobFailed: it ended, but not well.
            JobPaused: it stands still until it is resumed.
            JobTimeout: it was not done in time; it goes on.
        """
        handle = self._handle(job)
        waiter = Waiter(self._poller, [handle], timeout=timeout, every=True)
        while told := await waiter.next():
            latest = told[1]
            if on_update and latest is not handle.known:
                on_update(latest)
        return self._outcome(latest)

    def watch(self, job: G, *, timeout: float | None = None) -> Changes[J]:
        """Iterate over the changes of a job's state, up to its end or its pause.

        Args:
            timeout: seconds in all; by default as in :meth:`wait`.
        """
        handle = self._handle(job)
        waiter = Waiter(self._poller, [handle], timeout=timeout, every=True)
        return Changes(waiter, self.kind, handle.known)

    def as_completed(self, jobs: Iterable[G], *, timeout: float | None = None) -> Completed[J]:
        """Iterate over jobs in the order in which they end, well or not, or pause; each is given once.

        Many jobs cost few requests where a list of the platform tells of them.

        Args:
            timeout: seconds in all; by default as in :meth:`wait`.
        """
        return Completed(self._waiter(jobs, timeout))

    async def wait_all(self, jobs: Iterable[G], *, timeout: float | None = None) -> list[J]:
        """Wait until all jobs have ended, well or not, or paused; give them in the order of ``jobs``.

        Args:
            timeout: seconds in all; by default as in :meth:`wait`.

        Raises:
            JobTimeout: some go on; ``job`` is one of them. :meth:`as_completed` gives the others.
            FlexError: why one could not be read; :meth:`as_completed` goes on with the others.
        """
        jobs = tuple(jobs)
        waiter = self._waiter(jobs, timeout)
        ended = {}
        try:
            while told := await waiter.next():
                ended[told[0]] = told[1]
        finally:
            waiter.close()
        return [ended[self._handle(job).ref] for job in jobs]

    def notify(self, job_id: str | int) -> None:
        """Look at once at a job that somebody waits for, because a webhook told of it. From any thread."""
        for poller in self._client.pollers(type(self)):
            poller.notify(str(job_id))

    @property
    def _poller(self) -> Poller[J]:
        cls = type(self)
        return self._client.poller(cls, lambda client: cls(client)._own_poller())  # noqa: SLF001 - its own

    def _own_poller(self) -> Poller[J]:
        return Poller(self.kind, self._look, self._listing(), clock=self._client.clock)

    def _waiter(self, jobs: Iterable[G], timeout: float | None) -> Waiter[J]:
        return Waiter(self._poller, map(self._handle, jobs), timeout=timeout, every=False)

    def _outcome(self, job: J) -> J:
        """Give a job that ended well.

        Raises:
            JobFailed: it ended otherwise.
            JobPaused: it has not ended.
        """
        state = self.kind.status(job)
        match self.kind.meaning(job):
            case "failed":
                why = self.kind.reason(job) or "no reason given"
                raise JobFailed(f"the {self.kind.name} ended as {state}: {why}", job=job)
            case "paused":
                raise JobPaused(f"the {self.kind.name} is {state}; resume it, then wait again", job=job)
        return job
