"""The base of all clients: settings in, two rings composed once, calls out."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar, Unpack
from weakref import WeakSet, WeakValueDictionary

from msgspec import UNSET, UnsetType

from flexsdk._version import __version__
from flexsdk.codec import encode
from flexsdk.core.body import Form, Multipart
from flexsdk.core.call import Call, Reply, made
from flexsdk.core.clock import SystemClock
from flexsdk.core.deadline import ambient
from flexsdk.core.dialect import Dialect
from flexsdk.core.files import Download
from flexsdk.core.gate import Gate
from flexsdk.core.hooks import CallEnded, CallRef, CallStarted, emit
from flexsdk.core.limits import RateLimit
from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.core.resource import Resource
from flexsdk.core.rings import compose, credential_of, limiter_of, retry_of, scope_of
from flexsdk.core.settings import Settings
from flexsdk.core.stats import Stats
from flexsdk.core.stream import EventStream
from flexsdk.core.transport import Transport
from flexsdk.errors import ConfigError, FlexError
from flexsdk.protocol.checks import check_headers, check_seconds
from flexsdk.protocol.redact import Secret
from flexsdk.protocol.urls import encode_query
from flexsdk.types import CallOptions, Clock, Hook, Middleware

if TYPE_CHECKING:
    import aiohttp

    from flexsdk.core.poller import Poller

__all__ = ["Client"]

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")
J = TypeVar("J")

TIMEOUT_SECONDS = 60.0
"""Default time for one attempt."""
ERRAND_SECONDS = 2.0
"""Most time for a stop call that nobody waits for."""
MAX_CONNECTIONS = 100
"""Default number of requests and open streams at the same time, per event loop."""


class Cancellable(Protocol):
    """What is open until its client is closed."""

    def cancel(self) -> None:
        """Close it at once."""
        ...


class Client:
    """What all platform clients share.

    Args:
        api_key: the credential; by default from the platform's environment variable.
        base_url: by default from the environment, else the platform's production address. Plain http is
            accepted for this machine only.
        auth: a middleware that adds credentials, in place of ``api_key``.
        timeout: seconds for one attempt.
        deadline: seconds for a whole call with its waits and attempts; ``None`` for no such bound.
        max_connections: requests and open streams at the same time, per event loop.
        retry: how failures are repeated; ``None`` for never.
        plan: the name of your plan, where the platform publishes limits by plan; without it the limits are
            learned from the answers. All clients of a process with the same key share them.
        limits: a limiter in place of ``plan``, or any middleware that does its work; ``None`` for none.
        middlewares: around the whole call, outermost first.
        attempt_middlewares: around each attempt, outermost first; they meet no credential.
        hooks: told of every wait and every end.
        headers: sent with every call.
        session: an aiohttp session of your own. It is never closed here, and serves its own loop only. Kept
            connections are not looked at before they are used again: that is for sessions opened here.
        clock: time, for tests.

    Raises:
        ConfigError: an argument is wrong; nothing was sent.
        APIError: what the platform says, as one of its subclasses.
        TransportError: no complete answer, as one of its subclasses.
        DecodeError: an answer of another shape than documented.

    These may come from every call; methods document only those that mean something special there.

    A client belongs to no loop: it opens a session in each loop it is used in. Close it with
    ``async with`` or ``await client.aclose()``; its views are closed with it.
    """

    dialect: ClassVar[Dialect]

    def __init__(
        self,
        api_key: str | Secret | None = None,
        *,
        base_url: str | None = None,
        auth: Middleware | None = None,
        timeout: float = TIMEOUT_SECONDS,
        deadline: float | None = None,
        max_connections: int = MAX_CONNECTIONS,
        retry: Middleware | UnsetType | None = UNSET,
        plan: str | None = None,
        limits: Middleware | UnsetType | None = UNSET,
        middlewares: Sequence[Middleware] = (),
        attempt_middlewares: Sequence[Middleware] = (),
        hooks: Sequence[Hook] = (),
        headers: Mapping[str, str] | None = None,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
    ) -> None:
        dialect = self.dialect
        self.base_url = dialect.address(base_url)
        self.clock: Clock = clock or SystemClock()
        self._hooks = tuple(hooks)
        self._timeout = check_seconds("timeout", timeout)
        self._settings = Settings().merged({"deadline": deadline} if deadline is not None else {})
        self._streams: WeakSet[Cancellable] = WeakSet()
        self._errands: set[asyncio.Task[None]] = set()
        self._pollers: WeakValueDictionary[tuple[object, ...], Poller[Any]] = WeakValueDictionary()
        self._transport = Transport(
            self.base_url,
            {"User-Agent": f"flexsdk/{__version__}", **check_headers(headers or {})},
            session=session,
        )
        credential = credential_of(dialect, api_key, auth)
        self.plan = plan
        scope = scope_of(dialect, self.base_url, credential)
        self._limits = limiter_of(dialect, plan, limits, scope)
        call_ring = [*middlewares, retry_of(retry, scope)]
        self._gate = Gate(max_connections)
        attempt_ring = [*attempt_middlewares, credential, self._limits, self._gate]
        self._handle = compose([*call_ring, *attempt_ring], self._transport)

    def __repr__(self) -> str:
        """Show the address, never a credential."""
        return f"<{type(self).__name__} {getattr(self, 'base_url', 'half made')}>"

    async def __aenter__(self) -> Self:
        """Give the client itself; sessions open at first use."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.aclose()

    @property
    def limits(self) -> RateLimit:
        """The limiter, shared with every client of this process that uses the same key."""
        if not isinstance(self._limits, RateLimit):
            raise ConfigError("this client was made without a limiter of the package")
        return self._limits

    def stats(self) -> Stats:
        """Count what the client and its views hold at this moment, in all loops; cheap, from any thread."""
        connections, in_use = self._transport.counts()
        limits = self._limits if isinstance(self._limits, RateLimit) else None
        tasks = len(self._errands) + sum(poller.tasks for poller in tuple(self._pollers.values()))
        return Stats(
            connections=connections,
            connections_in_use=in_use,
            under_way=self._gate.under_way,
            waiting_for_slot=self._gate.waiting,
            waiting_for_limit=limits.waiting if limits else 0,
            tasks=tasks + (limits.tasks if limits else 0),
        )

    async def aclose(self) -> None:
        """Close all connections, also those of open streams, which then end as cancelled. Idempotent."""
        for stream in tuple(self._streams):
            stream.cancel()
        if errands := [task for task in self._errands if task.get_loop() is asyncio.get_running_loop()]:
            await asyncio.wait(errands)
        await self._transport.aclose()
        if isinstance(self._limits, RateLimit):
            await self._limits.aclose(clock=self.clock)

    def with_options(self, **options: Unpack[CallOptions]) -> Self:
        """Give a view of this client with other defaults; session, limiter and retry budget are shared."""
        view = object.__new__(type(self))
        view.__dict__.update(
            {name: value for name, value in self.__dict__.items() if not isinstance(value, Resource)}
        )
        view._settings = self._settings.merged(options)
        return view

    def poller(self, kind: object, make: Callable[[Self], Poller[J]]) -> Poller[J]:
        """Give the poller of a kind of jobs, which all views share that send the same headers.

        It makes its requests with these headers and no other options of a view.
        """
        headers = self._settings.headers
        key = (kind, *sorted(headers.items()))
        if (poller := self._pollers.get(key)) is None:
            view = self.with_options()
            view._settings = Settings(headers=headers)  # noqa: SLF001 - a view of the same class
            poller = self._pollers[key] = make(view)
        return poller

    def pollers(self, kind: object) -> list[Poller[Any]]:
        """Give all pollers of a kind of jobs that are in use."""
        return [poller for key, poller in tuple(self._pollers.items()) if key[0] == kind]

    async def call(
        self,
        op: Op[T],
        *ids: str | int | uuid.UUID,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        **options: Unpack[CallOptions],
    ) -> T:
        """Make one logical call and give its value; ``ids`` fill the path from left to right."""
        reply = await self._send(op, ids, query, body, options)
        return reply.value

    async def send(
        self,
        op: Op[T],
        *ids: str | int | uuid.UUID,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        **options: Unpack[CallOptions],
    ) -> Reply[T]:
        """Make one logical call and give the whole reply: value, status, headers, attempts, limits."""
        return await self._send(op, ids, query, body, options)

    async def _send(
        self,
        op: Op[T],
        ids: Sequence[str | int | uuid.UUID],
        query: Mapping[str, Any] | None,
        body: Any,
        options: CallOptions,
    ) -> Reply[T]:
        call = self._prepare(op, ids, query, body, options)
        call.loop = asyncio.get_running_loop()
        if (calls := made.get()) is not None:
            calls.append(call)
        hooks = self._hooks
        if hooks:
            call.ref = CallRef(platform=self.dialect.name, method=op.method, route=op.path)
            emit(hooks, CallStarted(op=op.id, call=call.ref, base_url=self.base_url))
        try:
            reply = await self._handle(call)
            if not 200 <= reply.status < 300:
                raise reply.error()
            if reply.source is None:
                reply.value  # noqa: B018 - decode here, so that a failure is raised by the call
        except BaseException as error:
            self._fail(call, error)
            raise
        if hooks:
            self._end(call, str(reply.status))
        return reply

    def _fail(self, call: Call, error: BaseException) -> None:
        """Let go of what the call holds, and tell the error what was tried."""
        call.abandon()
        if isinstance(error, FlexError):
            error.attempts = tuple(call.history)
            error.spent = call.spent()
        if call.hooks:
            cancelled = isinstance(error, asyncio.CancelledError)
            self._end(call, "Cancelled" if cancelled else type(error).__name__)

    def _end(self, call: Call, outcome: str) -> None:
        seconds = self.clock.monotonic() - call.started
        tried = len(call.history)
        emit(
            call.hooks,
            CallEnded(op=call.op.id, call=call.ref, outcome=outcome, attempts=tried, seconds=seconds),
        )

    def stream(
        self,
        op: StreamOp[E, R],
        *ids: str | int | uuid.UUID,
        body: Any = None,
        idle_timeout: float,
        event_timeout: float,
        stop_on_exit: bool = False,
        **options: Unpack[CallOptions],
    ) -> EventStream[E, R]:
        """Prepare a stream; the call is made on entering ``async with``.

        Args:
            idle_timeout: most seconds without any byte while waiting.
            event_timeout: most seconds without an event while waiting.
            stop_on_exit: whether leaving before the end also sends the operation's stop call.
        """
        if stop_on_exit and op.stop is None:
            raise ConfigError(f"nothing stops {op.id} at the platform; leave stop_on_exit out")
        opened = EventStream(
            partial(self.send, op, *ids, body=body, **options),
            op.events,
            idle_timeout=check_seconds("idle_timeout", idle_timeout),
            event_timeout=check_seconds("event_timeout", event_timeout),
            stop=partial(self._run_errand, op.stop, ids) if op.stop else None,
            stop_on_exit=stop_on_exit,
        )
        self.adopt(opened)
        return opened

    def adopt(self, opened: Cancellable) -> None:
        """Cancel this when the client is closed, unless it is gone by then."""
        self._streams.add(opened)

    def _run_errand(self, op: Op[None], ids: Sequence[str | int | uuid.UUID]) -> None:
        errand = asyncio.get_running_loop().create_task(self._best_effort(op, ids))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _best_effort(self, op: Op[None], ids: Sequence[str | int | uuid.UUID]) -> None:
        ambient.set(None)  # the deadline that ended the stream must not end this, too
        with contextlib.suppress(FlexError):
            await self.call(op, *ids, deadline=ERRAND_SECONDS, attempts=1)

    def download(
        self,
        op: Op[None],
        *ids: str | int | uuid.UUID,
        query: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Download:
        """Prepare a download; the call is made when it is first used."""
        view = self.with_options(**options)
        return Download(lambda more: view.send(op, *ids, query=query, **more))

    def _prepare(
        self,
        op: Op[Any],
        ids: Sequence[str | int | uuid.UUID],
        query: Mapping[str, Any] | None,
        body: Any,
        options: CallOptions,
    ) -> Call:
        """Check and encode everything, so that nothing wrong is ever sent."""
        settings = self._settings.merged(options) if options else self._settings
        target = op.template.fill(ids)
        content, content_type = (None, "") if body is None else _encode(body)
        clock = self.clock
        now = clock.monotonic()
        ends = ambient.get()
        if settings.deadline is not None and (ends is None or now + settings.deadline < ends):
            ends = now + settings.deadline
        return Call(  # by position, which costs half
            op,
            target + encode_query(query) if query else target,
            self.dialect,
            content,
            content_type,
            _headers(op, settings),
            clock,
            now,
            self._hooks,
            settings.timeout or max(op.timeout, self._timeout),
            ends,
            settings.attempts,
            settings.priority,
        )


def _encode(body: Any) -> tuple[bytes | Multipart | None, str]:
    """Give the body as it is sent, and its content type."""
    if isinstance(body, Multipart):
        return body, ""
    if isinstance(body, Form):
        return body.encode(), body.content_type
    return encode(body), "application/json"


def _headers(op: Op[Any], settings: Settings) -> dict[str, str]:
    """Add the idempotency key: one per logical call, the same on every attempt."""
    if op.repeats is Replay.KEYED:
        return {**settings.headers, "Idempotency-Key": settings.idempotency_key or str(uuid.uuid4())}
    if settings.idempotency_key:
        raise ConfigError(f"the platform documents no idempotency key for {op.id}; leave it out")
    return dict(settings.headers)  # middlewares may change those of their call
