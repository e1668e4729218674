"""However a stream is left, the platform sees its connection closed, and no task stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from servers import EVENT_STREAM, Peer, RawServer, Request, chunk, silence
from service import KEY, until
from transcripts import frame

from flexsdk import Flapjack
from flexsdk.platforms.flapjack import AnswerStream, Token

EVENTS = 20
OPEN = 100
HEAD = frame("meta", {"startedAt": "2026-06-02T09:15:00Z"})


async def endless(request: Request, peer: Peer) -> None:
    """Send some events at once, and then nothing more."""
    tokens = b"".join(frame("token", {"delta": f"{number} "}) for number in range(EVENTS - 1))
    await peer.send(EVENT_STREAM + chunk(HEAD + tokens))
    await silence(request, peer)


@pytest.fixture
async def server() -> AsyncIterator[RawServer]:
    async with RawServer(endless) as server:
        yield server


async def read(events: AnswerStream, count: int) -> None:
    for _ in range(count):
        await anext(events)


async def leave_by_break(client: Flapjack, count: int) -> None:
    left = count
    async with client.threads.stream("t", "Hello") as events:
        async for _ in events:
            left -= 1
            if left <= 0:
                break


async def leave_by_error(client: Flapjack, count: int) -> None:
    with pytest.raises(LookupError):  # noqa: PT012 - the whole block is left by it
        async with client.threads.stream("t", "Hello") as events:
            await read(events, count)
            raise LookupError


async def leave_by_cancel(client: Flapjack, count: int) -> None:
    arrived = asyncio.Event()

    async def work() -> None:
        async with client.threads.stream("t", "Hello") as events:
            await read(events, count)
            arrived.set()
            await (anext(events) if count == EVENTS else asyncio.sleep(60))

    task = asyncio.create_task(work())
    await arrived.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def leave_by_timeout(client: Flapjack, count: int) -> None:
    with pytest.raises(TimeoutError):  # noqa: PT012 - the whole block is left by it
        async with client.threads.stream("t", "Hello") as events:
            await read(events, count)
            async with asyncio.timeout(0):
                await (anext(events) if count == EVENTS else asyncio.sleep(60))


async def leave_by_cancel_method(client: Flapjack, count: int) -> None:
    async with client.threads.stream("t", "Hello") as events:
        await read(events, count)
        events.cancel()
        assert [event async for event in events] == []


LEAVES = [leave_by_break, leave_by_error, leave_by_cancel, leave_by_timeout, leave_by_cancel_method]


@pytest.mark.parametrize("count", range(1, EVENTS + 1))
@pytest.mark.parametrize("leave", LEAVES, ids=lambda leave: leave.__name__)
async def test_left_at_any_event_it_closes_the_connection_and_leaves_no_task(
    server: RawServer, leave: Callable[[Flapjack, int], Coroutine[Any, Any, None]], count: int
) -> None:
    async with Flapjack(KEY, base_url=server.url) as client:
        before = asyncio.all_tasks()
        await leave(client, count)

        await until(lambda: server.open_connections == 0)
        assert {task for task in asyncio.all_tasks() - before if "RawServer" not in repr(task)} == set()


async def test_closing_the_client_ends_a_hundred_open_streams(server: RawServer) -> None:
    client = Flapjack(KEY, base_url=server.url, max_connections=OPEN)
    begun = 0

    async def work() -> str:
        nonlocal begun
        async with client.threads.stream("t", "Hello") as events:
            async for event in events:
                begun += isinstance(event, Token) and event.delta == "0 "
        return events.result.outcome

    tasks = [asyncio.create_task(work()) for _ in range(OPEN)]
    await until(lambda: begun == OPEN)
    assert server.open_connections == OPEN

    await client.aclose()

    assert await asyncio.gather(*tasks) == ["cancelled"] * OPEN
    await until(lambda: server.open_connections == 0)
