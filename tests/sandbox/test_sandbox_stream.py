"""Flapjack messages: the stream on the wire, client tools, stop, scripts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest
from sandbox_kit import Ask, Event, Reply, bearer, text_of, until

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.contract import load
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.validate import validator

TOOL = {
    "name": "find_booking",
    "description": "Find a booking by reference",
    "parameters": {"type": "object", "properties": {"ref": {"type": "string"}}, "required": ["ref"]},
}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def open_thread(flapjack: Flapjack, ask: Ask) -> str:
    agents = (await ask(flapjack, "GET", "/api/agents")).json()
    thread = (await ask(flapjack, "POST", "/api/threads", json={"agentId": agents[0]["id"]})).json()
    return f"/api/threads/{thread['id']}"


async def say(flapjack: Flapjack, ask: Ask, text: str, **body: Any) -> Reply:
    path = await open_thread(flapjack, ask)
    return await ask(flapjack, "POST", path + "/messages", json={"content": text, **body})


def names(events: list[Event]) -> list[str]:
    """The names in order, equal neighbours once."""
    found = [name for name, _ in events]
    return [name for name, before in zip(found, [None, *found], strict=False) if name != before]


async def test_a_plain_answer_is_meta_tokens_done(flapjack: Flapjack, ask: Ask) -> None:
    reply = await say(flapjack, ask, "What changed?")

    events = reply.events()
    done = events[-1][1]
    tokens = [data for name, data in events if name == "token"]
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/event-stream")
    assert names(events) == ["meta", "token", "done"]
    assert 20 <= len(tokens) <= 60
    assert done["content"] == text_of(events)
    assert "What changed?" in done["content"]
    assert UUID.fullmatch(done["messageId"])
    assert done["ok"] is True
    assert done["usage"]["output_tokens"] == len(tokens)


async def test_frames_are_an_event_line_a_data_line_and_an_empty_line(flapjack: Flapjack, ask: Ask) -> None:
    reply = await say(flapjack, ask, "What changed?")

    assert re.fullmatch(rb"(event: [a-z_]+\ndata: \{[^\n]*\}\n\n)+", reply.body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Where is my order?",
            ["meta", "token", "tool_call", "tool_executing", "tool_result", "token", "done"],
            id="server tool",
        ),
        pytest.param(
            "Ask about auth",
            ["meta", "tool_call", "tool_executing", "auth_challenge", "tool_result", "token", "done"],
            id="auth",
        ),
        pytest.param(
            "Change the profile", ["meta", "profile_switch_proposal", "token", "done"], id="profile"
        ),
        pytest.param("A custom card", ["meta", "client_event", "custom", "token", "done"], id="custom"),
        pytest.param("Make an error", ["meta", "token", "error"], id="error"),
        pytest.param("An author of renown", ["meta", "token", "done"], id="whole words only"),
    ],
)
async def test_a_word_of_the_question_decides(
    flapjack: Flapjack, ask: Ask, text: str, expected: list[str]
) -> None:
    reply = await say(flapjack, ask, text)

    assert names(reply.events()) == expected


async def test_every_event_fits_its_schema(flapjack: Flapjack, ask: Ask) -> None:
    schemas = load("flapjack").operations["threads_send_message"].events
    text = "Please find the order and the weather, use auth, profile, custom"
    events = (await say(flapjack, ask, text)).events()
    events += (await say(flapjack, ask, "error")).events()
    events += (await say(flapjack, ask, "find_booking", tools=[TOOL])).events()

    assert {name for name, _ in events} == set(schemas)
    assert [validator("flapjack").check(schemas[name], data) for name, data in events] == [None] * len(events)


async def test_a_tool_result_belongs_to_its_call(flapjack: Flapjack, ask: Ask) -> None:
    events = dict((await say(flapjack, ask, "Will the weather hold?")).events())

    assert events["tool_result"]["tool_call_id"] == events["tool_call"]["tool"]["id"]
    assert msgspec.json.decode(events["tool_call"]["tool"]["arguments"]) == {
        "query": "Will the weather hold?"
    }


async def test_an_error_breaks_the_answer_off(flapjack: Flapjack, ask: Ask) -> None:
    events = (await say(flapjack, ask, "Make an error")).events()

    tokens = sum(name == "token" for name, _ in events)
    assert tokens < 20
    assert events[-1] == (
        "error",
        {"code": "MODEL_ERROR", "detail": "The model provider refused the request"},
    )


async def test_what_was_said_before_a_tool_stays_in_the_text(flapjack: Flapjack, ask: Ask) -> None:
    events = (await say(flapjack, ask, "Where is my order?")).events()

    assert events[-1][1]["content"].startswith('Let me look. You asked: "Where is my order?".')


async def test_a_slow_answer_has_many_tokens(flapjack: Flapjack, ask: Ask) -> None:
    events = (await say(flapjack, ask, "slow please")).events()

    assert sum(name == "token" for name, _ in events) >= 600


async def test_equal_questions_get_equal_answers(flapjack: Flapjack, ask: Ask) -> None:
    first, second, other = [
        text_of((await say(flapjack, ask, text)).events()) for text in ("One?", "One?", "Two?")
    ]

    assert first == second != other


@pytest.mark.parametrize(
    ("text", "description", "arguments"),
    [
        pytest.param("Use find_booking", "", [{"ref": "Use find_booking"}], id="by its name"),
        pytest.param("Please find booking A-7", "", [{"ref": "A-7"}], id="by its name in words"),
        pytest.param(
            "Where are bookings A-1001 and A-1002?",
            "Look up one booking",
            [{"ref": "A-1001"}, {"ref": "A-1002"}],
            id="by a word of its description",
        ),
    ],
)
async def test_a_named_client_tool_is_required(
    flapjack: Flapjack, ask: Ask, text: str, description: str, arguments: list[dict[str, str]]
) -> None:
    tool = TOOL | {"description": description}

    events = (await say(flapjack, ask, text, tools=[tool])).events()

    calls = events[-1][1]["toolCalls"]
    assert names(events) == ["meta", "requires_action"]
    assert [msgspec.json.decode(call["arguments"]) for call in calls] == arguments
    assert len({call["id"] for call in calls}) == len(calls)


async def test_arguments_fit_the_schema_of_the_tool(flapjack: Flapjack, ask: Ask) -> None:
    members = {
        "unit": {"type": "string", "enum": ["C", "F"]},
        "days": {"type": "integer", "minimum": 3},
        "city": {"$ref": "#/$defs/city"},
    }
    parameters = {
        "type": "object",
        "properties": members,
        "$defs": {"city": {"type": "string", "minLength": 6}},
    }
    tool = {"name": "forecast", "description": "", "parameters": parameters}

    events = (await say(flapjack, ask, "forecast", tools=[tool])).events()

    arguments = msgspec.json.decode(events[-1][1]["toolCalls"][0]["arguments"])
    assert arguments == {"unit": "C", "days": 3, "city": "textxx"}


async def test_a_tool_that_is_not_named_is_not_called(flapjack: Flapjack, ask: Ask) -> None:
    events = (await say(flapjack, ask, "Good morning", tools=[TOOL])).events()

    assert names(events) == ["meta", "token", "done"]


async def test_a_done_without_message_id_may_follow_requires_action(ask: Ask) -> None:
    async with Sandbox(platforms=("flapjack",), done_after_action=True) as sandbox:
        events = (await say(sandbox.flapjack, ask, "find_booking", tools=[TOOL])).events()

    assert names(events) == ["meta", "requires_action", "done"]
    assert events[-1][1] == {"ok": True, "content": ""}


async def test_tool_results_continue_the_turn(flapjack: Flapjack, ask: Ask) -> None:
    path = await open_thread(flapjack, ask) + "/messages"
    body = {"content": "Where are bookings A-1 and A-2?", "tools": [TOOL]}
    calls = (await ask(flapjack, "POST", path, json=body)).events()[-1][1]["toolCalls"]
    results = [
        {"toolCallId": calls[0]["id"], "result": '{"status":"confirmed"}'},
        {"toolCallId": calls[1]["id"], "result": "pending"},
    ]

    second = await ask(flapjack, "POST", path, json={"toolResults": results, "tools": [TOOL]})
    third = await ask(flapjack, "POST", path, json={"toolResults": results})

    assert names(second.events()) == ["meta", "token", "done"]
    assert '{"status":"confirmed"}; pending' in second.events()[-1][1]["content"]
    assert (third.status, third.json()["detail"]) == (400, "No tool call is pending")


async def test_an_unknown_tool_call_is_refused(flapjack: Flapjack, ask: Ask) -> None:
    path = await open_thread(flapjack, ask) + "/messages"
    await ask(flapjack, "POST", path, json={"content": "find_booking", "tools": [TOOL]})

    reply = await ask(flapjack, "POST", path, json={"toolResults": [{"toolCallId": "x", "result": ""}]})

    assert (reply.status, reply.json()["detail"]) == (400, "No pending tool call 'x'")


@pytest.mark.parametrize(
    "body", [{}, {"content": ""}, {"toolResults": []}], ids=["empty", "no text", "no result"]
)
async def test_a_message_needs_content(flapjack: Flapjack, ask: Ask, body: dict[str, object]) -> None:
    path = await open_thread(flapjack, ask)

    reply = await ask(flapjack, "POST", path + "/messages", json=body)

    assert (reply.status, reply.json()) == (400, {"error": "BAD_REQUEST", "detail": "content is required"})


@pytest.fixture
async def slow() -> AsyncIterator[Flapjack]:
    """A platform whose tokens take longer than any test."""
    async with Sandbox(platforms=("flapjack",), token_delay=60.0) as sandbox:
        yield sandbox.flapjack


async def test_stop_ends_the_stream_with_a_done_without_message_id(
    slow: Flapjack, ask: Ask, session: aiohttp.ClientSession
) -> None:
    path = await open_thread(slow, ask)
    url = slow.base_url + path + "/messages"
    async with session.post(url, headers=bearer(slow.key), json={"content": "find it"}) as response:
        await response.content.readuntil(b"\n\n")

        stopped = await ask(slow, "POST", path + "/stop")
        rest = await response.content.read()

    assert (stopped.status, stopped.json()) == (200, {"ok": True})
    assert rest == b'event: done\ndata: {"ok":true,"content":""}\n\n'


async def test_stop_keeps_what_was_said(flapjack: Flapjack, ask: Ask, session: aiohttp.ClientSession) -> None:
    path = await open_thread(flapjack, ask)
    url = flapjack.base_url + path + "/messages"
    async with session.post(url, headers=bearer(flapjack.key), json={"content": "slow"}) as response:
        first = await response.content.readuntil(b"\n\n")
        await ask(flapjack, "POST", path + "/stop")
        events = Reply(200, {}, first + await response.content.read()).events()

    assert events[-1][1] == {"ok": True, "content": text_of(events)}
    assert sum(name == "token" for name, _ in events) < 600


async def test_a_stop_with_nothing_running_is_no_error(flapjack: Flapjack, ask: Ask) -> None:
    path = await open_thread(flapjack, ask)

    reply = await ask(flapjack, "POST", path + "/stop")

    assert (reply.status, reply.json()) == (200, {"ok": True})


async def test_a_client_that_leaves_ends_the_generation(
    slow: Flapjack, ask: Ask, session: aiohttp.ClientSession
) -> None:
    path = await open_thread(slow, ask)
    url = slow.base_url + path + "/messages"
    async with session.post(url, headers=bearer(slow.key), json={"content": "Hello"}) as response:
        await response.content.readuntil(b"\n\n")
        response.close()

    (record,) = slow.calls("threads_send_message")
    await until(lambda: record.ended is not None)
    assert (record.disconnected, record.status) == (True, 200)


async def test_heartbeats_are_comments_between_tokens(ask: Ask) -> None:
    async with Sandbox(platforms=("flapjack",), token_delay=0.002, heartbeat=0.001) as sandbox:
        reply = await say(sandbox.flapjack, ask, "Hello")

    tokens = sum(name == "token" for name, _ in reply.events())
    assert reply.body.count(b": keep-alive\n\n") == 2 * tokens


async def test_a_script_is_sent_byte_by_byte_as_it_is(flapjack: Flapjack, ask: Ask) -> None:
    raw = b"event:token\r\ndata:{}\r\n\r\n: half a fra"
    flapjack.script(raw)
    flapjack.script(b"second")

    first = await ask(flapjack, "POST", "/api/threads/any/messages", json={"content": "x"})
    second = await ask(flapjack, "POST", "/api/threads/any/messages", json={"content": "x"})
    third = await ask(flapjack, "POST", "/api/threads/any/messages", json={"content": "x"})

    assert (first.body, second.body, third.status) == (raw, b"second", 404)


async def test_a_script_is_flushed_in_the_given_pieces(
    flapjack: Flapjack, session: aiohttp.ClientSession
) -> None:
    flapjack.script(b"abcdef", chunks=[1, 3])
    url = flapjack.base_url + "/api/threads/any/messages"

    async with session.post(url, headers=bearer(flapjack.key), json={"content": "x"}) as response:
        pieces = [piece async for piece, _ in response.content.iter_chunks()]

    assert pieces == [b"a", b"bcd", b"ef"]
