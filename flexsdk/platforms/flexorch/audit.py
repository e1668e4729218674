"""FlexOrch's audit log. Source: docs-repo "Audit log"."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Unpack

from flexsdk.core.files import Download
from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.wire import Answer, Endpoint, Id
from flexsdk.types import CallOptions

__all__ = ["EXPORT", "EXPORT_FILE", "Audit", "AuditRecord"]

AUDIT_SECONDS = 120.0
"""Time for one attempt; the file may take seconds to start."""


class AuditRecord(Answer, frozen=True, kw_only=True):
    """One event."""

    timestamp: datetime | None = None
    event_type: Literal["job.completed", "job.failed", "dataset.built", "auth.login"] | str = ""
    tenant_id: Id | None = None
    document_id: Id | None = None
    outcome: Literal["success", "failure"] | str | None = None


EXPORT_FILE: Op[None] = Op(
    "audit_export",
    "GET",
    "/audit/export",
    None,
    query=("format",),
    timeout=AUDIT_SECONDS,
    accept="*/*",
    streamed=True,
)
EXPORT = Endpoint(
    "audit_export", "GET", "/audit/export", list[AuditRecord], query=("format",), timeout=AUDIT_SECONDS
)


class Audit(Resource):
    """The audit log; reached as ``client.audit``."""

    async def records(self, **options: Unpack[CallOptions]) -> list[AuditRecord]:
        """Read the whole log, up to 64 MiB; above that use :meth:`export`. Safe to repeat."""
        return await self._call(EXPORT, query={"format": "json"}, **options)

    def export(
        self,
        format: Literal["json", "csv"] = "csv",  # noqa: A002 - the platform's word
        **options: Unpack[CallOptions],
    ) -> Download:
        """Download the whole log as a file: ``await audit.export().save(path)``. Safe to repeat."""
        return self._client.download(EXPORT_FILE, query={"format": format}, **options)
