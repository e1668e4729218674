"""Messages of Flapjack, against the sandbox."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from service import until

from flexsdk import Flapjack
from flexsdk.errors import StreamTruncated
from flexsdk.platforms.flapjack.events import (
    Answer,
    Token,
)
from flexsdk.platforms.flapjack.messages import ToolDefinition
from flexsdk.sandbox import Fault, Sandbox


async def a_thread(flapjack: Flapjack) -> str:
    agent = await flapjack.agents.list().first()
    assert agent is not None
    return (await flapjack.threads.create(agent.id)).id


async def test_an_answer_is_streamed_token_by_token(flapjack: Flapjack) -> None:
    async with flapjack.threads.stream(await a_thread(flapjack), "What changed?") as events:
        deltas = [event.delta async for event in events if isinstance(event, Token)]

    assert len(deltas) >= 20
    assert events.result.outcome == "complete"
    assert events.result.text == "".join(deltas)
    assert events.result.message_id
    assert events.result.usage is not None


async def test_a_tool_of_the_caller_is_asked_for_and_answered(flapjack: Flapjack, sandbox: Sandbox) -> None:
    thread_id = await a_thread(flapjack)
    tool = ToolDefinition(name="find_booking", description="Find a booking", parameters={"type": "object"})
    async with flapjack.threads.stream(thread_id, "Find booking A-1001", tools=[tool]) as events:
        first = await events.until_done()
    results = {each.id: "confirmed" for each in first.tool_calls}
    async with flapjack.threads.submit_tool_results(thread_id, results) as events:
        second = await events.until_done()

    assert (first.outcome, second.outcome) == ("requires_action", "complete")
    assert "confirmed" in second.text
    sent = msgspec.json.decode(sandbox.flapjack.requests[-1].body)
    assert sent == {"toolResults": [{"toolCallId": first.tool_calls[0].id, "result": "confirmed"}]}


async def test_a_stop_from_another_task_ends_the_answer_with_the_text_so_far(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    sandbox.token_delay = 0.005
    thread_id = await a_thread(flapjack)
    async with flapjack.threads.stream(thread_id, "A slow one") as events:
        reader = asyncio.create_task(events.until_done())
        await until(lambda: len(events.result.text) > 20)
        await flapjack.threads.stop(thread_id)
        answer = await asyncio.wait_for(reader, 2)

    assert answer.stopped
    assert (answer.outcome, answer.message_id) == ("stopped", None)
    assert answer.text.startswith("You asked:")


async def test_leaving_early_is_seen_by_the_platform(flapjack: Flapjack, sandbox: Sandbox) -> None:
    sandbox.token_delay = 0.005
    async with flapjack.threads.stream(await a_thread(flapjack), "A slow one") as events:
        async for event in events:
            if isinstance(event, Token):
                break
    record = sandbox.flapjack.calls("threads_send_message")[0]
    await until(lambda: record.disconnected)

    assert events.result.outcome == "cancelled"


async def test_two_streams_run_side_by_side(flapjack: Flapjack) -> None:
    thread_id = await a_thread(flapjack)

    async def ask(text: str) -> Answer:
        async with flapjack.threads.stream(thread_id, text) as events:
            return await events.until_done()

    one, two = await asyncio.gather(ask("red"), ask("blue"))

    assert '"red"' in one.text
    assert '"blue"' in two.text


async def test_a_message_is_not_sent_again_when_its_stream_is_cut(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    thread_id = await a_thread(flapjack)
    sandbox.flapjack.faults.add(Fault.cut(300), operation="threads_send_message")
    async with flapjack.threads.stream(thread_id, "What changed?") as events:
        with pytest.raises(StreamTruncated):
            await events.until_done()

    assert len(sandbox.flapjack.calls("threads_send_message")) == 1


async def test_nothing_to_say_is_refused(flapjack: Flapjack) -> None:
    with pytest.raises(ValueError, match="content is empty"):
        flapjack.threads.stream("t", "")
    with pytest.raises(ValueError, match="results is empty"):
        flapjack.threads.submit_tool_results("t", {})
