"""Every fault does on the wire what its name says."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from sandbox_kit import Ask, bearer, connect, request_bytes, until

from flexsdk.sandbox import Fault, Sandbox
from flexsdk.sandbox.faults import Faults
from flexsdk.sandbox.fleece import Fleece

PATH = "/api/v1/agents"


async def received(fleece: Fleece) -> bytes:
    """Send one request on a connection of its own and read until its end."""
    reader, writer = await connect(fleece)
    writer.write(request_bytes(fleece, "GET", PATH))
    try:
        return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("fault", "status", "headers", "body"),
    [
        pytest.param(
            Fault.status(503, retry_after=1),
            503,
            {"Retry-After": "1", "Content-Type": "application/json"},
            b'{"error":"Service Unavailable"}',
            id="status with Retry-After",
        ),
        pytest.param(
            Fault.status(502, body=b"<h1>", headers={"Content-Type": "text/html"}),
            502,
            {"Content-Type": "text/html"},
            b"<h1>",
            id="status of a proxy",
        ),
        pytest.param(Fault.status(520), 520, {}, b'{"error":"Error"}', id="status without a name"),
        pytest.param(
            Fault.bad_json(), 200, {"Content-Type": "application/json"}, b'{"data": [{"id": "', id="bad JSON"
        ),
        pytest.param(
            Fault.content_type("text/html", body=b"<html>"),
            200,
            {"Content-Type": "text/html"},
            b"<html>",
            id="wrong content type",
        ),
        pytest.param(
            Fault.redirect("https://example.com/x"),
            307,
            {"Location": "https://example.com/x"},
            b"",
            id="redirect",
        ),
    ],
)
async def test_a_stand_in_answers_instead_of_the_platform(
    fleece: Fleece, ask: Ask, fault: Fault, status: int, headers: dict[str, str], body: bytes
) -> None:
    fleece.faults.add(fault, operation="agents_list")

    reply = await ask(fleece, "GET", PATH)

    assert (reply.status, reply.body) == (status, body)
    assert headers.items() <= dict(reply.headers).items()
    assert fleece.requests[0].status == status


async def test_reset_breaks_the_connection_hard(fleece: Fleece) -> None:
    fleece.faults.add(Fault.reset())

    with pytest.raises(ConnectionResetError):
        await received(fleece)

    assert (fleece.requests[0].status, fleece.requests[0].disconnected) == (None, False)


async def test_close_ends_the_connection_without_an_answer(fleece: Fleece) -> None:
    fleece.faults.add(Fault.close())

    assert await received(fleece) == b""
    assert (fleece.requests[0].status, fleece.requests[0].disconnected) == (None, False)


@pytest.mark.parametrize(
    ("lost", "acted"),
    [(Fault.close(), Fault.close(acted=True)), (Fault.reset(), Fault.reset(acted=True))],
    ids=["close", "reset"],
)
async def test_a_lost_answer_leaves_no_work_unless_it_was_done(
    fleece: Fleece, session: aiohttp.ClientSession, lost: Fault, acted: Fault
) -> None:
    fleece.faults.add(lost, operation="keys_create", requests=[1])
    fleece.faults.add(acted, operation="keys_create", requests=[2])

    counts = []
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await session.post(fleece.base_url + "/keys", headers=bearer(fleece.key), json={"name": "lost"})
        async with session.get(fleece.base_url + "/keys", headers=bearer(fleece.key)) as response:
            counts.append(len(await response.json()))

    assert counts == [1, 2]


async def test_cut_leaves_a_chunked_body_open(fleece: Fleece) -> None:
    fleece.faults.add(Fault.cut(after=10))

    head, _, body = (await received(fleece)).partition(b"\r\n\r\n")

    assert b"Transfer-Encoding: chunked" in head
    assert body == b'a\r\n{"data":[{\r\n'


async def test_a_client_sees_a_cut_as_a_broken_body(fleece: Fleece, ask: Ask) -> None:
    fleece.faults.add(Fault.cut(after=10))

    with pytest.raises(aiohttp.ClientPayloadError):
        await ask(fleece, "GET", PATH)


async def test_a_clean_cut_looks_like_a_complete_body(fleece: Fleece, ask: Ask) -> None:
    fleece.faults.add(Fault.cut(after=10, clean=True))

    reply = await ask(fleece, "GET", PATH)

    assert (reply.status, reply.body) == (200, b'{"data":[{')


async def test_a_cut_counts_bytes_over_the_pieces_of_a_stream(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.flapjack.script(b"abcdef", chunks=[1, 3])
    sandbox.flapjack.faults.add(Fault.cut(after=5, clean=True))

    reply = await ask(sandbox.flapjack, "POST", "/api/threads/any/messages", json={"content": "x"})

    assert reply.body == b"abcde"


@pytest.mark.parametrize(
    ("after", "body"),
    [
        pytest.param(None, None, id="nothing at all"),
        pytest.param(0, b"", id="headers alone"),
        pytest.param(10, b'a\r\n{"data":[{\r\n', id="some bytes"),
    ],
)
async def test_silence_lasts_until_the_client_leaves(
    fleece: Fleece, after: int | None, body: bytes | None
) -> None:
    fleece.faults.add(Fault.silence(after=after))
    reader, writer = await connect(fleece)
    writer.write(request_bytes(fleece, "GET", PATH))

    if body is None:
        await until(lambda: len(fleece.requests) == 1)
    else:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(body)) == body
    assert fleece.requests[0].ended is None
    writer.close()
    await until(lambda: fleece.requests[0].ended is not None)

    assert fleece.requests[0].disconnected
    assert fleece.requests[0].status == (None if after is None else 200)
    await until(lambda: fleece.open_connections == 0)


async def test_drip_sends_the_body_in_small_pieces(fleece: Fleece, session: aiohttp.ClientSession) -> None:
    fleece.faults.add(Fault.drip(bytes_=500, every=0.001))

    async with session.get(fleece.base_url + "/agents", headers=bearer(fleece.key)) as response:
        pieces = [piece async for piece, _ in response.content.iter_chunks()]

    assert len(pieces) > 3
    assert {len(piece) for piece in pieces[:-1]} == {500}


async def test_latency_comes_before_the_answer_and_beside_other_faults(
    fleece: Fleece, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await turn(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    fleece.faults.add(Fault.latency(3.0))
    fleece.faults.add(Fault.latency(0.5))
    fleece.faults.add(Fault.status(500))

    reply = await ask(fleece, "GET", PATH)

    assert (reply.status, slept) == (500, [3.5])


def met(faults: Faults, operations: list[str]) -> list[int]:
    return [number for number, operation in enumerate(operations, 1) if faults.meet(operation)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, [1, 2, 3, 4], id="every request"),
        pytest.param({"operation": "a"}, [1, 3, 4], id="every request of an operation"),
        pytest.param({"operation": "a", "requests": [2, 3]}, [3, 4], id="numbers count in the operation"),
        pytest.param({"requests": [2, 3]}, [2, 3], id="numbers count over all"),
        pytest.param({"requests": range(4, 99)}, [4], id="a range of numbers"),
        pytest.param({"probability": 0.0}, [], id="never"),
    ],
)
def test_a_plan_says_which_requests_meet_a_fault(options: dict[str, Any], expected: list[int]) -> None:
    faults = Faults(["a", "b"], "seed")
    faults.add(Fault.reset(), **options)

    assert met(faults, ["a", "b", "a", "a"]) == expected


def test_chance_is_drawn_with_the_seed() -> None:
    plans = [Faults(["a"], seed) for seed in ("0", "0", "1")]
    for plan in plans:
        plan.add(Fault.reset(), probability=0.5)

    first, same, other = (met(plan, ["a"] * 100) for plan in plans)

    assert first == same != other
    assert 30 < len(first) < 70


def test_an_unknown_operation_is_refused() -> None:
    sandbox = Sandbox(platforms=("fleece",))

    with pytest.raises(ValueError, match="no operation 'agent_list' in the contract"):
        sandbox.fleece.faults.add(Fault.reset(), operation="agent_list")


async def test_cleared_faults_are_over(fleece: Fleece, ask: Ask) -> None:
    fleece.faults.add(Fault.status(500))
    before = await ask(fleece, "GET", PATH)

    fleece.faults.clear()

    assert (before.status, (await ask(fleece, "GET", PATH)).status) == (500, 200)
