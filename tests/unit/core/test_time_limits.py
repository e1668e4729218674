"""Time limits, the queue for a slot, and cancellation from outside."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from servers import EVENT_STREAM, RawServer, Step, answer, chunk, silence, stream, then
from service import END, KEY, READ, SAY, WRITE, Connect, Item, Said, Service, until, word

from flexsdk import deadline
from flexsdk.core.call import Call, Reply
from flexsdk.core.clock import SystemClock
from flexsdk.core.deadline import AttemptTimer
from flexsdk.core.hooks import Event, QueueWaited
from flexsdk.core.limits import RateLimit, Window
from flexsdk.core.op import Op
from flexsdk.errors import BadRequest, FlexError, Spent, Timeout

BRIEF = 0.03
"""Seconds; long enough for a socket on a busy machine, short enough for a test."""

HALF_AN_ANSWER = answer(200, b'{"id":"a"}')[:-5]


@pytest.mark.parametrize("late", [silence, then(HALF_AN_ANSWER, silence)], ids=["silent", "half an answer"])
async def test_an_attempt_without_a_complete_answer_times_out(connect: Connect, late: Step) -> None:
    async with RawServer(late) as server:
        with pytest.raises(Timeout) as raised:
            await connect(server).call(WRITE, body={}, timeout=BRIEF)
        await until(lambda: server.open_connections == 0)

    assert (raised.value.phase, raised.value.seconds) == ("attempt", BRIEF)
    assert isinstance(raised.value, TimeoutError)
    assert f"within {BRIEF:g} s" in str(raised.value)


async def test_a_timed_out_read_is_repeated_and_a_timed_out_write_is_not(connect: Connect) -> None:
    async with RawServer(silence, answer(), silence, answer()) as server:
        client = connect(server)
        assert await client.call(READ, "a", timeout=5 * BRIEF) == Item()
        with pytest.raises(Timeout):
            await client.call(WRITE, body={}, timeout=5 * BRIEF)

    assert [line.split(" ")[0] for line in server.lines] == ["GET", "GET", "POST"]


async def test_the_deadline_ends_an_attempt_that_could_go_on(connect: Connect) -> None:
    async with RawServer(silence) as server:
        with pytest.raises(Timeout) as raised:
            await connect(server).call(READ, "a", deadline=BRIEF)

    assert raised.value.phase == "deadline"
    assert len(server.requests) == 1


async def test_the_operations_own_time_counts_where_it_is_longer_than_the_clients() -> None:
    slow = Op("slow", "GET", "/slow", Item, timeout=300.0)
    seen = []

    async def look(call: Call, forward: Any) -> Reply[Any]:
        seen.append(call.timeout)
        return Reply(call, 200, {}, b"{}")

    async with Service(KEY, middlewares=[look], timeout=20) as client:
        await client.call(slow)
        await client.call(READ, "a")
        await client.call(slow, timeout=5)
        await client.with_options(timeout=7).call(slow)

    assert seen == [300.0, 20.0, 5.0, 7.0]


# --- the queue


async def test_the_wait_for_a_slot_ends_with_the_deadline_and_sends_nothing(connect: Connect) -> None:
    async with RawServer(silence) as server:
        client = connect(server, max_connections=1)
        first = asyncio.create_task(client.call(READ, "first"))
        await until(lambda: server.requests)
        with pytest.raises(Timeout) as raised:
            await client.call(READ, "second", deadline=BRIEF)
        first.cancel()
        await asyncio.wait([first])

    assert raised.value.phase == "queue"
    assert raised.value.attempts == ()
    assert "max_connections" in str(raised.value)
    assert server.lines == ["GET /items/first HTTP/1.1"]


async def test_waiting_calls_are_told_to_the_hooks(connect: Connect) -> None:
    heard: list[Event] = []
    async with RawServer(answer()) as server:
        client = connect(server, max_connections=1, hooks=[heard.append])
        await asyncio.gather(client.call(READ, "a"), client.call(READ, "b"))

    assert [event for event in heard if isinstance(event, QueueWaited)] == [
        QueueWaited(op="read", seconds=0.0)
    ]


async def test_a_view_shares_the_slots(connect: Connect) -> None:
    async with RawServer(silence) as server:
        client = connect(server, max_connections=1)
        first = asyncio.create_task(client.call(READ, "first"))
        await until(lambda: server.requests)
        with pytest.raises(Timeout, match="no free slot"):
            await client.with_options(attempts=1).call(READ, "second", deadline=BRIEF)
        first.cancel()
        await asyncio.wait([first])


# --- cancellation


class Endless:
    """A clock whose sleeps do not end."""

    def monotonic(self) -> float:
        return 0.0

    def time(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.get_running_loop().create_future()


PHASES: dict[str, tuple[Step, ...]] = {
    "before the answer": (silence, answer()),
    "in the middle of the answer": (then(HALF_AN_ANSWER, silence), answer()),
    "in a wait before a repeat": (answer(429, retry_after="5"), answer()),
}


@pytest.mark.parametrize("phase", PHASES)
async def test_a_cancellation_passes_and_leaks_neither_slot_nor_connection(
    connect: Connect, phase: str
) -> None:
    async with RawServer(*PHASES[phase]) as server:
        client = connect(server, max_connections=1, clock=Endless())
        task = asyncio.create_task(client.call(READ, "a"))
        await until(lambda: server.requests)
        await asyncio.sleep(0.01)
        assert task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        if phase != "in a wait before a repeat":
            await until(lambda: server.open_connections == 0)

        assert await asyncio.wait_for(client.call(READ, "b"), 2) == Item()


async def test_a_cancellation_in_the_queue_passes_and_leaks_no_slot(connect: Connect) -> None:
    async with RawServer(silence, answer()) as server:
        client = connect(server, max_connections=1)
        first = asyncio.create_task(client.call(READ, "a"))
        await until(lambda: server.requests)
        second = asyncio.create_task(client.call(READ, "b"))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        assert second.cancelled()
        first.cancel()
        await asyncio.wait([first])

        assert await asyncio.wait_for(client.call(READ, "c"), 2) == Item()

    assert server.lines == ["GET /items/a HTTP/1.1", "GET /items/c HTTP/1.1"]


async def test_a_cancelled_wait_for_the_start_of_a_stream_leaks_no_slot(connect: Connect) -> None:
    async with RawServer(silence, stream(word("hi"), END)) as server:
        client = connect(server, max_connections=1)
        waiting = client.stream(SAY, idle_timeout=5, event_timeout=5)
        task = asyncio.create_task(waiting.__aenter__())
        await until(lambda: server.requests)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

        async with client.stream(SAY, idle_timeout=5, event_timeout=5) as events:
            assert await asyncio.wait_for(events.until_done(), 2) == Said(ending="complete", text="hi")


async def test_a_timeout_of_the_users_own_around_a_call_is_the_users(connect: Connect) -> None:
    async with RawServer(silence) as server:
        with pytest.raises(TimeoutError) as raised:
            async with asyncio.timeout(BRIEF):
                await connect(server).call(READ, "a")

    assert not isinstance(raised.value, Timeout)


async def test_a_deadline_block_leaves_calls_outside_alone(connect: Connect) -> None:
    async with RawServer(silence, answer()) as server:
        client = connect(server)
        with deadline(BRIEF, clock=client.clock), pytest.raises(Timeout):
            await client.call(READ, "a", attempts=1)

        assert await client.call(READ, "b") == Item()


# --- a slot that a stream holds


async def test_a_stream_keeps_its_slot_until_it_is_closed(connect: Connect) -> None:
    opened = then(EVENT_STREAM + chunk(word("hi")), silence)
    async with RawServer(opened, answer()) as server:
        client = connect(server, max_connections=1)
        async with client.stream(SAY, idle_timeout=5, event_timeout=5) as events:
            await anext(events)
            with pytest.raises(Timeout, match="no free slot"):
                await client.call(READ, "a", deadline=BRIEF)

        assert await asyncio.wait_for(client.call(READ, "b"), 2) == Item()


@pytest.mark.parametrize("ring", ["middlewares", "attempt_middlewares"])
async def test_a_middleware_that_fails_after_a_stream_was_opened_leaks_no_slot(
    connect: Connect, ring: str
) -> None:
    async def fail_streams(call: Any, forward: Any) -> Any:
        reply = await forward(call)
        if reply.source is not None:
            raise LookupError("of the middleware")
        return reply

    async with RawServer(stream(word("hi"), END), answer()) as server:
        client = connect(server, max_connections=1, **{ring: [fail_streams]})
        with pytest.raises(LookupError):
            await client.stream(SAY, idle_timeout=5, event_timeout=5).__aenter__()

        assert await client.call(READ, "b", deadline=0.3) == Item()


async def test_a_middleware_that_opens_a_stream_twice_leaks_no_slot(connect: Connect) -> None:
    async def twice(call: Any, forward: Any) -> Any:
        await forward(call)
        return await forward(call)

    async with RawServer(stream(word("hi"), END)) as server:
        client = connect(server, max_connections=1, middlewares=[twice])
        async with client.stream(SAY, idle_timeout=5, event_timeout=5, deadline=0.3) as events:
            assert (await events.until_done()).text == "hi"


# --- the timer of an attempt


async def test_the_timer_tells_that_it_was_the_one() -> None:
    with AttemptTimer(0.001) as timer:
        await asyncio.sleep(5)

    task = asyncio.current_task()
    assert timer.expired
    assert task is not None
    assert task.cancelling() == 0


async def test_the_timer_leaves_a_block_alone_that_ends_in_time() -> None:
    with AttemptTimer(5) as timer:
        await asyncio.sleep(0)

    assert not timer.expired


async def test_timers_of_any_order_ring_each_at_its_time() -> None:
    ended: list[float] = []

    async def block(seconds: float) -> None:
        with AttemptTimer(seconds):
            await asyncio.sleep(5)
        ended.append(seconds)

    with AttemptTimer(5):
        await asyncio.gather(*map(block, (0.03, 0.01, 0.02)))

    assert ended == [0.01, 0.02, 0.03]


async def test_one_timer_of_the_loop_serves_all_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    made: list[float] = []
    call_at = loop.call_at
    monkeypatch.setattr(loop, "call_at", lambda *arguments: made.append(1.0) or call_at(*arguments))

    for _ in range(100):
        with AttemptTimer(5):
            await asyncio.sleep(0)

    assert len(made) <= 1


@pytest.mark.parametrize("first", ["timer", "other"])
async def test_a_foreign_cancellation_in_the_same_moment_goes_on(first: str) -> None:
    timer = AttemptTimer(5)

    async def work() -> None:
        with timer:
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    for who in ("timer", "other") if first == "timer" else ("other", "timer"):
        if who == "timer":
            timer.expire()
        else:
            task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()


async def test_an_outer_timeout_is_not_used_up_by_the_timer() -> None:
    with pytest.raises(TimeoutError):  # noqa: PT012 - raised by the second of two sleeps
        async with asyncio.timeout(0.02):
            with AttemptTimer(0.001):
                await asyncio.sleep(5)
            await asyncio.sleep(5)


# --- where the time went


def spent(raised: pytest.ExceptionInfo[FlexError]) -> Spent:
    assert raised.value.spent is not None
    return raised.value.spent


async def test_an_error_at_the_deadline_says_how_the_time_was_split(connect: Connect) -> None:
    async def slow(call: Call, forward: Any) -> Reply[Any]:
        if call.attempt == 2:
            await call.clock.sleep(10.0)
        return await forward(call)

    async with RawServer(answer(503, retry_after="3")) as server:
        client = connect(server, attempt_middlewares=[slow])
        with pytest.raises(Timeout) as raised:
            await client.call(READ, "a", deadline=12.0)

    assert raised.value.phase == "deadline"
    assert spent(raised).backoff == pytest.approx(3.0, rel=0.2)
    assert f"{spent(raised).backoff:.3g} s in backoff" in str(raised.value)


async def test_an_error_says_how_long_the_call_was_held_by_limit_and_queue(connect: Connect) -> None:
    async with RawServer(answer(), answer(400)) as server:
        client = connect(server, limits=RateLimit(Window(1, 10.0)))
        await client.call(READ, "a")
        with pytest.raises(BadRequest) as raised:
            await client.call(READ, "a")

    assert spent(raised).limits == pytest.approx(10.0, abs=0.1)
    assert (spent(raised).queue, spent(raised).backoff) == (0.0, 0.0)


async def test_the_wait_for_a_slot_is_named_as_queue(connect: Connect) -> None:
    async with RawServer(silence) as server:
        client = connect(server, max_connections=1, clock=SystemClock())
        first = asyncio.create_task(client.call(READ, "first"))
        await until(lambda: server.requests)
        with pytest.raises(Timeout, match="s in queue") as raised:
            await client.call(READ, "second", deadline=BRIEF)
        first.cancel()

    assert spent(raised).queue >= BRIEF / 2
    assert spent(raised).attempts == 0.0
