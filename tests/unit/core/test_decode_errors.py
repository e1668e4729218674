"""An answer of another shape: the error names the operation, the place and the reason."""

from __future__ import annotations

import pickle

import pytest
from servers import RawServer, answer, stream
from service import READ, SAY, Connect, word

from flexsdk.errors import DecodeError


async def test_the_error_of_a_call_names_operation_and_place(connect: Connect) -> None:
    async with RawServer(answer(200, b'{"id":"a","size":"large"}')) as server:
        with pytest.raises(DecodeError) as caught:
            await connect(server).call(READ, "a")

    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.op, error.path) == ("read", "$.size")
    assert str(error) == "read: the answer is no Item: Expected `int`, got `str` - at `$.size`"


async def test_the_error_of_a_stream_names_operation_and_place(connect: Connect) -> None:
    body = stream(word("a"), b'event: word\ndata: {"text":7}\n\n')
    async with (
        RawServer(body) as server,
        connect(server).stream(SAY, idle_timeout=2, event_timeout=2) as events,
    ):
        with pytest.raises(DecodeError) as caught:
            await events.until_done()

    assert (caught.value.op, caught.value.path) == ("say", "$.text")
    assert caught.value.snapshot.text == "a"
