"""What a client tells its hooks: one frozen record for everything that takes time.

A hook is ``Callable[[Event], None]``, called at once, in the task that makes the call. Records hold names,
numbers and times only: no header, no body, no id of an object and no address of one, so nothing secret can
be in them. The records of one call are, in this order::

    CallStarted
        LimiterWaited or LimiterRefused, QueueWaited    before each attempt, if there was a wait
        FirstByte, AttemptEnded                         of each attempt
        RetryScheduled                                  between two attempts
        BodyOpened                                      in the last attempt of a stream or a download
    CallEnded
        FirstEvent, StreamEnded                         of an event stream
        BodyClosed                                      of a stream or a download

All seconds are measured with the client's clock.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar, copy_context
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from flexsdk.core.logs import report

if TYPE_CHECKING:
    from flexsdk.types import Hook

__all__ = [
    "NO_CALL",
    "AttemptEnded",
    "BodyClosed",
    "BodyOpened",
    "CallEnded",
    "CallRef",
    "CallStarted",
    "Event",
    "FirstByte",
    "FirstEvent",
    "LimiterRefused",
    "LimiterWaited",
    "QueueWaited",
    "RetryScheduled",
    "StreamEnded",
    "Trail",
    "along",
    "emit",
    "tokens_of",
    "trails",
]

T = TypeVar("T")

_numbers = count(1)


class CallRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which call an event is about; all events of a call share one object."""

    platform: str
    """The platform's name, such as ``Flapjack``."""
    method: str
    route: str
    """The path as a template, such as ``/api/threads/{thread_id}``."""
    number: int = msgspec.field(default_factory=_numbers.__next__)
    """Counts the calls of this process that have hooks."""


NO_CALL = CallRef(platform="", method="", route="", number=0)


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What all events share. They are equal when the same has happened, whichever call it happened to."""

    op: str
    """The operation id."""
    call: CallRef = NO_CALL

    def __eq__(self, other: object) -> bool:
        """Compare all but ``call``."""
        return type(other) is type(self) and self._said() == other._said()

    def __hash__(self) -> int:
        """Match ``==``; fields may hold mappings, which have no hash."""
        return hash((type(self), self.op))

    def _said(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name != "call")


class CallStarted(Event, frozen=True, kw_only=True):
    """A call begins; its arguments are checked and nothing has been sent."""

    base_url: str
    """Where the platform is; without user name, password and query."""


class LimiterWaited(Event, frozen=True, kw_only=True):
    """The call was held for ``seconds`` to stay inside the limit called ``limit``."""

    limit: str
    seconds: float


class LimiterRefused(Event, frozen=True, kw_only=True):
    """The call would have had to wait too long for the limit called ``limit``; nothing was sent."""

    limit: str


class QueueWaited(Event, frozen=True, kw_only=True):
    """The call waited for one of the client's own slots."""

    seconds: float


class FirstByte(Event, frozen=True, kw_only=True):
    """The head of an answer has arrived, ``seconds`` after the attempt began."""

    attempt: int
    seconds: float


class AttemptEnded(Event, frozen=True, kw_only=True):
    """One HTTP attempt is over; ``outcome`` is the status as text or the name of the error."""

    attempt: int
    outcome: str
    seconds: float
    request_id: str | None = None
    """The platform's id of this answer, for its support."""


class RetryScheduled(Event, frozen=True, kw_only=True):
    """The call will be repeated after ``wait`` seconds; ``hint`` is what the platform asked for."""

    attempt: int
    cause: str
    """The status as text or the name of the error."""
    wait: float
    hint: float | None = None


class CallEnded(Event, frozen=True, kw_only=True):
    """A call gave its value or its error; ``seconds`` includes all waits and attempts.

    The call of a stream or a download ends when the platform has begun to answer.
    """

    outcome: str
    """The status of a success as text, the name of the error, or ``Cancelled``."""
    attempts: int
    seconds: float


class BodyOpened(Event, frozen=True, kw_only=True):
    """An answer is left open, to be read piece by piece: that of a stream or of a download."""


class FirstEvent(Event, frozen=True, kw_only=True):
    """The first event of a stream was given out, ``seconds`` after its call began."""

    seconds: float


class StreamEnded(Event, frozen=True, kw_only=True):
    """An event stream is over; ``outcome`` says how, ``seconds`` count from the beginning of its call."""

    outcome: str
    """``complete``, ``failed``, ``cut``, ``stalled`` or ``cancelled``."""
    events: int
    seconds: float
    tokens: Mapping[str, int] = {}
    """Model tokens by kind, such as ``input``, as far as the platform told them."""


class BodyClosed(Event, frozen=True, kw_only=True):
    """An answer that was left open is closed, ``seconds`` after its call began."""

    seconds: float


def emit(hooks: Sequence[Hook], event: Event) -> None:
    """Give the event to each hook; a hook that raises is logged and harms no call."""
    for hook in hooks:
        try:
            hook(event)
        except Exception as error:  # noqa: BLE001 - whatever a user's hook raises must not end the call
            kind, frame = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
            place = f"{frame.name}, line {frame.lineno}"
            report(f"a hook failed on {type(event).__name__}: {kind} in {place}", error=kind, place=place)


def tokens_of(result: object) -> dict[str, int]:
    """Read the counters ``*_tokens`` of a result's ``usage``, where it has such a thing."""
    usage = getattr(result, "usage", None)
    if not isinstance(usage, msgspec.Struct):
        return {}
    counted = msgspec.structs.asdict(usage).items()
    return {name.removesuffix("_tokens"): n for name, n in counted if name.endswith("_tokens") and n}


class Trail:
    """What several calls belong to: one walk over a list, or one wait for jobs.

    ``context`` is that of who began it. Calls along a trail may run in other contexts; a tracer finds here
    where they come from.
    """

    __slots__ = ("__weakref__", "context")

    def __init__(self) -> None:
        self.context = copy_context()


trails: ContextVar[Sequence[Trail]] = ContextVar("flexsdk_trails", default=())
"""The trails that calls in this context are made along."""


async def along(these: Sequence[Trail], work: Callable[[], Awaitable[T]]) -> T:
    """Make calls along these trails, besides those of the context."""
    token = trails.set((*trails.get(), *these))
    try:
        return await work()
    finally:
        trails.reset(token)
