"""FlexOrch's record of processing activities. Source: docs-repo "Compliance"."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.wire import Endpoint
from flexsdk.structs import Model
from flexsdk.types import CallOptions

__all__ = ["GET_RECORD", "Compliance", "ComplianceRecord", "ProcessingActivity"]


class ProcessingActivity(Model, frozen=True, kw_only=True):
    """One kind of processing; ``retention_period`` is text such as ``30 days``."""

    category: str | None = None
    data_subjects: list[str] = []
    data_categories: list[str] = []
    retention_period: str | None = None
    technical_measures: list[str] = []


class ComplianceRecord(Model, frozen=True, kw_only=True):
    """The record under article 30 of the GDPR."""

    controller: str | None = None
    processing_activities: list[ProcessingActivity] = []
    generated_at: datetime | None = None


GET_RECORD = Endpoint("compliance_record_get", "GET", "/compliance/record", ComplianceRecord)


class Compliance(Resource):
    """Duties under the GDPR; reached as ``client.compliance``. Reports on a dataset are at ``datasets``."""

    async def get_record(self, **options: Unpack[CallOptions]) -> ComplianceRecord:
        """Read the record of processing activities. Safe to repeat."""
        return await self._call(GET_RECORD, **options)
