"""FlexOrch webhooks. Source: docs-repo "Webhooks"; the vendor's packages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from flexsdk.core.pages import Pages
from flexsdk.platforms.flexorch.exports import ExportFormat
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import LIST, Answer, Endpoint, Id, plain
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "LIST_WEBHOOKS",
    "AutoExport",
    "AutoExportTarget",
    "EventType",
    "Webhook",
    "WebhookCreate",
    "Webhooks",
]

EventType = Literal["job.completed", "job.failed", "dataset.ready", "quota.warning"] | str


class AutoExport(Params, frozen=True, kw_only=True):
    """Where a dataset is written when it is ready, before the webhook is sent."""

    connector_id: int
    format: ExportFormat
    prefix: str | UnsetType = UNSET


class AutoExportTarget(Answer, frozen=True, kw_only=True):
    """An automatic export as it is listed."""

    connector_id: Id | None = None
    format: ExportFormat | None = None
    prefix: str | None = None


class WebhookCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    url: str
    events: Sequence[EventType]
    secret: str | UnsetType = UNSET
    auto_export: AutoExport | UnsetType = UNSET


class Webhook(Answer, frozen=True, kw_only=True):
    """A subscription. ``secret`` comes with the creation only: store it, and verify deliveries with it."""

    id: Id = ""
    url: str = ""
    events: list[EventType] = []
    active: bool | None = None
    created_at: str | None = None
    auto_export: AutoExportTarget | None = None
    secret: Secret | None = None


CREATE = Endpoint("webhooks_create", "POST", "/webhooks", Webhook, body=WebhookCreate)
LIST_WEBHOOKS = Endpoint("webhooks_list", "GET", "/webhooks", Page[Webhook], envelope=LIST)
DELETE: Endpoint[None] = Endpoint("webhooks_delete", "DELETE", "/webhooks/{webhook_id}", None)


class Webhooks(FlexOrchResource):
    """Subscriptions to events; reached as ``client.webhooks``."""

    async def create(
        self,
        url: str,
        events: Sequence[EventType],
        *,
        secret: str | Secret | UnsetType = UNSET,
        auto_export: AutoExport | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Webhook:
        """Subscribe an address to events.

        Not repeated after an ambiguous failure, for a second subscription delivers everything twice: list the
        webhooks first.

        Args:
            events: the known ones are completed, but other words go through.
            secret: one of your own, which only the documentation knows; else the answer has the platform's.
            auto_export: for ``dataset.ready``.
        """
        body = WebhookCreate(
            url=url,
            events=events,
            secret=secret if isinstance(secret, UnsetType) else plain(secret),
            auto_export=auto_export,
        )
        return await self._call(CREATE, body=body, **options)

    async def delete(self, webhook_id: str | int, **options: Unpack[CallOptions]) -> None:
        """Remove a subscription. Safe to repeat."""
        await self._remove(DELETE, webhook_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[Webhook]:
        """List all subscriptions, without their secrets; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_WEBHOOKS, **options)
