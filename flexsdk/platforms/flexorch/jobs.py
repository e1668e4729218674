"""FlexOrch jobs: the pipeline over one document, or the build of a dataset. Source: docs-repo "Jobs"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from functools import cached_property
from typing import Unpack

from flexsdk.core.jobs import wait_for
from flexsdk.core.pages import Pages
from flexsdk.errors import JobTimeout
from flexsdk.platforms.flexorch.feedback import Feedback
from flexsdk.platforms.flexorch.job_data import JOB, Job, JobHandle
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import LIST, PAGES, Endpoint
from flexsdk.protocol.checks import check_seconds
from flexsdk.structs import Page
from flexsdk.types import CallOptions

__all__ = ["GET", "LIST_JOBS", "WAIT_SECONDS", "Jobs"]

WAIT_SECONDS = 300.0
"""Default bound of a wait; a usual run takes 5 to 30 s."""

LIST_JOBS = Endpoint(
    "jobs_list",
    "GET",
    "/jobs",
    Page[Job],
    query=("page", "page_size", "limit", "offset"),
    envelope=LIST,
    pages=PAGES,
)
GET = Endpoint("jobs_get", "GET", "/jobs/{job_id}", Job)


class Jobs(FlexOrchResource):
    """Jobs; reached as ``client.jobs``."""

    @cached_property
    def feedback(self) -> Feedback:
        """Ratings of results."""
        return Feedback(self._client)

    async def get(self, job_id: str | int, **options: Unpack[CallOptions]) -> Job:
        """Read one job; a failed job is a value, not an error. Safe to repeat."""
        return await self._call(GET, job_id, **options)

    async def wait(
        self,
        job: Job | JobHandle | str | int,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Job], None] | None = None,
    ) -> Job:
        """Wait until a job has completed: look at once, after 2 s, then at doubling intervals up to 10 s.

        Cancelling the wait leaves the job alone; no endpoint can cancel a job. For many jobs use
        :meth:`as_completed`, for every look counts in the plan's requests per minute.

        Args:
            timeout: seconds to wait in all.
            on_update: called with every new reading of the job.

        Raises:
            JobFailed: the job failed; ``failure_reason`` of its ``job`` tells why.
            JobTimeout: it was not done in time; it goes on.
        """
        started = job if isinstance(job, Job) else await self.get(_id_of(job))
        return await wait_for(
            JOB,
            started,
            lambda: self.get(started.id),
            timeout=timeout,
            on_update=on_update,
            clock=self._client.clock,
        )

    async def as_completed(
        self, jobs: Iterable[Job | JobHandle | str | int], *, timeout: float = WAIT_SECONDS
    ) -> AsyncIterator[Job]:
        """Iterate over jobs in the order in which they end, well or not: see :attr:`Job.failed`.

        One loop reads them in turn, after 2 s again and then at doubling intervals up to 10 s.

        Args:
            timeout: seconds to wait in all.

        Raises:
            JobTimeout: some were not done in time; they go on. ``job`` is one of them.
        """
        clock = self._client.clock
        ends = clock.monotonic() + check_seconds("timeout", timeout)
        waiting = dict.fromkeys(map(_id_of, jobs))
        pace = JOB.pace
        while waiting:
            for job_id in tuple(waiting):
                job = await self.get(job_id)
                if job.ended:
                    del waiting[job_id]
                    yield job
                else:
                    pending = job
            if not waiting:
                return
            if clock.monotonic() + pace > ends:
                raise JobTimeout(f"{len(waiting)} jobs go on after {timeout:g} s", job=pending)
            await clock.sleep(pace)
            pace = min(JOB.slowest, pace * 2)

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Job]:
        """List all jobs, newest first. Safe to repeat.

        A platform that does not count pages is asked by offset from the second page on.

        Args:
            page_size: 1 to 100; the platform's default is 20.
            cursor: where an earlier walk stopped.
        """
        return self._numbered(LIST_JOBS, cursor=cursor, page_size=page_size, by_offset=True, **options)


def _id_of(job: Job | JobHandle | str | int) -> str | int:
    return job.id if isinstance(job, Job | JobHandle) else job
