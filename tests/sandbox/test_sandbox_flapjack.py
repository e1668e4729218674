"""Flapjack agents and threads: shapes, status codes, state."""

from __future__ import annotations

import pytest
from sandbox_kit import Ask

from flexsdk.sandbox.flapjack import Flapjack

NOT_FOUND = {"error": "NOT_FOUND", "detail": "Agent not found"}


async def test_agents_are_a_bare_array_without_the_members_of_a_single_read(
    flapjack: Flapjack, ask: Ask
) -> None:
    reply = await ask(flapjack, "GET", "/api/agents")

    agents = reply.json()
    assert len(agents) >= 12
    assert len({agent["name"] for agent in agents}) == len(agents)
    assert {"stable_preamble", "temperature"}.isdisjoint(agents[0])


async def test_agents_of_another_organization_are_not_shown(flapjack: Flapjack, ask: Ask) -> None:
    own = (await ask(flapjack, "GET", "/api/agents")).json()[0]["org_id"]

    same = await ask(flapjack, "GET", f"/api/agents?orgId={own}")
    other = await ask(flapjack, "GET", "/api/agents?orgId=another")

    assert (len(same.json()) > 0, other.json()) == (True, [])


async def test_an_agent_lives_from_create_to_delete(flapjack: Flapjack, ask: Ask) -> None:
    created = await ask(
        flapjack,
        "POST",
        "/api/agents",
        json={"name": "Nova", "description": "New", "stablePreamble": "Be brief.", "unknown": 1},
    )
    path = f"/api/agents/{created.json()['id']}"
    updated = await ask(
        flapjack, "PATCH", path, json={"defaultModel": "claude-opus-4.6", "description": None}
    )
    read = await ask(flapjack, "GET", path)
    deleted = await ask(flapjack, "DELETE", path)
    gone = await ask(flapjack, "GET", path)

    assert (created.status, created.json()["stable_preamble"]) == (201, "Be brief.")
    assert "unknown" not in created.json()
    assert (created.json()["description"], updated.json()["description"]) == ("New", None)
    assert (updated.status, updated.json()["default_model"]) == (200, "claude-opus-4.6")
    assert read.json() == updated.json()
    assert (deleted.status, deleted.json()) == (200, {"ok": True})
    assert (gone.status, gone.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "options"), [("PATCH", {"json": {}}), ("DELETE", {})], ids=["update", "delete"]
)
async def test_an_unknown_agent_is_not_found(
    flapjack: Flapjack, ask: Ask, method: str, options: dict[str, object]
) -> None:
    reply = await ask(flapjack, method, "/api/agents/none", **options)

    assert (reply.status, reply.json()) == (404, NOT_FOUND)


async def test_a_thread_is_created_with_200_and_updated(flapjack: Flapjack, ask: Ask) -> None:
    agent_id = (await ask(flapjack, "GET", "/api/agents")).json()[0]["id"]
    created = await ask(
        flapjack, "POST", "/api/threads", json={"agentId": agent_id, "title": "A", "activeProfile": "p"}
    )
    path = f"/api/threads/{created.json()['id']}"
    updated = await ask(flapjack, "PATCH", path, json={"title": "B", "activeProfile": None})

    thread = created.json()
    assert created.status == 200
    assert (thread["agent_id"], thread["title"], thread["active_profile"]) == (agent_id, "A", "p")
    assert updated.json() == thread | {"title": "B", "active_profile": None}


async def test_a_thread_needs_an_agent_that_exists(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "POST", "/api/threads", json={"agentId": "none"})

    assert (reply.status, reply.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "tail", "options"),
    [
        pytest.param("PATCH", "", {"json": {}}, id="update"),
        pytest.param("POST", "/stop", {}, id="stop"),
        pytest.param("POST", "/messages", {"json": {"content": "Hello"}}, id="message"),
    ],
)
async def test_an_unknown_thread_is_not_found(
    flapjack: Flapjack, ask: Ask, method: str, tail: str, options: dict[str, object]
) -> None:
    reply = await ask(flapjack, method, "/api/threads/none" + tail, **options)

    assert (reply.status, reply.json()) == (404, {"error": "NOT_FOUND", "detail": "Thread not found"})


async def test_a_thread_of_a_deleted_agent_cannot_be_spoken_to(flapjack: Flapjack, ask: Ask) -> None:
    agent_id = (await ask(flapjack, "GET", "/api/agents")).json()[0]["id"]
    thread = (await ask(flapjack, "POST", "/api/threads", json={"agentId": agent_id})).json()
    await ask(flapjack, "DELETE", f"/api/agents/{agent_id}")

    reply = await ask(flapjack, "POST", f"/api/threads/{thread['id']}/messages", json={"content": "Hello"})

    assert (reply.status, reply.json()) == (404, NOT_FOUND)
