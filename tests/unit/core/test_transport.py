"""What goes over the wire with sessions of the client's own, and with those of the user."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from servers import Peer, RawServer, Request, answer
from service import READ, WRITE, Connect, Item

from flexsdk.core.op import Op
from flexsdk.core.transport import session as session_module

BODY = b'{"id":"a"}'


@pytest.mark.parametrize("op", [READ, WRITE], ids=["GET", "POST with a body"])
async def test_the_short_way_to_headers_sends_what_aiohttp_would_send(
    op: Op[Item], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sent() -> Request:
        async with RawServer(answer(200, BODY)) as server:
            async with connect(server, headers={"X-Team": "night"}) as client:
                await (client.call(WRITE, body=Item(id="a")) if op is WRITE else client.call(READ, "a"))
            return server.requests[0]

    ours = await sent()
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
