"""Platform jobs. Source: seed 001, "Jobs"; the pace of looking is inferred."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.jobs import Handle, JobKind, LongWork, Reading, Ref, Rhythm, States
from flexsdk.core.op import Op
from flexsdk.structs import CamelModel
from flexsdk.types import CallOptions

__all__ = ["GET", "JOB", "Job", "JobError", "Jobs"]


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
    reason=lambda job: job.reason,
    states=States(succeeded=frozenset({"completed"}), failed=frozenset({"failed"})),
    rhythm=Rhythm(first=1.0),
)


class Jobs(LongWork[Job, Job | str]):
    """Long-running operations; reached as ``client.jobs``.

    A wait looks after 1 s, 2 s, 4 s and so on up to 15 s, for 300 s in all; no endpoint can cancel a job.
    It takes a job, or the id that a :class:`JobAccepted` holds.
    """

    kind = JOB

    async def get(self, job_id: str, **options: Unpack[CallOptions]) -> Job:
        """Read a job. Safe to repeat."""
        return await self._call(GET, job_id, **options)

    def _handle(self, job: Job | str) -> Handle[Job]:
        return Handle(Ref(job)) if isinstance(job, str) else Handle(Ref(job.id), job)

    async def _look(self, ref: Ref) -> Reading[Job]:
        return await self._read(GET, ref.id)
