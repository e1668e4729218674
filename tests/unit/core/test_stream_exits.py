"""Leaving a stream before its end, from inside and from outside."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from servers import (
    LAST_CHUNK,
    Peer,
    RawServer,
    Request,
    chunk,
    silence,
)
from service import END, Connect, Said, Service, Word, until, word
from stream_kit import BRIEF, beat, opened, read, say

from flexsdk.core.stream import EventStream
from flexsdk.errors import (
    ConfigError,
    ConnectionLost,
    StreamStalled,
)


async def test_leaving_the_block_closes_the_connection_at_once(connect: Connect) -> None:
    async with RawServer(opened(word("a") + word("b"))) as server:
        async with say(connect(server)) as events:
            async for _ in events:
                break
        await until(lambda: server.open_connections == 0)

    assert events.result == Said(ending="cancelled", text="a")


async def test_an_exception_in_the_block_passes_and_closes_the_connection(connect: Connect) -> None:
    async with RawServer(opened(word("a"))) as server:
        with pytest.raises(LookupError):  # noqa: PT012 - raised by the block, not by the call
            async with say(connect(server)) as events:
                await anext(events)
                raise LookupError("of the reader")
        await until(lambda: server.open_connections == 0)

    assert events.result == Said(ending="cancelled", text="a")


async def test_a_cancelled_reader_closes_the_connection(connect: Connect) -> None:
    kept: list[EventStream[Any, Said]] = []

    async def work(client: Service) -> None:
        async with say(client) as events:
            kept.append(events)
            await events.until_done()

    async with RawServer(opened(word("a"))) as server:
        task = asyncio.create_task(work(connect(server)))
        await until(lambda: kept and kept[0].result.text == "a")
        task.cancel()
        await asyncio.wait([task])
        await until(lambda: server.open_connections == 0)

    assert task.cancelled()
    assert kept[0].result == Said(ending="cancelled", text="a")


@pytest.mark.parametrize("way", ["aclose", "cancel"])
async def test_another_task_may_end_the_stream_and_the_reader_ends_quietly(
    connect: Connect, way: str
) -> None:
    async with RawServer(opened(word("a"))) as server, say(connect(server)) as events:
        reader = asyncio.create_task(read(events))
        await until(lambda: events.result.text == "a")
        if way == "aclose":
            await events.aclose()
        else:
            events.cancel()

        assert await asyncio.wait_for(reader, 2) == ([Word(text="a")], None)
        await until(lambda: server.open_connections == 0)
        await events.aclose()

    assert events.result == Said(ending="cancelled", text="a")


async def test_closing_the_client_ends_all_its_streams(connect: Connect) -> None:
    async with RawServer(opened(word("a"))) as server:
        client = connect(server)
        streams = [await say(client).__aenter__() for _ in range(20)]
        readers = [asyncio.create_task(read(events)) for events in streams]
        await until(lambda: all(events.result.text for events in streams))
        await client.aclose()

        ends = await asyncio.wait_for(asyncio.gather(*readers), 2)
        await until(lambda: server.open_connections == 0)

    assert ends == [([Word(text="a")], None)] * 20
    assert {events.result.ending for events in streams} == {"cancelled"}


async def test_closing_the_client_while_a_stream_opens_ends_that_too(connect: Connect) -> None:
    async with RawServer(silence) as server:
        client = connect(server)
        task = asyncio.create_task(say(client).__aenter__())
        await until(lambda: server.requests)
        await client.aclose()

        with pytest.raises(ConnectionLost):
            await asyncio.wait_for(task, 2)
        await until(lambda: server.open_connections == 0)


async def test_a_timeout_around_one_event_loses_none(connect: Connect) -> None:
    go_on = asyncio.Event()

    async def wait(_: Request, peer: Peer) -> None:
        await go_on.wait()
        await peer.send(chunk(b'xt":"b"}\n\n') + chunk(END) + LAST_CHUNK)

    half = word("b").partition(b'xt":')[0]
    async with RawServer(opened(word("a") + half, after=wait)) as server, say(connect(server)) as events:
        first = await anext(events)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(events)
        assert events.result.ending == "open"
        go_on.set()
        rest, error = await read(events)

    assert error is None
    assert [first, *rest][:2] == [Word(text="a"), Word(text="b")]
    assert events.result == Said(ending="complete", text="ab")


async def test_a_second_reader_is_refused_and_the_first_goes_on(connect: Connect) -> None:
    go_on = asyncio.Event()

    async def wait(_: Request, peer: Peer) -> None:
        await go_on.wait()
        await peer.send(chunk(word("a") + END) + LAST_CHUNK)

    async with RawServer(opened(after=wait)) as server, say(connect(server)) as events:
        first = asyncio.create_task(read(events))
        await asyncio.sleep(0.01)
        with pytest.raises(ConfigError, match="two tasks read one stream"):
            await anext(events)
        go_on.set()
        seen, error = await asyncio.wait_for(first, 2)

    assert error is None
    assert seen[0] == Word(text="a")


async def test_a_refused_second_reader_does_not_stop_the_clock_of_the_first(connect: Connect) -> None:
    async with (
        RawServer(opened(after=beat)) as server,
        say(connect(server), event_timeout=BRIEF) as events,
    ):
        first = asyncio.create_task(read(events))
        await asyncio.sleep(0.01)
        with pytest.raises(ConfigError):
            await anext(events)
        _, error = await asyncio.wait_for(first, 0.5)

    assert isinstance(error, StreamStalled)


async def test_a_cancel_after_the_last_event_still_closes_the_connection(connect: Connect) -> None:
    async def finish(client: Service) -> None:
        async with say(client) as events:
            await events.until_done()
            asyncio.get_running_loop().call_soon(leaving.set)

    leaving = asyncio.Event()
    async with RawServer(opened(word("a") + END)) as server:
        task = asyncio.create_task(finish(connect(server)))
        await leaving.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await until(lambda: server.open_connections == 0)
