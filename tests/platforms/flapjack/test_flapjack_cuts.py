"""Message streams of Flapjack that are cut: at every byte, in every way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from servers import EVENT_STREAM, LAST_CHUNK, Peer, RawServer, Request, Step, chunk
from service import KEY
from transcripts import frame

from flexsdk import Flapjack
from flexsdk.errors import FlexError, StreamTruncated
from flexsdk.platforms.flapjack.events import (
    Answer,
)

WORDS = [f"{number}: é🙂 " for number in range(15)]
TEXT = "".join(WORDS)
LONG_ANSWER = [
    frame("meta", {"startedAt": "2026-06-02T09:15:00Z"}),
    *[frame("token", {"delta": each}) for each in WORDS],
    frame("tool_executing", {"tool_name": "search"}),
    frame("custom", {"kind": "card", "payload": None}),
    frame("news", {"a": 1}),
    frame("done", {"ok": True, "content": TEXT, "messageId": "m-1"}),
]
"""20 events."""


async def fin(peer: Peer) -> None:
    peer.close()


async def clean_end(peer: Peer) -> None:
    await peer.send(LAST_CHUNK)


async def rst(peer: Peer) -> None:
    await asyncio.sleep(0.005)
    peer.reset()


ENDINGS = {"the connection closes": fin, "the body ends cleanly": clean_end, "the connection resets": rst}


def cut_by_request(body: bytes, ending: str) -> Step:
    """Cut the body where the message of the request says."""

    async def step(request: Request, peer: Peer) -> None:
        at = int(msgspec.json.decode(request.body)["content"])
        await peer.send(EVENT_STREAM + chunk(body[:at]))
        await ENDINGS[ending](peer)

    return step


async def outcome_of(client: Flapjack, at: int) -> tuple[int, Answer, FlexError | None]:
    async with client.threads.stream("t", str(at), idle_timeout=5, event_timeout=5) as events:
        try:
            await events.until_done()
        except FlexError as error:
            return at, events.result, error
        return at, events.result, None


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_stream_cut_anywhere_is_an_error_or_complete_and_never_a_short_success(ending: str) -> None:
    body = b"".join(LONG_ANSWER)
    last = len(body) - 1
    async with (
        RawServer(cut_by_request(body, ending)) as server,
        Flapjack(KEY, base_url=server.url, max_connections=50, retry=None) as client,
    ):
        outcomes = await asyncio.gather(*(outcome_of(client, at) for at in range(len(body) + 1)))

    for at, answer, error in outcomes:
        if at >= last + 1:
            assert (answer.outcome, answer.text, error) == ("complete", TEXT, None)
            continue
        assert isinstance(error, StreamTruncated), at
        assert error.snapshot == answer
        assert answer.outcome == "cut"
        assert TEXT.startswith(answer.text)
        arrived = body[:at].count(b"event: token") - (not body[:at].endswith(b"\n\n"))
        assert len(answer.text) >= len("".join(WORDS[: max(0, arrived)])), at


TOOLS_TWICE = [
    frame("meta", {"startedAt": "2026-06-02T09:15:00Z"}),
    frame("requires_action", {"toolCalls": [{"id": "c1", "name": "a"}]}),
    frame("requires_action", {"toolCalls": [{"id": "c2", "name": "b"}]}),
]


async def outcomes_of_cuts(body: bytes, ending: str, cuts: Sequence[int]) -> list[Any]:
    async with (
        RawServer(cut_by_request(body, ending)) as server,
        Flapjack(KEY, base_url=server.url, max_connections=50, retry=None) as client,
    ):
        return await asyncio.gather(*(outcome_of(client, at) for at in cuts))


@pytest.mark.parametrize("ending", ENDINGS)
async def test_tool_calls_cut_in_the_middle_of_an_event_are_no_success(ending: str) -> None:
    body = b"".join(TOOLS_TWICE)
    whole = len(body) - len(TOOLS_TWICE[2])
    for at, answer, error in await outcomes_of_cuts(body, ending, range(whole + 1, len(body) - 1)):
        assert isinstance(error, StreamTruncated), (at, answer)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_tool_calls_before_a_clean_end_are_the_whole_answer(ending: str) -> None:
    body = b"".join(TOOLS_TWICE)
    ((_, answer, error),) = await outcomes_of_cuts(body, ending, [len(body)])

    assert error is None or ending != "the body ends cleanly"
    assert [tool.id for tool in answer.tool_calls] == ["c1", "c2"]
