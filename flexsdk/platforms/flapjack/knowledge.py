"""Documents that agents look things up in. Source: seed 004, "Knowledge"; docs api/knowledge."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Unpack

from flexsdk.core.body import FileSource, Multipart, Progress, Upload
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import Model, Page
from flexsdk.types import CallOptions

__all__ = [
    "DELETE",
    "LIST_DOCUMENTS",
    "UPLOAD",
    "Knowledge",
    "KnowledgeDocument",
    "KnowledgeUpload",
    "ScopeType",
]

UPLOAD_SECONDS = 300.0
"""An answer comes when the document is cut and indexed; no time is documented."""

ScopeType = Literal["agent", "org", "thread"]


class KnowledgeDocument(Model, frozen=True, kw_only=True):
    """A document; ``source_ref`` is the original file name or address."""

    id: str
    title: str
    source_ref: str
    chunk_count: int
    created_at: datetime


class KnowledgeUpload(Model, frozen=True, kw_only=True):
    """A document that was just stored, in ``chunks`` pieces."""

    id: str
    title: str
    chunks: int


LIST_DOCUMENTS = Op(
    "knowledge_list",
    "GET",
    "/api/knowledge",
    Page[KnowledgeDocument],
    query=("scopeType", "scopeId"),
    envelope=LIST,
)
UPLOAD = Op("knowledge_upload", "POST", "/api/knowledge/upload", KnowledgeUpload, timeout=UPLOAD_SECONDS)
DELETE: Op[None] = Op("knowledge_delete", "DELETE", "/api/knowledge/{doc_id}", None)


class Knowledge(Resource):
    """Documents for retrieval; reached as ``client.knowledge``.

    A document belongs to one agent, to one thread, or to a whole organization: name exactly one of them.
    """

    async def upload(
        self,
        file: Upload | FileSource,
        *,
        agent_id: str | None = None,
        org_id: str | None = None,
        thread_id: str | None = None,
        title: str | None = None,
        on_progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> KnowledgeUpload:
        """Store a document. Files are sent piece by piece and never held in memory as a whole.

        Not repeated after an ambiguous failure, for a second upload is a second document: list them first.

        Args:
            file: a path, bytes, a binary file, an async iterator, or an
                :class:`~flexsdk.core.body.Upload`; PDF, text, Markdown and others. No size limit is known.
            agent_id: whom it is for: this agent,
            org_id: or all agents of this organization,
            thread_id: or this thread.
            title: by default the name of the file.
            on_progress: told of the bytes sent.
        """
        scope = _scope(agent_id, org_id, thread_id)
        upload = file if isinstance(file, Upload) else Upload(file)
        body = Multipart(
            fields={"title": title or upload.name, **scope}, files=[("file", upload)], on_progress=on_progress
        )
        return await self._call(UPLOAD, body=body, **options)

    async def delete(self, doc_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a document and all that was cut from it, for good. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, doc_id, **options)

    def list(
        self,
        *,
        agent_id: str | None = None,
        org_id: str | None = None,
        thread_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[KnowledgeDocument]:
        """List the documents of one agent, organization or thread; the platform sends one page."""
        return self._pages(LIST_DOCUMENTS, query=_scope(agent_id, org_id, thread_id), **options)


def _scope(agent_id: str | None, org_id: str | None, thread_id: str | None) -> dict[str, str]:
    ids: dict[ScopeType, str | None] = {"agent": agent_id, "org": org_id, "thread": thread_id}
    given = [(scope, value) for scope, value in ids.items() if value]
    if len(given) != 1:
        raise ConfigError("name one scope: pass exactly one of agent_id=, org_id=, thread_id=")
    ((scope, value),) = given
    return {"scopeType": scope, "scopeId": value}
