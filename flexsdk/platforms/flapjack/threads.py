"""Flapjack threads. Source: seed 004, "Threads"; docs api/threads, concepts/threads-and-messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.answer_stream import AnswerStream
from flexsdk.platforms.flapjack.events import ProfileSwitchProposal
from flexsdk.platforms.flapjack.function_tools import NO_TOOLS, AnyTool, Toolbox
from flexsdk.platforms.flapjack.messages import (
    SEND_MESSAGE,
    STOP,
    MessageOptions,
    MessageSend,
    ToolResultSubmission,
)
from flexsdk.platforms.flapjack.participants import Participants, ThreadComputer
from flexsdk.structs import UNSET, CamelParams, Model, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "UPDATE",
    "Thread",
    "ThreadCreate",
    "Threads",
    "ThreadUpdate",
]

SILENCE_SECONDS = 300.0
"""Default of both clocks of a stream; no heartbeat is documented, and tools and models can think for long."""
MAX_ROUNDS = 10
"""Rounds of the caller's tools in one answer; the platform's own limit for its tools is 10 calls a turn."""
TOOL_CONCURRENCY = 8
"""Functions of the caller that run at the same time."""


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


CREATE = Op("threads_create", "POST", "/api/threads", Thread, body=ThreadCreate)
UPDATE = Op("threads_update", "PATCH", "/api/threads/{thread_id}", Thread, body=ThreadUpdate)


class Threads(Resource):
    """Conversations; reached as ``client.threads``."""

    @cached_property
    def participants(self) -> Participants:
        """Who speaks in a multiplayer thread."""
        return Participants(self._client)

    @cached_property
    def computer(self) -> ThreadComputer:
        """The computer that belongs to one thread."""
        return ThreadComputer(self._client)

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
        content: str,
        *,
        tools: Sequence[AnyTool] = (),
        max_rounds: int = MAX_ROUNDS,
        tool_concurrency: int = TOOL_CONCURRENCY,
        **options: Unpack[MessageOptions],
    ) -> AnswerStream:
        """Send a message and stream the answer: ``async with threads.stream(id, "…") as events``.

        Costs model tokens. Sent again only when nothing was sent or the platform refused with 408, 425,
        429, or 503 with Retry-After; never after the first event, for a repeat would post the message twice.

        Args:
            content: the user's text.
            tools: functions that the agent may call, which are run here, their results sent, and the answer
                goes on in the same iteration; a :class:`ToolDefinition` among them leaves the running to you:
                the iteration ends at ``RequiresAction``, go on with :meth:`submit_tool_results`.
            max_rounds: most rounds of functions in one answer; 0 leaves all of them to you.
            tool_concurrency: most functions that run at the same time.

        Raises:
            ConfigError: nothing to send, or a function that makes no tool.
        """
        if not content:
            raise ConfigError("nothing to send: content is empty")
        toolbox = Toolbox(tools, limit=tool_concurrency) if tools else NO_TOOLS
        message = {"content": content, "tools": toolbox.definitions or UNSET}
        return self._answer(thread_id, message, toolbox, max_rounds, options)

    def submit_tool_results(
        self,
        thread_id: str,
        results: Mapping[str, str],
        *,
        tools: Sequence[AnyTool] = (),
        max_rounds: int = MAX_ROUNDS,
        tool_concurrency: int = TOOL_CONCURRENCY,
        **options: Unpack[MessageOptions],
    ) -> AnswerStream:
        """Answer ``RequiresAction`` and stream the rest of the answer; repeated as :meth:`stream` is.

        Args:
            results: the result of each call by its id, usually JSON text; calls are in ``result.tool_calls``.
            tools: those of the message, which the agent may call again; whether they have to be sent again is
                not documented.
            max_rounds: as on :meth:`stream`.
            tool_concurrency: as on :meth:`stream`.
        """
        if not results:
            raise ConfigError("nothing to send: results is empty")
        toolbox = Toolbox(tools, limit=tool_concurrency) if tools else NO_TOOLS
        submissions = [ToolResultSubmission(tool_call_id=id_, result=text) for id_, text in results.items()]
        message = {"tool_results": submissions, "tools": toolbox.definitions or UNSET}
        return self._answer(thread_id, message, toolbox, max_rounds, options)

    async def switch_profile(
        self, thread_id: str, profile: ProfileSwitchProposal | str | None, **options: Unpack[CallOptions]
    ) -> Thread:
        """Let the messages that follow use another tool profile; ``None`` goes back to none.

        Ask the user before you accept a proposal of the agent's; it is never followed by itself. That a
        proposal is about the thread's ``active_profile`` is inferred. Calling again is harmless.
        """
        target = profile.target if isinstance(profile, ProfileSwitchProposal) else profile
        return await self.update(thread_id, active_profile=target, **options)

    def _answer(
        self,
        thread_id: str,
        message: Mapping[str, Any],
        toolbox: Toolbox,
        max_rounds: int,
        options: MessageOptions,
    ) -> AnswerStream:
        overrides: dict[str, Any] = {
            name: value for name, value in options.items() if name in MessageSend.__struct_fields__
        }
        calling: Any = {name: value for name, value in options.items() if name not in overrides}
        deadline = calling.pop("deadline", None)

        clocks = {"idle_timeout": SILENCE_SECONDS, "event_timeout": SILENCE_SECONDS}
        stream = AnswerStream(
            partial(self._stream, SEND_MESSAGE, thread_id, **{**clocks, **calling}),
            MessageSend(**message, **overrides),
            toolbox,
            max_rounds=max_rounds,
            deadline=deadline,
            clock=self._client.clock,
        )
        self._client.adopt(stream)
        return stream
