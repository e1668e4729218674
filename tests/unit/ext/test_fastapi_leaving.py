"""Browsers that leave, on a real server: what is upstream is closed at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import FastAPI, Response
from fastapi_kit import Served, application, browser, served
from servers import Peer, RawServer, Request, Step, answer, chunk, silence, then
from service import SAY, until, word
from stream_kit import opened

from flexsdk.core.op import Op, StreamOp
from flexsdk.ext.fastapi import passthrough, relay

HALT: Op[None] = Op("halt", "POST", "/halt", None)
STOPPABLE: StreamOp[Any, Any] = StreamOp("say", "POST", "/say", None, events=SAY.events, stop=HALT)
FILE: Op[None] = Op("file", "GET", "/file", None, accept="*/*", streamed=True)
BEGUN = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 99\r\n\r\n"


def offering(upstream: RawServer) -> FastAPI:
    app = application(upstream)

    @app.get("/stoppable")
    async def stoppable(service: Served) -> Response:
        events = service.stream(STOPPABLE, idle_timeout=5.0, event_timeout=5.0, stop_on_exit=True)
        return relay(events)

    @app.get("/raw")
    async def raw(service: Served) -> Response:
        return passthrough(service.stream(SAY, idle_timeout=5.0, event_timeout=5.0))

    @app.get("/file")
    async def file(service: Served) -> Response:
        return passthrough(service.download(FILE))

    return app


@pytest.mark.parametrize(
    ("path", "step"),
    [
        pytest.param("/say", opened(word("Hi")), id="relay"),
        pytest.param("/raw", opened(word("Hi")), id="raw stream"),
        pytest.param("/file", then(BEGUN + b"Hi", silence), id="file"),
    ],
)
async def test_a_browser_that_leaves_closes_the_connection_upstream(path: str, step: Step) -> None:
    async with RawServer(step) as upstream, served(offering(upstream)) as url:
        async with browser(url, path) as page:
            await page.sees(b"Hi")
            assert upstream.open_connections == 1

        await until(lambda: upstream.open_connections == 0)


async def test_one_that_leaves_before_the_platform_answers_closes_the_connection_too() -> None:
    async with RawServer(silence) as upstream, served(offering(upstream)) as url:
        async with browser(url, "/say"):
            await until(lambda: upstream.requests)

        await until(lambda: upstream.open_connections == 0)


async def test_the_platform_is_told_to_stop_when_the_stream_was_made_so() -> None:
    async with (
        RawServer(opened(word("Hi")), answer()) as upstream,
        served(offering(upstream)) as url,
    ):
        async with browser(url, "/stoppable") as page:
            await page.sees(b"Hi")
        await until(lambda: len(upstream.requests) == 2)

    assert upstream.lines == ["POST /say HTTP/1.1", "POST /halt HTTP/1.1"]


async def test_a_plain_stream_is_only_closed() -> None:
    async with (
        RawServer(opened(word("Hi")), answer()) as upstream,
        served(offering(upstream)) as url,
    ):
        async with browser(url, "/say") as page:
            await page.sees(b"Hi")
        await until(lambda: upstream.open_connections == 0)

    assert upstream.lines == ["POST /say HTTP/1.1"]


class _Flood:
    """Sends as fast as it is read, and counts."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self._head = head
        self._piece = piece
        self.sent = 0

    async def __call__(self, _: Request, peer: Peer) -> None:
        await peer.send(self._head)
        while self.sent < 256 * 1024 * 1024:
            await peer.send(self._piece)
            self.sent += len(self._piece)


BIG = b"x" * 65_536
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("path", "head", "piece"),
    [
        pytest.param("/say", CHUNKED % b"text/event-stream", chunk(word("x" * 60_000)), id="relay"),
        pytest.param("/file", CHUNKED % b"text/csv", chunk(BIG), id="file"),
    ],
)
async def test_a_browser_that_does_not_read_holds_the_platform_back(
    path: str, head: bytes, piece: bytes
) -> None:
    flood = _Flood(head, piece)

    async with RawServer(flood) as upstream, served(offering(upstream)) as url:
        async with browser(url, path) as page:
            await page.sees(b"xx")
            sent = -1
            while sent != flood.sent:
                sent = flood.sent
                for _ in range(200):
                    await asyncio.sleep(0)
        assert flood.sent < 64 * 1024 * 1024  # all the buffers on the way, the system's included

        await until(lambda: upstream.open_connections == 0)
