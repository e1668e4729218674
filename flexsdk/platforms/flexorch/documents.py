"""FlexOrch documents. Source: docs-repo "Documents"; the vendor's packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from msgspec.structs import replace

from flexsdk.codec import encode
from flexsdk.core.body import FileSource, Form, Multipart, Progress, Upload
from flexsdk.core.op import Op, Replay
from flexsdk.core.pages import Pages
from flexsdk.errors import BadRequest, ConfigError, Unprocessable
from flexsdk.platforms.flexorch.job_data import JobHandle
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.uploads import Plan, ProcessResult, UploadResult, check_uploads, upload_result
from flexsdk.platforms.flexorch.wire import LIST, PAGES, Answer, Endpoint, Id, sent_id
from flexsdk.structs import UNSET, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "GET",
    "LIST_DOCUMENTS",
    "PROCESS",
    "REPROCESS",
    "ConnectorSource",
    "Document",
    "DocumentReprocess",
    "DocumentRun",
    "Documents",
    "ProcessRequest",
]

UPLOAD_SECONDS = 300.0
"""Time for one attempt at an upload."""


class ConnectorSource(Params, frozen=True, kw_only=True):
    """Files that the platform fetches itself: ``keys`` are their names in a connector's storage."""

    connector_id: str | int
    keys: Sequence[str]


class ProcessRequest(Params, frozen=True, kw_only=True):
    """The body of a connector pull in its documented form."""

    source: ConnectorSource


class DocumentReprocess(Params, frozen=True, kw_only=True):
    """The body of another run."""

    pipeline_config: Mapping[str, Any] | UnsetType = UNSET


class DocumentRun(Answer, frozen=True, kw_only=True):
    """One run of the pipeline over a document."""

    job_id: Id | None = None
    status: str | None = None
    executed_at: str | None = None
    quality_grade: str | None = None


class Document(Answer, frozen=True, kw_only=True):
    """A document. ``processing_history`` and ``related_datasets`` come with ``get`` only.

    ``latest_execution``, ``dataset`` and ``related_datasets`` vary and stay raw.
    """

    id: Id = ""
    filename: str = ""
    file_ext: str | None = None
    status: str | None = None
    storage_path: str | None = None
    created_at: str | None = None
    processing_count: int | None = None
    latest_execution: dict[str, Any] | None = None
    dataset: dict[str, Any] | None = None
    processing_history: list[DocumentRun] = []
    related_datasets: list[dict[str, Any]] = []


PROCESS = Endpoint(
    "documents_process",
    "POST",
    "/data-process/async",
    ProcessResult,
    body=ProcessRequest,
    timeout=UPLOAD_SECONDS,
)
LIST_DOCUMENTS = Endpoint(
    "documents_list",
    "GET",
    "/documents",
    Page[Document],
    query=("page", "page_size"),
    envelope=LIST,
    pages=PAGES,
)
GET = Endpoint("documents_get", "GET", "/documents/{document_id}", Document)
REPROCESS = Endpoint(
    "documents_reprocess", "POST", "/documents/{document_id}/reprocess", JobHandle, body=DocumentReprocess
)


class Documents(FlexOrchResource):
    """Documents and their upload; reached as ``client.documents``."""

    async def process(
        self,
        *files: Upload | FileSource,
        source: ConnectorSource | None = None,
        locale: str | UnsetType = UNSET,
        pipeline_config: Mapping[str, Any] | UnsetType = UNSET,
        plan: Plan | None = None,
        repeat: bool = False,
        on_progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> UploadResult:
        """Upload files in one request, or let the platform fetch them, and start the pipeline on each.

        Costs credits for every file but duplicates. Files that are refused do not stop the others: look at
        ``rejected``. Not repeated once the request may have arrived, unless ``repeat`` says so.

        Args:
            files: paths, bytes, binary file objects or async iterators; what has no name of its own goes in
                an :class:`~flexsdk.core.body.Upload` with ``name=``. Iterators are sent with chunked
                encoding, which no source mentions.
            source: names in a connector's storage, in place of files.
            locale: a language for the search for personal data, such as ``de``; the default is ``und``.
            pipeline_config: known keys are ``document_type_hint`` and ``mask_pii``.
            plan: check types and sizes of the files against a plan before anything is sent; by default that
                of the client, where it has one.
            repeat: also repeat after a failure that leaves open whether the files arrived. The platform finds
                the same bytes again and charges nothing; the jobs then come as ``duplicates``.
            on_progress: told how many bytes of all files together the connection has taken.

        Raises:
            ConfigError: no file, a file without a name, or one that the plan does not take.
            PayloadTooLarge, UnsupportedMedia: the platform refused the request as a whole.
        """
        if bool(files) == (source is not None):
            raise ConfigError("pass files, or source= for files in a connector's storage")
        fields = _fields(locale, pipeline_config)
        op = replace(PROCESS, replay=Replay.SAFE) if repeat else PROCESS
        if source is not None:
            return await self._pull(op, source, fields, **options)
        uploads = [each if isinstance(each, Upload) else Upload(each) for each in files]
        known = plan or self._client.plan
        if known is not None:
            check_uploads(uploads, known)
        body = Multipart(
            fields=fields, files=[("files", upload) for upload in uploads], on_progress=on_progress
        )
        return upload_result(await self._call(op, body=body, **options), [each.name for each in uploads])

    async def _pull(
        self,
        op: Op[ProcessResult],
        source: ConnectorSource,
        fields: Mapping[str, str],
        **options: Unpack[CallOptions],
    ) -> UploadResult:
        """Send the live form, a field with JSON text; where it is refused, the documented one.

        The latter has no other field, so it is not sent where one would be lost.
        """
        source = ConnectorSource(connector_id=sent_id(source.connector_id), keys=source.keys)
        form = Form({"source": encode(source).decode(), **fields})
        try:
            answer = await self._call(op, body=form, **options)
        except (BadRequest, Unprocessable):
            if fields:
                raise
            answer = await self._call(op, body=ProcessRequest(source=source), **options)
        return upload_result(answer, source.keys)

    async def get(self, document_id: str | int, **options: Unpack[CallOptions]) -> Document:
        """Read one document with its runs and datasets. Safe to repeat."""
        return await self._call(GET, document_id, **options)

    async def reprocess(
        self,
        document_id: str | int,
        *,
        pipeline_config: Mapping[str, Any] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> JobHandle:
        """Run the pipeline over a document again; earlier results stay. Costs credits each time.

        Not repeated after an ambiguous failure: read ``processing_history`` of the document first.

        Raises:
            BadRequest: the file is no longer stored (DOCUMENT_FILE_NOT_AVAILABLE), or it came from a
                connector (REPROCESS_NOT_SUPPORTED).
        """
        body = DocumentReprocess(pipeline_config=pipeline_config)
        return await self._call(REPROCESS, document_id, body=body, **options)

    def list(
        self, *, page_size: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Document]:
        """List all documents, newest first. Safe to repeat.

        Args:
            page_size: 1 to 100; the platform's default is 20.
            cursor: where an earlier walk stopped.
        """
        return self._numbered(LIST_DOCUMENTS, cursor=cursor, page_size=page_size, **options)


def _fields(locale: str | UnsetType, pipeline_config: Mapping[str, Any] | UnsetType) -> dict[str, str]:
    fields = {}
    if locale is not UNSET:
        fields["locale"] = locale
    if pipeline_config is not UNSET:
        fields["pipeline_config"] = encode(pipeline_config).decode()
    return fields
