"""Connections that end or go on in ways nobody announced, and answers that are none."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest
from faults.loads import IDLE, keep_alive_load, second_answers
from file_kit import file_of, left_in
from servers import Peer, RawServer, Request, answer, close
from service import READ, WRITE, Connect, Item

from flexsdk.core.op import Op
from flexsdk.core.retry import Retry
from flexsdk.core.transport.opened import piece_of
from flexsdk.errors import ConnectionLost, DecodeError
from flexsdk.protocol.retry import Budget

CALLS = 600
ROUNDS = 4
PAGE = b"<html><body>Sign in to the network</body></html>"
A = answer(200, b'{"id":"a"}')


# --- connections that are kept


async def test_connections_that_end_between_requests_cost_no_read_and_repeat_no_write() -> None:
    tally = await keep_alive_load(CALLS)

    assert tally.wrong == []
    assert tally.calls == CALLS


async def test_a_second_answer_never_reaches_another_caller() -> None:
    assert await second_answers(ROUNDS) == []


@pytest.mark.parametrize(
    "more", [A, b"HTTP/1.1 408 Request Timeout\r\n\r\n", b"x"], ids=["answer", "408", "byte"]
)
async def test_a_connection_on_which_anything_comes_unasked_is_not_used_again(
    connect: Connect, more: bytes
) -> None:
    async def say_more(request: Request, peer: Peer) -> None:
        await peer.send(answer(200, b'{"id":"%b"}' % request.target.rpartition("/")[2].encode()))
        await asyncio.sleep(IDLE / 4)
        await peer.send(more)

    async with RawServer(say_more) as server:
        client = connect(server, retry=None)
        for name in ("a", "b", "c"):
            assert (await client.call(READ, name, timeout=2)).id == name
            await asyncio.sleep(IDLE)

    assert server.connections == 3


async def test_an_end_that_the_loop_has_not_seen_yet_costs_no_write(connect: Connect) -> None:
    """The system knows already that the connection has ended when the next request is made."""
    peers: list[Peer] = []

    async def remember(_: Request, peer: Peer) -> None:
        peers.append(peer)
        await peer.send(A)

    async with RawServer(remember) as server:
        client = connect(server, retry=None)
        for _ in range(3):
            await client.call(WRITE, body={})
            peers[-1].writer.get_extra_info("socket").shutdown(socket.SHUT_WR)  # at once, past the loop

    assert server.connections == 3


async def test_a_repeat_because_a_kept_connection_had_ended_draws_nothing_from_the_budget(
    connect: Connect,
) -> None:
    retry = Retry(budget=Budget(ratio=0.0, reserve=0.0))
    async with RawServer(A, close, A, close, A) as server:
        client = connect(server, retry=retry)
        for _ in range(3):
            assert await client.call(READ, "a") == Item(id="a")

    assert len(server.requests) == 5


async def test_a_new_connection_that_ends_is_a_failure_like_any_other(connect: Connect) -> None:
    retry = Retry(budget=Budget(ratio=0.0, reserve=0.0))
    async with RawServer(close) as server:
        with pytest.raises(ConnectionLost) as raised:
            await connect(server, retry=retry).call(READ, "a")

    assert len(server.requests) == 1
    assert not raised.value.kept


async def test_only_the_first_repeat_is_free(connect: Connect) -> None:
    retry = Retry(budget=Budget(ratio=0.0, reserve=0.0))
    async with RawServer(A, close, close) as server:
        client = connect(server, retry=retry)
        await client.call(READ, "a")
        with pytest.raises(ConnectionLost):
            await client.call(READ, "a")

    assert len(server.requests) == 3


async def test_a_write_is_not_repeated_though_its_connection_was_kept(connect: Connect) -> None:
    async with RawServer(A, close, A) as server:
        client = connect(server)
        await client.call(READ, "a")
        with pytest.raises(ConnectionLost) as raised:
            await client.call(WRITE, body={})

    assert len(server.requests) == 2
    assert raised.value.kept


# --- bodies that break


async def test_a_reader_that_comes_just_after_the_connection_has_gone_is_told_so() -> None:
    protocol = SimpleNamespace(connected=False)
    content = aiohttp.StreamReader(protocol, 1_000, loop=asyncio.get_running_loop())  # type: ignore[arg-type]

    with pytest.raises(aiohttp.ClientPayloadError):
        await piece_of(content)


async def test_two_readers_of_one_body_are_still_refused() -> None:
    protocol = SimpleNamespace(connected=True, _reading_paused=False, resume_reading=lambda: None)
    content = aiohttp.StreamReader(protocol, 1_000, loop=asyncio.get_running_loop())  # type: ignore[arg-type]
    first = asyncio.ensure_future(piece_of(content))
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="another coroutine"):
        await piece_of(content)
    content.feed_data(b"a")
    assert await first == b"a"


# --- files that are none


async def test_a_page_in_place_of_a_file_is_refused(connect: Connect, tmp_path: Path) -> None:
    async with RawServer(answer(200, PAGE, content_type="text/html; charset=utf-8")) as server:
        client = connect(server, max_connections=1)
        for work in (file_of(client).read(), file_of(client).save(tmp_path / "rows.json")):
            with pytest.raises(DecodeError, match="expected a file, the answer is text/html") as raised:
                await work
            assert raised.value.body == PAGE

    assert left_in(tmp_path) == []


async def test_a_page_that_comes_with_a_name_is_a_file(connect: Connect) -> None:
    page = answer(200, PAGE, content_type="text/html", content_disposition='attachment; filename="a.html"')
    async with RawServer(page) as server:
        assert await file_of(connect(server)).read() == PAGE


async def test_a_page_is_a_file_for_who_asks_for_pages(connect: Connect) -> None:
    page: Op[None] = Op("page", "GET", "/page", None, accept="text/html", streamed=True)
    async with RawServer(answer(200, PAGE, content_type="text/html")) as server:
        assert await connect(server).download(page).read() == PAGE


async def test_a_file_is_asked_for_unpacked_for_a_cut_in_the_packing_would_not_show(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        await file_of(client).read()
        async with file_of(client) as file:
            async for _ in file:
                pass

    assert [request.headers["accept-encoding"] for request in server.requests] == ["identity"] * 2
