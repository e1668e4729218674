"""What stands around a ``TokenAuth`` in its tests: a platform that renews, one that lets in, a store."""

from __future__ import annotations

import asyncio
from typing import Any, Unpack

from service import KEY, READ, FakeClock, Service

from flexsdk.core.call import Call, Reply
from flexsdk.core.tokens import MemoryStore, Token
from flexsdk.types import CallOptions

CLOCK = FakeClock()


def token(number: int, *, left: float = 3600.0) -> Token:
    return Token(
        access=f"flc_test_access_{number}",
        refresh=f"flc_test_refresh_{number}",
        expires_at=CLOCK.time() + left,
        lifetime=3600.0,
    )


OLD = token(0, left=-1)
GOOD = token(0)


def a_call(**options: Unpack[CallOptions]) -> Call:
    """Make a call as a client would."""
    return Service(KEY, clock=CLOCK)._prepare(READ, ("1",), None, None, options)


class Renewals:
    """Gives tokens 1, 2, 3… when the gate is open; ``failures`` come first."""

    def __init__(self, *failures: Exception) -> None:
        self.stale: list[Token | None] = []
        self.failures = list(failures)
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, stale: Token | None) -> Token:
        self.stale.append(stale)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        return token(len(self.stale))


class Api:
    """The rest of the way: accepts some tokens and notes what was sent."""

    def __init__(self, *accepted: Token) -> None:
        self.accepted = {each.access for each in accepted}
        self.sent: list[str] = []

    async def __call__(self, call: Call) -> Reply[Any]:
        sent = call.credentials["Authorization"].removeprefix("Bearer ")
        self.sent.append(sent)
        return Reply(call, 200 if sent in self.accepted else 401, {})


class CountingStore(MemoryStore):
    def __init__(self, *held: Token) -> None:
        super().__init__(*held)
        self.loads = 0
        self.saved: list[Token] = []
        self.failures: list[Exception] = []

    async def load(self) -> Token | None:
        self.loads += 1
        return await super().load()

    async def save(self, token: Token) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.saved.append(token)
        await super().save(token)
