"""Public chats, participants and computers of threads, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import APIError, ConfigError, NotFound, Unprocessable
from flexsdk.platforms.flapjack import Agent, PublishedChat, Token
from flexsdk.sandbox import Fault, Sandbox


@pytest.fixture
async def agent(flapjack: Flapjack) -> Agent:
    return await flapjack.agents.create("Desk")


async def test_an_agent_is_published_read_and_taken_offline(
    flapjack: Flapjack, sandbox: Sandbox, agent: Agent
) -> None:
    chat = await flapjack.agents.publish(
        agent.id, "desk", visibility="public", title="Desk", description="Ask us"
    )
    assert last_body(sandbox) == {
        "slug": "desk",
        "visibility": "public",
        "title": "Desk",
        "description": "Ask us",
    }
    whole = PublishedChat(
        slug="desk", visibility="public", title="Desk", description="Ask us", is_active=True
    )
    assert chat == whole == await flapjack.public_chats.get("desk")
    shown = (await flapjack.agents.get(agent.id)).published_chats
    assert [(each.slug, each.is_active) for each in shown] == [("desk", True)]

    await flapjack.agents.unpublish(agent.id)
    with pytest.raises(NotFound, match="Chat not found"):
        await flapjack.public_chats.get("desk")
    with pytest.raises(NotFound, match="not published"):
        await flapjack.agents.unpublish(agent.id)


async def test_a_slug_belongs_to_one_agent(flapjack: Flapjack, agent: Agent) -> None:
    other = await flapjack.agents.create("Other")
    await flapjack.agents.publish(agent.id, "desk")

    with pytest.raises(Unprocessable, match="taken"):
        await flapjack.agents.publish(other.id, "desk")


async def test_a_visitor_talks_in_a_public_chat(flapjack: Flapjack, sandbox: Sandbox, agent: Agent) -> None:
    await flapjack.agents.publish(agent.id, "desk")
    threads = flapjack.public_chats.threads
    thread = await threads.create("desk")
    assert thread.agent_id == agent.id

    async with threads.stream("desk", thread.id, "Where is my order?") as events:
        deltas = [event.delta async for event in events if isinstance(event, Token)]

    assert sandbox.flapjack.calls("public_chat_send_message")[0].body == b'{"content":"Where is my order?"}'
    assert events.result.outcome == "complete"
    assert events.result.text == "".join(deltas)
    assert (await threads.create("desk", extra={"locale": "de"})).id != thread.id
    assert last_body(sandbox) == {"locale": "de"}


async def test_a_public_answer_is_stopped_at_the_platform_when_its_reader_leaves(
    flapjack: Flapjack, sandbox: Sandbox, agent: Agent
) -> None:
    sandbox.token_delay = 0.01
    await flapjack.agents.publish(agent.id, "desk")
    threads = flapjack.public_chats.threads
    thread = await threads.create("desk")

    async with threads.stream("desk", thread.id, "Slowly, please: slow", stop_on_exit=True) as events:
        async for event in events:
            if isinstance(event, Token):
                break
    await flapjack.aclose()

    assert len(sandbox.flapjack.calls("public_chat_stop")) == 1


async def test_a_public_stop_is_repeated_when_its_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox, agent: Agent
) -> None:
    await flapjack.agents.publish(agent.id, "desk")
    thread = await flapjack.public_chats.threads.create("desk")
    sandbox.flapjack.faults.add(Fault.reset(acted=True), operation="public_chat_stop", requests={1})

    await flapjack.public_chats.threads.stop("desk", thread.id)

    assert len(sandbox.flapjack.calls("public_chat_stop")) == 2


async def test_an_empty_public_message_is_refused_before_it_is_sent(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    with pytest.raises(ConfigError, match="content is empty"):
        flapjack.public_chats.threads.stream("desk", "t", "")

    assert sandbox.flapjack.requests == []


async def test_participants_come_and_go(flapjack: Flapjack, sandbox: Sandbox, agent: Agent) -> None:
    thread = await flapjack.threads.create(agent.id, kind="multiplayer")
    people = flapjack.threads.participants
    assert await people.list(thread.id).collect() == []

    ada = await people.add(thread.id, user_id="u-1", display_name="Ada", role="owner")
    assert last_body(sandbox) == {"userId": "u-1", "displayName": "Ada", "role": "owner"}
    assert (ada.kind, ada.user_id, ada.display_name, ada.role) == ("user", "u-1", "Ada", "owner")
    desk = await people.add(thread.id, agent_id=agent.id)
    assert (desk.kind, desk.agent_id, desk.thread_id) == ("agent", agent.id, thread.id)
    assert await people.list(thread.id).collect() == [ada, desk]

    assert ada.id is not None
    await people.remove(thread.id, ada.id)
    assert last_body(sandbox) == {"participantId": ada.id}
    await people.remove(thread.id, agent_id=agent.id)
    assert last_body(sandbox) == {"agentId": agent.id}
    assert await people.list(thread.id).collect() == []
    with pytest.raises(NotFound, match="Participant not found"):
        await people.remove(thread.id, user_id="u-1")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda people: people.add("t"), id="add nobody"),
        pytest.param(lambda people: people.add("t", user_id="u", agent_id="a"), id="add both"),
        pytest.param(lambda people: people.remove("t"), id="remove nobody"),
        pytest.param(lambda people: people.remove("t", "p", user_id="u"), id="remove by two names"),
    ],
)
async def test_a_participant_is_named_in_exactly_one_way(
    flapjack: Flapjack, sandbox: Sandbox, call: Callable[[Any], Any]
) -> None:
    with pytest.raises(ConfigError, match="exactly one of"):
        await call(flapjack.threads.participants)

    assert sandbox.flapjack.requests == []


async def test_the_computer_of_a_thread_is_plain_data(flapjack: Flapjack, agent: Agent) -> None:
    thread = await flapjack.threads.create(agent.id)
    computer = flapjack.threads.computer

    assert await computer.get(thread.id) == {}
    assert await computer.update(thread.id, {"enabled": True, "a": [1]}) == {"enabled": True, "a": [1]}
    assert await computer.get(thread.id) == {"enabled": True, "a": [1]}


METHODS: dict[str, tuple[str, Callable[[Flapjack], Any]]] = {
    "publish": ("POST /api/agents/{}/publish", lambda c: c.agents.publish("a/b", "s")),
    "unpublish": ("DELETE /api/agents/{}/publish", lambda c: c.agents.unpublish("a/b")),
    "public get": ("GET /api/public/chat/{}", lambda c: c.public_chats.get("a/b")),
    "public create": (
        "POST /api/public/chat/{}/threads",
        lambda c: c.public_chats.threads.create("a/b"),
    ),
    "public stop": (
        "POST /api/public/chat/s/threads/{}/stop",
        lambda c: c.public_chats.threads.stop("s", "a/b"),
    ),
    "participants": (
        "GET /api/threads/{}/participants",
        lambda c: c.threads.participants.list("a/b").collect(),
    ),
    "computer": ("GET /api/threads/{}/computer", lambda c: c.threads.computer.get("a/b")),
}


@pytest.mark.parametrize("method", METHODS)
async def test_an_id_stays_one_segment(method: str) -> None:
    line, call = METHODS[method]
    async with RawServer(answer(404)) as server, Flapjack(KEY, base_url=server.url) as client:
        with pytest.raises(APIError):
            await call(client)

    assert server.lines == [f"{line.format('a%2Fb')} HTTP/1.1"]
