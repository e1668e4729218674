"""Flapjack public chats, participants and computers of threads: rules of the state."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_kit import Ask, bearer, text_of

from flexsdk.sandbox.flapjack import Flapjack

CHAT = "/api/public/chat/desk"


async def agents(flapjack: Flapjack, ask: Ask) -> list[str]:
    return [agent["id"] for agent in (await ask(flapjack, "GET", "/api/agents")).json()]


async def publish(flapjack: Flapjack, ask: Ask, agent_id: str, slug: str = "desk", **more: Any) -> None:
    reply = await ask(flapjack, "POST", f"/api/agents/{agent_id}/publish", json={"slug": slug, **more})
    assert reply.status == 200


@pytest.fixture
async def agent_id(flapjack: Flapjack, ask: Ask) -> str:
    return (await agents(flapjack, ask))[0]


async def test_a_visitor_needs_no_key(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    await publish(flapjack, ask, agent_id, title="Desk")

    chat = await ask(flapjack, "GET", CHAT, headers={})
    thread = (await ask(flapjack, "POST", f"{CHAT}/threads", headers={}, json={})).json()
    path = f"{CHAT}/threads/{thread['id']}"
    said = await ask(flapjack, "POST", f"{path}/messages", headers={}, json={"content": "Hello"})
    stopped = await ask(flapjack, "POST", f"{path}/stop", headers={})

    assert chat.json() == {
        "slug": "desk",
        "visibility": "public",
        "title": "Desk",
        "description": None,
        "is_active": True,
    }
    assert said.events()[-1][0] == "done"
    assert text_of(said.events()) == said.events()[-1][1]["content"]
    assert (stopped.status, stopped.json()) == (200, {"ok": True})


async def test_a_conversation_belongs_to_its_chat(flapjack: Flapjack, ask: Ask) -> None:
    one, other, *_ = await agents(flapjack, ask)
    await publish(flapjack, ask, one)
    await publish(flapjack, ask, other, "other")
    thread = (await ask(flapjack, "POST", f"{CHAT}/threads", json={})).json()
    private = (await ask(flapjack, "POST", "/api/threads", json={"agentId": one})).json()

    through_other = await ask(flapjack, "POST", f"/api/public/chat/other/threads/{thread['id']}/stop")
    of_a_member = await ask(flapjack, "POST", f"{CHAT}/threads/{private['id']}/stop")

    assert (through_other.status, of_a_member.status) == (404, 404)


async def test_an_agent_has_one_open_chat(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    await publish(flapjack, ask, agent_id)
    await publish(flapjack, ask, agent_id, "second")

    old, new = await ask(flapjack, "GET", CHAT), await ask(flapjack, "GET", "/api/public/chat/second")
    shown = (await ask(flapjack, "GET", f"/api/agents/{agent_id}")).json()["published_chats"]

    assert (old.status, new.status) == (404, 200)
    assert shown == [{"slug": "desk", "is_active": False}, {"slug": "second", "is_active": True}]


async def test_a_private_chat_is_for_verified_sessions(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    await publish(flapjack, ask, agent_id, visibility="private")

    reply = await ask(flapjack, "GET", CHAT)

    assert (reply.status, reply.json()["error"]) == (403, "FORBIDDEN")


async def test_the_chat_of_a_deleted_agent_is_gone(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    await publish(flapjack, ask, agent_id)
    await ask(flapjack, "DELETE", f"/api/agents/{agent_id}")

    assert (await ask(flapjack, "GET", CHAT)).status == 404


async def test_a_demo_key_publishes_nothing(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    path = f"/api/agents/{agent_id}/publish"

    published = await ask(flapjack, "POST", path, headers=demo, json={"slug": "desk"})
    chat = await ask(flapjack, "GET", CHAT)
    unpublished = await ask(flapjack, "DELETE", path, headers=demo)

    assert (published.status, chat.status, unpublished.status) == (200, 404, 200)


async def test_a_script_answers_a_visitor_too(flapjack: Flapjack, ask: Ask) -> None:
    flapjack.script(b"event: done\ndata: {}\n\n")

    reply = await ask(flapjack, "POST", "/api/public/chat/x/threads/y/messages", json={"content": "Hi"})

    assert reply.body == b"event: done\ndata: {}\n\n"


async def test_participants_are_checked_when_they_come(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    thread = (await ask(flapjack, "POST", "/api/threads", json={"agentId": agent_id})).json()
    path = f"/api/threads/{thread['id']}/participants"

    answers = [
        await ask(flapjack, "POST", path, json={"userId": "u"}),
        await ask(flapjack, "POST", path, json={"userId": "u"}),
        await ask(flapjack, "POST", path, json={}),
        await ask(flapjack, "POST", path, json={"agentId": "none"}),
        await ask(flapjack, "DELETE", path),
        await ask(flapjack, "DELETE", path, json={"userId": "nobody"}),
    ]

    assert [each.status for each in answers] == [200, 422, 422, 404, 400, 404]
    assert len((await ask(flapjack, "GET", path)).json()) == 1


@pytest.mark.parametrize("tail", ["participants", "computer"])
async def test_an_unknown_thread_has_no_parts(flapjack: Flapjack, ask: Ask, tail: str) -> None:
    reply = await ask(flapjack, "GET", f"/api/threads/none/{tail}")

    assert (reply.status, reply.json()["detail"]) == (404, "Thread not found")


async def test_a_demo_key_changes_no_thread(flapjack: Flapjack, ask: Ask, agent_id: str) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    thread = (await ask(flapjack, "POST", "/api/threads", json={"agentId": agent_id})).json()
    path = f"/api/threads/{thread['id']}"

    await ask(flapjack, "POST", f"{path}/participants", headers=demo, json={"userId": "u"})
    await ask(flapjack, "PUT", f"{path}/computer", headers=demo, json={"enabled": True})

    assert (await ask(flapjack, "GET", f"{path}/participants")).json() == []
    assert (await ask(flapjack, "GET", f"{path}/computer")).json() == {}
