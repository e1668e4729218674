"""What FlexOrch tells of a job. Source: docs-repo "Jobs"; the fixtures of the vendor's packages."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec.structs import force_setattr

from flexsdk.core.jobs import JobKind, Rhythm, States
from flexsdk.platforms.flexorch.quality import Grade, Privacy, Quality
from flexsdk.platforms.flexorch.wire import Answer, Id, first

__all__ = [
    "JOB",
    "DatasetSummary",
    "ExecutionSummary",
    "Job",
    "JobHandle",
    "JobStatus",
    "ProcessingSummary",
    "failure_text",
]

JobStatus = Literal["queued", "running", "completed", "failed"] | str
STATES = States(
    succeeded=frozenset({"completed", "succeeded"}), failed=frozenset({"failed", "cancelled", "canceled"})
)


class JobHandle(Answer, frozen=True, kw_only=True):
    """A job that was accepted, or found for a duplicate; give it to ``jobs.wait`` or ``jobs.get``.

    ``filename`` is set on uploads. ``reference_id`` is an execution or a dataset; sources disagree. ``id`` is
    empty only for a duplicate of which the platform names the document but no job.
    """

    id: Id = msgspec.field(name="job_id")
    job_type: Literal["data_process", "dataset_build"] | str = "data_process"
    status: JobStatus = "queued"
    document_id: Id | None = None
    reference_id: Id | None = None
    filename: str | None = None
    is_duplicate: bool = False


class ProcessingSummary(Answer, frozen=True, kw_only=True):
    """The result of a processing job, frozen when it completes."""

    execution_id: Id | None = None
    document_id: Id | None = None
    quality: Quality | None = None
    privacy: Privacy | None = None
    row_count: int | None = None
    has_dataset: bool | None = None
    fields: dict[str, Any] | None = None
    pii_type_summary: dict[str, int] | None = None


class ExecutionSummary(Answer, frozen=True, kw_only=True):
    """The run behind a job, computed anew on every read.

    ``degraded`` means that a step failed which is not critical: quality and privacy hold, records may be
    missing, and a dataset cannot be built.
    """

    execution_id: Id | None = None
    status: str | None = None
    degraded: bool = False
    failure_reason: str | None = None
    privacy: Privacy | None = None


class DatasetSummary(Answer, frozen=True, kw_only=True):
    """What a build job has made."""

    dataset_id: Id | None = None
    name: str | None = None
    slug: str | None = None
    status: str | None = None
    version: int | None = None
    row_count: int | None = None


class Job(Answer, frozen=True, kw_only=True):
    """State and result of a job.

    The platform has written some facts in several places over time. ``id``, ``execution_id``,
    ``document_id``, ``failure_reason``, ``quality`` and ``privacy`` are filled from wherever they stand; the
    summaries stay as they came. Times are text as sent: no source states their format.
    """

    id: Id = ""
    job_id: Id = ""
    job_type: Literal["data_process", "dataset_build"] | str = "data_process"
    status: JobStatus = "unknown"
    document_id: Id | None = None
    execution_id: Id | None = None
    reference_id: Id | None = None
    result_meta: dict[str, Any] | None = None
    error: Any = None
    failure_reason: str | None = None
    processing_summary: ProcessingSummary | None = None
    execution_summary: ExecutionSummary | None = None
    dataset_summary: DatasetSummary | None = None
    quality: Quality | None = None
    privacy: Privacy | None = None
    quality_grade: Grade | None = None
    quality_score: float | None = None
    detected_language: str | None = None
    pii_findings_count: int | None = None
    privacy_applied: bool | None = None
    has_dataset: bool | None = None
    created_at: str | None = None
    completed_at: str | None = None

    def __post_init__(self) -> None:
        """Gather what stands in several places; the order is that of freshness."""
        super().__post_init__()
        frozen = self.processing_summary or ProcessingSummary()
        fresh = self.execution_summary or ExecutionSummary()
        gathered = {
            "id": self.id or self.job_id,
            "job_id": self.job_id or self.id,
            "document_id": first(self.document_id, frozen.document_id),
            "execution_id": first(fresh.execution_id, frozen.execution_id, self.execution_id),
            "failure_reason": first(self.failure_reason, fresh.failure_reason, failure_text(self.error)),
            "quality": first(frozen.quality, self.quality, self._flat_quality()),
            "privacy": first(fresh.privacy, frozen.privacy, self.privacy, self._flat_privacy()),
        }
        for name, value in gathered.items():
            force_setattr(self, name, value)

    def _flat_quality(self) -> Quality | None:
        if self.quality_grade is None and self.quality_score is None:
            return None
        return Quality(grade=self.quality_grade, score=self.quality_score)

    def _flat_privacy(self) -> Privacy | None:
        if self.pii_findings_count is None and self.privacy_applied is None:
            return None
        return Privacy(pii_findings_count=self.pii_findings_count, privacy_applied=self.privacy_applied)

    @property
    def stage(self) -> Literal["extract", "privacy", "quality", "dataset"] | str | None:
        """The step that a running job is at."""
        stage = (self.result_meta or {}).get("pipeline_stage")
        return stage if isinstance(stage, str) else None

    @property
    def dataset_id(self) -> str | None:
        """The dataset that a build job has made; a processing job makes none by itself."""
        return self.dataset_summary.dataset_id if self.dataset_summary else None

    @property
    def degraded(self) -> bool:
        """Whether the run completed without a step that is not critical; its records may be missing."""
        return self.execution_summary is not None and self.execution_summary.degraded

    @property
    def ended(self) -> bool:
        """Whether the job is over, well or not."""
        return STATES.meaning(self.status) != "going"

    @property
    def failed(self) -> bool:
        """Whether the job is over and not well; ``failure_reason`` tells why."""
        return STATES.meaning(self.status) == "failed"

    @property
    def whole(self) -> bool:
        """Whether the outcome is told; no source shows whether a list tells all of it."""
        outcome = (self.execution_id, self.dataset_id, self.failure_reason)
        return any(part is not None for part in outcome)


def failure_text(error: Any) -> str | None:
    """Read a reason out of an ``error`` that may be text, an object or null."""
    if isinstance(error, dict):
        error = error.get("message") or error.get("code")
    return error if isinstance(error, str) else None


JOB: JobKind[Job] = JobKind(
    name="job",
    status=lambda job: job.status,
    reason=lambda job: job.failure_reason,
    states=STATES,
    rhythm=Rhythm(slowest=10.0),
)
