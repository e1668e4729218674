"""The parts of a Flapjack agent: profile, suggestions, channels and attachments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.core.body import Upload
from flexsdk.errors import BadRequest, ConfigError, NotFound, TransportError, Unprocessable
from flexsdk.platforms.flapjack import (
    AgentSkillAttach,
    ChannelCreate,
    ChannelUpdate,
    ComputerConfigUpdate,
)
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Fault, Sandbox

NOBODY = "11111111-2222-4333-8444-555555555555"
TOKEN = "fj_test_channel_token"


@pytest.fixture
async def agent_id(flapjack: Flapjack) -> str:
    return (await flapjack.agents.create("Desk")).id


@pytest.fixture
async def first_id(flapjack: Flapjack) -> str:
    """The agent that the sandbox has equipped."""
    agent = await flapjack.agents.list().first()
    assert agent is not None
    return agent.id


# The profile in the marketplace.


async def test_a_profile_is_made_replaced_and_removed(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    marketplace = flapjack.agents.marketplace
    made = await marketplace.update(
        agent_id, handle="desk", display_name="Desk", capabilities=["orders"], is_published=True
    )
    assert last_body(sandbox) == {
        "handle": "desk",
        "displayName": "Desk",
        "capabilities": ["orders"],
        "isPublished": True,
    }
    assert await marketplace.get(agent_id) == made
    assert made.readiness_score == pytest.approx(0.6)

    replaced = await marketplace.update(agent_id, description="Looks up orders")
    assert (replaced.handle, replaced.description, replaced.capabilities) == (None, "Looks up orders", [])

    await marketplace.delete(agent_id)
    with pytest.raises(NotFound, match="no marketplace profile"):
        await marketplace.get(agent_id)
    with pytest.raises(NotFound):
        await marketplace.delete(agent_id)
    with pytest.raises(ConfigError, match="nothing to change"):
        await marketplace.update(agent_id)


async def test_an_avatar_is_uploaded_as_the_part_file(flapjack: Flapjack, first_id: str) -> None:
    marketplace = flapjack.agents.marketplace

    result = await marketplace.upload_avatar(first_id, Upload(b"\x89PNG", name="face.png"))

    profile = await marketplace.get(first_id)
    assert profile is not None
    assert profile.avatar_url == result["avatar_url"]
    assert profile.avatar_url.endswith("/face.png")
    with pytest.raises(BadRequest, match="file is empty"):
        await marketplace.upload_avatar(first_id, Upload(b"", name="face.png"))


async def test_a_path_is_taken_as_an_avatar(tmp_path: Any) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(b"\x89PNG")
    served = answer(201, b'{"url":"https://example.com/face.png"}')
    async with RawServer(served) as server, Flapjack(KEY, base_url=server.url) as client:
        result = await client.agents.marketplace.upload_avatar("a", picture)

    assert result == {"url": "https://example.com/face.png"}
    (request,) = server.requests
    assert request.headers["content-type"].startswith("multipart/form-data")
    assert b'name="file"; filename="face.png"' in request.body


async def test_a_profile_that_is_null_is_none() -> None:
    async with RawServer(answer(200, b"null")) as server, Flapjack(KEY, base_url=server.url) as client:
        assert await client.agents.marketplace.get("a") is None


# Suggestions.


async def test_suggestions_are_made_dismissed_and_taken_back(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    suggestions = flapjack.agents.suggestions
    made = await suggestions.create(agent_id)
    assert sandbox.flapjack.requests[-1].body == b""
    first, second = await suggestions.list(agent_id).collect()
    assert [first.id, second.id] == [each["id"] for each in made["suggestions"]]

    await suggestions.set_dismissed(agent_id, first.id, True)
    assert last_body(sandbox) == {"suggestionId": first.id, "dismissed": True}
    assert await suggestions.list(agent_id, include_dismissed=False).collect() == [second]
    every = await suggestions.list(agent_id, include_dismissed=True).collect()
    assert [each.dismissed_at is None for each in every] == [False, True]
    targets = [record.raw_path.partition("?")[2] for record in sandbox.flapjack.requests[-2:]]
    assert targets == ["includeDismissed=false", "includeDismissed=true"]

    await suggestions.set_dismissed(agent_id, first.id, False)
    assert await suggestions.list(agent_id).collect() == [first, second]


async def test_a_suggestion_of_ones_own_goes_out_as_it_is(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    await flapjack.agents.suggestions.create(agent_id, {"title": "Be brief", "weight": 2})

    assert last_body(sandbox) == {"title": "Be brief", "weight": 2}
    assert [each.title for each in await flapjack.agents.suggestions.list(agent_id).collect()] == ["Be brief"]


@pytest.mark.parametrize("body", [b'[{"id":"s"}]', b'{"suggestions":[]}', b"null"])
async def test_the_answer_to_a_creation_may_have_any_shape(body: bytes) -> None:
    async with RawServer(answer(201, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        assert await client.agents.suggestions.create("a") == msgspec.json.decode(body)


# Channels.


async def test_a_channel_lives_from_create_to_delete(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    channels = flapjack.agents.channels
    made = await channels.create(
        agent_id, "slack", name="Team", config={"room": "C1"}, credentials={"token": Secret(TOKEN)}
    )
    assert last_body(sandbox) == {
        "kind": "slack",
        "name": "Team",
        "config": {"room": "C1"},
        "credentials": {"token": TOKEN},
    }
    assert (made.kind, made.config, made.enabled) == ("slack", {"room": "C1"}, True)
    assert await channels.list(agent_id).collect() == [made]

    changed = await channels.update(agent_id, made.id, enabled=False, credentials={"token": Secret(TOKEN)})
    assert last_body(sandbox) == {"enabled": False, "credentials": {"token": TOKEN}}
    assert (changed.id, changed.name, changed.enabled) == (made.id, "Team", False)
    with pytest.raises(ConfigError, match="nothing to change"):
        await channels.update(agent_id, made.id)

    await channels.delete(agent_id, made.id)
    assert await channels.list(agent_id).collect() == []
    with pytest.raises(NotFound, match="Channel not found"):
        await channels.delete(agent_id, made.id)


async def test_contacts_are_those_of_one_channel(flapjack: Flapjack, first_id: str) -> None:
    channel = await flapjack.agents.channels.list(first_id).first()
    assert channel is not None
    other = await flapjack.agents.channels.create(first_id, "whatsapp")

    contacts = await flapjack.agents.channels.contacts.list(first_id, channel.id).collect()

    assert {contact.channel_id for contact in contacts} == {channel.id}
    assert [contact.display_name for contact in contacts] == ["Ada", None]
    assert await flapjack.agents.channels.contacts.list(first_id, other.id).collect() == []


async def test_a_creation_of_a_channel_is_not_repeated_when_the_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    sandbox.flapjack.faults.add(Fault.reset(acted=True), operation="agents_channels_create")

    with pytest.raises(TransportError):
        await flapjack.agents.channels.create(agent_id, "slack")

    assert len(sandbox.flapjack.calls("agents_channels_create")) == 1


@pytest.mark.parametrize(
    "body",
    [
        ChannelCreate(kind="slack", config={"token": TOKEN}, credentials={"token": TOKEN}),
        ChannelUpdate(credentials={"token": TOKEN}),
        AgentSkillAttach(skill_id="s", credential=TOKEN),
    ],
    ids=lambda body: type(body).__name__,
)
def test_a_body_with_a_secret_shows_its_kind_alone(body: Any) -> None:
    assert repr(body) == f"{type(body).__name__}(…)"
    assert f"{[body]}" == f"[{type(body).__name__}(…)]"


async def test_the_configuration_of_a_channel_stays_out_of_its_repr() -> None:
    body = msgspec.json.encode([{"id": "c", "kind": "matrix", "config": {"token": TOKEN}}])
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        channel = await client.agents.channels.list("a").first()

    assert channel is not None
    assert (channel.kind, channel.config) == ("matrix", {"token": TOKEN})
    assert TOKEN not in repr(channel)


# Attachments.


async def test_a_skill_is_bound_with_a_prompt_and_a_secret(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    bound = await flapjack.agents.skills.attach(
        agent_id, "skill-1", enabled=False, prompt_override="Be brief.", credential=Secret(TOKEN)
    )

    assert last_body(sandbox) == {
        "skillId": "skill-1",
        "enabled": False,
        "promptOverride": "Be brief.",
        "credential": TOKEN,
    }
    assert (bound.skill_id, bound.enabled, bound.prompt_override) == ("skill-1", False, "Be brief.")
    assert await flapjack.agents.skills.list(agent_id).collect() == [bound]


@pytest.mark.parametrize(
    ("kind", "key", "parts", "sent"),
    [
        ("mcps", "mcpServerId", "allowed_tools", "allowedTools"),
        ("integrations", "integrationId", "allowed_tables", "allowedTables"),
    ],
    ids=["mcps", "integrations"],
)
async def test_servers_and_integrations_are_attached_and_detached(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str, kind: str, key: str, parts: str, sent: str
) -> None:
    attachments = getattr(flapjack.agents, kind)
    attached = await attachments.attach(agent_id, "id-1", **{parts: ["search"]})
    assert last_body(sandbox) == {key: "id-1", sent: ["search"]}
    whole = await attachments.attach(agent_id, "id-2")
    assert last_body(sandbox) == {key: "id-2"}
    assert (attached[parts], whole[parts]) == (["search"], None)
    assert await attachments.list(agent_id).collect() == [attached, whole]

    await attachments.detach(agent_id, "id-1")
    request = sandbox.flapjack.requests[-1]
    assert (request.method, last_body(sandbox)) == ("DELETE", {key: "id-1"})
    assert await attachments.list(agent_id).collect() == [whole]
    with pytest.raises(NotFound, match="not attached"):
        await attachments.detach(agent_id, "id-1")


async def test_a_lasting_computer_is_listed_as_a_machine(flapjack: Flapjack, agent_id: str) -> None:
    assert await flapjack.agents.computer_instances.list(agent_id).collect() == []

    lasting = ComputerConfigUpdate(enabled=True, provider="heyvm", mode="persistent", size_class="medium")
    await flapjack.agents.computer.update(agent_id, lasting)
    (machine,) = await flapjack.agents.computer_instances.list(agent_id).collect()

    assert (machine.agent_id, machine.provider, machine.size_class) == (agent_id, "heyvm", "medium")
    assert machine.created_at is not None
    with pytest.raises(Unprocessable, match="needs provider heyvm"):
        await flapjack.agents.computer.update(agent_id, ComputerConfigUpdate(mode="persistent"))


NOT_THERE: dict[str, Callable[[Flapjack], Any]] = {
    "marketplace.get": lambda client: client.agents.marketplace.get(NOBODY),
    "marketplace.update": lambda client: client.agents.marketplace.update(NOBODY, handle="h"),
    "marketplace.delete": lambda client: client.agents.marketplace.delete(NOBODY),
    "marketplace.upload_avatar": lambda client: client.agents.marketplace.upload_avatar(
        NOBODY, Upload(b"x", name="x.png")
    ),
    "suggestions.create": lambda client: client.agents.suggestions.create(NOBODY),
    "suggestions.set_dismissed": lambda client: client.agents.suggestions.set_dismissed(NOBODY, "s", True),
    "suggestions.list": lambda client: client.agents.suggestions.list(NOBODY).collect(),
    "channels.create": lambda client: client.agents.channels.create(NOBODY, "slack"),
    "channels.update": lambda client: client.agents.channels.update(NOBODY, "c", enabled=True),
    "channels.delete": lambda client: client.agents.channels.delete(NOBODY, "c"),
    "channels.list": lambda client: client.agents.channels.list(NOBODY).collect(),
    "channels.contacts.list": lambda client: client.agents.channels.contacts.list(NOBODY, "c").collect(),
    "skills.attach": lambda client: client.agents.skills.attach(NOBODY, "s"),
    "skills.list": lambda client: client.agents.skills.list(NOBODY).collect(),
    "mcps.attach": lambda client: client.agents.mcps.attach(NOBODY, "m"),
    "mcps.detach": lambda client: client.agents.mcps.detach(NOBODY, "m"),
    "mcps.list": lambda client: client.agents.mcps.list(NOBODY).collect(),
    "integrations.attach": lambda client: client.agents.integrations.attach(NOBODY, "i"),
    "integrations.detach": lambda client: client.agents.integrations.detach(NOBODY, "i"),
    "integrations.list": lambda client: client.agents.integrations.list(NOBODY).collect(),
    "computer_instances.list": lambda client: client.agents.computer_instances.list(NOBODY).collect(),
}


@pytest.mark.parametrize("method", NOT_THERE)
async def test_parts_of_an_unknown_agent_are_not_found(flapjack: Flapjack, method: str) -> None:
    with pytest.raises(NotFound, match="Agent not found"):
        await NOT_THERE[method](flapjack)
