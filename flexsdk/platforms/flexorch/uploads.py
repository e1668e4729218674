"""What FlexOrch answers to an upload: three forms in the sources, one result here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Literal

from msgspec.structs import force_setattr

from flexsdk.core.body import Upload
from flexsdk.errors import ConfigError
from flexsdk.platforms.flexorch.job_data import JobHandle, JobStatus
from flexsdk.platforms.flexorch.wire import Answer, Id, first
from flexsdk.structs import Model

__all__ = [
    "EXTENSIONS",
    "MAX_FILE_BYTES",
    "Plan",
    "ProcessResult",
    "ProcessedFile",
    "Rejected",
    "UploadResult",
    "check_uploads",
    "upload_result",
]

Plan = Literal["trial", "starter", "pro", "enterprise"]

_MIB = 1024 * 1024
MAX_FILE_BYTES: Mapping[str, int | None] = {
    "trial": 10 * _MIB,
    "starter": 25 * _MIB,
    "pro": 50 * _MIB,
    "enterprise": None,
}
"""Most bytes of a file by plan. No source says whether MB means 10^6 or 2^20; only the larger is refused."""

EXTENSIONS = frozenset(
    {"pdf", "docx", "txt", "xlsx", "html", "htm", "eml", "msg", "xml", "jpg", "jpeg", "png", "tiff"}
)
"""The file types that the documentation lists; csv is refused."""


class Rejected(Model, frozen=True, kw_only=True):
    """A file without a job; ``error`` is a code such as ``UNSUPPORTED_FILE``, or its status."""

    filename: str | None = None
    error: str | None = None


class ProcessedFile(Answer, frozen=True, kw_only=True):
    """One file of an answer. That the last three fields may stand here is inferred."""

    filename: str | None = None
    job_id: Id | None = None
    status: JobStatus = "queued"
    document_id: Id | None = None
    is_duplicate: bool = False
    existing_document_id: Id | None = None
    existing_job_id: Id | None = None


class ProcessResult(Answer, frozen=True, kw_only=True):
    """The answer as it comes: live with ``jobs`` and ``rejected``, in the documentation with ``job_ids``."""

    accepted: int | None = None
    rejected: list[Rejected] = []
    jobs: list[ProcessedFile] = []
    job_ids: list[Id] = []
    status: JobStatus = "queued"
    is_duplicate: bool = False
    existing_document_id: Id | None = None
    existing_job_id: Id | None = None

    def __post_init__(self) -> None:
        """Write ids as text."""
        super().__post_init__()
        force_setattr(self, "job_ids", [str(job_id) for job_id in self.job_ids])


class UploadResult(Model, frozen=True, kw_only=True):
    """What became of every file: a job, a refusal, or the job of an earlier upload of the same bytes.

    A duplicate costs nothing, and its job has mostly completed already. Files that the answer does not
    mention are in none of the lists.
    """

    jobs: list[JobHandle] = []
    rejected: list[Rejected] = []
    duplicates: list[JobHandle] = []


def check_uploads(uploads: Sequence[Upload], plan: str) -> None:
    """Refuse what the plan does not take, before it is sent.

    Raises:
        ConfigError: a file type is none of ``EXTENSIONS``, or a file is above the size of the plan.
    """
    if plan not in MAX_FILE_BYTES:
        raise ConfigError(f"there is no plan {plan!r}; use {', '.join(MAX_FILE_BYTES)}")
    for upload in uploads:
        _check_type(upload)
        _check_size(upload, plan, MAX_FILE_BYTES[plan])


def upload_result(answer: ProcessResult, names: Sequence[str]) -> UploadResult:
    """Sort an answer of any form; ``names`` are those of the files as they were sent."""
    files = [*answer.jobs, *_listed(answer, names), *_whole_duplicate(answer, names)]
    handles = [_handle(file) for file in files if _has_id(file)]
    lost = [Rejected(filename=file.filename, error=file.status) for file in files if not _has_id(file)]
    return UploadResult(
        jobs=[handle for handle in handles if not handle.is_duplicate],
        rejected=answer.rejected + lost,
        duplicates=[handle for handle in handles if handle.is_duplicate],
    )


def _check_type(upload: Upload) -> None:
    extension = PurePath(upload.name).suffix.lstrip(".").lower()
    if extension not in EXTENSIONS:
        known = ", ".join(sorted(EXTENSIONS))
        raise ConfigError(f"{upload.name}: FlexOrch takes no file of type {extension!r}; it takes {known}")


def _check_size(upload: Upload, plan: str, most: int | None) -> None:
    size = upload.size
    if most is not None and size is not None and size > most:
        raise ConfigError(f"{upload.name}: {size} bytes are above the {most} that the plan {plan} takes")


def _has_id(file: ProcessedFile) -> bool:
    return first(file.job_id, file.existing_job_id, file.existing_document_id) is not None


def _handle(file: ProcessedFile) -> JobHandle:
    return JobHandle(
        id=first(file.existing_job_id, file.job_id) or "",
        status=file.status,
        document_id=first(file.existing_document_id, file.document_id),
        filename=file.filename,
        is_duplicate=file.is_duplicate or first(file.existing_job_id, file.existing_document_id) is not None,
    )


def _listed(answer: ProcessResult, names: Sequence[str]) -> list[ProcessedFile]:
    """Pair bare job ids with the names of the files that were taken, by order, where the numbers agree."""
    known = {file.job_id for file in answer.jobs}
    ids = [job_id for job_id in answer.job_ids if job_id not in known]
    refused = {each.filename for each in answer.rejected}
    taken = [name for name in names if name not in refused]
    paired: Sequence[str | None] = taken if len(taken) == len(ids) else [None] * len(ids)
    return [
        ProcessedFile(filename=name, job_id=job_id, status=answer.status)
        for name, job_id in zip(paired, ids, strict=True)
    ]


def _whole_duplicate(answer: ProcessResult, names: Sequence[str]) -> list[ProcessedFile]:
    """Read the form in which the whole answer is one duplicate."""
    if not answer.is_duplicate and first(answer.existing_job_id, answer.existing_document_id) is None:
        return []
    return [
        ProcessedFile(
            filename=names[0] if len(names) == 1 else None,
            status=answer.status,
            is_duplicate=True,
            existing_document_id=answer.existing_document_id,
            existing_job_id=answer.existing_job_id,
        )
    ]
