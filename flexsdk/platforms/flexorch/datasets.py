"""FlexOrch datasets. Source: the vendor's packages; docs-repo "Datasets"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from flexsdk.core.files import Download
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError
from flexsdk.platforms.flexorch.dataset_data import (
    ComplianceReport,
    Dataset,
    DatasetBuild,
    DatasetBuildFromExecutionRequest,
    DatasetBuildRequest,
    DatasetProfile,
    DatasetRef,
    dataset_id_of,
)
from flexsdk.platforms.flexorch.dataset_index import DatasetIndexing
from flexsdk.platforms.flexorch.executions import RunRef, execution_id_of
from flexsdk.platforms.flexorch.exports import DatasetExports
from flexsdk.platforms.flexorch.job_data import JobHandle
from flexsdk.platforms.flexorch.wire import LIST, PAGES, ROWS, Endpoint, sent_id
from flexsdk.structs import UNSET, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "BUILD",
    "BUILD_FROM_EXECUTION",
    "COMPLIANCE_PDF",
    "COMPLIANCE_REPORT",
    "GET",
    "LIST_DATASETS",
    "PROFILE",
    "ROWS_OF",
    "Datasets",
]

LIST_DATASETS = Endpoint(
    "datasets_list",
    "GET",
    "/datasets",
    Page[Dataset],
    query=("page", "page_size", "status", "source_execution_id", "source_document_id", "q", "job_id"),
    envelope=LIST,
    pages=PAGES,
)
BUILD = Endpoint("datasets_build", "POST", "/datasets", DatasetBuild, body=DatasetBuildRequest)
BUILD_FROM_EXECUTION = Endpoint(
    "datasets_build_from_execution",
    "POST",
    "/datasets/build-from-execution/{execution_id}",
    JobHandle,
    body=DatasetBuildFromExecutionRequest,
)
GET = Endpoint("datasets_get", "GET", "/datasets/{dataset_id}", Dataset)
ROWS_OF = Endpoint(
    "datasets_rows",
    "GET",
    "/datasets/{dataset_id}/rows",
    Page[dict[str, Any]],
    query=("page", "page_size", "q"),
    envelope=ROWS,
    pages=PAGES,
)
PROFILE = Endpoint("datasets_profile", "GET", "/datasets/{dataset_id}/profile", DatasetProfile)
COMPLIANCE_PDF: Op[None] = Op(
    "datasets_compliance_report",
    "GET",
    "/datasets/{dataset_id}/compliance-report",
    None,
    query=("format",),
    accept="application/pdf",
    streamed=True,
)
COMPLIANCE_REPORT = Endpoint(
    "datasets_compliance_report",
    "GET",
    "/datasets/{dataset_id}/compliance-report",
    ComplianceReport,
    query=("format",),
)


class Datasets(DatasetExports, DatasetIndexing):
    """Datasets; reached as ``client.datasets``.

    Where a method takes a dataset, it takes a completed build job, a :class:`Dataset` or an id.
    """

    async def get(self, dataset: DatasetRef, **options: Unpack[CallOptions]) -> Dataset:
        """Read one dataset. Safe to repeat."""
        return await self._call(GET, dataset_id_of(dataset), **options)

    async def build_from_execution(
        self,
        run: RunRef,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        slug: str | UnsetType = UNSET,
        force_rebuild: bool = False,
        replace_existing: bool = False,
        **options: Unpack[CallOptions],
    ) -> JobHandle:
        """Start to build a dataset from one completed run; wait with ``jobs.wait``.

        Costs no credits. Not repeated after an ambiguous failure: list the datasets of the execution first.

        Args:
            run: a completed processing job, its execution, or an execution id.

        Raises:
            BadRequest: the run has no records (NO_OUTPUT_DATA), as with a degraded one; the status for that
                is inferred.
        """
        body = DatasetBuildFromExecutionRequest(
            name=name,
            description=description,
            slug=slug,
            force_rebuild=force_rebuild,
            replace_existing=replace_existing,
        )
        return await self._call(BUILD_FROM_EXECUTION, execution_id_of(run), body=body, **options)

    async def build(
        self,
        name: str,
        *,
        execution_ids: Sequence[str | int] | UnsetType = UNSET,
        job_ids: Sequence[str | int] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> DatasetBuild:
        """Build one dataset from several runs, in the documented form, which no vendor package uses.

        The answer is inferred. Not repeated after an ambiguous failure.

        Args:
            name: unique in the workspace.
            execution_ids: the runs, or else ``job_ids``, whose name on the wire is inferred.
        """
        if (execution_ids is UNSET) == (job_ids is UNSET):
            raise ConfigError("pass execution_ids= or job_ids=")
        body = DatasetBuildRequest(name=name, execution_ids=_sent(execution_ids), job_ids=_sent(job_ids))
        return await self._call(BUILD, body=body, **options)

    def rows(
        self,
        dataset: DatasetRef,
        *,
        text: str | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[dict[str, Any]]:
        """Walk over the records. Safe to repeat.

        Args:
            text: only records with this text.
            page_size: 1 to 200; the platform's default is 50.
            cursor: where an earlier walk stopped.
        """
        return self._numbered(
            ROWS_OF, dataset_id_of(dataset), query={"q": text}, cursor=cursor, page_size=page_size, **options
        )

    async def profile(self, dataset: DatasetRef, **options: Unpack[CallOptions]) -> DatasetProfile:
        """Read quality and privacy statistics; the dataset must be ready. Safe to repeat."""
        return await self._call(PROFILE, dataset_id_of(dataset), **options)

    async def compliance_report(
        self, dataset: DatasetRef, **options: Unpack[CallOptions]
    ) -> ComplianceReport:
        """Read the transparency report for KVKK and GDPR. Plan Pro and above. Safe to repeat."""
        return await self._call(
            COMPLIANCE_REPORT, dataset_id_of(dataset), query={"format": "json"}, **options
        )

    def compliance_pdf(self, dataset: DatasetRef, **options: Unpack[CallOptions]) -> Download:
        """Download the same report as a PDF file. Plan Pro and above. Safe to repeat."""
        return self._client.download(
            COMPLIANCE_PDF, dataset_id_of(dataset), query={"format": "pdf"}, **options
        )

    def list(
        self,
        *,
        status: Literal["building", "ready", "failed"] | str | None = None,
        source_execution_id: str | int | None = None,
        source_document_id: str | int | None = None,
        text: str | None = None,
        job_id: str | int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Dataset]:
        """List datasets, newest first. Safe to repeat.

        Args:
            text: only datasets with this text.
            job_id: only those of a build job; the platform may ignore it, so check what comes (inferred).
            page_size: 1 to 100; the platform's default is 20.
            cursor: where an earlier walk stopped.
        """
        query = {
            "status": status,
            "source_execution_id": source_execution_id,
            "source_document_id": source_document_id,
            "q": text,
            "job_id": job_id,
        }
        return self._numbered(LIST_DATASETS, query=query, cursor=cursor, page_size=page_size, **options)


def _sent(ids: Sequence[str | int] | UnsetType) -> Sequence[str | int] | UnsetType:
    return UNSET if isinstance(ids, UnsetType) else [sent_id(each) for each in ids]
