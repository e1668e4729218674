"""FlexOrch jobs: the pipeline over one document, or the build of a dataset. Source: docs-repo "Jobs"."""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias, Unpack

from flexsdk.core.jobs import Handle, Listing, LongWork, Reading, Ref
from flexsdk.core.pages import Pages
from flexsdk.platforms.flexorch.feedback import Feedback
from flexsdk.platforms.flexorch.job_data import JOB, Job, JobHandle
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import LIST, PAGES, Endpoint
from flexsdk.structs import Page
from flexsdk.types import CallOptions

__all__ = ["GET", "LIST_JOBS", "JobName", "Jobs"]

JobName: TypeAlias = Job | JobHandle | str | int
"""Whatever names a job."""

LONGEST_PAGE = 100

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


class Jobs(FlexOrchResource, LongWork[Job, JobName]):
    """Jobs; reached as ``client.jobs``.

    A wait looks at a handle or an id at once, then after 2 s, 4 s and so on up to 10 s, for 300 s in all; a
    usual run takes 5 to 30 s. No endpoint can cancel a job. Many jobs are read through the list, 100 at a
    time: every look counts in the plan's requests per minute.
    """

    kind = JOB

    @cached_property
    def feedback(self) -> Feedback:
        """Ratings of results."""
        return Feedback(self._client)

    async def get(self, job_id: str | int, **options: Unpack[CallOptions]) -> Job:
        """Read one job; a failed job is a value, not an error. Safe to repeat."""
        return await self._call(GET, job_id, **options)

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

    def _handle(self, job: JobName) -> Handle[Job]:
        if isinstance(job, Job):
            return Handle(Ref(job.id), job)
        return Handle(Ref(job.id if isinstance(job, JobHandle) else str(job)))

    async def _look(self, ref: Ref) -> Reading[Job]:
        return await self._read(GET, ref.id)

    def _listing(self) -> Listing[Job]:
        return Listing(
            lambda _: self.list(page_size=LONGEST_PAGE),
            id=lambda job: job.id,
            whole=lambda job: job.whole,
        )
