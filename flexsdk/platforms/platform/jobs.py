"""Platform jobs. Source: seed 001, "Jobs"; the pace of looking is inferred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.jobs import JobKind, wait_for
from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.structs import CamelModel
from flexsdk.types import CallOptions

__all__ = ["GET", "JOB", "Job", "JobError", "Jobs"]

WAIT_SECONDS = 300.0


class JobError(CamelModel, frozen=True, kw_only=True):
    """Why a job failed; that it has the shape of other errors is inferred."""

    code: str = ""
    message: str = ""
    param: str | None = None


class Job(CamelModel, frozen=True, kw_only=True):
    """A long-running operation. ``result`` is there when it completed, any JSON; ``error`` when it failed."""

    id: str
    status: Literal["pending", "running", "completed", "failed"] | str
    object: str = "job"
    result: Any = None
    error: JobError | str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def reason(self) -> str | None:
        """Why it failed, in one line."""
        if isinstance(self.error, JobError):
            return f"{self.error.code}: {self.error.message}"
        return self.error


GET = Op("jobs_get", "GET", "/jobs/{id}", Job)

JOB: JobKind[Job] = JobKind(
    name="job",
    status=lambda job: job.status,
    succeeded=frozenset({"completed"}),
    failed=frozenset({"failed"}),
    reason=lambda job: job.reason,
    pace=1.0,
)


class Jobs(Resource):
    """Long-running operations; reached as ``client.jobs``."""

    async def get(self, job_id: str, **options: Unpack[CallOptions]) -> Job:
        """Read a job. Safe to repeat."""
        return await self._call(GET, job_id, **options)

    async def wait(
        self,
        job: Job | str,
        *,
        timeout: float = WAIT_SECONDS,
        on_update: Callable[[Job], None] | None = None,
    ) -> Job:
        """Wait until a job has completed: look after 1 s, then at doubling intervals up to 15 s.

        Cancelling the wait leaves the job alone; no endpoint can cancel it.

        Args:
            job: a job, or the id that a :class:`JobAccepted` holds.
            timeout: seconds to wait in all.
            on_update: called with every new reading of the job.

        Raises:
            JobFailed: the job failed.
            JobTimeout: it was not done in time; it goes on.
        """
        first = await self.get(job) if isinstance(job, str) else job
        return await wait_for(
            JOB,
            first,
            lambda: self.get(first.id),
            timeout=timeout,
            on_update=on_update,
            clock=self._client.clock,
        )
