"""FlexOrch fine-tuning. Source: seed 002, "Fine-tuning"; docs-repo. All answers and states are inferred."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from msgspec.structs import force_setattr

from flexsdk.core.jobs import Handle, JobKind, LongWork, Reading, Ref, Rhythm
from flexsdk.platforms.flexorch.dataset_data import DatasetRef, dataset_id_of
from flexsdk.platforms.flexorch.job_data import STATES, failure_text
from flexsdk.platforms.flexorch.wire import Answer, Endpoint, Id, first, sent_id
from flexsdk.structs import UNSET, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["CREATE", "FINE_TUNING", "GET", "FineTune", "FineTuneCreate", "FineTuneJob"]


class FineTuneCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    dataset_id: str | int
    model: str
    suffix: str | UnsetType = UNSET


class FineTuneJob(Answer, frozen=True, kw_only=True):
    """A fine-tuning job. ``id`` and ``failure_reason`` are filled from wherever they stand. Inferred."""

    id: Id = ""
    job_id: Id = ""
    status: Literal["validating_files", "queued", "running", "completed", "failed"] | str = "unknown"
    model: str | None = None
    fine_tuned_model: str | None = None
    dataset_id: Id | None = None
    failure_reason: str | None = None
    error: Any = None
    created_at: str | None = None
    completed_at: str | None = None

    def __post_init__(self) -> None:
        """Gather what may stand in several places."""
        super().__post_init__()
        force_setattr(self, "id", self.id or self.job_id)
        force_setattr(self, "job_id", self.job_id or self.id)
        force_setattr(self, "failure_reason", first(self.failure_reason, failure_text(self.error)))


CREATE = Endpoint("fine_tune_create", "POST", "/fine-tune", FineTuneJob, body=FineTuneCreate)
GET = Endpoint("fine_tune_get", "GET", "/fine-tune/{job_id}", FineTuneJob)

FINE_TUNING: JobKind[FineTuneJob] = JobKind(
    name="fine-tuning job",
    status=lambda job: job.status,
    reason=lambda job: job.failure_reason,
    states=STATES,
    rhythm=Rhythm(first=5.0, slowest=30.0),
    patience=3_600.0,
)


class FineTune(LongWork[FineTuneJob, FineTuneJob | str | int]):
    """Fine-tuning of models; reached as ``client.fine_tune``. Plan Pro and above.

    A wait looks after 5 s, 10 s, 20 s and so on up to 30 s, for an hour in all; no endpoint can cancel a job.
    """

    kind = FINE_TUNING

    async def create(
        self,
        dataset: DatasetRef,
        model: str,
        *,
        suffix: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> FineTuneJob:
        """Start to train a model on a dataset, which costs money. Not repeated after an ambiguous failure.

        Args:
            model: the model to begin from, such as ``gpt-4o-mini-2024-07-18``.
            suffix: becomes part of the new model's name.
        """
        body = FineTuneCreate(dataset_id=sent_id(dataset_id_of(dataset)), model=model, suffix=suffix)
        return await self._call(CREATE, body=body, **options)

    async def get(self, job_id: str | int, **options: Unpack[CallOptions]) -> FineTuneJob:
        """Read one job. Safe to repeat."""
        return await self._call(GET, job_id, **options)

    def _handle(self, job: FineTuneJob | str | int) -> Handle[FineTuneJob]:
        return Handle(Ref(job.id), job) if isinstance(job, FineTuneJob) else Handle(Ref(str(job)))

    async def _look(self, ref: Ref) -> Reading[FineTuneJob]:
        return await self._read(GET, ref.id)
