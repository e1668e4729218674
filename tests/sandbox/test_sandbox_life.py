"""Start, stop, records, and starting anew."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import aiohttp
import pytest
from sandbox_kit import Ask, Clock, bearer, connect, request_bytes, until

from flexsdk.sandbox import Fault, Sandbox
from flexsdk.sandbox.fleece import Fleece

JSON = {"Content-Type": "application/json"}


async def test_only_the_chosen_platforms_are_started() -> None:
    async with Sandbox(platforms=("fleece",)) as sandbox:
        assert sandbox.fleece.base_url.endswith("/api/v1")
        with pytest.raises(AttributeError, match="made without the platform flapjack"):
            _ = sandbox.flapjack


def test_an_unknown_platform_is_refused() -> None:
    with pytest.raises(ValueError, match="flapjack, flexorch, fleece, flextell, platform"):
        Sandbox(platforms=("fleese",))


def test_there_is_no_address_before_the_start() -> None:
    with pytest.raises(RuntimeError, match="start the sandbox first"):
        _ = Sandbox().fleece.base_url


async def test_addresses_end_like_those_of_the_contracts(sandbox: Sandbox) -> None:
    paths = {
        emulator.name: emulator.base_url.removeprefix(emulator.origin)
        for emulator in (
            sandbox.flapjack,
            sandbox.flexorch,
            sandbox.fleece,
            sandbox.flextell,
            sandbox.platform,
        )
    }

    assert paths == {
        "flapjack": "",
        "flexorch": "/v1",
        "fleece": "/api/v1",
        "flextell": "/api",
        "platform": "/v1",
    }


async def test_a_stop_ends_open_streams_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    readers = []
    async with Sandbox(platforms=("fleece",)) as sandbox:
        sandbox.fleece.faults.add(Fault.silence(after=5), requests=[1])
        sandbox.fleece.faults.add(Fault.latency(60), requests=[2])
        for number in (1, 2):
            reader, writer = await connect(sandbox.fleece)
            writer.write(request_bytes(sandbox.fleece, "GET", "/api/v1/agents"))
            readers.append((reader, writer))
            await until(lambda number=number: len(sandbox.fleece.requests) == number)
        idle = await connect(sandbox.fleece)
        await until(lambda: sandbox.fleece.open_connections == 3)

    for reader, writer in [*readers, idle]:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(10_000)
        writer.close()
    assert asyncio.all_tasks() == before
    assert [record.disconnected for record in sandbox.fleece.requests] == [False, False]


def test_one_sandbox_serves_on_several_loops_after_each_other() -> None:
    sandbox = Sandbox(platforms=("fleece",))

    async def count() -> int:
        headers = bearer(sandbox.fleece.key)
        async with sandbox, aiohttp.ClientSession(headers=headers) as session:
            response = await session.get(sandbox.fleece.base_url + "/agents")
            return len((await response.json())["data"])

    assert [asyncio.run(count()) for _ in range(3)] == [5] * 3


async def test_records_tell_what_arrived_in_order(fleece: Fleece, ask: Ask, clock: Clock) -> None:
    clock.now = 100.0
    await ask(
        fleece,
        "POST",
        "/api/v1/keys?x=a%2Fb&x=2",
        data='{"name": "é"}'.encode(),
        headers=JSON | bearer(fleece.key),
    )
    clock.now = 101.5
    await ask(fleece, "GET", "/api/v1/agents")

    first, second = fleece.requests
    assert (first.operation, first.method, first.path) == ("keys_create", "POST", "/api/v1/keys")
    assert (first.raw_path, first.query) == ("/api/v1/keys?x=a/b&x=2", {"x": "2"})
    assert (first.body, first.status) == ('{"name": "é"}'.encode(), 200)
    assert first.headers["authorization"] == f"Bearer {fleece.key}"
    assert (first.started, first.ended, second.started) == (100.0, 100.0, 101.5)
    assert fleece.calls("agents_list") == [second]


async def test_an_upload_that_breaks_off_is_recorded_as_disconnected(fleece: Fleece) -> None:
    _, writer = await connect(fleece)
    whole = request_bytes(fleece, "POST", "/api/v1/keys", b'{"name": "half"}')
    writer.write(whole[:-5])
    await until(lambda: len(fleece.requests) == 1)

    writer.close()

    await until(lambda: fleece.requests[0].ended is not None)
    assert (fleece.requests[0].disconnected, fleece.requests[0].status) == (True, None)


async def test_open_connections_are_counted_at_the_listener(fleece: Fleece) -> None:
    connections = [await connect(fleece) for _ in range(3)]
    await until(lambda: fleece.open_connections == 3)

    for _, writer in connections:
        writer.close()

    await until(lambda: fleece.open_connections == 0)


async def test_a_reset_begins_again(fleece: Fleece, sandbox: Sandbox, ask: Ask) -> None:
    before = await ask(fleece, "GET", "/api/v1/keys")
    await ask(fleece, "POST", "/api/v1/keys", json={"name": "more"})
    fleece.faults.add(Fault.status(500))

    sandbox.reset()

    after = await ask(fleece, "GET", "/api/v1/keys")
    assert (after.status, after.body) == (200, before.body)
    assert after.headers["X-RateLimit-Remaining"] == "4999"
    assert len(fleece.requests) == 1


def test_the_sandbox_imports_nothing_of_the_client() -> None:
    script = (
        "import sys, flexsdk.sandbox\n"
        "print(*sorted(name for name in sys.modules if name.startswith('flexsdk.')"
        " and not name.startswith('flexsdk.sandbox')))"
    )

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout.split() in ([], ["flexsdk._version"])


def test_a_missing_extra_is_named() -> None:
    script = "import sys; sys.modules['jsonschema'] = None; import flexsdk.sandbox"

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert 'pip install "flexsdk[sandbox]"' in run.stderr
