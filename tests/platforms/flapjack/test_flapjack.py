"""Every method of Flapjack but the streams, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flapjack_kit import last_body
from servers import RawServer, answer, stream
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import APIError, ConfigError, DecodeError, Forbidden, NotFound, Unauthorized
from flexsdk.platforms.flapjack.agents import DELETE, LIST_AGENTS
from flexsdk.sandbox import Fault, Sandbox

NOBODY = "11111111-2222-4333-8444-555555555555"


async def test_agents_are_made_read_changed_listed_and_deleted(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.agents.create(
        "Desk", description="Answers", stable_preamble="Be brief.", temperature=0.2
    )
    assert last_body(sandbox) == {
        "name": "Desk",
        "description": "Answers",
        "stablePreamble": "Be brief.",
        "temperature": 0.2,
    }
    assert (await flapjack.agents.get(made.id)) == made
    assert (made.stable_preamble, made.temperature) == ("Be brief.", 0.2)

    changed = await flapjack.agents.update(made.id, name="Order desk")
    assert last_body(sandbox) == {"name": "Order desk"}
    assert (changed.name, changed.description) == ("Order desk", "Answers")
    assert "Order desk" in [agent.name async for agent in flapjack.agents.list()]

    await flapjack.agents.delete(made.id)
    with pytest.raises(NotFound, match="404 NOT_FOUND: Agent not found"):
        await flapjack.agents.get(made.id)


async def test_an_update_sends_null_for_none_and_nothing_for_what_was_not_given(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    agent = await flapjack.agents.create("Desk")

    await flapjack.agents.update(
        agent.id, description=None, default_profile=None, scheduled_tasks_enabled=False
    )
    assert last_body(sandbox) == {"description": None, "defaultProfile": None, "scheduledTasksEnabled": False}

    await flapjack.agents.update(agent.id)
    assert last_body(sandbox) == {}


async def test_a_list_leaves_the_system_prompts_out_and_comes_as_one_page(flapjack: Flapjack) -> None:
    pages = [page async for page in flapjack.agents.list().pages()]

    assert len(pages) == 1
    assert pages[0].total == len(pages[0].items) > 5
    assert not pages[0].truncated
    assert all(agent.stable_preamble is None for agent in pages[0].items)


async def test_a_list_is_asked_for_by_organization(flapjack: Flapjack, sandbox: Sandbox) -> None:
    assert await flapjack.agents.list(org_id="o 1").collect() == []
    assert await flapjack.agents.list().first() is not None

    targets = [record.raw_path for record in sandbox.flapjack.requests]
    assert targets == ["/api/agents?orgId=o%201", "/api/agents"]


async def test_threads_are_made_and_changed_and_stopped(flapjack: Flapjack, sandbox: Sandbox) -> None:
    agent = await flapjack.agents.list().first()
    assert agent is not None
    thread = await flapjack.threads.create(agent.id, title="Orders", kind="multiplayer")
    assert last_body(sandbox) == {"agentId": agent.id, "title": "Orders", "kind": "multiplayer"}
    assert (thread.agent_id, thread.title, thread.kind) == (agent.id, "Orders", "multiplayer")
    assert thread.created_at.tzinfo is not None

    changed = await flapjack.threads.update(thread.id, active_profile=None)
    assert last_body(sandbox) == {"activeProfile": None}
    assert (changed.id, changed.title, changed.active_profile) == (thread.id, "Orders", None)

    await flapjack.threads.stop(thread.id)


async def test_a_stop_is_repeated_and_a_creation_is_not_when_the_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    agent = await flapjack.agents.list().first()
    assert agent is not None
    thread = await flapjack.threads.create(agent.id)
    faults = sandbox.flapjack.faults
    faults.add(Fault.reset(acted=True), operation="threads_stop", requests={1})
    faults.add(Fault.reset(acted=True), operation="agents_create", requests={1})

    await flapjack.threads.stop(thread.id)
    with pytest.raises(Exception, match="broke before the answer"):
        await flapjack.agents.create("Twice")

    names = [each.name async for each in flapjack.agents.list()]
    assert names.count("Twice") == 1
    assert len(sandbox.flapjack.calls("threads_stop")) == 2


@pytest.mark.parametrize("status", [200, 204])
async def test_a_deletion_takes_a_body_and_none(status: int) -> None:
    body = b'{"ok":true}' if status == 200 else b""
    async with RawServer(answer(status, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        reply = await client.send(DELETE, "a")
        await client.agents.delete("a")

    assert (reply.status, reply.value) == (status, None)
    assert server.lines == ["DELETE /api/agents/a HTTP/1.1"] * 2


async def test_raw_access_needs_no_second_copy_of_the_methods(flapjack: Flapjack) -> None:
    reply = await flapjack.send(LIST_AGENTS)

    assert reply.status == 200
    assert reply.value.items == await flapjack.agents.list().collect()


async def test_errors_have_the_code_of_the_platform(flapjack: Flapjack, sandbox: Sandbox) -> None:
    with pytest.raises(NotFound) as missing:
        await flapjack.threads.create(NOBODY)
    assert (missing.value.code, missing.value.message) == ("NOT_FOUND", "Agent not found")

    async with Flapjack("fj_test_wrong", base_url=flapjack.base_url) as stranger:
        with pytest.raises(Unauthorized) as refused:
            await stranger.agents.get(NOBODY)
    assert refused.value.code == "UNAUTHORIZED"

    async with Flapjack(sandbox.flapjack.issue("user"), base_url=flapjack.base_url) as person:
        with pytest.raises((Forbidden, NotFound)):
            await person.agents.get(NOBODY)


HOSTILE: list[tuple[str, str | None]] = [
    ("", None),
    ("..", None),
    ("a\r\nX-Evil: 1", None),
    ("../agents", "..%2Fagents"),
    ("a/../../x", "a%2F..%2F..%2Fx"),
    ("%2e%2e", "%252e%252e"),
    ("a?b#c", "a%3Fb%23c"),
    ("//evil", "%2F%2Fevil"),
]

METHODS: dict[str, tuple[str, Callable[[Flapjack, str], Any]]] = {
    "agents.get": ("GET /api/agents/{}", lambda client, id_: client.agents.get(id_)),
    "agents.update": ("PATCH /api/agents/{}", lambda client, id_: client.agents.update(id_, name="n")),
    "agents.delete": ("DELETE /api/agents/{}", lambda client, id_: client.agents.delete(id_)),
    "threads.update": ("PATCH /api/threads/{}", lambda client, id_: client.threads.update(id_, title="t")),
    "threads.stop": ("POST /api/threads/{}/stop", lambda client, id_: client.threads.stop(id_)),
    "threads.stream": (
        "POST /api/threads/{}/messages",
        lambda client, id_: client.threads.stream(id_, "Hi").__aenter__(),
    ),
}


@pytest.mark.parametrize(("id_", "segment"), HOSTILE, ids=lambda each: ascii(each))
@pytest.mark.parametrize("method", METHODS)
async def test_an_id_stays_one_segment_or_nothing_is_sent(method: str, id_: str, segment: str | None) -> None:
    line, call = METHODS[method]
    served = stream() if method == "threads.stream" else answer(404)
    async with RawServer(served) as server, Flapjack(KEY, base_url=server.url) as client:
        expected = ConfigError if segment is None else APIError
        if method == "threads.stream" and segment is not None:
            await call(client, id_)
        else:
            with pytest.raises(expected):
                await call(client, id_)

    assert server.lines == ([] if segment is None else [f"{line.format(segment)} HTTP/1.1"])
    assert not any("x-evil" in request.headers for request in server.requests)


@pytest.mark.parametrize(
    "body", [b'{"agents":[]}', b'[{"id":1}]', b"null"], ids=["object", "number as id", "null"]
)
async def test_a_list_of_another_shape_is_a_decode_error(body: bytes) -> None:
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        with pytest.raises(DecodeError):
            await client.agents.list().collect()


async def test_new_words_and_fields_are_taken_as_they_come() -> None:
    body = b'{"id":"a","name":"n","runtime_provider":"mars","computer":{"mode":"new","x":1},"new":[1]}'
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        agent = await client.agents.get("a")

    assert agent.runtime_provider == "mars"
    assert agent.computer is not None
    assert agent.computer.mode == "new"
