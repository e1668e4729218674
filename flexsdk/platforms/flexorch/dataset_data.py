"""What FlexOrch tells of datasets. Source: the vendor's packages; docs-repo "Datasets"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from flexsdk.core.jobs import JobKind, Rhythm, States
from flexsdk.errors import ConfigError
from flexsdk.platforms.flexorch.job_data import Job, JobHandle
from flexsdk.platforms.flexorch.quality import Grade, Privacy, score_percent
from flexsdk.platforms.flexorch.wire import Answer, Id
from flexsdk.structs import UNSET, Model, Params, UnsetType

__all__ = [
    "INDEXING",
    "Chunk",
    "ChunkMetadata",
    "ComplianceReport",
    "Dataset",
    "DatasetBuild",
    "DatasetBuildFromExecutionRequest",
    "DatasetBuildRequest",
    "DatasetFormats",
    "DatasetPrivacy",
    "DatasetProfile",
    "DatasetQuality",
    "DatasetRef",
    "ExportTarget",
    "ExportedObject",
    "IndexStatus",
    "dataset_id_of",
]


class DatasetFormats(Model, frozen=True, kw_only=True):
    """The keys of ``files`` are the export formats that exist already."""

    files: dict[str, Any] | None = None


class Dataset(Answer, frozen=True, kw_only=True):
    """A dataset. ``privacy`` is filled from whichever place the list and the single answer have it in."""

    id: Id | None = None
    name: str | None = None
    slug: str | None = None
    status: Literal["building", "ready", "failed"] | str | None = None
    version: int | None = None
    row_count: int | None = None
    created_at: str | None = None
    description: str | None = None
    format_summary: DatasetFormats | None = None
    privacy: Privacy | None = None
    pii_findings_count: int | None = None
    privacy_applied: bool | None = None

    def __post_init__(self) -> None:
        """Gather the privacy counters."""
        super().__post_init__()
        if self.privacy is None and (self.pii_findings_count, self.privacy_applied) != (None, None):
            found = Privacy(pii_findings_count=self.pii_findings_count, privacy_applied=self.privacy_applied)
            force_setattr(self, "privacy", found)


class DatasetBuild(Dataset, frozen=True, kw_only=True):
    """The answer to a build from several executions: a job, a dataset, or both. Inferred."""

    job_id: Id | None = None
    job_type: Literal["dataset_build"] | str = "dataset_build"
    reference_id: Id | None = None
    document_id: Id | None = None

    @property
    def job(self) -> JobHandle | None:
        """The build job to wait for; ``None`` where the platform answered with the dataset itself."""
        if self.job_id is None:
            return None
        return JobHandle(
            id=self.job_id,
            job_type=self.job_type,
            status=self.status or "queued",
            reference_id=self.reference_id,
        )


class DatasetBuildRequest(Params, frozen=True, kw_only=True):
    """The body of a build from several runs."""

    name: str | UnsetType = UNSET
    execution_ids: Sequence[str | int] | UnsetType = UNSET
    job_ids: Sequence[str | int] | UnsetType = UNSET


class DatasetBuildFromExecutionRequest(Params, frozen=True, kw_only=True):
    """The body of a build from one run."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    force_rebuild: bool = False
    replace_existing: bool = False


class ExportTarget(Params, frozen=True, kw_only=True):
    """The body of an export to a connector."""

    format: str
    connector_id: str | int
    prefix: str = ""


class ExportedObject(Model, frozen=True, kw_only=True):
    """The object that was written to the connector's storage."""

    s3_key: str | None = None
    size_bytes: int | None = None


class ChunkMetadata(Model, frozen=True, kw_only=True):
    """Where a chunk comes from and how good it is."""

    quality_grade: Grade | None = None
    quality_score: float | None = None
    pii_masked: bool | None = None
    doc_type: str | None = None
    language: str | None = None
    source_filename: str | None = None

    @property
    def score_percent(self) -> float | None:
        """The score on the scale 0 to 100."""
        return score_percent(self.quality_score, self.quality_grade)


class Chunk(Answer, frozen=True, kw_only=True):
    """A piece of text as it is searched."""

    id: Id = msgspec.field(name="chunk_id", default="")
    chunk_index: int | None = None
    text: str = ""
    token_count: int | None = None
    metadata: ChunkMetadata | None = None


class DatasetQuality(Model, frozen=True, kw_only=True):
    """Quality over all records. ``avg_score`` is raw, 0 to 1 or 0 to 100."""

    grade_distribution: dict[str, int] = {}
    avg_score: float | None = None
    below_threshold_count: int | None = None


class DatasetPrivacy(Model, frozen=True, kw_only=True):
    """Privacy over all records."""

    pii_findings_count: int | None = None
    masked_record_count: int | None = None
    clean_record_count: int | None = None


class DatasetProfile(Model, frozen=True, kw_only=True):
    """Statistics of a dataset; the sources show two sets of fields, and all are optional."""

    quality: DatasetQuality | None = None
    privacy: DatasetPrivacy | None = None
    formats: list[str] = []
    columns: list[str] = []
    quality_distribution: dict[str, int] | None = None
    pii_type_summary: dict[str, int] | None = None
    gdpr_categories: list[str] = []
    detected_countries: list[str] = []
    applicable_regulations: list[str] = []

    @property
    def grades(self) -> dict[str, int]:
        """Records by grade, under whichever of its two names they came."""
        return (self.quality.grade_distribution if self.quality else None) or self.quality_distribution or {}


class ComplianceReport(Answer, frozen=True, kw_only=True):
    """The transparency report for KVKK and GDPR."""

    dataset_id: Id | None = None
    dataset_name: str | None = None
    pii_findings_count: int | None = None
    kvkk_categories: list[str] = []
    gdpr_categories: list[str] = []
    applicable_regulations: list[str] = []
    plan_coverage: str | None = None


class IndexStatus(Model, frozen=True, kw_only=True):
    """How far the indexing of a dataset is."""

    status: Literal["not_indexed", "indexing", "ready", "failed"] | str = "not_indexed"
    chunks_indexed: int | None = None
    total_chunks: int | None = None
    message: str | None = None


INDEXING: JobKind[IndexStatus] = JobKind(
    name="indexing",
    status=lambda index: index.status,
    reason=lambda index: index.message,
    states=States(succeeded=frozenset({"ready"}), failed=frozenset({"failed"})),
    rhythm=Rhythm(slowest=10.0),
)


DatasetRef: TypeAlias = Job | Dataset | str | int
"""What names a dataset: a completed build job, the dataset, or its id."""


def dataset_id_of(dataset: DatasetRef) -> str | int:
    """Give the id of a dataset.

    Raises:
        ConfigError: the job names no dataset, as it has not completed, or is no build.
    """
    if isinstance(dataset, str | int):
        return dataset
    found = dataset.dataset_id if isinstance(dataset, Job) else dataset.id
    if found is None:
        raise ConfigError(f"job {dataset.id} names no dataset; wait for a build with jobs.wait first")
    return found
