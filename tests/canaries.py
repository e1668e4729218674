"""A call that carries something private wherever it can, and fails in every way before it succeeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from servers import RawServer, answer, reset
from service import KEY, READ, Connect

from flexsdk.core.op import Op, Replay
from flexsdk.errors import FlexError

CANARY = "canary"
SEND: Op[None] = Op("send", "POST", "/rooms/{room_id}/letters", None, replay=Replay.SAFE)


def private(where: str) -> str:
    return f"{CANARY}-{where}-7f3a"


async def sing(connect: Connect, hooks: Sequence[Callable[[Any], None]], **settings: Any) -> None:
    """Make two calls, one that succeeds in the end and one that fails, under the eyes of these hooks."""
    said = msgspec.json.encode({"message": private("answer"), "id": private("answer")})
    refusals = [answer(429, said, retry_after="1"), reset, answer(503, said)]
    async with RawServer(*refusals, answer(200, said), answer(404, said)) as server:
        client = connect(server, hooks=hooks, headers={"X-Private": private("header")}, **settings)
        await client.call(
            SEND,
            private("id"),
            query={"q": private("query")},
            body={"text": private("body")},
            headers={"X-More": private("option")},
        )
        with suppress(FlexError):
            await client.call(READ, private("id"))
        assert len(server.requests) == 5
        assert KEY in server.requests[0].headers["authorization"]


def leaks(text: str) -> bool:
    """Tell whether anything private stands in a text."""
    return CANARY in text or KEY in text
