"""Flapjack threads. Source: seed 004, "Threads"; docs api/threads, concepts/threads-and-messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.core.resource import Resource
from flexsdk.core.stream import EventStream
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.events import EVENTS, Answer, Event
from flexsdk.structs import UNSET, CamelParams, Model, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "SEND_MESSAGE",
    "STOP",
    "UPDATE",
    "MessageSend",
    "Thread",
    "ThreadCreate",
    "Threads",
    "ThreadUpdate",
    "ToolDefinition",
    "ToolResultSubmission",
]

SILENCE_SECONDS = 300.0
"""Default of both clocks of a stream; no heartbeat is documented, and tools and models can think for long."""


class Thread(Model, frozen=True, kw_only=True):
    """A conversation with one agent, or in several voices (``multiplayer``)."""

    id: str
    org_id: str
    agent_id: str
    title: str | None = None
    active_profile: str | None = None
    created_at: datetime
    kind: Literal["single", "multiplayer"] | str = "single"


class ThreadCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    agent_id: str
    title: str | UnsetType = UNSET
    kind: Literal["single", "multiplayer"] | UnsetType = UNSET
    resource_bindings: Sequence[Mapping[str, Any]] | UnsetType = UNSET
    active_profile: str | UnsetType = UNSET
    system_prompt_overlay: str | Sequence[str] | UnsetType = UNSET


class ThreadUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays, ``None`` clears."""

    title: str | UnsetType = UNSET
    active_profile: str | UnsetType | None = UNSET
    system_prompt_overlay: str | Sequence[str] | UnsetType | None = UNSET


