"""Access tokens that expire: renewed ahead of time, and once when the platform refuses one.

One renewal is in flight for any number of tasks and clients. It runs in a task of its own, so that cancelling
a caller never loses a token that the platform has already rotated, and under the lock of the store, so that
others who share the store wait and then take what has been stored.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import Context
from typing import Any, NoReturn, Protocol, TypeVar

import anyio
import msgspec

from flexsdk.core.auth import Bearer
from flexsdk.core.call import Call, Reply
from flexsdk.core.loops import PerLoop
from flexsdk.errors import ConfigError, FlexError, Timeout
from flexsdk.protocol.redact import check_key
from flexsdk.types import Handler

__all__ = ["MemoryStore", "Token", "TokenAuth", "TokenStore", "hold", "read_token"]

EARLY_SECONDS = 60.0
"""A token is renewed that long before it expires; a short-lived one in the last quarter of its life."""
VAIN_SECONDS = 30.0
"""After a 401 that a new token did not cure, a 401 renews nothing for that long."""
LOOK_SECONDS = 0.05
"""How often a lock is tried that somebody else holds."""
HOLD_SECONDS = 90.0
"""How long a lock is waited for: longer than a renewal may take."""

T = TypeVar("T")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, used until ``expires_at`` (seconds since the epoch), or until it is refused.

    ``lifetime`` is how many seconds it was given for.
    """

    access: str
    refresh: str | None = None
    expires_at: float | None = None
    lifetime: float | None = None
    scope: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot stand in a header."""
        check_key(self.access, name="the access token")

    def __repr__(self) -> str:
        """Show no token."""
        return f"Token(access='…', expires_at={self.expires_at!r}, scope={self.scope!r})"

    def __rich_repr__(self) -> Any:
        """Show no token in rich tracebacks either."""
        yield "expires_at", self.expires_at

    def __reduce__(self) -> NoReturn:
        """Refuse: a pickle would hold the token."""
        raise TypeError("a token is not pickled, it would lie open in the file; share a token store")

    def fresh(self, now: float) -> bool:
        """Tell whether it can still be used at ``now``, seconds since the epoch."""
        if self.expires_at is None:
            return True
        early = EARLY_SECONDS if self.lifetime is None else min(EARLY_SECONDS, self.lifetime / 4)
        return now < self.expires_at - early


class TokenStore(Protocol):
    """Where a token is kept between processes."""

    async def load(self) -> Token | None:
        """Give the token, if there is one."""
        ...

    async def save(self, token: Token) -> None:
        """Keep the token; returns when it is safe."""
        ...

    async def clear(self) -> None:
        """Forget the token."""
        ...

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Keep out all others who share the store while a token is renewed."""
        ...


class MemoryStore:
    """Keeps the token as long as the process lives."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token
        self._lock = threading.Lock()

    async def load(self) -> Token | None:
        """Give the token, if there is one."""
        return self._token

    async def save(self, token: Token) -> None:
        """Keep the token."""
        self._token = token

    async def clear(self) -> None:
        """Forget the token."""
        self._token = None

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Keep out the other loops and threads of this process."""
        return hold(lambda: self._lock.acquire(blocking=False), self._lock.release)


_decode = msgspec.json.Decoder(Token).decode


