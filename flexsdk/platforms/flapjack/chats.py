"""Agents published as public chats. Source: docs guides/publish-agent.

A public chat needs no key; the answers' shapes are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.core.resource import Resource
from flexsdk.core.stream import EventStream
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.events import EVENTS, Answer, Event
from flexsdk.platforms.flapjack.threads import SILENCE_SECONDS, Thread
from flexsdk.structs import UNSET, CamelParams, Model, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE_THREAD",
    "GET",
    "PUBLISH",
    "SEND_MESSAGE",
    "STOP",
    "UNPUBLISH",
    "PublicChats",
    "PublicMessageSend",
    "PublicThreads",
    "PublishRequest",
    "PublishedChat",
    "Publishing",
]


class PublishRequest(CamelParams, frozen=True, kw_only=True):
    """The body of a publication."""

    slug: str
    visibility: Literal["public", "private"] | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class PublishedChat(Model, frozen=True, kw_only=True):
    """A public chat; what it tells of itself is inferred."""

    slug: str | None = None
    visibility: Literal["public", "private"] | str | None = None
    title: str | None = None
    description: str | None = None
    is_active: bool | None = None


class PublicMessageSend(CamelParams, frozen=True, kw_only=True):
    """The body of a message in a public chat; inferred from the private call."""

    content: str


PUBLISH = Op("agents_publish", "POST", "/api/agents/{agent_id}/publish", PublishedChat, body=PublishRequest)
UNPUBLISH: Op[None] = Op("agents_unpublish", "DELETE", "/api/agents/{agent_id}/publish", None)
GET = Op("public_chat_get", "GET", "/api/public/chat/{slug}", PublishedChat)
CREATE_THREAD = Op("public_chat_threads_create", "POST", "/api/public/chat/{slug}/threads", Thread, body=dict)
STOP: Op[None] = Op(
    "public_chat_stop",
    "POST",
    "/api/public/chat/{slug}/threads/{thread_id}/stop",
    None,
    replay=Replay.SAFE,
)
SEND_MESSAGE: StreamOp[Event, Answer] = StreamOp(
    "public_chat_send_message",
    "POST",
    "/api/public/chat/{slug}/threads/{thread_id}/messages",
    None,
    body=PublicMessageSend,
    events=EVENTS,
    stop=STOP,
    timeout=120.0,
)


class Publishing(Resource):
    """The part of :class:`~flexsdk.platforms.flapjack.agents.Agents` that makes agents public."""

    async def publish(
        self,
        agent_id: str,
        slug: str,
        *,
        visibility: Literal["public", "private"] | UnsetType = UNSET,
        title: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> PublishedChat:
        """Publish an agent as a chat that anybody may use, at your cost.

        Not repeated after an ambiguous failure: read the agent's ``published_chats`` first.

        Args:
            slug: the last part of the chat's address.
            visibility: ``public`` for anyone with the link, ``private`` for verified sessions only.
            title: shown above the chat.
            description: shown below the title.
        """
        body = PublishRequest(slug=slug, visibility=visibility, title=title, description=description)
        return await self._call(PUBLISH, agent_id, body=body, **options)

    async def unpublish(self, agent_id: str, **options: Unpack[CallOptions]) -> None:
        """Take the public chat of an agent offline. Safe to repeat.

        Raises:
            NotFound: nothing is published, or no longer: after a repeated attempt this means success.
        """
        await self._call(UNPUBLISH, agent_id, **options)


class PublicThreads(Resource):
    """Conversations of visitors; reached as ``client.public_chats.threads``."""

    async def create(
        self, slug: str, *, extra: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Thread:
        """Start a conversation in a public chat. Not repeated after an ambiguous failure.

        Args:
            extra: members of the body, whose shape is not documented.
        """
        return await self._call(CREATE_THREAD, slug, body=extra or {}, **options)

    async def stop(self, slug: str, thread_id: str, **options: Unpack[CallOptions]) -> None:
        """Stop the answer in progress; its stream ends with the text so far. Safe to repeat."""
        await self._call(STOP, slug, thread_id, **options)

    def stream(
        self,
        slug: str,
        thread_id: str,
        content: str,
        *,
        idle_timeout: float = SILENCE_SECONDS,
        event_timeout: float = SILENCE_SECONDS,
        stop_on_exit: bool = False,
        **options: Unpack[CallOptions],
    ) -> EventStream[Event, Answer]:
        """Send a visitor's message and stream the answer: ``async with ….stream(…) as events``.

        Costs model tokens. Never repeated after the platform may have taken the message. The events are those
        of :meth:`Threads.stream <flexsdk.platforms.flapjack.threads.Threads.stream>` (inferred).

        Args:
            content: the visitor's text.
            idle_timeout: most seconds without any byte while waiting.
            event_timeout: most seconds without an event while waiting; heartbeats do not count.
            stop_on_exit: whether leaving early also sends the stop call, at best effort.
            options: ``timeout`` is the time to the first byte, ``deadline`` bounds the whole stream.
        """
        if not content:
            raise ConfigError("content is empty: pass the visitor's text")
        return self._stream(
            SEND_MESSAGE,
            slug,
            thread_id,
            body=PublicMessageSend(content=content),
            idle_timeout=idle_timeout,
            event_timeout=event_timeout,
            stop_on_exit=stop_on_exit,
            **options,
        )


class PublicChats(Resource):
    """Published agents as their visitors see them; reached as ``client.public_chats``.

    Publish with ``client.agents.publish``.
    """

    @cached_property
    def threads(self) -> PublicThreads:
        """Conversations of visitors."""
        return PublicThreads(self._client)

    async def get(self, slug: str, **options: Unpack[CallOptions]) -> PublishedChat:
        """Read what a public chat tells of itself. Safe to repeat.

        Raises:
            NotFound: no such chat, or it is not published any more.
        """
        return await self._call(GET, slug, **options)
