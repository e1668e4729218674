"""FlexOrch executions: the full result of a run. Source: the vendor's packages; docs-repo "Executions"."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, Unpack

from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flexorch.dataset_data import Dataset
from flexsdk.platforms.flexorch.job_data import Job
from flexsdk.platforms.flexorch.quality import Grade, Privacy, score_percent
from flexsdk.platforms.flexorch.wire import Answer, Endpoint, Id
from flexsdk.structs import Model
from flexsdk.types import CallOptions

__all__ = [
    "GET",
    "Execution",
    "ExecutionMeta",
    "ExecutionOutput",
    "Executions",
    "RunRef",
    "StepFailure",
    "execution_id_of",
]

DocumentType = (
    Literal[
        "invoice", "expense_report", "purchase_order", "sales_proposal", "bank_statement", "payroll",
        "budget", "delivery_note", "tax_declaration", "contract", "general", "unknown",
    ]
    | str
)  # fmt: skip


class StepFailure(Model, frozen=True, kw_only=True):
    """A step that failed without ending the run."""

    step: str = ""
    error_type: str | None = None
    error: str | None = None


class ExecutionMeta(Model, frozen=True, kw_only=True):
    """How the run went. ``score`` is raw, 0 to 1 or 0 to 100: use ``score_percent``.

    The place of the three ``eidas`` fields, on electronic signatures, is inferred.
    """

    document_type: DocumentType | None = None
    detected_language: str | None = None
    grade: Grade | None = None
    score: float | None = None
    warnings: list[str] = []
    privacy_applied: bool | None = None
    pii_findings_count: int | None = None
    classification_method: str | None = None
    step_failures: list[StepFailure] = []
    eidas_detected: bool | None = None
    eidas_formats: list[str] = []
    eidas_note: str | None = None

    @property
    def score_percent(self) -> float | None:
        """The score on the scale 0 to 100."""
        return score_percent(self.score, self.grade)


class ExecutionOutput(Model, frozen=True, kw_only=True):
    """The shape of the records."""

    row_count: int | None = None
    column_count: int | None = None
    columns: list[str] = []
    pii_type_summary: dict[str, int] | None = None


class Execution(Answer, frozen=True, kw_only=True):
    """A run with its records; masked values read ``[MASKED_TYPE]``.

    ``degraded`` means that a step failed which is not critical: ``records`` may be empty.
    """

    id: Id = ""
    document_id: Id | None = None
    status: str | None = None
    degraded: bool = False
    document_type: DocumentType | None = None
    result_meta: ExecutionMeta | None = None
    privacy: Privacy | None = None
    output_summary: ExecutionOutput | None = None
    records: list[dict[str, Any]] = []
    dataset: Dataset | None = None


GET = Endpoint("executions_get", "GET", "/executions/{execution_id}", Execution)


RunRef: TypeAlias = Job | Execution | str | int
"""What names an execution: a completed processing job, the execution, or its id."""


def execution_id_of(run: RunRef) -> str | int:
    """Give the id of the execution behind a job.

    Raises:
        ConfigError: the job names none, as it has not completed, or is a build.
    """
    if isinstance(run, Job):
        if run.execution_id is None:
            raise ConfigError(f"job {run.id} names no execution; wait for it with jobs.wait(job) first")
        return run.execution_id
    return run.id if isinstance(run, Execution) else run


class Executions(Resource):
    """Runs of the pipeline; reached as ``client.executions``."""

    async def get(self, run: RunRef, **options: Unpack[CallOptions]) -> Execution:
        """Read a run with all its records in one answer, at most 64 MiB. Safe to repeat.

        For more, build a dataset and walk over ``datasets.rows``, or export it.

        Args:
            run: a completed processing job, or an execution id.
        """
        return await self._call(GET, execution_id_of(run), **options)
