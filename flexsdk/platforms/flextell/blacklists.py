"""Blocked customers. Source: endpoint pages, "Channel blacklists"; the path of the update is inferred."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, Unpack

from msgspec import Meta
from msgspec.structs import force_setattr

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA
from flexsdk.platforms.flextell.people import Channel, CustomerSummary
from flexsdk.platforms.flextell.values import Map, Moment, Text1000, as_map, checked, moment
from flexsdk.structs import UNSET, Model, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "UPDATE",
    "BlacklistCreate",
    "BlacklistEntry",
    "BlacklistReason",
    "BlacklistUpdate",
    "ChannelBlacklists",
]

BlacklistReason: TypeAlias = Literal[
    "rate_limit", "llm_spam", "manual", "security_threat", "abusive_language"
]


class BlacklistEntry(Model, frozen=True, kw_only=True):
    """A customer who is blocked on a channel; the unit of ``remaining_time`` is not documented."""

    id: int
    tenant_id: int | None = None
    reason: BlacklistReason | str = "manual"
    reason_label: str | None = None
    note: str | None = None
    blocked_at: str | None = None
    expires_at: str | None = None
    is_active: bool | None = None
    is_permanent: bool | None = None
    is_expired: bool | None = None
    remaining_time: str | int | float | None = None
    metadata: Map | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    channel: Channel | None = None
    customer: CustomerSummary | None = None

    def __post_init__(self) -> None:
        """Settle the empty map."""
        force_setattr(self, "metadata", as_map(self.metadata))


class BlacklistCreate(Params, frozen=True, kw_only=True):
    """The body of a block."""

    channel_id: int
    customer_id: int
    reason: BlacklistReason
    ttl_seconds: Annotated[int, Meta(ge=1)] | UnsetType | None = UNSET
    note: Text1000 | UnsetType | None = UNSET
    metadata: Mapping[str, Any] | UnsetType | None = UNSET


class BlacklistUpdate(Params, frozen=True, kw_only=True):
    """The body of a change: what is left out stays."""

    reason: BlacklistReason | UnsetType = UNSET
    note: Text1000 | UnsetType | None = UNSET
    expires_at: str | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    metadata: Mapping[str, Any] | UnsetType | None = UNSET


CREATE = Op(
    "channel_blacklists_create",
    "POST",
    "/v1/channel-blacklists",
    BlacklistEntry,
    body=BlacklistCreate,
    envelope=DATA,
)
UPDATE = Op(
    "channel_blacklists_update",
    "PUT",
    "/v1/channel-blacklists/{id}",
    BlacklistEntry,
    body=BlacklistUpdate,
    envelope=DATA,
)


class ChannelBlacklists(Resource):
    """Blocked customers; reached as ``client.channel_blacklists``."""

    async def create(
        self,
        channel_id: int,
        customer_id: int,
        reason: BlacklistReason,
        *,
        ttl_seconds: int | UnsetType | None = UNSET,
        note: str | UnsetType | None = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> BlacklistEntry:
        """Block a customer on a channel. Not repeated after an ambiguous failure.

        Args:
            ttl_seconds: how long, in seconds; for good when left out.
            note: up to 1,000 characters.
        """
        body = BlacklistCreate(
            channel_id=channel_id,
            customer_id=customer_id,
            reason=reason,
            ttl_seconds=ttl_seconds,
            note=note,
            metadata=metadata,
        )
        return await self._call(CREATE, body=checked(body), **options)

    async def update(
        self,
        entry_id: int,
        *,
        reason: BlacklistReason | UnsetType = UNSET,
        note: str | UnsetType | None = UNSET,
        expires_at: Moment | UnsetType | None = UNSET,
        is_active: bool | UnsetType = UNSET,
        metadata: Mapping[str, Any] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> BlacklistEntry:
        """Change a block; ``is_active=False`` lifts it. Safe to repeat: all values are absolute.

        Args:
            expires_at: ``None`` makes it permanent.
            note: up to 1,000 characters.
        """
        body = BlacklistUpdate(
            reason=reason, note=note, expires_at=moment(expires_at), is_active=is_active, metadata=metadata
        )
        return await self._call(UPDATE, entry_id, body=checked(body), **options)
