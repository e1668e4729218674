"""What is sent to a thread, and the operation that sends it. Source: docs api/threads, concepts/streaming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.platforms.flapjack.events import EVENTS, Answer, Event
from flexsdk.structs import UNSET, CamelParams, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "SEND_MESSAGE",
    "STOP",
    "MessageOptions",
    "MessageSend",
    "ToolDefinition",
    "ToolResultSubmission",
]


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


class MessageOptions(CallOptions, total=False):
    """Keyword options of a message, beside those of every call; their names on the wire are inferred.

    ``timeout`` is the time to the first byte, ``deadline`` bounds the whole stream.
    """

    model_override: str
    """A model id for this turn."""
    web_overrides: Mapping[str, Any]
    memory_overrides: Mapping[str, Any]
    plan_overrides: Mapping[str, Any]
    computer_overrides: Mapping[str, Any]
    """Such as ``{"enabled": True}``, the only member that was seen."""
    resource_bindings: Sequence[Mapping[str, Any]]
    """Outside context; the shape is not documented."""
    anthropic_overrides: Mapping[str, Any]
    """``thinking``, ``fallbackModels``, ``cache``."""
    openai_overrides: Mapping[str, Any]
    """``disabled``, ``promptCacheKey``, ``safetyIdentifier``."""
    sender_id: str
    """Who speaks, in a multiplayer thread."""
    system_message: Mapping[str, Any]
    """Icon and label of a notice; whether the platform reads it is not known."""
    idle_timeout: float
    """Most seconds without any byte while waiting; 300 by default, for no heartbeat is documented."""
    event_timeout: float
    """Most seconds without an event while waiting; 300 by default, and heartbeats do not count."""
    stop_on_exit: bool
    """Whether leaving early also sends the stop call, at best effort."""


STOP: Op[None] = Op("threads_stop", "POST", "/api/threads/{thread_id}/stop", None, replay=Replay.SAFE)
SEND_MESSAGE: StreamOp[Event, Answer] = StreamOp(
    "threads_send_message",
    "POST",
    "/api/threads/{thread_id}/messages",
    None,
    body=MessageSend,
    events=EVENTS,
    stop=STOP,
    timeout=120.0,
)
