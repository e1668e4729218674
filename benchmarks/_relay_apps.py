"""Applications that relay a stream of Flapjack to a browser: ours, and what one writes by hand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import aiohttp
import msgspec
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from flexsdk import Flapjack
from flexsdk.ext.fastapi import client, clients, install, passthrough, relay
from flexsdk.platforms.flapjack import Token

__all__ = ["APPS"]

KEY = "fj_test_0123456789abcdef"

_Flapjack = Annotated[Flapjack, Depends(client(Flapjack))]
_decode = msgspec.json.Decoder(Token).decode
_encode = msgspec.json.Encoder().encode


def ours(url: str, answer: Callable[[Any], Response]) -> FastAPI:
    app = FastAPI(lifespan=clients(flapjack=lambda: Flapjack(KEY, base_url=url, max_connections=10_000)))
    install(app)

    @app.get("/ask")
    async def ask(flapjack: _Flapjack) -> Response:
        return answer(flapjack.threads.stream("every", "Hello"))

    return app


def by_hand(url: str, read: Callable[[Any], AsyncIterator[bytes]]) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {KEY}", "Accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(total=None)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
            yield {"session": session}

    app = FastAPI(lifespan=lifespan)

    @app.get("/ask")
    async def ask(request: Request) -> Response:
        posted = request.state.session.post(f"{url}/every", json={"content": "Hello"})
        headers = {"Cache-Control": "no-cache"}
        return StreamingResponse(read(posted), media_type="text/event-stream", headers=headers)

    return app


async def pieces(posted: Any) -> AsyncIterator[bytes]:
    async with posted as response:
        response.raise_for_status()
        async for piece in response.content.iter_any():
            yield piece


async def events(posted: Any) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in pieces(posted):
        *frames, rest = (rest + piece).split(b"\n\n")
        for frame in frames:
            for line in frame.split(b"\n"):
                if line.startswith(b"data: "):
                    yield b"event: token\ndata: %b\n\n" % _encode(_decode(line[6:]))


APPS: dict[str, Callable[[str], FastAPI]] = {
    "relay": lambda url: ours(url, relay),
    "events_by_hand": lambda url: by_hand(url, events),
    "passthrough": lambda url: ours(url, passthrough),
    "bytes_by_hand": lambda url: by_hand(url, pieces),
}