def read_token(raw: bytes | str, place: str) -> Token:
    """Read what a store has kept as JSON.

    Raises:
        ConfigError: it is no token; the message names the place and shows nothing of what is there.
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return _decode(raw)
    raise ConfigError(f"{place} holds no token; delete it and log in again")


@asynccontextmanager
async def hold(take: Callable[[], bool], give_back: Callable[[], None]) -> AsyncIterator[None]:
    """Hold a lock that other threads or processes may hold; ``take`` must not wait.

    Raises:
        Timeout: the lock did not become free within 90 s.
    """
    for _ in range(int(HOLD_SECONDS / LOOK_SECONDS)):
        if take():
            break
        await anyio.sleep(LOOK_SECONDS)
    else:
        raise Timeout("the token store stays locked by somebody else", phase="queue", seconds=HOLD_SECONDS)
    try:
        yield
    finally:
        give_back()


class TokenAuth:
    """A middleware that sends an access token and renews it.

    Args:
        renew: gets a new token from the platform, given the stored one that is no longer good, or ``None``
            when there is none. It runs outside of any call: no deadline of a caller bounds it, so it must
            end by itself. The store is saved before any caller goes on.
        store: where the token is kept.

    One object may serve any number of clients of the platform; share it, so that they share renewals.
    """

    def __init__(self, renew: Callable[[Token | None], Awaitable[Token]], store: TokenStore) -> None:
        self._renew = renew
        self._store = store
        self._token: Token | None = None
        self._unsaved: Token | None = None
        self._vain: tuple[Token, float] | None = None
        self._renewals = PerLoop(_Renewal)

    def __reduce__(self) -> NoReturn:
        """Refuse: a pickle would hold what tokens are got with."""
        raise TypeError("credentials are not pickled; make them anew over there, with a shared token store")

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Send the call with a good token; after a 401, once more with another one.

        Raises:
            Timeout: the deadline of the call passed while the token was renewed; nothing was sent.
        """
        token = self._token
        now = call.clock.time()
        if token is None or not token.fresh(now):
            token = await _in_time(call, self.token(now))
        reply = await _send(call, forward, token)
        if reply.status != 401 or not call.replayable or self._in_vain(token, call):
            return reply
        another = await _in_time(call, self._another(token, call.clock.time()))
        reply = await _send(call, forward, another)
        if reply.status == 401:
            self._vain = (another, call.clock.monotonic() + VAIN_SECONDS)
        return reply

    async def token(self, now: float) -> Token:
        """Give a token that is good at ``now``, seconds since the epoch."""
        return await self._another(None, now)

    async def keep(self, token: Token) -> None:
        """Use this token from now on; returns when it is stored."""
        async with self._store.lock():
            await self._store.save(token)
            self._token, self._unsaved = token, None

    async def forget(self) -> Token | None:
        """Use and store no token any more, and give the one that was stored."""
        async with self._store.lock():
            token = await self._store.load()
            await self._store.clear()
            self._token = self._unsaved = None
        return token

    def _in_vain(self, token: Token, call: Call) -> bool:
        """Tell whether a new token was refused just now: then the token is not what is wrong."""
        return self._vain is not None and self._vain[0] == token and call.clock.monotonic() < self._vain[1]

    async def _another(self, refused: Token | None, now: float) -> Token:
        """Give a good token other than ``refused``: one that came in the meantime, or a new one."""
        current = self._token
        if current is not None and current != refused and current.fresh(now):
            return current
        while True:
            renewal = self._join(refused, now)
            await asyncio.wait((renewal,))
            if not renewal.cancelled():  # else the next in the queue takes over
                return _outcome(renewal)

    def _join(self, refused: Token | None, now: float) -> asyncio.Task[Token]:
        """Give the renewal in flight on this loop; start one where there is none."""
        flight = self._renewals.get()
        if flight.task is None or flight.task.done():
            # An empty context: neither the deadline nor the trace of whoever comes first is everybody's.
            work = self._replace(refused, now)
            flight.task = asyncio.get_running_loop().create_task(work, context=Context())
            flight.task.add_done_callback(_look_at)
        return flight.task

    async def _replace(self, refused: Token | None, now: float) -> Token:
        async with self._store.lock():
            await self._save()
            token = await self._store.load()
            if token is None or token == refused or not token.fresh(now):
                token = self._unsaved = await self._renew(token)
                await self._save()
            self._token = token
        return token

    async def _save(self) -> None:
        """Store what is not stored yet; a token that a full disk refused is tried again, not lost."""
        if self._unsaved is not None:
            await self._store.save(self._unsaved)
            self._unsaved = None


class _Renewal:
    """The renewal in flight on one loop."""

    task: asyncio.Task[Token] | None = None


def _look_at(renewal: asyncio.Task[Token]) -> None:
    """Look at a failure that no caller has waited for, so that it is not reported as forgotten."""
    if not renewal.cancelled():
        renewal.exception()


def _outcome(renewal: asyncio.Task[Token]) -> Token:
    """Give the token, or raise; each waiter gets an error of its own, for calls write into their errors."""
    error = renewal.exception()
    if isinstance(error, FlexError):
        raise copy.copy(error)
    return renewal.result()


async def _in_time(call: Call, waiting: Awaitable[T]) -> T:
    left = call.time_left()
    try:
        async with asyncio.timeout(left if left < float("inf") else None) as scope:
            return await waiting
    except TimeoutError:
        if not scope.expired():
            raise
    raise Timeout("no token before the deadline; the call was not sent", phase="deadline", seconds=left)


def _send(call: Call, forward: Handler, token: Token) -> Awaitable[Reply[Any]]:
    return Bearer(token.access, name="access token")(call, forward)
