"""Cassettes: what is recorded is played again, and no secret is in the file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from multidict import CIMultiDict
from service import END, KEY, READ, SAY, WRITE, Service, word

from flexsdk import Retry, errors
from flexsdk.core.body import Form, Multipart, Upload
from flexsdk.core.call import Call, Reply
from flexsdk.platforms.flapjack.client import Flapjack
from flexsdk.platforms.fleece.client import Fleece
from flexsdk.sandbox import Fault, Sandbox
from flexsdk.testing import Cassette, Unrecorded
from flexsdk.types import Handler

OTHER = "flc_test_ffffffffffffffffffffffffffff"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(platforms=["fleece", "flapjack"]) as sandbox:
        yield sandbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cassettes" / "tape.json"


def written(path: Path) -> str:
    return path.read_text() if path.exists() else ""


class Answers:
    """In place of the platform: a middleware of the attempt ring that sends nothing."""

    def __init__(self, *bodies: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._bodies = [body if isinstance(body, bytes) else msgspec.json.encode(body) for body in bodies]
        self._status = status
        self._headers = headers or {}
        self.seen: list[Call] = []

    async def __call__(self, call: Call, _forward: Handler) -> Reply[Any]:
        self.seen.append(call)
        return Reply(call, self._status, CIMultiDict(self._headers), self._bodies.pop(0))


def recorder(path: Path, answers: Answers, **settings: Any) -> Service:
    cassette = Cassette(path, mode="record", **settings)
    return Service(KEY, attempt_middlewares=[cassette, answers], retry=None)


def player(path: Path) -> Service:
    return Service("none", attempt_middlewares=[Cassette(path)], retry=None)


async def test_what_was_recorded_is_played_without_a_server(sandbox: Sandbox, path: Path) -> None:
    fleece = sandbox.fleece
    async with Fleece(
        fleece.key, base_url=fleece.base_url, attempt_middlewares=[Cassette(path, mode="record")]
    ) as client:
        agents = await client.agents.list().collect()

    async with Fleece("none", attempt_middlewares=[Cassette(path)]) as client:
        replayed = await client.agents.list().collect()

    assert agents
    assert replayed == agents
    assert fleece.key not in written(path)


async def test_repeats_are_played_as_they_were(sandbox: Sandbox, path: Path) -> None:
    fleece = sandbox.fleece
    fleece.faults.add(Fault.status(503, retry_after=0.01), requests=[1])
    async with Fleece(
        fleece.key, base_url=fleece.base_url, attempt_middlewares=[Cassette(path, mode="record")]
    ) as client:
        await client.agents.list().collect()
    waits: list[Any] = []

    async with Fleece("none", attempt_middlewares=[Cassette(path)], hooks=[waits.append]) as client:
        await client.agents.list().collect()

    (repeat,) = [event for event in waits if type(event).__name__ == "RetryScheduled"]
    assert (repeat.cause, repeat.hint) == ("503", 0.01)


async def test_a_stream_is_played_with_its_pieces(sandbox: Sandbox, path: Path) -> None:
    box = sandbox.flapjack

    async def tell(client: Flapjack) -> tuple[list[Any], str]:
        agent = (await client.agents.list().collect())[0]
        thread = await client.threads.create(agent.id)
        async with client.threads.stream(thread.id, "What changed?") as events:
            return [event async for event in events], events.result.text

    async with Flapjack(
        box.key, base_url=box.base_url, attempt_middlewares=[Cassette(path, mode="record")]
    ) as client:
        told = await tell(client)
    async with Flapjack("none", attempt_middlewares=[Cassette(path)]) as client:
        replayed = await tell(client)

    assert len(told[0]) > 3
    assert replayed == told


class Streamed(Answers):
    """Answers with a stream that ends, or breaks, after its pieces."""

    def __init__(self, *pieces: bytes, cut: bool = False) -> None:
        super().__init__()
        self._pieces = [*pieces]
        self._cut = cut

    async def __call__(self, call: Call, _forward: Handler) -> Reply[Any]:
        from flexsdk.testing.sources import Played

        call.source = Played(self._pieces, cut=self._cut)
        return Reply(call, 200, CIMultiDict(), source=call.source)


async def said(client: Service) -> str:
    async with client, client.stream(SAY, body={}, idle_timeout=5, event_timeout=5) as events:
        async for _ in events:
            pass
    return events.result.text


async def test_a_stream_that_broke_breaks_again(path: Path) -> None:
    with pytest.raises(errors.StreamTruncated):
        await said(recorder(path, Streamed(word("Good"), cut=True)))

    with pytest.raises(errors.StreamTruncated) as caught:
        await said(player(path))

    assert caught.value.snapshot.text == "Good"
    assert '"cut": true' in written(path)


async def test_a_secret_across_the_pieces_of_a_stream_is_taken_out(path: Path) -> None:
    whole = word(f"key {OTHER}") + END

    await said(recorder(path, Streamed(whole[:40], whole[40:]), secrets=[OTHER]))

    assert OTHER[:12] not in written(path)
    assert await said(player(path)) == "key scrubbed"


async def test_equal_requests_get_their_answers_in_order(path: Path) -> None:
    async with recorder(path, Answers({"id": "a", "size": 1}, {"id": "a", "size": 2})) as client:
        await client.call(READ, "a")
        await client.call(READ, "a")

    async with player(path) as client:
        sizes = [(await client.call(READ, "a")).size for _ in range(2)]

    assert sizes == [1, 2]


async def test_an_answer_is_played_once_only(path: Path) -> None:
    async with recorder(path, Answers({"id": "a"})) as client:
        await client.call(READ, "a")

    async with player(path) as client:
        await client.call(READ, "a")
        with pytest.raises(Unrecorded, match="no answer is left for read /items/a; left is nothing"):
            await client.call(READ, "a")


async def test_says_where_a_request_differs(path: Path) -> None:
    async with recorder(path, Answers({"id": "a"})) as client:
        await client.call(WRITE, body={"name": "Ada", "parts": {"size": 1}})

    async with player(path) as client:
        with pytest.raises(Unrecorded) as caught:
            await client.call(WRITE, body={"name": "Ada", "parts": {"size": 2}})

    assert "$.body.json.parts.size was recorded as 1 and is now 2" in str(caught.value)


async def test_a_failure_of_the_platform_is_played(path: Path) -> None:
    headers = {"X-Request-Id": "req_1", "Set-Cookie": "a=b"}
    answers = Answers({"code": "gone", "message": "no such item"}, status=404, headers=headers)
    async with recorder(path, answers) as client:
        with pytest.raises(errors.NotFound):
            await client.call(READ, "a")

    async with player(path) as client:
        with pytest.raises(errors.NotFound, match="no such item") as caught:
            await client.call(READ, "a")

    assert caught.value.request_id == "req_1"
    assert [attempt.outcome for attempt in caught.value.attempts] == ["404"]
    assert "Set-Cookie" not in written(path)


async def test_the_credential_in_use_is_in_no_answer(sandbox: Sandbox, path: Path) -> None:
    fleece = sandbox.fleece
    fleece.faults.add(Fault.status(200, body=json.dumps({"note": fleece.key}).encode()))
    cassette = Cassette(path, mode="record")
    async with Service(
        fleece.key, base_url=fleece.origin, attempt_middlewares=[cassette], retry=Retry(attempts=1)
    ) as client:
        await client.call(READ, fleece.key)

    assert fleece.key not in written(path)
    assert "scrubbed" in written(path)


async def test_nothing_is_written_when_a_secret_is_still_in_it(path: Path) -> None:
    disguised = b64encode(f"user:{OTHER}".encode()).decode()
    async with recorder(path, Answers({"id": disguised}), secrets=[OTHER]) as client:
        with pytest.raises(errors.ConfigError, match="a secret is in the recording of read") as caught:
            await client.call(READ, "a")

    assert OTHER not in str(caught.value)
    assert written(path) == ""


async def test_a_token_given_later_is_taken_out_of_earlier_answers(path: Path) -> None:
    async with recorder(path, Answers({"id": OTHER}, {"id": "b", "api_key": OTHER})) as client:
        await client.call(READ, "a")
        await client.call(READ, "b")

    assert OTHER not in written(path)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda: {"password": "hunter2", "n": 1}, id="json"),
        pytest.param(lambda: Form({"password": "hunter2", "n": "1"}), id="form"),
        pytest.param(
            lambda: Multipart(
                fields={"password": "hunter2"}, files=[("file", Upload(b"hunter2", name="a.txt"))]
            ),
            id="upload",
        ),
    ],
)
async def test_a_body_is_known_without_its_secrets(body: Any, path: Path) -> None:
    async with recorder(path, Answers({"id": "a"})) as client:
        await client.call(WRITE, body=body())

    async with player(path) as client:
        item = await client.call(WRITE, body=body())

    assert item.id == "a"
    assert "hunter2" not in written(path)


async def test_bytes_that_are_no_text_come_back_as_they_were(path: Path) -> None:
    async with recorder(path, Answers(b"\xff\x00\xfe", status=500)) as client:
        with pytest.raises(errors.ServerError):
            await client.call(READ, "a")

    async with player(path) as client:
        with pytest.raises(errors.ServerError) as caught:
            await client.call(READ, "a")

    assert caught.value.body == b"\xff\x00\xfe"


def test_a_missing_cassette_says_how_to_record_it(path: Path) -> None:
    with pytest.raises(errors.ConfigError, match="mode='record'"):
        Cassette(path)


def test_another_file_is_no_cassette(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")

    with pytest.raises(errors.ConfigError, match="no cassette of this version"):
        Cassette(tmp_path / "other.json")
