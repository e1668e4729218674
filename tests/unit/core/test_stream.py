"""What every event stream promises, whatever its events are."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from conftest import Connect
from servers import EVENT_STREAM, LAST_CHUNK, Peer, RawServer, Request, Step, answer, chunk, close, reset, silence, stream, then
from service import END, READ, SAY, WATCH, Other, Said, Service, Word, until, word

from flexsdk.core.hooks import Event, StreamEnded
from flexsdk.core.stream import EventStream
from flexsdk.errors import (
    ConfigError,
    ConnectionLost,
    DecodeError,
    EventTooLarge,
    FlexError,
    RateLimited,
    StreamError,
    StreamFailed,
    StreamStalled,
    StreamTruncated,
    Timeout,
)

BRIEF = 0.04
LONG = 2.0


def opened(*pieces: bytes, after: Step = silence) -> Step:
    """Begin a stream, and then do something else."""
    return then(EVENT_STREAM + b"".join(map(chunk, pieces)), after)


def say(client: Service, op: Any = SAY, **options: Any) -> EventStream[Any, Said]:
    return client.stream(op, **{"idle_timeout": LONG, "event_timeout": LONG, **options})


async def read(events: EventStream[Any, Said]) -> tuple[list[object], FlexError | None]:
    """Read to the end; give the events and the error that ended them."""
    seen: list[object] = []
    try:
        async for event in events:
            seen.append(event)
    except FlexError as error:
        return seen, error
    return seen, None


async def test_events_come_typed_and_the_result_is_what_they_add_up_to(connect: Connect) -> None:
    other = b"event: new\ndata: {}\n\n"
    async with RawServer(stream(word("a") + other, word("b"), END)) as server:
        async with say(connect(server)) as events:
            seen, error = await read(events)

    assert error is None
    assert seen[:3] == [Word(text="a"), Other(name="new"), Word(text="b")]
    assert events.result == Said(ending="complete", text="ab")
    assert server.requests[0].headers["accept"] == "text/event-stream"


async def test_the_result_is_exact_at_any_time(connect: Connect) -> None:
    async with RawServer(opened(word("a") + word("b") + word("c"))) as server, say(connect(server)) as events:
        assert events.result == Said(ending="open", text="")
        await anext(events)
        assert events.result == Said(ending="open", text="a")
        await anext(events)
        assert events.result == Said(ending="open", text="ab")


async def test_events_after_the_last_one_are_not_given(connect: Connect) -> None:
    async with RawServer(stream(word("a") + END + word("b"))) as server, say(connect(server)) as events:
        assert (await events.until_done()).text == "a"


async def break_the_chunks(_: Request, peer: Peer) -> None:
    await asyncio.sleep(0.01)
    await peer.send(b"no size\r\n")


ENDS: dict[str, tuple[Step, type[StreamError], str]] = {
    "clean end of the body": (stream(word("a")), StreamTruncated, "cut"),
    "connection closed": (opened(word("a"), after=close), StreamTruncated, "cut"),
    "connection reset": (opened(word("a"), after=reset), StreamTruncated, "cut"),
    "inside an event": (opened(word("a") + word("b")[:-1], after=close), StreamTruncated, "cut"),
    "no event at all": (stream(), StreamTruncated, "cut"),
    "an error event": (stream(word("a") + b'event: end\ndata: {"ok":false}\n\n'), StreamFailed, "failed"),
    "broken chunk": (opened(word("a"), after=break_the_chunks), StreamTruncated, "cut"),
    "no length": (
        then(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + word("a"), close),
        StreamTruncated,
        "cut",
    ),
}


@pytest.mark.parametrize("case", ENDS)
async def test_a_stream_without_its_last_event_is_an_error_with_all_that_had_arrived(
    connect: Connect, case: str
) -> None:
    step, kind, ending = ENDS[case]
    async with RawServer(step) as server, say(connect(server)) as events:
        seen, error = await read(events)

        assert type(error) is kind
        assert error.snapshot == events.result
        assert events.result.ending == ending
        assert events.result.text == "".join(event.text for event in seen if isinstance(event, Word))
        assert events.result.text == ("" if case == "no event at all" else "a")
        with pytest.raises(StopAsyncIteration):
            await anext(events)

    assert len(server.requests) == 1


async def test_an_event_above_the_cap_is_told_with_all_that_came_before_it(connect: Connect) -> None:
    body = stream(word("a") + b"data: " + b"x" * 1_100_000 + b"\n\n")
    async with RawServer(body) as server, say(connect(server)) as events:
        seen, error = await read(events)

    assert isinstance(error, EventTooLarge)
    assert error.limit == 1024 * 1024
    assert seen == [Word(text="a")]
    assert error.snapshot.text == "a"


async def test_an_event_above_the_cap_is_told_though_nothing_follows_it(connect: Connect) -> None:
    line = b"data: " + b"x" * 1_100_000 + b"\n\n"
    async with RawServer(stream(line)) as server, say(connect(server)) as events:
        _, error = await read(events)

    assert isinstance(error, EventTooLarge)


@pytest.mark.parametrize(
    "data", [b'{"text":1}', b"{}", b"{", b"", b"[" * 5_000], ids=["type", "missing", "cut", "empty", "nested"]
)
async def test_a_known_event_of_another_shape_is_a_decode_error_with_its_data(
    connect: Connect, data: bytes
) -> None:
    async with RawServer(stream(word("a") + b"event: word\ndata: " + data + b"\n\n" + END)) as server:
        async with say(connect(server)) as events:
            seen, error = await read(events)

    assert seen == [Word(text="a")]
    assert isinstance(error, DecodeError)
    assert error.body == data
    assert events.result == Said(ending="failed", text="a")


async def test_a_200_that_is_no_stream_is_a_decode_error_with_its_body(connect: Connect) -> None:
    page = b"<html>Sign in to the network</html>"
    async with RawServer(answer(200, page, content_type="text/html; charset=utf-8"), answer()) as server:
        client = connect(server, max_connections=1)
        with pytest.raises(DecodeError, match="expected text/event-stream, the answer is text/html") as raised:
            await say(client).__aenter__()
        await client.call(READ, "a")

    assert raised.value.body == page


@pytest.mark.parametrize(
    "kind", ["text/event-stream;charset=utf-8", "Text/Event-Stream"], ids=["with charset", "in other case"]
)
async def test_the_content_type_is_read_as_http_says(connect: Connect, kind: str) -> None:
    served = answer(200, word("a") + END, content_type=kind)
    async with RawServer(served) as server, say(connect(server)) as events:
        assert (await events.until_done()).text == "a"


# --- the clocks


async def test_silence_ends_the_stream(connect: Connect) -> None:
    async with RawServer(opened(word("a"))) as server, say(connect(server), idle_timeout=BRIEF) as events:
        seen, error = await read(events)

    assert isinstance(error, StreamStalled)
    assert (error.phase, error.seconds) == ("idle", BRIEF)
    assert seen == [Word(text="a")]
    assert error.snapshot == Said(ending="stalled", text="a")


async def beat(_: Request, peer: Peer) -> None:
    for _turn in range(200):
        await peer.send(chunk(b": still here\n\n"))
        await asyncio.sleep(0.005)


async def test_heartbeats_alone_do_not_keep_a_stream_alive(connect: Connect) -> None:
    async with RawServer(opened(word("a"), after=beat)) as server:
        async with say(connect(server), event_timeout=BRIEF) as events:
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
    async with RawServer(stream(word("a"), word("b"), END)) as server:
        async with say(connect(server), idle_timeout=BRIEF, event_timeout=BRIEF) as events:
            async for _ in events:
                await asyncio.sleep(2 * BRIEF)

    assert events.result == Said(ending="complete", text="ab")


async def test_a_reader_who_was_slow_still_has_the_whole_time_to_wait(connect: Connect) -> None:
    async def late(_: Request, peer: Peer) -> None:
        await asyncio.sleep(2.5 * BRIEF)
        await peer.send(chunk(END) + LAST_CHUNK)

    async with RawServer(opened(word("a"), after=late)) as server:
        async with say(connect(server), idle_timeout=2 * BRIEF, event_timeout=2 * BRIEF) as events:
            await anext(events)
            await asyncio.sleep(1.5 * BRIEF)
            assert isinstance(await anext(events), object)

    assert events.result.ending == "complete"


async def test_the_deadline_of_the_call_ends_the_stream(connect: Connect) -> None:
    async with RawServer(opened(word("a"), after=beat)) as server:
        async with say(connect(server), deadline=BRIEF) as events:
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

    async with RawServer(opened(word("a"), after=slow)) as server, say(connect(server), timeout=0.05) as events:
        assert (await events.until_done()).text == "a"


async def test_no_answer_at_all_is_an_attempt_that_timed_out(connect: Connect) -> None:
    async with RawServer(silence) as server:
        with pytest.raises(Timeout) as raised:
            await say(connect(server), timeout=BRIEF).__aenter__()

    assert raised.value.phase == "attempt"
    assert len(server.requests) == 1


# --- leaving early


async def test_leaving_the_block_closes_the_connection_at_once(connect: Connect) -> None:
    async with RawServer(opened(word("a") + word("b"))) as server:
        async with say(connect(server)) as events:
            async for _ in events:
                break
        await until(lambda: server.open_connections == 0)

    assert events.result == Said(ending="cancelled", text="a")


async def test_an_exception_in_the_block_passes_and_closes_the_connection(connect: Connect) -> None:
    async with RawServer(opened(word("a"))) as server:
        with pytest.raises(LookupError):
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
async def test_another_task_may_end_the_stream_and_the_reader_ends_quietly(connect: Connect, way: str) -> None:
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
    async with RawServer(opened(after=beat)) as server:
        async with say(connect(server), event_timeout=BRIEF) as events:
            first = asyncio.create_task(read(events))
            await asyncio.sleep(0.01)
            with pytest.raises(ConfigError):
                await anext(events)
            _, error = await asyncio.wait_for(first, 0.5)

    assert isinstance(error, StreamStalled)


# --- the request


@pytest.mark.parametrize("refusal", [answer(429, retry_after="1"), answer(503, retry_after="1")], ids=["429", "503"])
async def test_a_refusal_before_the_first_byte_is_repeated(connect: Connect, refusal: bytes) -> None:
    async with RawServer(refusal, stream(word("a"), END)) as server, say(connect(server)) as events:
        assert (await events.until_done()).text == "a"
        assert len(events.reply.attempts) == 2


@pytest.mark.parametrize("op", [SAY, WATCH], ids=["post", "get"])
async def test_nothing_is_repeated_once_the_answer_has_begun(connect: Connect, op: Any) -> None:
    async with RawServer(opened(word("a"), after=reset)) as server, say(connect(server), op) as events:
        _, error = await read(events)

    assert isinstance(error, StreamTruncated)
    assert len(server.requests) == 1


async def test_a_refused_stream_is_the_error_of_its_status(connect: Connect) -> None:
    async with RawServer(answer(429, b'{"message":"slow down"}')) as server:
        with pytest.raises(RateLimited, match="slow down"):
            await say(connect(server), attempts=1).__aenter__()


async def test_the_connection_of_a_stream_read_to_its_end_is_used_again(connect: Connect) -> None:
    async with RawServer(stream(word("a") + END), answer()) as server:
        client = connect(server)
        async with say(client) as events:
            await events.until_done()
        await client.call(READ, "a")

    assert server.connections == 1


async def test_the_connection_is_used_again_when_the_body_ends_a_moment_after_its_last_event(
    connect: Connect,
) -> None:
    async def end_later(_: Request, peer: Peer) -> None:
        await asyncio.sleep(0.01)
        await peer.send(LAST_CHUNK)

    async with RawServer(opened(word("a") + END, after=end_later), answer()) as server:
        client = connect(server)
        async with say(client) as events:
            await events.until_done()
        await client.call(READ, "a")

    assert server.connections == 1


async def test_the_reply_tells_status_headers_and_attempts(connect: Connect) -> None:
    head = EVENT_STREAM.replace(b"\r\n\r\n", b"\r\nX-Request-Id: req-7\r\n\r\n")
    async with RawServer(then(head + chunk(END) + LAST_CHUNK, silence)) as server, say(connect(server)) as events:
        assert (events.reply.status, events.reply.request_id) == (200, "req-7")
        assert [each.outcome for each in events.reply.attempts] == ["200"]


async def test_a_stream_is_entered_once_and_before_it_is_read(connect: Connect) -> None:
    async with RawServer(stream(END)) as server:
        events = say(connect(server))
        with pytest.raises(ConfigError, match="enter the stream"):
            await anext(events)
        with pytest.raises(ConfigError, match="not been entered"):
            _ = events.reply
        async with events:
            with pytest.raises(ConfigError, match="entered once"):
                await events.__aenter__()

    assert len(server.requests) == 1


async def test_closing_a_stream_that_was_never_entered_is_fine(connect: Connect) -> None:
    async with RawServer(stream(END)) as server:
        events = say(connect(server))
        await events.aclose()
        assert events.result.text == ""

    assert server.requests == []


@pytest.mark.parametrize("clock", ["idle_timeout", "event_timeout"])
@pytest.mark.parametrize("seconds", [0, -1, float("inf")])
async def test_impossible_clocks_are_refused(connect: Connect, clock: str, seconds: float) -> None:
    async with RawServer(stream(END)) as server:
        with pytest.raises(ConfigError, match=f"{clock} must be a number of seconds above 0"):
            say(connect(server), **{clock: seconds})


@pytest.mark.parametrize(
    ("step", "outcome", "count"),
    [(stream(word("a"), END), "complete", 2), (stream(word("a")), "cut", 1), (opened(word("a")), "cancelled", 1)],
    ids=["complete", "cut", "cancelled"],
)
async def test_the_end_of_a_stream_is_told_once_to_the_hooks(
    connect: Connect, step: Step, outcome: str, count: int
) -> None:
    heard: list[Event] = []
    async with RawServer(step) as server, say(connect(server, hooks=[heard.append])) as events:
        await anext(events)
        if outcome != "cancelled":
            await read(events)

    ends = [(each.outcome, each.events) for each in heard if isinstance(each, StreamEnded)]
    assert ends == [(outcome, count)]
