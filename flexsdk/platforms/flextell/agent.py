"""The AI agent in conversations, and its suggestions. Source: endpoint pages, "Conversations"."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Unpack

from msgspec import Meta
from msgspec.structs import force_setattr

from flexsdk.core.op import Op, Replay
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA
from flexsdk.platforms.flextell.messages import MessageAck
from flexsdk.platforms.flextell.values import Number, as_number, checked
from flexsdk.structs import UNSET, Model, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "DISABLE",
    "ENABLE",
    "GET",
    "GET_SUGGESTION",
    "SEND_SUGGESTION",
    "Agent",
    "AgentDisable",
    "AgentState",
    "AiSuggestion",
    "AiSuggestionSend",
    "MessageText",
    "Suggestions",
]


class AgentState(Model, frozen=True, kw_only=True):
    """Whether the agent is off, since whom and until when; ``remaining_minutes`` are minutes."""

    agent_disabled: bool | None = None
    agent_expires_at: str | None = None
    agent_disabled_by_user_name: str | None = None
    remaining_minutes: Number | None = None

    def __post_init__(self) -> None:
        """Settle the number, which also comes as text."""
        force_setattr(self, "remaining_minutes", as_number(self.remaining_minutes))


class MessageText(Model, frozen=True, kw_only=True):
    """What the platform says of an action."""

    message: str | None = None


class AgentDisable(Params, frozen=True, kw_only=True):
    """The body that switches the agent off."""

    duration_minutes: Annotated[int, Meta(ge=1, le=525_600)] | UnsetType | None = UNSET


class AiSuggestion(Model, frozen=True, kw_only=True):
    """What the agent would answer; the items of the lists are not documented."""

    id: int
    conversation_id: int | None = None
    original_text: str | None = None
    final_text: str | None = None
    status: str | None = None
    rating: str | None = None
    pending_actions: list[Any] = []
    trigger_chat_log_ids: list[Any] = []
    has_new_messages: bool | None = None
    sent_at: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class AiSuggestionSend(Params, frozen=True, kw_only=True):
    """The body that sends a suggestion."""

    send_source: Literal["suggestion_as_is", "suggestion_edited"]
    message: Annotated[str, Meta(max_length=4096)] | UnsetType | None = UNSET
    take_over_agent: bool | UnsetType = UNSET


_AGENT = "/v1/conversations/{id}/agent"
_SUGGESTION = "/v1/conversations/{id}/ai-suggestion"

GET = Op("conversations_agent_get", "GET", _AGENT, AgentState, envelope=DATA)
ENABLE = Op(
    "conversations_agent_enable",
    "POST",
    f"{_AGENT}/enable",
    MessageText,
    envelope=DATA,
    replay=Replay.SAFE,
)
DISABLE = Op(
    "conversations_agent_disable",
    "POST",
    f"{_AGENT}/disable",
    MessageText,
    body=AgentDisable,
    envelope=DATA,
    replay=Replay.SAFE,
)
GET_SUGGESTION = Op("conversations_ai_suggestion_get", "GET", _SUGGESTION, AiSuggestion, envelope=DATA)
SEND_SUGGESTION = Op(
    "conversations_ai_suggestion_send",
    "POST",
    f"{_SUGGESTION}/send",
    MessageAck,
    body=AiSuggestionSend,
    envelope=DATA,
)


class Agent(Resource):
    """The AI agent in a conversation; reached as ``client.conversations.agent``."""

    async def get(self, conversation_id: int, **options: Unpack[CallOptions]) -> AgentState:
        """Read whether the agent is on. Safe to repeat."""
        return await self._call(GET, conversation_id, **options)

    async def enable(self, conversation_id: int, **options: Unpack[CallOptions]) -> MessageText:
        """Switch the agent on. Safe to repeat."""
        return await self._call(ENABLE, conversation_id, **options)

    async def disable(
        self,
        conversation_id: int,
        *,
        duration_minutes: int | None = None,
        **options: Unpack[CallOptions],
    ) -> MessageText:
        """Switch the agent off. Safe to repeat; the time then begins anew.

        Args:
            duration_minutes: 1 to 525,600; without end when left out, which is inferred.
        """
        body = checked(AgentDisable(duration_minutes=duration_minutes))
        return await self._call(DISABLE, conversation_id, body=body, **options)


class Suggestions(Resource):
    """What the AI agent would answer; reached as ``client.conversations.suggestions``."""

    async def get(self, conversation_id: int, **options: Unpack[CallOptions]) -> AiSuggestion:
        """Read the pending suggestion. Safe to repeat.

        Raises:
            NotFound: there is none, which is inferred.
        """
        return await self._call(GET_SUGGESTION, conversation_id, **options)

    async def send(
        self,
        conversation_id: int,
        *,
        message: str | None = None,
        take_over_agent: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> MessageAck:
        """Send the pending suggestion to the customer. Not repeated after an ambiguous failure.

        Args:
            message: an edited text in its place, up to 4,096 characters.
            take_over_agent: whether a person goes on from here.
        """
        body = AiSuggestionSend(
            send_source="suggestion_as_is" if message is None else "suggestion_edited",
            message=UNSET if message is None else message,
            take_over_agent=take_over_agent,
        )
        return await self._call(SEND_SUGGESTION, conversation_id, body=checked(body), **options)
