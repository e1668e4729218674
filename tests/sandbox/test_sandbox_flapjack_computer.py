"""Flapjack computers: their states, their commands and their limits."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from sandbox_kit import Ask, Clock, Event, bearer, until

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack

TEMPLATES = "/api/agents/from-template"
TWO_HOURS = 7_200.0


async def owner(flapjack: Flapjack, ask: Ask, name: str = "Code Reviewer") -> str:
    found = (await ask(flapjack, "GET", "/api/agents")).json()
    return next(f"/api/agents/{agent['id']}/computer" for agent in found if agent["name"] == name)


async def status(flapjack: Flapjack, ask: Ask, path: str) -> str:
    return str((await ask(flapjack, "GET", f"{path}/status")).json()["computer"]["status"])


async def run(flapjack: Flapjack, ask: Ask, path: str, command: str, **more: Any) -> list[Event]:
    return (await ask(flapjack, "POST", f"{path}/exec", json={"command": command, **more})).events()


@pytest.fixture
async def path(flapjack: Flapjack, ask: Ask) -> str:
    return await owner(flapjack, ask)


async def test_a_computer_gets_ready_with_time(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    made = (await ask(flapjack, "POST", TEMPLATES, json={"template": "blank"})).json()
    path = f"/api/agents/{made['agent']['id']}/computer"

    early = await status(flapjack, ask, path)
    busy = await ask(flapjack, "POST", f"{path}/exec", json={"command": "ls"})
    clock.now += 0.2
    late = await status(flapjack, ask, path)

    assert (made["computer"]["status"], early, late) == ("bootstrapping", "bootstrapping", "ready")
    assert (busy.status, busy.json()["error"]) == (409, "CONFLICT")


async def test_a_computer_is_ready_when_its_start_was_read(flapjack: Flapjack, ask: Ask) -> None:
    made = (await ask(flapjack, "POST", TEMPLATES, json={"template": "blank"})).json()
    path = f"/api/agents/{made['agent']['id']}/computer"

    first = (await ask(flapjack, "GET", f"{path}/bootstrap/stream")).events()
    second = (await ask(flapjack, "GET", f"{path}/bootstrap/stream")).events()

    assert [data.get("status") for name, data in first if name == "status"] == ["bootstrapping", "ready"]
    assert [data.get("status") for name, data in second if name == "status"] == ["ready"]
    assert all(data["type"] == name for name, data in first)
    assert (first[-1][0], second[-1][0]) == ("done", "done")


async def test_a_handle_gives_the_agent_of_then(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    body = {"template": "blank", "externalAppId": "app-1"}
    first = await ask(flapjack, "POST", TEMPLATES, json=body)
    clock.now += 1.0
    second = await ask(flapjack, "POST", TEMPLATES, json=body)
    await ask(flapjack, "DELETE", f"/api/agents/{first.json()['agent']['id']}")
    third = await ask(flapjack, "POST", TEMPLATES, json=body)

    assert (first.status, second.status, third.status) == (201, 200, 201)
    assert second.json() == {
        **first.json(),
        "computer": {"agent_id": first.json()["agent"]["id"], "status": "ready"},
        "idempotent": True,
    }
    assert third.json()["agent"]["id"] != first.json()["agent"]["id"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"template": "cobol"}, "INVALID_TEMPLATE"),
        ({"repo": {"url": "https://gitlab.com/a/b"}}, "BAD_REQUEST"),
        ({"webhookUrl": "http://example.com/"}, "BAD_REQUEST"),
        ({"webhookUrl": "https://127.0.0.1/"}, "BAD_REQUEST"),
    ],
    ids=["template", "host", "no TLS", "loopback"],
)
async def test_a_template_is_checked(flapjack: Flapjack, ask: Ask, more: dict[str, Any], code: str) -> None:
    reply = await ask(flapjack, "POST", TEMPLATES, json={"template": "blank", **more})

    assert (reply.status, reply.json()["error"]) == (400, code)


async def test_a_demo_key_makes_no_computer(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    body = {"template": "blank", "externalAppId": "app-1"}

    first = await ask(flapjack, "POST", TEMPLATES, headers=demo, json=body)
    second = await ask(flapjack, "POST", TEMPLATES, headers=demo, json=body)
    read = await ask(flapjack, "GET", f"/api/agents/{first.json()['agent']['id']}/computer/status")

    assert (first.status, second.status, read.status) == (201, 201, 404)


async def test_a_computer_that_is_switched_on_later_is_there(flapjack: Flapjack, ask: Ask) -> None:
    path = await owner(flapjack, ask, "Meeting Notes")
    off = await ask(flapjack, "GET", f"{path}/status")

    await ask(flapjack, "PUT", path, json={"enabled": True})

    assert off.status == 404
    assert await status(flapjack, ask, path) == "ready"


async def test_a_computer_stops_after_two_hours_and_wakes_for_a_command(
    flapjack: Flapjack, ask: Ask, clock: Clock, path: str
) -> None:
    clock.now += TWO_HOURS - 1.0
    before = await status(flapjack, ask, path)
    clock.now += 1.0
    after = await status(flapjack, ask, path)
    events = await run(flapjack, ask, path, "echo awake")

    assert (before, after) == ("ready", "stopped")
    assert [name for name, _ in events] == ["exec_started", "stdout", "exit"]
    assert await status(flapjack, ask, path) == "ready"


COMMANDS: list[tuple[str, list[tuple[str, Any]]]] = [
    ("echo a 'b c'", [("stdout", "a b c\n"), ("exit", 0)]),
    ("echo no >&2", [("stderr", "no\n"), ("exit", 0)]),
    ("seq 2", [("stdout", "1\n"), ("stdout", "2\n"), ("exit", 0)]),
    ("exit 7; echo never", [("exit", 7)]),
    ("pwd", [("stdout", "/workspace\n"), ("exit", 0)]),
    ("printenv NONE", [("exit", 1)]),
    ("frobnicate -x", [("stderr", "sh: frobnicate: command not found\n"), ("exit", 127)]),
    ("frobnicate; exit", [("stderr", "sh: frobnicate: command not found\n"), ("exit", 127)]),
    (" ; ", [("exit", 0)]),
    ("sleep long", [("stderr", "sh: sleep: command not found\n"), ("exit", 127)]),
    ("sleep 0.0", [("exit", 0)]),
]


@pytest.mark.parametrize(("command", "said"), COMMANDS, ids=[command for command, _ in COMMANDS])
async def test_a_command_is_played(
    flapjack: Flapjack, ask: Ask, path: str, command: str, said: list[tuple[str, Any]]
) -> None:
    (first, started), *events = await run(flapjack, ask, path, command)

    assert (first, "execId" in started) == ("exec_started", True)
    assert [(name, data.get("chunk", data.get("exitCode"))) for name, data in events] == said
    assert all(data["type"] == name for name, data in events)


async def test_directory_variables_and_timeout_are_those_of_the_request(
    flapjack: Flapjack, ask: Ask, path: str
) -> None:
    line = "pwd; printenv STAGE; sleep 5"
    events = await run(flapjack, ask, path, line, cwd="/srv", env={"STAGE": "test"}, timeoutMs=10)

    assert [data["chunk"] for name, data in events if name == "stdout"] == ["/srv\n", "test\n"]
    assert events[-1][1]["exitCode"] == 124


async def test_the_variables_of_the_template_are_in_every_command(flapjack: Flapjack, ask: Ask) -> None:
    body = {"template": "blank", "envVars": [{"key": "STAGE", "value": "test"}]}
    made = (await ask(flapjack, "POST", TEMPLATES, json=body)).json()
    path = f"/api/agents/{made['agent']['id']}/computer"
    await ask(flapjack, "GET", f"{path}/bootstrap/stream")

    assert ("stdout", {"type": "stdout", "chunk": "test\n"}) in await run(
        flapjack, ask, path, "printenv STAGE"
    )


async def test_a_line_that_cannot_be_read_is_refused(flapjack: Flapjack, ask: Ask, path: str) -> None:
    reply = await ask(flapjack, "POST", f"{path}/exec", json={"command": "echo 'a"})

    assert (reply.status, reply.json()["error"]) == (400, "BAD_REQUEST")


async def test_sixty_commands_a_minute_may_start_on_one_computer(
    flapjack: Flapjack, ask: Ask, clock: Clock, path: str
) -> None:
    other = await owner(flapjack, ask, "Data Analyst")
    for _ in range(60):
        assert (await run(flapjack, ask, path, "echo hi"))[-1][1]["exitCode"] == 0

    refused = await ask(flapjack, "POST", f"{path}/exec", json={"command": "echo hi"})
    elsewhere = await ask(flapjack, "POST", f"{other}/exec", json={"command": "echo hi"})
    clock.now += 60.0
    later = await ask(flapjack, "POST", f"{path}/exec", json={"command": "echo hi"})

    assert (refused.status, refused.json()["error"]) == (429, "RATE_LIMITED")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (elsewhere.status, later.status) == (200, 200)


async def test_three_commands_at_a_time_run_on_one_computer(
    flapjack: Flapjack, ask: Ask, session: aiohttp.ClientSession, path: str
) -> None:
    async def start() -> aiohttp.ClientResponse:
        return await session.post(
            flapjack.origin + f"{path}/exec", headers=bearer(flapjack.key), json={"command": "sleep 60"}
        )

    running = [await start() for _ in range(3)]
    refused = await ask(flapjack, "POST", f"{path}/exec", json={"command": "echo hi"})
    running[0].close()
    await until(lambda: any(record.disconnected for record in flapjack.requests))
    admitted = await ask(flapjack, "POST", f"{path}/exec", json={"command": "echo hi"})
    for each in running:
        each.close()

    assert (refused.status, refused.headers["Retry-After"], admitted.status) == (429, "1", 200)


async def test_no_limits_are_no_limits_for_commands_either(ask: Ask) -> None:
    async with Sandbox(platforms=("flapjack",), limits={"flapjack": []}) as sandbox:
        path = await owner(sandbox.flapjack, ask)
        replies = await asyncio.gather(
            *(ask(sandbox.flapjack, "POST", f"{path}/exec", json={"command": "seq 3"}) for _ in range(70))
        )

    assert {reply.status for reply in replies} == {200}
