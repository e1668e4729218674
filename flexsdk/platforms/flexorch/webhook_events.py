"""What FlexOrch delivers to webhooks. Source: docs-repo "Webhooks", which shows ``job.completed`` only.

The bodies of the other events are inferred to be alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from flexsdk.codec import decoder
from flexsdk.platforms.flexorch.quality import Grade
from flexsdk.platforms.flexorch.wire import Answer, Id, first
from flexsdk.protocol.signature import verify

__all__ = [
    "SIGNATURE_HEADER",
    "DatasetReadyEvent",
    "JobCompletedEvent",
    "JobFailedEvent",
    "QuotaWarningEvent",
    "UnknownWebhookEvent",
    "WebhookEvent",
    "receive",
]

SIGNATURE_HEADER = "X-Flexorch-Signature"


class _Event(Answer, frozen=True, kw_only=True):
    event: str
    job_id: Id | None = None
    dataset_id: Id | None = None
    status: str | None = None
    quality_grade: Grade | None = None
    pii_findings_count: int | None = None
    timestamp: datetime | None = None

    @property
    def key(self) -> tuple[str, str | None, datetime | None]:
        """What tells a repeated delivery: the platform sends no id, and delivers again after an error."""
        return self.event, first(self.job_id, self.dataset_id), self.timestamp


class JobCompletedEvent(_Event, frozen=True, kw_only=True):
    """``job.completed``: a job has ended well."""


class JobFailedEvent(_Event, frozen=True, kw_only=True):
    """``job.failed``: a job has failed; read it to learn why. Inferred."""


class DatasetReadyEvent(_Event, frozen=True, kw_only=True):
    """``dataset.ready``: a dataset is built, and exported where ``auto_export`` said so. Inferred."""


class QuotaWarningEvent(_Event, frozen=True, kw_only=True):
    """``quota.warning``: credits run out. Only the vendor's package knows it. Inferred."""


class UnknownWebhookEvent(_Event, frozen=True, kw_only=True):
    """An event of a kind that this version does not know; ``raw`` is its whole body."""

    raw: Mapping[str, Any] = {}


WebhookEvent: TypeAlias = (
    JobCompletedEvent | JobFailedEvent | DatasetReadyEvent | QuotaWarningEvent | UnknownWebhookEvent
)


class _Kind(msgspec.Struct, frozen=True):
    event: str


_peek = decoder(_Kind)
_plain = decoder(dict[str, Any])
_unknown = decoder(UnknownWebhookEvent)
_KNOWN: Mapping[str, Any] = {
    "job.completed": decoder(JobCompletedEvent),
    "job.failed": decoder(JobFailedEvent),
    "dataset.ready": decoder(DatasetReadyEvent),
    "quota.warning": decoder(QuotaWarningEvent),
}


def receive(body: bytes, signature: str, secret: str | Sequence[str]) -> WebhookEvent:
    """Verify a delivery, then read it. Answer it with 2xx at once; anything else is delivered once more.

    Args:
        body: the raw bytes as they arrived.
        signature: the value of the header ``SIGNATURE_HEADER``; empty where it is missing.
        secret: one secret, or several while they are being exchanged.

    Raises:
        SignatureError: the delivery is not from the platform, or was changed.
        DecodeError: it is, but has another shape than documented.
    """
    verify(body, signature, secret)
    decode = _KNOWN.get(_peek(body).event)
    if decode is not None:
        known: WebhookEvent = decode(body)
        return known
    return msgspec.structs.replace(_unknown(body), raw=_plain(body))
