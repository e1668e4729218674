"""One endpoint as one public constant."""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec

from flexsdk.codec import Envelope, decoder
from flexsdk.core.events import EventContract
from flexsdk.protocol.cursor import SINGLE, PageStyle
from flexsdk.protocol.retry import Replay
from flexsdk.protocol.urls import PathTemplate

__all__ = ["Certainty", "Op", "Replay", "StreamOp"]

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")


class Certainty(enum.Enum):
    """Whether a source shows the endpoint, or it follows from a pattern only."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"


_SAFE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class _Endpoint(msgspec.Struct, Generic[T], frozen=True, eq=False, dict=True):
    """What stands first, and needs no names."""

    id: str
    method: str
    path: str
    answer: type[T] | None


class Op(_Endpoint[T], Generic[T], frozen=True, eq=False, kw_only=True):
    """An operation of a platform: everything about an endpoint that does not change from call to call.

    Args:
        id: the operation id of the OpenAPI file.
        method: the HTTP method.
        path: a template such as ``/api/threads/{thread_id}``; each parameter is one quoted segment.
        answer: the type of the value; ``None`` where the body says nothing.
        replay: what may be repeated after a failure that leaves open whether the platform acted. GET,
            PUT and DELETE default to safe, everything else to never.
        body: the struct that is sent, ``None`` without a body.
        query: the names of the documented query parameters.
        envelope: how the platform wraps the answer.
        pages: how the platform cuts the list into pages, for operations whose answer is a ``Page``.
        timeout: seconds that one attempt may take at the least, where the client's default is too short.
        accept: the content type that is asked for.
        streamed: whether a successful answer is left open, to be read piece by piece.
        bucket: the name of a limit of its own that the platform sets for this endpoint.
    """

    replay: Replay | None = None
    body: Any = None
    query: tuple[str, ...] = ()
    envelope: Envelope | None = None
    pages: PageStyle = SINGLE
    timeout: float = 0.0
    bucket: str = ""
    accept: str = "application/json"
    streamed: bool = False
    certainty: Certainty = Certainty.DOCUMENTED

    @cached_property
    def repeats(self) -> Replay:
        """What may be repeated: as declared, else by the method."""
        return self.replay or (Replay.SAFE if self.method in _SAFE_METHODS else Replay.NEVER)

    @cached_property
    def template(self) -> PathTemplate:
        """The path, cut once for filling."""
        return PathTemplate(self.path)

    @cached_property
    def decode(self) -> Callable[[bytes], T]:
        """The decoder of a successful answer, built at first use."""
        return decoder(self.answer, self.envelope)


class StreamOp(Op[None], Generic[E, R], frozen=True, eq=False, kw_only=True):
    """An operation that answers with an event stream.

    Args:
        events: which events there are, which end the stream, and how they make up the result.
        stop: tells the platform to end the work behind the stream; takes the same ids.
    """

    events: EventContract[E, R]
    stop: Op[None] | None = None
    accept: str = "text/event-stream"
    streamed: bool = True
