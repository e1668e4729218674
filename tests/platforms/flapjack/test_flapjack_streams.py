"""Message streams of Flapjack: the recorded transcripts, and a body that is cut at every byte."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from servers import EVENT_STREAM, LAST_CHUNK, Peer, RawServer, Request, chunk, stream
from service import KEY
from transcripts import TRANSCRIPTS, frame, pieces

from flexsdk import Flapjack
from flexsdk.errors import FlexError, StreamFailed, StreamTruncated
from flexsdk.platforms.flapjack.events import (
    Answer,
    AuthChallenge,
    Challenge,
    ClientEvent,
    Custom,
    Done,
    Meta,
    ProfileSwitchProposal,
    RequiresAction,
    Token,
    Tool,
    ToolCall,
    ToolExecuting,
    ToolResult,
    UnknownEvent,
    Usage,
)


async def read(client: Flapjack, **options: Any) -> tuple[list[Any], Answer, FlexError | None]:
    """Read one stream to its end: its events, its result and the error that ended it."""
    seen: list[Any] = []
    async with client.threads.stream("t", "Hello", idle_timeout=5, event_timeout=5, **options) as events:
        try:
            async for event in events:
                seen.append(event)  # noqa: PERF401 - an error must not lose what came before it
        except FlexError as error:
            return seen, events.result, error
    return seen, events.result, None


FIND = Tool(id="call_7a", name="crm__find_contact", arguments='{"name":"Ito","limit":2}')
BOOKINGS = (
    Tool(id="call_9c", name="find_booking", arguments='{"ref":"A-1001"}'),
    Tool(id="call_9d", name="find_booking", arguments='{"ref":"A-1002"}'),
)
CAPITAL = "Paris is the capital.\nAnything else?"
CONTACTS = "Let me look. Two match: Ito A. and Ito M."
STATES = "A-1001 is confirmed; A-1002 is pending."
GREETING = "Héllo 🙂"
CONNECT = "Please connect your calendar first."
ID_1, ID_2 = "0f6f2a52-6a0e-4a0e-9a55-6f0d2f0c9b11", "5d2c1b7e-0c2f-4b2e-8f6e-1f9b1d7a2c30"
ID_4, ID_7 = "c1f4b7aa-93d5-4df0-8a53-0f6f2ad1c9e2", "7b0e0d7c-54b3-4c36-b6ba-9d7e21d9a0f4"
ID_8 = "11111111-2222-4333-8444-555555555555"
USAGE = Usage(input_tokens=412, output_tokens=11, cache_read_tokens=0, cache_write_tokens=0)


def meta(minutes: str) -> Meta:
    return Meta(started_at=f"2026-06-02T09:{minutes}Z")


def tokens(*deltas: str) -> list[Any]:
    return [Token(delta=delta) for delta in deltas]


EVENTS: dict[str, list[Any]] = {
    "T1": [
        meta("15:00.120"),
        *tokens("Paris", " is", " the capital.", "\n", "Anything else?"),
        Done(message_id=ID_1, content=CAPITAL, usage=USAGE),
    ],
    "T2": [
        meta("16:00"),
        *tokens("Let me look."),
        ToolCall(tool=FIND),
        ToolExecuting(tool_name="crm__find_contact"),
        ToolResult(
            tool_name="crm__find_contact", tool_call_id="call_7a", result={"contacts": ["Ito A.", "Ito M."]}
        ),
        *tokens(" Two match: Ito A. and Ito M."),
        Done(message_id=ID_2, content=CONTACTS),
    ],
    "T3a": [meta("17:00"), RequiresAction(tool_calls=list(BOOKINGS))],
    "T3b": [meta("17:00"), RequiresAction(tool_calls=[BOOKINGS[0]]), Done(content="")],
    "T4": [
        meta("17:02"),
        *tokens("A-1001 is confirmed", "; A-1002 is pending."),
        Done(message_id=ID_4, content=STATES),
    ],
    "T5": [meta("18:00"), *tokens("The first step", " is to"), Done(content="The first step is to")],
    "T6": [meta("19:00"), *tokens("One mo")],
    "T7": [
        meta("20:00"),
        ClientEvent(kind="status", payload={"text": "warming up"}),
        ToolCall(tool=Tool(id="call_11", name="calendar_create", arguments="{}")),
        ToolExecuting(tool_name="calendar_create"),
        AuthChallenge(
            tool_name="calendar_create",
            challenge=Challenge(
                provider="google",
                redirect_url="https://accounts.example.com/authorize?state=xyz",
                description="Connect your calendar",
            ),
        ),
        ToolResult(tool_name="calendar_create", tool_call_id="call_11", result="authorization required"),
        Custom(kind="card", payload=["a", 1, None]),
        ProfileSwitchProposal(target="triage", reason="The request concerns an incident"),
        *tokens(CONNECT),
        Done(message_id=ID_7, content=CONNECT),
    ],
    "T8": [
        meta("21:00"),
        *tokens("Hé", "llo 🙂"),
        UnknownEvent(name="heartbeat", data={}),
        Done(message_id=ID_8, content=GREETING),
    ],
    "T9": [meta("22:00"), *tokens("Half an ans")],
}

RESULTS: dict[str, tuple[Answer, type[FlexError] | None]] = {
    "T1": (Answer(outcome="complete", text=CAPITAL, message_id=ID_1, usage=USAGE), None),
    "T2": (Answer(outcome="complete", text=CONTACTS, message_id=ID_2), None),
    "T3a": (Answer(outcome="requires_action", text="", tool_calls=BOOKINGS), None),
    "T3b": (Answer(outcome="requires_action", text="", tool_calls=BOOKINGS[:1]), None),
    "T4": (Answer(outcome="complete", text=STATES, message_id=ID_4), None),
    "T5": (Answer(outcome="stopped", text="The first step is to"), None),
    "T6": (Answer(outcome="failed", text="One mo"), StreamFailed),
    "T7": (Answer(outcome="complete", text=CONNECT, message_id=ID_7), None),
    "T8": (Answer(outcome="complete", text=GREETING, message_id=ID_8), None),
    "T9": (Answer(outcome="cut", text="Half an ans"), StreamTruncated),
}

SPLITS = {
    "in one piece": lambda body: [len(body)],
    "byte by byte": lambda body: [1],
    **{
        f"at random, {seed}": lambda body, seed=seed: random.Random(seed).choices([1, 2, 3, 5, 17, 60], k=50)
        for seed in range(4)
    },
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_a_transcript_gives_its_events_and_its_result_however_it_is_split(
    name: str, split: str
) -> None:
    body = TRANSCRIPTS[name]

    async def send(_: Request, peer: Peer) -> None:
        await peer.send(EVENT_STREAM)
        for piece in pieces(body, SPLITS[split](body)):
            await peer.send(chunk(piece))
            await asyncio.sleep(0)
        await peer.send(LAST_CHUNK)

    async with RawServer(send) as server, Flapjack(KEY, base_url=server.url) as client:
        seen, answer, error = await read(client)

    assert seen == EVENTS[name]
    assert (answer, type(error) if error else None) == RESULTS[name]
    assert answer.stopped == (name == "T5")


def test_every_transcript_has_its_expectation() -> None:
    assert list(EVENTS) == list(RESULTS) == list(TRANSCRIPTS)


async def test_an_error_event_is_raised_with_code_detail_and_the_text_so_far() -> None:
    async with RawServer(stream(TRANSCRIPTS["T6"])) as server, Flapjack(KEY, base_url=server.url) as client:
        _, answer, error = await read(client)

    assert isinstance(error, StreamFailed)
    assert (error.code, error.detail) == ("MODEL_ERROR", "The model provider refused the request")
    assert "MODEL_ERROR: The model provider refused the request" in str(error)
    assert error.snapshot == answer


async def test_a_done_that_is_not_ok_is_a_failure_with_its_content() -> None:
    body = b'event: done\ndata: {"ok":false,"content":"Half"}\n\n'
    async with RawServer(stream(body)) as server, Flapjack(KEY, base_url=server.url) as client:
        _, answer, error = await read(client)

    assert isinstance(error, StreamFailed)
    assert answer == Answer(outcome="failed", text="Half")
    assert "None" not in str(error)


# --- what else can be in a stream


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (b'data: {"type":"token","delta":"a"}\n\n', Token(delta="a")),
        (b'event: message\ndata: {"type":"token","delta":"a"}\n\n', Token(delta="a")),
        (b'event: token\ndata: {"type":"done","delta":"a"}\n\n', Token(delta="a")),
        (b'event: plan\ndata: {"steps":[1]}\n\n', UnknownEvent(name="plan", data={"steps": [1]})),
        (b"event: plan\ndata: not json\n\n", UnknownEvent(name="plan", data="not json")),
        (b"event: plan\ndata: \xff\n\n", UnknownEvent(name="plan", data="\ufffd")),
        (b'data: {"type":"plan"}\n\n', UnknownEvent(name="plan", data={"type": "plan"})),
        (b"data: [DONE]\n\n", UnknownEvent(name="message", data="[DONE]")),
        (b'data: {"type":7}\n\n', UnknownEvent(name="message", data={"type": 7})),
        (b"event: plan\ndata: " + b"[" * 9_000 + b"\n\n", UnknownEvent(name="plan", data="[" * 9_000)),
        (b'event: token\ndata: {"delta":"a","new":{"x":1}}\n\n', Token(delta="a")),
        (
            b'event: tool_result\ndata: {"tool_name":"n","tool_call_id":"c"}\n\n',
            ToolResult(tool_name="n", tool_call_id="c"),
        ),
        (
            b'event: requires_action\ndata: {"toolCalls":[{"id":"c","name":"n"}]}\n\n',
            RequiresAction(tool_calls=[Tool(id="c", name="n")]),
        ),
    ],
    ids=[
        "type in the payload", "named message", "line before payload", "unknown", "unknown text",
        "unknown bytes", "unknown type in the payload", "sentinel", "type of another kind", "unknown nesting",
        "new field", "no result", "no arguments",
    ],
)  # fmt: skip
async def test_events_are_taken_as_they_come(raw: bytes, event: object) -> None:
    async with RawServer(stream(raw)) as server, Flapjack(KEY, base_url=server.url) as client:
        seen, _, _ = await read(client)

    assert seen == [event]


@pytest.mark.parametrize("ending", ["", ',"content":null', ',"content":""'], ids=["absent", "null", "empty"])
async def test_the_text_is_that_of_done_and_else_the_pieces_joined(ending: str) -> None:
    body = (
        frame("token", {"delta": "pieces"})
        + f'event: done\ndata: {{"ok":true,"messageId":"m"{ending}}}\n\n'.encode()
    )
    async with RawServer(stream(body)) as server, Flapjack(KEY, base_url=server.url) as client:
        _, answer, _ = await read(client)

    assert answer.text == ("" if ending.endswith('""') else "pieces")


def test_the_address_of_an_auth_challenge_is_not_shown() -> None:
    challenge = Challenge(provider="google", redirect_url="https://accounts.example.com/?state=xyz")

    assert "state" not in repr(AuthChallenge(tool_name="t", challenge=challenge))


@pytest.mark.parametrize(("arguments", "value"), [('{"a":1}', {"a": 1}), ("", {})], ids=["object", "empty"])
def test_arguments_of_a_tool_are_decoded(arguments: str, value: object) -> None:
    assert Tool(id="c", name="n", arguments=arguments).decode() == value