class ToolDefinition(CamelParams, frozen=True, kw_only=True):
    """A tool that the caller runs; ``parameters`` is the JSON Schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, Any]


class ToolResultSubmission(CamelParams, frozen=True, kw_only=True):
    """The result of a tool that the caller has run, usually JSON text. The spelling is inferred."""

    tool_call_id: str
    result: str


class MessageSend(CamelParams, frozen=True, kw_only=True):
    """The body of a message. All but ``content``, ``tools`` and ``tool_results`` have inferred names."""

    content: str | UnsetType = UNSET
    tools: Sequence[ToolDefinition] | UnsetType = UNSET
    tool_results: Sequence[ToolResultSubmission] | UnsetType = UNSET
    model_override: str | UnsetType = UNSET
    web_overrides: Mapping[str, Any] | UnsetType = UNSET
    memory_overrides: Mapping[str, Any] | UnsetType = UNSET
    plan_overrides: Mapping[str, Any] | UnsetType = UNSET
    computer_overrides: Mapping[str, Any] | UnsetType = UNSET
    resource_bindings: Sequence[Mapping[str, Any]] | UnsetType = UNSET
    anthropic_overrides: Mapping[str, Any] | UnsetType = UNSET
    openai_overrides: Mapping[str, Any] | UnsetType = UNSET
    sender_id: str | UnsetType = UNSET
    system_message: Mapping[str, Any] | UnsetType = UNSET


CREATE = Op("threads_create", "POST", "/api/threads", Thread, body=ThreadCreate)
UPDATE = Op("threads_update", "PATCH", "/api/threads/{thread_id}", Thread, body=ThreadUpdate)
STOP: Op[None] = Op("threads_stop", "POST", "/api/threads/{thread_id}/stop", None, replay=Replay.SAFE)
SEND_MESSAGE: StreamOp[Event, Answer] = StreamOp(
    "threads_send_message",
    "POST",
    "/api/threads/{thread_id}/messages",
    None,
    body=MessageSend,
    events=EVENTS,
    timeout=120.0,
)


class Threads(Resource):
    """Conversations; reached as ``client.threads``."""

    async def create(
        self,
        agent_id: str,
        *,
        title: str | UnsetType = UNSET,
        kind: Literal["single", "multiplayer"] | UnsetType = UNSET,
        resource_bindings: Sequence[Mapping[str, Any]] | UnsetType = UNSET,
        active_profile: str | UnsetType = UNSET,
        system_prompt_overlay: str | Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Thread:
        """Start a thread with an agent.

        Not repeated after an ambiguous failure: no idempotency key is documented.

        Args:
            kind: one agent (the platform's default) or several voices.
            resource_bindings: outside context; the shape is not documented.
            active_profile: the tool profile to begin with.
            system_prompt_overlay: added to the agent's system prompt; a list is joined with blank lines.

        Raises:
            NotFound: no such agent, or it belongs to another organization.
        """
        body = ThreadCreate(
            agent_id=agent_id,
            title=title,
            kind=kind,
            resource_bindings=resource_bindings,
            active_profile=active_profile,
            system_prompt_overlay=system_prompt_overlay,
        )
        return await self._call(CREATE, body=body, **options)

    async def update(
        self,
        thread_id: str,
        *,
        title: str | UnsetType = UNSET,
        active_profile: str | UnsetType | None = UNSET,
        system_prompt_overlay: str | Sequence[str] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Thread:
        """Change the given fields of a thread and keep the others; ``None`` clears a field.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = ThreadUpdate(
            title=title, active_profile=active_profile, system_prompt_overlay=system_prompt_overlay
        )
        return await self._call(UPDATE, thread_id, body=body, **options)

    async def stop(self, thread_id: str, **options: Unpack[CallOptions]) -> None:
        """Stop the answer in progress; its stream ends with the text so far. Safe to repeat.

        With nothing in progress the platform may answer with success or with NotFound; neither is documented.
        """
        await self._call(STOP, thread_id, **options)

    def stream(
        self,
        thread_id: str,
        content: str | UnsetType = UNSET,
        *,
        tools: Sequence[ToolDefinition] | UnsetType = UNSET,
        tool_results: Sequence[ToolResultSubmission] | UnsetType = UNSET,
        model_override: str | UnsetType = UNSET,
        web_overrides: Mapping[str, Any] | UnsetType = UNSET,
        memory_overrides: Mapping[str, Any] | UnsetType = UNSET,
        plan_overrides: Mapping[str, Any] | UnsetType = UNSET,
        computer_overrides: Mapping[str, Any] | UnsetType = UNSET,
        resource_bindings: Sequence[Mapping[str, Any]] | UnsetType = UNSET,
        anthropic_overrides: Mapping[str, Any] | UnsetType = UNSET,
        openai_overrides: Mapping[str, Any] | UnsetType = UNSET,
        sender_id: str | UnsetType = UNSET,
        system_message: Mapping[str, Any] | UnsetType = UNSET,
        idle_timeout: float = SILENCE_SECONDS,
        event_timeout: float = SILENCE_SECONDS,
        **options: Unpack[CallOptions],
    ) -> EventStream[Event, Answer]:
        """Send a message and stream the answer: ``async with threads.stream(id, "…") as events``.

        Costs model tokens. Sent again only when nothing was sent or the platform refused with 408, 425,
        429, or 503 with Retry-After; never after the first event, for a repeat would post the message twice.

        Args:
            content: the user's text; left out only when ``tool_results`` are sent.
            tools: tools that the caller runs when the stream ends with ``RequiresAction``.
            tool_results: answers to ``RequiresAction``; the answer goes on in a new stream.
            model_override: a model id for this turn.
            sender_id: who speaks, in a multiplayer thread.
            system_message: icon and label of a notice; whether the platform reads it is not known.
            idle_timeout: most seconds without any byte while waiting.
            event_timeout: most seconds without an event while waiting; heartbeats do not count.
            options: ``timeout`` is the time to the first byte, ``deadline`` bounds the whole stream.
        """
        if content is UNSET and tool_results is UNSET:
            raise ConfigError("nothing to send: pass content=, or tool_results= to answer RequiresAction")
        body = MessageSend(
            content=content,
            tools=tools,
            tool_results=tool_results,
            model_override=model_override,
            web_overrides=web_overrides,
            memory_overrides=memory_overrides,
            plan_overrides=plan_overrides,
            computer_overrides=computer_overrides,
            resource_bindings=resource_bindings,
            anthropic_overrides=anthropic_overrides,
            openai_overrides=openai_overrides,
            sender_id=sender_id,
            system_message=system_message,
        )
        return self._stream(
            SEND_MESSAGE,
            thread_id,
            body=body,
            idle_timeout=idle_timeout,
            event_timeout=event_timeout,
            **options,
        )
