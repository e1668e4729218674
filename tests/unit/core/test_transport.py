"""What goes over the wire with sessions of the client's own, and with those of the user."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from servers import Peer, RawServer, Request, answer
from service import READ, WRITE, Connect, Item

from flexsdk.core.body import Multipart
from flexsdk.core.op import Op
from flexsdk.core.transport import plain
from flexsdk.core.transport import session as session_module
from flexsdk.core.transport.connector import Connector
from flexsdk.core.transport.plain import PlainGets
from flexsdk.errors import Timeout

BODY = b'{"id":"a"}'


@pytest.mark.parametrize("op", [READ, WRITE], ids=["GET", "POST with a body"])
@pytest.mark.parametrize("short", ["headers", "GET"])
async def test_the_short_ways_send_what_aiohttp_would_send(
    op: Op[Item], short: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sent() -> Request:
        async with RawServer(answer(200, BODY)) as server:
            async with connect(server, headers={"X-Team": "night"}) as client:
                await (client.call(WRITE, body=Item(id="a")) if op is WRITE else client.call(READ, "a"))
            return server.requests[0]

    ours = await sent()
    monkeypatch.setattr(PlainGets, "can_serve", staticmethod(lambda _: False))
    if short == "headers":
        monkeypatch.setattr(session_module, "_Request", aiohttp.ClientRequest)
    theirs = await sent()

    told = {"host", "idempotency-key"}  # another port, another key
    assert ours.line == theirs.line
    assert ours.body == theirs.body
    assert set(ours.headers) == set(theirs.headers)
    assert {name: value for name, value in ours.headers.items() if name not in told} == {
        name: value for name, value in theirs.headers.items() if name not in told
    }
    assert ours.headers["host"].startswith("127.0.0.1:")


def listen(patch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Stand in for a method of the session, as a tracer does; give the list of what it is asked for."""
    asked: list[str] = []
    original = getattr(aiohttp.ClientSession, name)

    def told(self: aiohttp.ClientSession, method: str, *arguments: Any, **options: Any) -> Any:
        asked.append(method)
        return original(self, method, *arguments, **options)

    patch.setattr(aiohttp.ClientSession, name, told)
    return asked


@pytest.mark.parametrize("name", ["request", "_request"])
async def test_who_stands_in_for_the_session_is_asked(
    name: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = listen(monkeypatch, name)
    async with RawServer(answer(200, BODY)) as server, connect(server) as client:
        await client.call(READ, "a")

    assert asked == ["GET"]


async def test_a_client_that_was_used_before_a_tracer_came_is_traced_from_then_on(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with RawServer(answer(200, BODY)) as server, connect(server) as client:
        await client.call(READ, "a")
        asked = listen(monkeypatch, "_request")
        await client.call(READ, "b")

    assert asked == ["GET"]
    assert [each.line for each in server.requests] == ["GET /items/a HTTP/1.1", "GET /items/b HTTP/1.1"]


async def test_sessions_that_are_traced_by_configuration_make_their_requests_themselves(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    trace = aiohttp.TraceConfig()

    async def end(_: object, __: object, about: aiohttp.TraceRequestEndParams) -> None:
        ended.append(about.method)

    trace.on_request_end.append(end)
    trace.freeze()
    opened = aiohttp.ClientSession.__init__

    def traced(self: aiohttp.ClientSession, *arguments: Any, **settings: Any) -> None:
        opened(self, *arguments, trace_configs=[trace], **settings)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)
    async with RawServer(answer(200, BODY)) as server, connect(server) as client:
        await client.call(READ, "a")

    assert ended == ["GET"]


async def test_a_version_of_aiohttp_without_the_parts_is_asked_as_usual(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "_PARTS", ((aiohttp.ClientRequest, "gone"),))
    made: list[str] = []
    monkeypatch.setattr(PlainGets, "send", lambda *_: made.append("GET"))
    async with RawServer(answer(200, BODY)) as server, connect(server) as client:
        assert (await client.call(READ, "a")).id == "a"

    assert made == []


async def test_the_body_of_a_get_is_sent(connect: Connect) -> None:
    op = Op("search", "GET", "/search", Item)
    async with RawServer(answer(200, BODY)) as server, connect(server) as client:
        await client.call(op, body=Multipart(fields={"words": "blue"}))

    assert b"blue" in server.requests[0].body


async def test_a_header_of_one_call_is_not_sent_with_the_next(connect: Connect) -> None:
    async with RawServer(answer(200, BODY)) as server, connect(server) as client:
        await client.call(READ, "a", headers={"X-Once": "1"})
        await client.call(READ, "a")

    assert ["x-once" in request.headers for request in server.requests] == [True, False]


async def test_the_traces_of_a_given_session_are_told_of_every_answer(connect: Connect) -> None:
    told: list[bytes] = []
    trace = aiohttp.TraceConfig()

    async def chunk(_: object, __: object, piece: aiohttp.TraceResponseChunkReceivedParams) -> None:
        told.append(piece.chunk)

    trace.on_response_chunk_received.append(chunk)
    async with (
        RawServer(answer(200, BODY)) as server,
        aiohttp.ClientSession(trace_configs=[trace]) as session,
        connect(server, session=session) as client,
    ):
        await client.call(READ, "a")

    assert told == [BODY]


async def test_a_body_that_comes_after_its_head_is_read_whole(connect: Connect) -> None:
    async def slowly(_: Request, peer: Peer) -> None:
        head, _, body = answer(200, BODY).partition(b"\r\n\r\n")
        await peer.send(head + b"\r\n\r\n")
        for byte in body:
            await asyncio.sleep(0)
            await peer.send(bytes([byte]))

    async with RawServer(slowly) as server, connect(server) as client:
        assert (await client.call(READ, "a")).id == "a"


async def test_a_plain_get_that_finds_no_connection_in_time_says_so(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(Connector, "connect", late)
    async with RawServer(answer(200, BODY)) as server, connect(server, retry=None) as client:
        with pytest.raises(Timeout) as raised:
            await client.call(READ, "a")

    assert raised.value.phase == "connect"
    assert server.requests == []
