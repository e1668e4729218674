"""The clocks of a stream: bytes, events and the deadline of the call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from servers import (
    LAST_CHUNK,
    Peer,
    RawServer,
    Request,
    Step,
    chunk,
    silence,
    stream,
)
from service import END, Connect, Said, Word, word
from stream_kit import BRIEF, beat, opened, read, say

from flexsdk.errors import (
    DecodeError,
    FlexError,
    StreamStalled,
    Timeout,
)


async def test_silence_ends_the_stream(connect: Connect) -> None:
    async with RawServer(opened(word("a"))) as server, say(connect(server), idle_timeout=BRIEF) as events:
        seen, error = await read(events)

    assert isinstance(error, StreamStalled)
    assert (error.phase, error.seconds) == ("idle", BRIEF)
    assert seen == [Word(text="a")]
    assert error.snapshot == Said(ending="stalled", text="a")


async def test_heartbeats_alone_do_not_keep_a_stream_alive(connect: Connect) -> None:
    async with (
        RawServer(opened(word("a"), after=beat)) as server,
        say(connect(server), event_timeout=BRIEF) as events,
    ):
        seen, error = await read(events)

    assert isinstance(error, StreamStalled)
    assert (error.phase, error.seconds) == ("event", BRIEF)
    assert seen == [Word(text="a")]


async def test_heartbeats_keep_the_clock_of_bytes_quiet(connect: Connect) -> None:
    async def talk(_: Request, peer: Peer) -> None:
        for _turn in range(12):
            await peer.send(chunk(b": still here\n\n"))
            await asyncio.sleep(0.01)
        await peer.send(chunk(END) + LAST_CHUNK)

    async with RawServer(opened(after=talk)) as server, say(connect(server), idle_timeout=0.08) as events:
        assert (await events.until_done()).ending == "complete"


async def test_a_slow_reader_is_no_stalled_stream(connect: Connect) -> None:
    async def late(_: Request, peer: Peer) -> None:
        await asyncio.sleep(4 * BRIEF)
        await peer.send(chunk(END) + LAST_CHUNK)

    async with (
        RawServer(opened(word("a"), after=late)) as server,
        say(connect(server), idle_timeout=2 * BRIEF, event_timeout=2 * BRIEF) as events,
    ):
        await anext(events)
        await asyncio.sleep(3 * BRIEF)
        await events.until_done()

    assert events.result == Said(ending="complete", text="a")


async def test_the_deadline_of_the_call_ends_the_stream(connect: Connect) -> None:
    async with (
        RawServer(opened(word("a"), after=beat)) as server,
        say(connect(server), deadline=BRIEF) as events,
    ):
        seen, error = await read(events)

    assert isinstance(error, Timeout)
    assert error.phase == "deadline"
    assert seen == [Word(text="a")]
    assert events.result == Said(ending="stalled", text="a")


@pytest.mark.parametrize(
    ("step", "options", "kind"),
    [
        (stream(word("a") + b"event: word\ndata: {}\n\n"), {}, DecodeError),
        (opened(word("a")), {"deadline": BRIEF}, Timeout),
    ],
    ids=["malformed", "deadline"],
)
async def test_errors_that_are_not_of_streams_alone_carry_the_snapshot_too(
    connect: Connect, step: Step, options: Any, kind: type[FlexError]
) -> None:
    async with RawServer(step) as server, say(connect(server), **options) as events:
        _, error = await read(events)

    assert type(error) is kind
    assert getattr(error, "snapshot", None) == events.result


async def test_the_timeout_of_an_attempt_ends_at_the_first_byte(connect: Connect) -> None:
    async def slow(_: Request, peer: Peer) -> None:
        await asyncio.sleep(0.1)
        await peer.send(chunk(END) + LAST_CHUNK)

    async with (
        RawServer(opened(word("a"), after=slow)) as server,
        say(connect(server), timeout=0.05) as events,
    ):
        assert (await events.until_done()).text == "a"


async def test_no_answer_at_all_is_an_attempt_that_timed_out(connect: Connect) -> None:
    async with RawServer(silence) as server:
        with pytest.raises(Timeout) as raised:
            await say(connect(server), timeout=BRIEF).__aenter__()

    assert raised.value.phase == "attempt"
    assert len(server.requests) == 1
