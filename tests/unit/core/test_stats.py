"""What ``client.stats()`` tells: each figure rises with what it counts, and comes back to 0."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from servers import Peer, RawServer, Request, answer, chunk, stream
from service import CONTRACT, END, KEY, READ, Connect, Service, until, word
from stream_kit import LONG, opened, say

from flexsdk.core.clock import SystemClock
from flexsdk.core.limits import AT_ONCE, RateLimit, Window
from flexsdk.core.op import Op, StreamOp
from flexsdk.core.stats import Stats

STOP: Op[None] = Op("stop", "POST", "/stop", None)
TALK: StreamOp[Any, Any] = StreamOp("talk", "POST", "/say", None, events=CONTRACT, stop=STOP)


class Held:
    """Answers a request once it is let go."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    async def __call__(self, _: Request, peer: Peer) -> None:
        await self._open.wait()
        await peer.send(answer())

    def let_go(self) -> None:
        self._open.set()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def server(held: Held) -> AsyncIterator[RawServer]:
    async with RawServer(held) as server:
        yield server


def at_rest(connections: int) -> Stats:
    return Stats(
        connections=connections,
        connections_in_use=0,
        under_way=0,
        waiting_for_slot=0,
        waiting_for_limit=0,
        tasks=0,
    )


async def test_a_new_client_holds_nothing(connect: Connect, server: RawServer) -> None:
    assert connect(server).stats() == at_rest(0)


async def test_a_request_holds_a_slot_and_a_connection_which_is_kept_until_the_client_is_closed(
    connect: Connect, server: RawServer, held: Held
) -> None:
    client = connect(server)
    call = asyncio.ensure_future(client.call(READ, "a"))
    await until(lambda: server.requests)
    busy = client.stats()

    held.let_go()
    await call
    kept = client.stats()
    await client.aclose()

    assert (busy.under_way, busy.connections, busy.connections_in_use) == (1, 1, 1)
    assert kept == at_rest(1)
    assert client.stats() == at_rest(0)


async def test_calls_without_a_slot_are_counted_as_waiting_and_not_as_under_way(
    connect: Connect, server: RawServer, held: Held
) -> None:
    client = connect(server, max_connections=2)
    calls = [asyncio.ensure_future(client.call(READ, "a")) for _ in range(5)]
    await until(lambda: len(server.requests) == 2)
    full = client.stats()

    calls[-1].cancel()
    await asyncio.wait(calls[-1:])
    one_left = client.stats()
    held.let_go()
    await asyncio.gather(*calls[:-1])

    assert (full.under_way, full.waiting_for_slot) == (2, 3)
    assert (one_left.under_way, one_left.waiting_for_slot) == (2, 2)
    assert client.stats() == at_rest(2)


async def test_calls_that_wait_for_a_limit_hold_no_slot(
    connect: Connect, server: RawServer, held: Held
) -> None:
    client = connect(server, limits=RateLimit(Window(1, AT_ONCE)), clock=SystemClock())
    calls = [asyncio.ensure_future(client.call(READ, "a")) for _ in range(3)]
    await until(lambda: server.requests)
    limited = client.stats()

    held.let_go()
    await asyncio.gather(*calls)
    await until(lambda: client.stats().tasks == 0)

    assert (limited.under_way, limited.waiting_for_limit, limited.waiting_for_slot) == (1, 2, 0)
    assert client.stats() == at_rest(1)


async def test_those_who_wait_for_a_limit_are_counted_over_all_clients_with_the_key(
    server: RawServer, held: Held
) -> None:
    limits = RateLimit(Window(1, AT_ONCE))
    async with (
        Service(KEY, base_url=server.url, limits=limits) as one,
        Service(KEY, base_url=server.url, limits=limits) as other,
    ):
        calls = [asyncio.ensure_future(client.call(READ, "a")) for client in (one, other, other)]
        await until(lambda: server.requests)
        counted = [client.stats() for client in (one, other)]
        held.let_go()
        await asyncio.gather(*calls)

    assert [each.waiting_for_limit for each in counted] == [2, 2]
    assert [each.under_way for each in counted] == [1, 0]


async def test_an_open_stream_holds_its_slot_and_its_connection_until_it_is_left(connect: Connect) -> None:
    async with RawServer(opened(word("a"))) as server:
        client = connect(server)
        async with say(client) as events:
            await anext(events)
            open_ = client.stats()

        assert (open_.under_way, open_.connections_in_use) == (1, 1)
        assert client.stats() == at_rest(0)  # left in the middle, so that its connection is closed


async def test_a_stream_that_was_read_to_its_end_leaves_its_connection_to_the_next(connect: Connect) -> None:
    async with RawServer(stream(word("a"), END)) as server:
        client = connect(server)
        async with say(client) as events:
            await events.until_done()

        assert client.stats() == at_rest(1)


async def test_a_stop_call_in_the_background_is_a_task(connect: Connect, held: Held) -> None:
    async with RawServer(opened(word("a")), held) as server:
        client = connect(server)
        async with client.stream(TALK, idle_timeout=LONG, event_timeout=LONG, stop_on_exit=True) as events:
            await anext(events)
        await until(lambda: len(server.requests) == 2)
        stopping = client.stats()

        held.let_go()
        await until(lambda: client.stats().tasks == 0)

    assert (stopping.tasks, stopping.under_way) == (1, 1)
    assert client.stats() == at_rest(1)


async def test_a_view_tells_of_the_whole_client(connect: Connect, server: RawServer, held: Held) -> None:
    client = connect(server)
    view = client.with_options(timeout=5)
    call = asyncio.ensure_future(view.call(READ, "a"))
    await until(lambda: server.requests)

    assert client.stats() == view.stats()
    assert client.stats().under_way == 1

    held.let_go()
    await call


async def test_another_loop_and_another_thread_are_counted(
    connect: Connect, server: RawServer, held: Held
) -> None:
    client = connect(server, clock=SystemClock())
    thread = threading.Thread(target=lambda: asyncio.run(_two_calls(client)))
    thread.start()
    call = asyncio.ensure_future(client.call(READ, "a"))
    await until(lambda: len(server.requests) == 3)
    busy = client.stats()

    held.let_go()
    await call
    await asyncio.to_thread(thread.join)

    assert (busy.under_way, busy.connections, busy.connections_in_use) == (3, 3, 3)
    assert client.stats() == at_rest(1)  # a loop that has ended takes its connections with it


async def _two_calls(client: Service) -> None:
    await asyncio.gather(*(client.call(READ, "a") for _ in range(2)))


async def test_a_failed_call_holds_nothing(connect: Connect) -> None:
    async def cut(_: Request, peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(b"{"))
        peer.close()

    async with RawServer(cut) as server:
        client = connect(server, retry=None)
        await asyncio.gather(*(client.call(READ, "a") for _ in range(3)), return_exceptions=True)

        assert client.stats() == at_rest(0)
