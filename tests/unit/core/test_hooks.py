"""What hooks hear: the order of the events, whom they belong to, and when two are equal."""

from __future__ import annotations

import asyncio
import pickle

import pytest
from servers import RawServer, answer, stream
from service import END, READ, Connect, word
from stream_kit import say

from flexsdk.core.hooks import CallEnded, CallRef, CallStarted, Event, LimiterRefused, StreamEnded
from flexsdk.core.limits import RateLimit, Window
from flexsdk.errors import RateLimited

CALL = CallRef(platform="Service", method="GET", route="/items/{item_id}")


async def test_the_events_of_calls_at_the_same_time_are_told_apart(connect: Connect) -> None:
    heard: list[Event] = []
    async with RawServer(answer()) as server:
        client = connect(server, hooks=[heard.append])
        await asyncio.gather(*(client.call(READ, name) for name in "abc"))

    numbers = {event.call.number for event in heard}
    for number in numbers:
        mine = [type(event).__name__ for event in heard if event.call.number == number]
        assert mine == ["CallStarted", "FirstByte", "AttemptEnded", "CallEnded"]
    assert len(numbers) == 3
    assert {(event.call.platform, event.call.method, event.call.route) for event in heard} == {
        ("Service", "GET", "/items/{item_id}")
    }


async def test_a_stream_is_told_of_from_its_call_to_its_close(connect: Connect) -> None:
    heard: list[Event] = []
    answers = stream(word("a"), word("b"), END)
    async with RawServer(answers) as server, say(connect(server, hooks=[heard.append])) as events:
        await events.until_done()

    assert [type(event).__name__ for event in heard] == [
        "CallStarted",
        "FirstByte",
        "BodyOpened",
        "AttemptEnded",
        "CallEnded",
        "FirstEvent",
        "StreamEnded",
        "BodyClosed",
    ]


async def test_a_refusal_of_the_limiter_is_told(connect: Connect) -> None:
    heard: list[Event] = []
    limits = RateLimit(Window(1, 60.0, name="minute"), max_wait=1.0)
    async with RawServer(answer()) as server:
        client = connect(server, hooks=[heard.append], limits=limits)
        await client.call(READ, "a")
        with pytest.raises(RateLimited):
            await client.call(READ, "b")

    assert heard[-3:] == [
        CallStarted(op="read", base_url=server.url),
        LimiterRefused(op="read", limit="minute"),
        CallEnded(op="read", outcome="RateLimited", attempts=0, seconds=0.0),
    ]


def test_events_are_equal_when_the_same_happened_to_whichever_call() -> None:
    refused = LimiterRefused(op="read", limit="minute")

    assert refused == LimiterRefused(op="read", limit="minute", call=CALL)
    assert hash(refused) == hash(LimiterRefused(op="read", limit="minute", call=CALL))
    assert refused != LimiterRefused(op="read", limit="day")
    assert refused != Event(op="read")


def test_every_event_has_a_hash() -> None:
    ended = StreamEnded(op="say", outcome="complete", events=1, seconds=1.0, tokens={"input": 4})

    assert len({ended, ended, LimiterRefused(op="say", limit="day")}) == 2


def test_events_pickle() -> None:
    event = LimiterRefused(op="read", limit="minute", call=CALL)

    again = pickle.loads(pickle.dumps(event))

    assert (again, again.call) == (event, event.call)
