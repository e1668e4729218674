"""Access tokens that expire: renewed ahead of time, and once when the platform refuses one.

One renewal is in flight for any number of tasks and clients. It runs in a task of its own, so that cancelling
a caller never loses a token that the platform has already rotated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from flexsdk.core.call import Call, Reply
from flexsdk.core.loops import PerLoop
from flexsdk.types import Handler

__all__ = ["MemoryStore", "Token", "TokenAuth", "TokenStore"]

EARLY_SECONDS = 60.0
"""A token is renewed that long before it expires."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, used until ``expires_at`` (seconds since the epoch), or until it is refused."""

    access: str
    refresh: str | None = None
    expires_at: float | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        """Show no token."""
        return f"Token(access='…', expires_at={self.expires_at!r}, scope={self.scope!r})"

    def fresh(self, now: float) -> bool:
        """Tell whether it can still be used at ``now``, seconds since the epoch."""
        return self.expires_at is None or now < self.expires_at - EARLY_SECONDS


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


class MemoryStore:
    """Keeps the token as long as the process lives."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token

    async def load(self) -> Token | None:
        """Give the token, if there is one."""
        return self._token

    async def save(self, token: Token) -> None:
        """Keep the token."""
        self._token = token

    async def clear(self) -> None:
        """Forget the token."""
        self._token = None


class TokenAuth:
    """A middleware that sends an access token and renews it.

    Args:
        renew: gets a new token from the platform, given the one that is no longer good, or ``None`` when
            there was none. The store is saved before any caller goes on.
        store: where the token is kept.

    One object may serve any number of clients of the platform; share it, so that they share renewals.
    """

    def __init__(self, renew: Callable[[Token | None], Awaitable[Token]], store: TokenStore) -> None:
        self._renew = renew
        self._store = store
        self._token: Token | None = None
        self._renewals = PerLoop(_Renewal)

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Send the call with a good token; after a 401, once more with a new one."""
        token = await self.token(call.clock.time())
        reply = await _send(call, forward, token)
        if reply.status != 401 or not call.replayable:
            return reply
        return await _send(call, forward, await self._replacement(token))

    async def token(self, now: float) -> Token:
        """Give a token that is good at ``now``, seconds since the epoch."""
        token = self._token
        if token is not None and token.fresh(now):
            return token
        token = await self._store.load()
        if token is not None and token.fresh(now):
            self._token = token
            return token
        return await self._replacement(token)

    async def _replacement(self, stale: Token | None) -> Token:
        """Give another token than ``stale``: one that somebody else has got in the meantime, or a new one."""
        current = self._token
        if current is not None and current != stale:
            return current
        renewal = self._renewals.get()
        if renewal.task is None or renewal.task.done():
            renewal.task = asyncio.ensure_future(self._renew_and_save(stale))
            renewal.task.add_done_callback(_look_at)
        return await asyncio.shield(renewal.task)

    async def _renew_and_save(self, stale: Token | None) -> Token:
        stored = await self._store.load()
        if stored is not None and stored != stale:
            token = stored  # another process was faster
        else:
            token = await self._renew(stale)
            await self._store.save(token)
        self._token = token
        return token


class _Renewal:
    """The renewal in flight on one loop."""

    task: asyncio.Future[Token] | None = None


def _look_at(renewal: asyncio.Future[Token]) -> None:
    """Look at a failure that no caller has waited for, so that it is not reported as forgotten."""
    if not renewal.cancelled():
        renewal.exception()


async def _send(call: Call, forward: Handler, token: Token) -> Reply[Any]:
    call.credentials = {"Authorization": f"Bearer {token.access}"}
    return await forward(call)
