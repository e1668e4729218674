"""Functions as tools: a loop of legs in one iteration, against the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from servers import RawServer, answer, silence, stream
from service import KEY, until
from transcripts import frame

from flexsdk import Flapjack
from flexsdk.errors import ServerError, StreamTruncated, Timeout
from flexsdk.platforms.flapjack import (
    FunctionTool,
    Meta,
    ProfileSwitchProposal,
    RequiresAction,
    Token,
    ToolDefinition,
    ToolResult,
)
from flexsdk.sandbox import Sandbox

ACTION = frame("requires_action", {"toolCalls": [{"id": "c1", "name": "find_booking", "arguments": "{}"}]})
DONE = frame("done", {"ok": True, "messageId": "m", "content": "It is."})


@pytest.fixture
async def thread_id(flapjack: Flapjack) -> str:
    agent = await flapjack.agents.list().first()
    assert agent is not None
    return (await flapjack.threads.create(agent.id)).id


def bodies(sandbox: Sandbox) -> list[Any]:
    return [
        msgspec.json.decode(each.body) for each in sandbox.flapjack.calls("threads_send_message") if each.body
    ]


async def find_booking(reference: str) -> str:
    """Find a booking by its reference."""
    if reference == "A-1002":
        raise LookupError("no such booking")
    return f"{reference} is confirmed"


async def test_three_legs_with_parallel_calls_a_raising_handler_and_bad_arguments(
    flapjack: Flapjack, sandbox: Sandbox, thread_id: str
) -> None:
    def lookup_weather(city: str) -> dict[str, int]:
        """Look up the weather of a place."""
        return {"celsius": 21}

    question = "one by one, garbled: find booking A-1001 A-1002 A-1003"
    async with flapjack.threads.stream(thread_id, question, tools=[find_booking, lookup_weather]) as events:
        seen = [event async for event in events]

    results = [event for event in seen if isinstance(event, ToolResult)]
    assert len([event for event in seen if isinstance(event, RequiresAction)]) == 3
    assert [type(event) for event in seen[:3]] == [Meta, RequiresAction, ToolResult]
    assert "invalid arguments" in results[0].result
    assert [each.result for each in results[1:]] == [
        '{"error":"LookupError: no such booking"}',
        "A-1003 is confirmed",
    ]
    assert events.result.outcome == "complete"
    assert "A-1003 is confirmed" in events.result.text
    assert len(bodies(sandbox)) == 4
    assert all("tools" in body for body in bodies(sandbox))
    assert [set(body) for body in bodies(sandbox)[1:]] == [{"tools", "toolResults"}] * 3


async def test_the_calls_of_one_leg_run_at_the_same_time(flapjack: Flapjack, thread_id: str) -> None:
    together = asyncio.Barrier(3)

    async def find_booking(reference: str) -> str:
        """Find a booking by its reference."""
        await together.wait()
        return reference.lower()

    question = "find booking A-1001 A-1002 A-1003"
    async with flapjack.threads.stream(thread_id, question, tools=[find_booking]) as events:
        seen = [event async for event in events]

    assert [each.result for each in seen if isinstance(each, ToolResult)] == ["a-1001", "a-1002", "a-1003"]


async def test_text_and_result_join_all_legs(flapjack: Flapjack, thread_id: str) -> None:
    async with flapjack.threads.stream(thread_id, "find booking A-1001", tools=[find_booking]) as events:
        text = [piece async for piece in events.text()]

    assert events.result.text == "".join(text)
    assert events.result.message_id is not None


async def test_usage_is_summed_and_text_joined_over_legs() -> None:
    first = stream(
        frame("token", {"delta": "Wait. "}),
        ACTION,
        frame("done", {"ok": True, "content": "Wait. ", "usage": {"input_tokens": 5}}),
    )
    last = frame("done", {"ok": True, "messageId": "m", "content": "It is.", "usage": {"input_tokens": 2}})

    def find_booking() -> str:
        """Find."""
        return "found"

    async with (
        RawServer(first, stream(last)) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.threads.stream("t", "Find", tools=[find_booking]) as events,
    ):
        result = await events.until_done()

    assert (result.text, result.message_id) == ("Wait. It is.", "m")
    assert result.usage is not None
    assert (result.usage.input_tokens, result.usage.output_tokens) == (7, None)


async def test_the_loop_ends_after_the_last_allowed_round(
    flapjack: Flapjack, sandbox: Sandbox, thread_id: str
) -> None:
    question = "one by one: find booking A-1001 A-1003 A-1004"
    stream_ = flapjack.threads.stream(thread_id, question, tools=[find_booking], max_rounds=2)
    async with stream_ as events:
        result = await events.until_done()

    assert (result.outcome, len(result.tool_calls)) == ("requires_action", 1)
    assert len(bodies(sandbox)) == 3


async def test_a_mere_definition_ends_the_iteration_and_results_go_on(
    flapjack: Flapjack, sandbox: Sandbox, thread_id: str
) -> None:
    manual = ToolDefinition(name="find_booking", description="Find", parameters={"type": "object"})
    async with flapjack.threads.stream(thread_id, "find booking A-1001", tools=[manual]) as events:
        first = await events.until_done()
    results = {call.id: "confirmed" for call in first.tool_calls}
    async with flapjack.threads.submit_tool_results(thread_id, results) as events:
        second = await events.until_done()

    assert (first.outcome, second.outcome) == ("requires_action", "complete")
    assert "confirmed" in second.text


async def test_a_cancelled_wait_runs_no_handler_twice_and_sends_no_result_twice() -> None:
    entered = asyncio.Event()
    go_on = asyncio.Event()
    runs = 0

    async def find_booking() -> str:
        """Find."""
        nonlocal runs
        runs += 1
        entered.set()
        await go_on.wait()
        return "found"

    async with (
        RawServer(stream(ACTION), stream(DONE)) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.threads.stream("t", "Find", tools=[find_booking]) as events,
    ):
        reader = asyncio.create_task(events.until_done())
        await entered.wait()
        reader.cancel()
        await asyncio.wait([reader])
        go_on.set()
        result = await events.until_done()

    assert result.outcome == "complete"
    assert (runs, len(server.requests)) == (1, 2)


@pytest.mark.parametrize("way", ["leave", "cancel", "close"])
async def test_leaving_cancels_the_handlers_that_still_run(way: str) -> None:
    entered = asyncio.Event()
    ended: list[str] = []

    async def find_booking() -> str:
        """Find."""
        try:
            entered.set()
            await asyncio.Event().wait()
        finally:
            ended.append("ended")
        return ""

    before = asyncio.all_tasks()
    async with RawServer(stream(ACTION)) as server, Flapjack(KEY, base_url=server.url) as client:
        async with client.threads.stream("t", "Find", tools=[find_booking]) as events:
            reader = asyncio.create_task(events.until_done())
            await entered.wait()
            if way == "cancel":
                events.cancel()
                await reader
            elif way == "close":
                await client.aclose()
                await reader
        if way == "leave":
            reader.cancel()
            await asyncio.wait([reader])
        assert ended == ["ended"]
        assert len(server.requests) == 1
    assert {task for task in asyncio.all_tasks() - before if "RawServer" not in repr(task)} == set()


async def test_the_deadline_bounds_the_whole_loop() -> None:
    async def find_booking() -> None:
        """Find."""
        await asyncio.Event().wait()

    async with (
        RawServer(stream(ACTION)) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.threads.stream("t", "Find", tools=[find_booking], deadline=0.1) as events,
    ):
        with pytest.raises(Timeout, match="while tools ran") as raised:
            await events.until_done()

    assert raised.value.phase == "deadline"


async def test_the_next_leg_gets_what_is_left_of_the_deadline() -> None:
    def find_booking() -> str:
        """Find."""
        return ""

    async with (
        RawServer(stream(ACTION), silence) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.threads.stream("t", "Find", tools=[find_booking], deadline=0.3) as events,
    ):
        with pytest.raises(Timeout) as raised:
            await events.until_done()
        assert [event async for event in events] == []

    assert raised.value.phase == "deadline"
    assert len(server.requests) == 2


WAIT = stream(frame("token", {"delta": "Wait. "}), ACTION)


async def booked() -> str:
    """Find."""
    return "found"


BOOKED = FunctionTool(booked, name="find_booking")


async def test_a_later_leg_that_breaks_carries_the_snapshot_of_all_legs() -> None:
    cut = stream(frame("token", {"delta": "It"}))
    async with (
        RawServer(WAIT, cut) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.threads.stream("t", "Find", tools=[BOOKED]) as events,
    ):
        with pytest.raises(StreamTruncated, match="do not send it again") as raised:
            await events.until_done()

    assert raised.value.snapshot == events.result
    assert events.result.text == "Wait. It"


async def test_a_later_leg_that_is_refused_ends_the_answer_and_is_not_sent_again() -> None:
    async with (
        RawServer(WAIT, answer(500)) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.threads.stream("t", "Find", tools=[BOOKED]) as events,
    ):
        with pytest.raises(ServerError) as raised:
            await events.until_done()
        assert [event async for event in events] == []

    assert raised.value.snapshot.text == "Wait. "
    assert events.result.outcome == "requires_action"
    assert len(server.requests) == 2


async def test_leaving_early_can_stop_the_answer_at_the_platform(
    flapjack: Flapjack, sandbox: Sandbox, thread_id: str
) -> None:
    sandbox.token_delay = 0.005
    async with flapjack.threads.stream(thread_id, "A slow one", stop_on_exit=True) as events:
        async for event in events:
            if isinstance(event, Token):
                break
    await until(lambda: sandbox.flapjack.calls("threads_stop"))

    async with flapjack.threads.stream(thread_id, "A slow one") as events:
        await anext(events)
        events.cancel(stop=True)
    await until(lambda: len(sandbox.flapjack.calls("threads_stop")) == 2)


async def test_an_answer_that_ended_is_not_stopped_and_closing_waits_for_stops_under_way(
    sandbox: Sandbox,
) -> None:
    client = Flapjack(sandbox.flapjack.key, base_url=sandbox.flapjack.base_url)
    agent = await client.agents.list().first()
    assert agent is not None
    thread = await client.threads.create(agent.id)
    async with client.threads.stream(thread.id, "What changed?", stop_on_exit=True) as events:
        await events.until_done()
    assert sandbox.flapjack.calls("threads_stop") == []

    sandbox.token_delay = 0.005
    async with client.threads.stream(thread.id, "A slow one", stop_on_exit=True) as events:
        await anext(events)
        await client.aclose()

    (stop,) = sandbox.flapjack.calls("threads_stop")
    assert stop.status == 200


async def test_a_proposal_is_followed_only_by_asking_for_it(
    flapjack: Flapjack, sandbox: Sandbox, thread_id: str
) -> None:
    async with flapjack.threads.stream(thread_id, "profile, please") as events:
        proposals = [event async for event in events if isinstance(event, ProfileSwitchProposal)]
    assert sandbox.flapjack.calls("threads_update") == []

    thread = await flapjack.threads.switch_profile(thread_id, proposals[0])
    assert thread.active_profile == "triage"
    assert (await flapjack.threads.switch_profile(thread_id, None)).active_profile is None
