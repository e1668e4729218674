"""Conversations with customers. Source: endpoint pages, "Conversations"."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, TypeAlias, Unpack

from msgspec.structs import force_setattr

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.agent import Agent, Suggestions
from flexsdk.platforms.flextell.blacklists import BlacklistEntry
from flexsdk.platforms.flextell.dialect import DATA, LIST, PAGES, check_limit
from flexsdk.platforms.flextell.messages import Messages
from flexsdk.platforms.flextell.people import Channel, CustomerSummary
from flexsdk.platforms.flextell.values import Bool, Id, Int, Text255, as_bool, as_int, checked
from flexsdk.structs import UNSET, Model, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "LIST_CONVERSATIONS",
    "ChannelType",
    "Conversation",
    "ConversationCreate",
    "Conversations",
]

ChannelType: TypeAlias = Literal["whatsapp", "instagram", "website", "telegram"]


class Conversation(Model, frozen=True, kw_only=True):
    """A conversation on one channel; ``address`` is the customer's number or name there.

    The platform writes ids, counts and truths of the last message as text or not; here they have one type.
    """

    id: int
    display_name: str | None = None
    address: str | None = None
    last_message_id: Int | None = None
    last_message: str | None = None
    last_message_at: str | None = None
    last_message_type: str | None = None
    last_message_is_customer: Bool | None = None
    unread_count: Int | None = None
    agent_disabled: bool | None = None
    agent_expires_at: str | None = None
    agent_disabled_by_user_name: str | None = None
    customer: CustomerSummary | None = None
    channel: Channel | None = None
    blacklist: BlacklistEntry | None = None

    def __post_init__(self) -> None:
        """Settle the loose types."""
        force_setattr(self, "last_message_id", as_int(self.last_message_id))
        force_setattr(self, "last_message_is_customer", as_bool(self.last_message_is_customer))
        force_setattr(self, "unread_count", as_int(self.unread_count))


class ConversationCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    channel_id: Id
    address: Text255
    first_name: Text255 | UnsetType | None = UNSET
    last_name: Text255 | UnsetType | None = UNSET


LIST_CONVERSATIONS = Op(
    "conversations_list",
    "GET",
    "/v1/conversations",
    Page[Conversation],
    query=("per_page", "page", "search", "channel_type"),
    envelope=LIST,
    pages=PAGES,
)
CREATE = Op(
    "conversations_create",
    "POST",
    "/v1/conversations",
    Conversation,
    body=ConversationCreate,
    envelope=DATA,
)


class Conversations(Resource):
    """Conversations; reached as ``client.conversations``."""

    @cached_property
    def messages(self) -> Messages:
        """Messages of conversations."""
        return Messages(self._client)

    @cached_property
    def agent(self) -> Agent:
        """The AI agent in conversations."""
        return Agent(self._client)

    @cached_property
    def suggestions(self) -> Suggestions:
        """What the AI agent would answer."""
        return Suggestions(self._client)

    async def create(
        self,
        channel_id: int,
        address: str,
        *,
        first_name: str | UnsetType | None = UNSET,
        last_name: str | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Conversation:
        """Open a conversation. Not repeated after an ambiguous failure.

        Args:
            address: the customer's number or name on the channel, up to 255 characters.
        """
        body = ConversationCreate(
            channel_id=channel_id, address=address, first_name=first_name, last_name=last_name
        )
        return await self._call(CREATE, body=checked(body), **options)

    def list(
        self,
        *,
        search: str | None = None,
        channel_type: ChannelType | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Conversation]:
        """List conversations. Safe to repeat.

        Args:
            search: up to 255 characters.
            channel_type: keep only this kind of channel.
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        query = {"search": search, "channel_type": channel_type}
        return self._pages(
            LIST_CONVERSATIONS, query=query, limit=check_limit(limit), cursor=cursor, **options
        )
