"""What an agent says while it answers: the events of a message stream, and what they add up to.

Source: docs concepts/streaming, concepts/threads-and-messages, api/threads. The naming is mixed on the
wire and kept where it is; the set of events grows, so an unknown name is an :class:`UnknownEvent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from flexsdk.codec import decoder
from flexsdk.core.events import Ending, EventContract
from flexsdk.errors import DecodeError
from flexsdk.structs import CamelModel, Model

__all__ = [
    "EVENTS",
    "Answer",
    "AuthChallenge",
    "Challenge",
    "ClientEvent",
    "Custom",
    "Done",
    "Error",
    "Event",
    "Meta",
    "ProfileSwitchProposal",
    "RequiresAction",
    "Token",
    "Tool",
    "ToolCall",
    "ToolExecuting",
    "ToolResult",
    "UnknownEvent",
    "Usage",
]


class Usage(Model, frozen=True, kw_only=True):
    """Tokens counted for one answer; the input and output counters are inferred."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


class Meta(CamelModel, frozen=True, kw_only=True):
    """The answer has begun; the first event. ``started_at`` is ISO 8601, UTC."""

    started_at: str


class Token(Model, frozen=True, kw_only=True, gc=False):
    """A piece of text; the pieces joined make the answer so far."""

    delta: str


class Tool(Model, frozen=True, kw_only=True):
    """A call of a tool. ``arguments`` is JSON text, possibly empty or invalid, as the model wrote it."""

    id: str
    name: str
    arguments: str = ""

    def decode(self, into: type[Any] = dict) -> Any:
        """Decode the arguments; empty text counts as no arguments.

        Raises:
            DecodeError: the model wrote something else than such JSON.
        """
        return decoder(into)(self.arguments.encode() or b"{}")


class ToolCall(Model, frozen=True, kw_only=True):
    """The agent decided to call one of its own tools."""

    tool: Tool


class ToolExecuting(Model, frozen=True, kw_only=True):
    """The tool runs now; only its name is told."""

    tool_name: str


class ToolResult(Model, frozen=True, kw_only=True):
    """The tool ended. Match it to its call by ``tool_call_id``; ``result`` is any JSON."""

    tool_name: str
    tool_call_id: str
    result: Any = None


class Custom(Model, frozen=True, kw_only=True):
    """An event of a tool's own."""

    kind: str
    payload: Any = None


class ClientEvent(Model, frozen=True, kw_only=True):
    """A notice of the runtime for the user interface."""

    kind: str
    payload: Any = None


class Challenge(CamelModel, frozen=True, kw_only=True):
    """Where the user can connect an account. The address can carry state: show it, do not log it."""

    provider: str
    redirect_url: str
    description: str | None = None

    def __repr__(self) -> str:
        """Leave the address out."""
        return f"Challenge(provider={self.provider!r}, redirect_url='…', description={self.description!r})"


class AuthChallenge(CamelModel, frozen=True, kw_only=True):
    """A tool cannot work before the user has visited an address; the stream goes on."""

    tool_name: str
    challenge: Challenge


class RequiresAction(CamelModel, frozen=True, kw_only=True):
    """Tools of the caller must run; the turn goes on when their results are sent."""

    tool_calls: list[Tool]


class ProfileSwitchProposal(Model, frozen=True, kw_only=True):
    """The agent proposes another tool profile; ask the user before switching."""

    target: str
    reason: str | None = None


class Done(CamelModel, frozen=True, kw_only=True):
    """The answer has ended. Without ``message_id`` it was stopped, or is the first leg of a tool loop."""

    ok: bool = True
    content: str | None = None
    message_id: str | None = None
    usage: Usage | None = None


class Error(Model, frozen=True, kw_only=True):
    """The answer failed. Iteration raises it as :class:`~flexsdk.errors.StreamFailed`."""

    code: str
    detail: str | None = None


class UnknownEvent(Model, frozen=True, kw_only=True):
    """An event of a name that this version does not know; ``data`` is JSON, or text where it is none."""

    name: str
    data: Any = None


Event: TypeAlias = (
    Meta
    | Token
    | ToolCall
    | ToolExecuting
    | ToolResult
    | Custom
    | ClientEvent
    | AuthChallenge
    | RequiresAction
    | ProfileSwitchProposal
    | Done
    | UnknownEvent
)
"""What iterating over a message stream gives."""

Outcome: TypeAlias = Literal[
    "open", "complete", "stopped", "requires_action", "failed", "cut", "stalled", "cancelled"
]


class Answer(Model, frozen=True, kw_only=True):
    """What the events of one message stream add up to so far.

    ``text`` is the platform's final text once it has come, else the pieces joined. ``tool_calls`` wait for
    results of the caller. ``outcome`` says how the stream stands or ended.
    """

    outcome: Outcome
    text: str
    message_id: str | None = None
    usage: Usage | None = None
    tool_calls: Sequence[Tool] = ()

    @property
    def stopped(self) -> bool:
        """Whether the answer was stopped early at the platform."""
        return self.outcome == "stopped"


class _Fold:
    """Gathers a message stream; ``requires_action`` is looked at before the missing message id."""

    __slots__ = ("_deltas", "_done", "_error", "_tool_calls")

    def __init__(self) -> None:
        self._deltas: list[str] = []
        self._done: Done | None = None
        self._error: Error | None = None
        self._tool_calls: list[Tool] = []

    def add(self, events: Sequence[Event | Error]) -> None:
        for event in events:
            if isinstance(event, Token):
                self._deltas.append(event.delta)
            elif isinstance(event, RequiresAction):
                self._tool_calls.extend(event.tool_calls)
            elif isinstance(event, Done):
                self._done = event
            elif isinstance(event, Error):
                self._error = event

    def may_end(self) -> bool:
        return bool(self._tool_calls)

    def failure(self) -> tuple[str | None, str | None] | None:
        if self._error:
            return self._error.code, self._error.detail
        if self._done and not self._done.ok:
            return None, "the answer ended as not ok"
        return None

    def result(self, ending: Ending) -> Answer:
        done = self._done
        text = "".join(self._deltas)
        return Answer(
            outcome=self._outcome(ending),
            text=done.content if done and done.content is not None else text,
            message_id=done.message_id if done else None,
            usage=done.usage if done else None,
            tool_calls=tuple(self._tool_calls),
        )

    def _outcome(self, ending: Ending) -> Outcome:
        if ending != "complete":
            return ending
        if self._tool_calls:
            return "requires_action"
        return "complete" if self._done and self._done.message_id else "stopped"


_any = decoder(object)


def unknown_event(name: str, raw: bytes) -> UnknownEvent:
    """Make an event of a name that is in no contract."""
    try:
        return UnknownEvent(name=name, data=_any(raw))
    except DecodeError:
        return UnknownEvent(name=name, data=raw.decode(errors="replace"))


EVENTS: EventContract[Event, Answer] = EventContract(
    types={
        "meta": Meta,
        "token": Token,
        "tool_call": ToolCall,
        "tool_executing": ToolExecuting,
        "tool_result": ToolResult,
        "custom": Custom,
        "client_event": ClientEvent,
        "auth_challenge": AuthChallenge,
        "requires_action": RequiresAction,
        "profile_switch_proposal": ProfileSwitchProposal,
        "done": Done,
        "error": Error,
    },
    last=(Done, Error),
    unknown=unknown_event,
    fold=_Fold,
    text=lambda event: event.delta if isinstance(event, Token) else None,
    cut_hint="the message was posted and may be answered at the platform, so do not send it again; ",
)
"""The contract of ``POST /api/threads/{thread_id}/messages``."""
