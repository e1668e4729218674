"""Channels by which people reach an agent. Source: seed 004. All field names are inferred.

A body of your own goes through as it is: ``await client.call(CREATE, agent_id, body={...})``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, filled, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "LIST_CHANNELS",
    "LIST_CONTACTS",
    "UPDATE",
    "AgentChannels",
    "Channel",
    "ChannelContact",
    "ChannelContacts",
    "ChannelCreate",
    "ChannelUpdate",
]

ChannelKind: TypeAlias = Literal["telegram", "slack", "whatsapp"] | str

_PATH = "/api/agents/{agent_id}/channels"


class Channel(Model, frozen=True, kw_only=True):
    """A channel; ``config`` depends on the kind and stays out of the repr, for it may hold a token."""

    id: str = ""
    agent_id: str | None = None
    kind: ChannelKind | None = None
    name: str | None = None
    enabled: bool | None = None
    config: dict[str, Any] = {}
    created_at: datetime | None = None

    def __repr__(self) -> str:
        """Leave the configuration out."""
        return f"Channel(id={self.id!r}, kind={self.kind!r}, name={self.name!r}, enabled={self.enabled!r})"


class ChannelCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation."""

    kind: ChannelKind | UnsetType = UNSET
    name: str | UnsetType = UNSET
    config: Mapping[str, Any] | UnsetType = UNSET
    credentials: Mapping[str, Any] | UnsetType = UNSET


class ChannelUpdate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays."""

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    config: Mapping[str, Any] | UnsetType = UNSET
    credentials: Mapping[str, Any] | UnsetType = UNSET


class ChannelContact(Model, frozen=True, kw_only=True):
    """A person on a channel, and the thread that holds the conversation."""

    id: str = ""
    channel_id: str | None = None
    external_id: str | None = None
    display_name: str | None = None
    thread_id: str | None = None
    created_at: datetime | None = None


CREATE = Op("agents_channels_create", "POST", _PATH, Channel, body=ChannelCreate)
UPDATE = Op("agents_channels_update", "PATCH", f"{_PATH}/{{channel_id}}", Channel, body=ChannelUpdate)
DELETE: Op[None] = Op("agents_channels_delete", "DELETE", f"{_PATH}/{{channel_id}}", None)
LIST_CHANNELS = Op("agents_channels_list", "GET", _PATH, Page[Channel], envelope=LIST)
LIST_CONTACTS = Op(
    "agents_channels_contacts_list",
    "GET",
    f"{_PATH}/{{channel_id}}/contacts",
    Page[ChannelContact],
    envelope=LIST,
)


class ChannelContacts(Resource):
    """The people on a channel; reached as ``client.agents.channels.contacts``."""

    def list(self, agent_id: str, channel_id: str, **options: Unpack[CallOptions]) -> Pages[ChannelContact]:
        """List the contacts of a channel; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_CONTACTS, agent_id, channel_id, **options)


class AgentChannels(Resource):
    """The channels of an agent; reached as ``client.agents.channels``."""

    @cached_property
    def contacts(self) -> ChannelContacts:
        """The people on a channel."""
        return ChannelContacts(self._client)

    async def create(
        self,
        agent_id: str,
        kind: ChannelKind,
        *,
        name: str | UnsetType = UNSET,
        config: Mapping[str, Any] | UnsetType = UNSET,
        credentials: Mapping[str, Any] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Channel:
        """Add a channel. Not repeated after an ambiguous failure: list the channels first.

        Args:
            kind: the known ones are completed, but other words go through.
            config: depends on the kind.
            credentials: depends on the kind; values may be :class:`~flexsdk.protocol.redact.Secret`.
        """
        body = ChannelCreate(kind=kind, name=name, config=config, credentials=revealed(credentials))
        return await self._call(CREATE, agent_id, body=body, **options)

    async def update(
        self,
        agent_id: str,
        channel_id: str,
        *,
        name: str | UnsetType = UNSET,
        enabled: bool | UnsetType = UNSET,
        config: Mapping[str, Any] | UnsetType = UNSET,
        credentials: Mapping[str, Any] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Channel:
        """Change the given fields of a channel and keep the others.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.

        Args:
            config: replaces the configuration as a whole (inferred).
            credentials: as in :meth:`create`.

        Raises:
            ConfigError: no field is given; nothing was sent.
        """
        body = ChannelUpdate(name=name, enabled=enabled, config=config, credentials=revealed(credentials))
        return await self._call(UPDATE, agent_id, channel_id, body=filled(body), **options)

    async def delete(self, agent_id: str, channel_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a channel. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, agent_id, channel_id, **options)

    def list(self, agent_id: str, **options: Unpack[CallOptions]) -> Pages[Channel]:
        """List the channels of an agent; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_CHANNELS, agent_id, **options)
