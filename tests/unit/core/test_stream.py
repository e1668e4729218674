"""What every event stream promises, whatever its events are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from servers import (
    EVENT_STREAM,
    LAST_CHUNK,
    Peer,
    RawServer,
    Request,
    Step,
    answer,
    chunk,
    close,
    reset,
    silence,
    stream,
    then,
)
from service import CONTRACT, END, READ, SAY, WATCH, Connect, End, Other, Said, Word, word
from stream_kit import opened, read, say

from flexsdk.core.events import Ending
from flexsdk.core.hooks import Event, FirstEvent, StreamEnded
from flexsdk.core.stream import MOST_UNFOLDED
from flexsdk.errors import (
    ConfigError,
    DecodeError,
    EventTooLarge,
    RateLimited,
    StreamError,
    StreamFailed,
    StreamTruncated,
)


async def test_events_come_typed_and_the_result_is_what_they_add_up_to(connect: Connect) -> None:
    other = b"event: new\ndata: {}\n\n"
    async with (
        RawServer(stream(word("a") + other, word("b"), END)) as server,
        say(connect(server)) as events,
    ):
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


class Listed:
    """A fold that keeps all it is given."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def add(self, events: Sequence[object]) -> None:
        self.events += events

    def may_end(self) -> bool:
        return False

    def failure(self) -> None:
        return None

    def result(self, ending: Ending) -> list[object]:
        return list(self.events)


async def test_the_fold_gets_every_event_once_and_in_order(connect: Connect) -> None:
    op = msgspec.structs.replace(SAY, events=msgspec.structs.replace(CONTRACT, fold=Listed))
    pieces = word("a") + word("b"), word("c") + word("d") + END
    async with RawServer(stream(*pieces)) as server, say(connect(server), op) as events:
        seen = [await anext(events), await anext(events), await anext(events)]
        assert events.result == seen
        seen += [event async for event in events]

    assert events.result == seen == [*(Word(text=text) for text in "abcd"), End()]


async def test_the_fold_never_waits_for_more_than_a_few_events(connect: Connect) -> None:
    fold = Listed()
    op = msgspec.structs.replace(SAY, events=msgspec.structs.replace(CONTRACT, fold=lambda: fold))
    wanted = asyncio.Semaphore(0)

    async def one_by_one(_: Request, peer: Peer) -> None:
        await peer.send(EVENT_STREAM)
        for number in range(3 * MOST_UNFOLDED):
            await wanted.acquire()
            await peer.send(chunk(word(str(number))))
        await peer.send(chunk(END) + LAST_CHUNK)

    async with RawServer(one_by_one) as server, say(connect(server), op) as events:
        seen = []
        for _ in range(3 * MOST_UNFOLDED):
            wanted.release()
            seen.append(await anext(events))
            assert len(seen) - len(fold.events) <= MOST_UNFOLDED
        seen += [event async for event in events]

    assert events.result == seen


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


@pytest.mark.parametrize("end", [close, reset], ids=["closed", "reset"])
async def test_a_slow_reader_gets_all_that_came_before_the_connection_broke(
    connect: Connect, end: Step
) -> None:
    async def more(request: Request, peer: Peer) -> None:
        await asyncio.sleep(0.01)
        await peer.send(chunk(word("b")))
        await asyncio.sleep(0.01)
        assert not isinstance(end, bytes)
        await end(request, peer)

    async with RawServer(opened(word("a"), after=more)) as server, say(connect(server)) as events:
        first = await anext(events)
        await asyncio.sleep(0.05)
        rest, error = await read(events)

    assert [first, *rest] == [Word(text="a"), Word(text="b")]
    assert isinstance(error, StreamTruncated)
    assert error.snapshot.text == "ab"


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
    async with (
        RawServer(stream(word("a") + b"event: word\ndata: " + data + b"\n\n" + END)) as server,
        say(connect(server)) as events,
    ):
        seen, error = await read(events)

    assert seen == [Word(text="a")]
    assert isinstance(error, DecodeError)
    assert error.body == data
    assert events.result == Said(ending="failed", text="a")


async def test_a_200_that_is_no_stream_is_a_decode_error_with_its_body(connect: Connect) -> None:
    page = b"<html>Sign in to the network</html>"
    async with RawServer(answer(200, page, content_type="text/html; charset=utf-8"), answer()) as server:
        client = connect(server, max_connections=1)
        with pytest.raises(
            DecodeError, match="expected text/event-stream, the answer is text/html"
        ) as raised:
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


# --- the request


@pytest.mark.parametrize(
    "refusal", [answer(429, retry_after="1"), answer(503, retry_after="1")], ids=["429", "503"]
)
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
    async with (
        RawServer(then(head + chunk(END) + LAST_CHUNK, silence)) as server,
        say(connect(server)) as events,
    ):
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
    [
        (stream(word("a"), END), "complete", 2),
        (stream(word("a")), "cut", 1),
        (opened(word("a")), "cancelled", 1),
        (stream(word("a") + END), "cancelled", 1),
        (stream(END), "complete", 1),
    ],
    ids=["complete", "cut", "cancelled", "cancelled before its last event", "the last event alone"],
)
async def test_the_first_event_and_the_end_of_a_stream_are_told_once_to_the_hooks(
    connect: Connect, step: Step, outcome: str, count: int
) -> None:
    heard: list[Event] = []
    async with RawServer(step) as server, say(connect(server, hooks=[heard.append])) as events:
        await anext(events)
        if outcome != "cancelled":
            await read(events)

    assert sum(isinstance(each, FirstEvent) for each in heard) == 1
    ends = [(each.outcome, each.events) for each in heard if isinstance(each, StreamEnded)]
    assert ends == [(outcome, count)]
