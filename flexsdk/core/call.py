"""One logical call on its way through the rings, and the reply that comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from flexsdk.core.hooks import NO_CALL, BodyClosed, BodyOpened, CallRef, Event, emit
from flexsdk.errors import APIError, Attempt, DecodeError, QuotaExceeded, Spent
from flexsdk.protocol.headers import Limit, rate_limits, request_id, retry_after

if TYPE_CHECKING:
    from flexsdk.core.body import Multipart
    from flexsdk.core.dialect import Dialect
    from flexsdk.core.op import Op
    from flexsdk.core.retry import Retry
    from flexsdk.protocol.redact import Withheld
    from flexsdk.types import Clock, Hook, Priority

__all__ = ["NOTHING", "Call", "Reply", "Source", "made"]

T = TypeVar("T")

NOTHING: Mapping[str, str] = MappingProxyType({})

made: ContextVar[list[Call] | None] = ContextVar("flexsdk_calls_made", default=None)
"""A list that takes every call made in this context, so that the attempts behind plain values can be seen."""


class Source(Protocol):
    """The open body of a streamed answer."""

    async def read(self) -> bytes:
        """Give the next bytes as they come; empty at the end.

        Raises:
            ConnectionLost: the body was cut.
        """
        ...

    def fail(self, error: BaseException) -> None:
        """Wake the reader with this error, now or at its next read."""
        ...

    def close(self) -> None:
        """Give the connection back if the body has ended, else close it at once."""
        ...

    async def drain(self) -> None:
        """Wait a moment for the end of a body that has nothing more to say, to keep its connection."""
        ...

    def on_close(self, callback: Callable[[], None]) -> None:
        """Run the callback once, when the body is closed; at once when it already is."""
        ...


class Call(msgspec.Struct, eq=False):
    """A logical call: an operation with its arguments, and what has happened to it so far.

    Middlewares may change ``headers``, ``target`` and ``timeout`` before they forward it. Credentials are
    added behind the user's middlewares, so that none of them meets a secret.
    """

    op: Op[Any]
    target: str
    """The quoted path with the query."""
    dialect: Dialect
    body: bytes | Multipart | None
    content_type: str
    headers: dict[str, str]
    clock: Clock
    started: float
    """The time of ``clock.monotonic()`` at which it was made."""
    hooks: Sequence[Hook]
    timeout: float
    """Seconds for one attempt."""
    deadline: float | None
    """A time of ``clock.monotonic()``."""
    max_attempts: int | None
    priority: Priority
    credentials: Mapping[str, str] = NOTHING
    """Headers that are there while an attempt is made."""
    withheld: Withheld | None = None
    """Knows them again in an answer."""
    attempt: int = 0
    history: list[Attempt] = []
    held: float = 0.0
    """Seconds spent waiting for a limit so far."""
    queued: float = 0.0
    """Seconds spent waiting for a free connection so far."""
    source: Source | None = None
    retry: Retry | None = None
    loop: asyncio.AbstractEventLoop | None = None
    """The loop that it is made in, where that is known."""
    ref: CallRef = NO_CALL
    """What the hooks know the call by, where there are any."""

    def __repr__(self) -> str:
        """Show the operation only: headers and bodies may hold secrets."""
        return f"<Call {self.op.id} attempt {self.attempt}>"

    @property
    def replayable(self) -> bool:
        """Whether the body can be sent a second time."""
        return self.body is None or isinstance(self.body, bytes) or self.body.replayable

    def abandon(self) -> None:
        """Close the body that an attempt has opened and nobody will read."""
        if self.source is not None:
            self.source.close()
            self.source = None

    def time_left(self) -> float:
        """Seconds until the deadline; infinite without one."""
        return float("inf") if self.deadline is None else self.deadline - self.clock.monotonic()

    def spent(self) -> Spent:
        """Tell where the time has gone so far."""
        return Spent(
            attempts=sum(each.seconds for each in self.history),
            backoff=sum(each.waited for each in self.history),
            limits=self.held,
            queue=self.queued,
        )

    def emit(self, event: Event) -> None:
        """Tell the hooks."""
        if self.hooks:
            emit(self.hooks, event)

    def watch(self, source: Source) -> None:
        """Tell the hooks of an answer that is left open, now and when it is closed."""

        def closed() -> None:
            seconds = self.clock.monotonic() - self.started
            self.emit(BodyClosed(op=self.op.id, call=self.ref, seconds=seconds))

        self.emit(BodyOpened(op=self.op.id, call=self.ref))
        source.on_close(closed)


class Reply(msgspec.Struct, Generic[T], eq=False):
    """An answer of the platform, also one with an error status: only the outer edge raises."""

    call: Call
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    source: Source | None = None
    _value: Any = UNSET

    def __repr__(self) -> str:
        """Show operation, status and size."""
        return f"<Reply {self.call.op.id} {self.status}, {len(self.body)} bytes>"

    @property
    def value(self) -> T:
        """The decoded value; decoded once, at first use.

        Raises:
            DecodeError: the body has another shape than documented.
        """
        value: T = self._value
        return self._decode() if value is UNSET else value

    def _decode(self) -> T:
        try:
            value: T = self.call.op.decode(self.body)
        except APIError as error:  # an error that came with a status of success
            error.request_id = self.request_id
            raise
        except DecodeError as error:
            error.op = self.call.op.id
            raise
        self._value = value
        return value

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """All HTTP attempts of the call, the last one included."""
        return tuple(self.call.history)

    @property
    def request_id(self) -> str | None:
        """The platform's id of this answer, for its support; ``None`` where it repeats the credential."""
        named = request_id(self.headers)
        withheld = self.call.withheld
        return None if named and withheld is not None and withheld.is_in(named) else named

    @property
    def rate_limit(self) -> tuple[Limit, ...]:
        """What the answer says of each limit."""
        return rate_limits(self.headers, now=self.call.clock.time())

    @property
    def retry_after(self) -> float | None:
        """Seconds that the platform asks to wait, the longest of its wishes."""
        return retry_after(self.headers, now=self.call.clock.time())

    @property
    def quota_exceeded(self) -> bool:
        """Whether the platform says that a quota is used up, so that repeating is of no use."""
        if self.status not in (402, 429):
            return False
        dialect = self.call.dialect
        return issubclass(dialect.error_type(self.status, dialect.problem(self.body).code), QuotaExceeded)

    def error(self) -> APIError:
        """Make the exception for an answer whose status is no success."""
        failure = self.call.dialect.error(
            self.status,
            self.body,
            request_id=self.request_id,
            retry_after=self.retry_after,
            limits=self.rate_limit,
            now=self.call.clock.time(),
        )
        failure.attempts = self.attempts
        return failure

    @property
    def refused(self) -> bool:
        """Whether the platform itself named a time to come back, which makes a 503 a refusal."""
        return "Retry-After" in self.headers and self.retry_after is not None
