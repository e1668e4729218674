"""The parts of Flapjack agents in the sandbox: what is refused, replaced, hidden and not kept."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from sandbox_kit import Ask, bearer

from flexsdk.sandbox.flapjack import Flapjack


@pytest.fixture
async def agents(flapjack: Flapjack, ask: Ask) -> list[str]:
    """The paths of all agents; the first one is equipped."""
    return [f"/api/agents/{agent['id']}" for agent in (await ask(flapjack, "GET", "/api/agents")).json()]


GROUPS = (
    "web", "memory", "plan", "computer", "compaction",
    "credentials", "multiplayer", "delegated", "scheduled-tasks",
)  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
async def test_settings_belong_to_one_agent_and_end_with_it(
    flapjack: Flapjack, ask: Ask, agents: list[str], group: str
) -> None:
    one, other = (f"{path}/{group}" for path in agents[:2])
    before = (await ask(flapjack, "GET", one)).json()

    written = await ask(flapjack, "PUT", one, json={"enabled": True})

    assert (before["enabled"], written.status) == (False, 200)
    assert written.json() == before | {"enabled": True}
    assert (await ask(flapjack, "GET", one)).json() == written.json()
    assert (await ask(flapjack, "GET", other)).json() == before

    await ask(flapjack, "DELETE", agents[0])
    assert (await ask(flapjack, "GET", one)).status == 404


async def test_settings_that_are_left_out_fall_back_to_their_default(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    path = f"{agents[0]}/compaction"
    await ask(flapjack, "PUT", path, json={"enabled": True, "anthropicTriggerTokens": 60_000})

    reply = await ask(flapjack, "PUT", path, json={"anthropicPauseAfter": True, "unknown": 1})

    assert reply.json() == {
        "enabled": False,
        "anthropic_trigger_tokens": 150_000,
        "anthropic_instructions": None,
        "anthropic_pause_after": True,
        "openai_compact_threshold": 100_000,
    }


@pytest.mark.parametrize(
    ("group", "body"),
    [
        ("compaction", {"anthropicTriggerTokens": 49_999}),
        ("compaction", {"openaiCompactThreshold": 999}),
        ("computer", {"provider": "attic"}),
        ("computer", {"mode": "persistent"}),
        ("computer", {"mode": "custom", "provider": "vercel"}),
        ("credentials", {"resolverUrl": "http://keys.example.com"}),
        ("memory", {"injectCount": "many"}),
        ("web", {"enabled": "yes"}),
    ],
)
async def test_settings_outside_of_the_contract_are_refused(
    flapjack: Flapjack, ask: Ask, agents: list[str], group: str, body: dict[str, Any]
) -> None:
    path = f"{agents[0]}/{group}"
    before = (await ask(flapjack, "GET", path)).json()

    reply = await ask(flapjack, "PUT", path, json=body)

    assert (reply.status, reply.json()["error"]) == (422, "VALIDATION_FAILED")
    assert (await ask(flapjack, "GET", path)).json() == before


async def test_the_switch_of_an_update_shows_in_the_settings(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    await ask(flapjack, "PATCH", agents[0], json={"scheduledTasksEnabled": True})

    assert (await ask(flapjack, "GET", f"{agents[0]}/scheduled-tasks")).json() == {"enabled": True}


DEMO: list[tuple[str, str, str, dict[str, Any]]] = [
    ("PUT", "/web", "/web", {"json": {"enabled": True}}),
    ("PUT", "/computer", "/computer", {"json": {"enabled": True}}),
    ("PUT", "/scheduled-tasks", "/scheduled-tasks", {"json": {"enabled": True}}),
    ("PUT", "/marketplace", "/marketplace", {"json": {"handle": "other"}}),
    ("POST", "/marketplace/avatar", "/marketplace", {"data": {"file": BytesIO(b"x")}}),
    ("DELETE", "/marketplace", "/marketplace", {}),
    ("POST", "/suggestions", "/suggestions", {}),
    ("POST", "/channels", "/channels", {"json": {"kind": "slack"}}),
    ("POST", "/skills", "/skills", {"json": {"skillId": "s"}}),
    ("POST", "/mcps", "/mcps", {"json": {"mcpServerId": "m"}}),
    ("POST", "/integrations", "/integrations", {"json": {"integrationId": "i"}}),
]


@pytest.mark.parametrize(("method", "write", "read", "options"), DEMO, ids=[f"{m} {w}" for m, w, *_ in DEMO])
async def test_what_a_demo_key_writes_is_not_kept(
    flapjack: Flapjack,
    ask: Ask,
    agents: list[str],
    method: str,
    write: str,
    read: str,
    options: dict[str, Any],
) -> None:
    before = (await ask(flapjack, "GET", agents[0] + read)).json()

    reply = await ask(
        flapjack, method, agents[0] + write, headers=bearer(flapjack.issue(plan="demo")), **options
    )

    assert reply.status < 300
    assert (await ask(flapjack, "GET", agents[0] + read)).json() == before


async def test_a_demo_key_changes_and_removes_nothing_that_is_there(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    await ask(flapjack, "POST", f"{agents[0]}/mcps", json={"mcpServerId": "m"})
    channel = (await ask(flapjack, "GET", f"{agents[0]}/channels")).json()[0]
    suggestion = (await ask(flapjack, "GET", f"{agents[0]}/suggestions")).json()[0]
    path = f"{agents[0]}/channels/{channel['id']}"

    replies = [
        await ask(flapjack, "PATCH", path, json={"enabled": False}, headers=demo),
        await ask(flapjack, "DELETE", path, headers=demo),
        await ask(
            flapjack,
            "PUT",
            f"{agents[0]}/suggestions",
            json={"suggestionId": suggestion["id"], "dismissed": True},
            headers=demo,
        ),
        await ask(flapjack, "DELETE", f"{agents[0]}/mcps", json={"mcpServerId": "m"}, headers=demo),
    ]

    assert [reply.status for reply in replies] == [200] * 4
    assert (await ask(flapjack, "GET", f"{agents[0]}/channels")).json() == [channel]
    assert suggestion in (await ask(flapjack, "GET", f"{agents[0]}/suggestions")).json()
    assert len((await ask(flapjack, "GET", f"{agents[0]}/mcps")).json()) == 1


async def test_the_first_agent_has_a_profile_and_the_others_have_none(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    first = await ask(flapjack, "GET", f"{agents[0]}/marketplace")
    second = await ask(flapjack, "GET", f"{agents[1]}/marketplace")

    assert (first.json()["is_published"], first.json()["readiness_score"]) == (True, 0.8)
    assert (second.status, second.json()["detail"]) == (404, "The agent has no marketplace profile")


async def test_an_avatar_survives_the_profile(flapjack: Flapjack, ask: Ask, agents: list[str]) -> None:
    path = f"{agents[0]}/marketplace"
    await ask(flapjack, "POST", f"{path}/avatar", data={"file": BytesIO(b"x")})
    await ask(flapjack, "DELETE", path)

    made = await ask(flapjack, "PUT", path, json={})

    assert made.json()["avatar_url"].startswith("https://")
    assert made.json()["readiness_score"] == 0.2


async def test_suggestions_are_seeded_with_a_dismissed_one(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    path = f"{agents[0]}/suggestions"
    open_ = (await ask(flapjack, "GET", path)).json()
    every = (await ask(flapjack, "GET", f"{path}?includeDismissed=true")).json()

    assert [each["status"] for each in open_] == ["open"]
    assert [each["status"] for each in every] == ["dismissed", "open"]
    assert (await ask(flapjack, "GET", f"{agents[1]}/suggestions")).json() == []


async def test_a_second_dismissal_keeps_the_time_of_the_first(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    path = f"{agents[0]}/suggestions"
    id_ = (await ask(flapjack, "GET", path)).json()[0]["id"]

    first = await ask(flapjack, "PUT", path, json={"suggestionId": id_})
    second = await ask(flapjack, "PUT", path, json={"suggestionId": id_, "dismissed": True})

    assert first.json()["dismissed_at"] is not None
    assert second.json() == first.json()


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"dismissed": True}, 422, "suggestionId is required"),
        ({"suggestionId": "none"}, 404, "Suggestion not found"),
    ],
    ids=["missing", "unknown"],
)
async def test_a_dismissal_names_a_suggestion_of_the_agent(
    flapjack: Flapjack, ask: Ask, agents: list[str], body: dict[str, Any], status: int, detail: str
) -> None:
    reply = await ask(flapjack, "PUT", f"{agents[0]}/suggestions", json=body)

    assert (reply.status, reply.json()["detail"]) == (status, detail)


async def test_a_channel_belongs_to_one_agent(flapjack: Flapjack, ask: Ask, agents: list[str]) -> None:
    id_ = (await ask(flapjack, "GET", f"{agents[0]}/channels")).json()[0]["id"]

    replies = [
        await ask(flapjack, "PATCH", f"{agents[1]}/channels/{id_}", json={}),
        await ask(flapjack, "DELETE", f"{agents[1]}/channels/{id_}"),
        await ask(flapjack, "GET", f"{agents[1]}/channels/{id_}/contacts"),
    ]

    assert [reply.status for reply in replies] == [404] * 3
    assert (await ask(flapjack, "GET", f"{agents[1]}/channels")).json() == []


@pytest.mark.parametrize("body", [{}, {"kind": "fax"}], ids=["missing", "unknown"])
async def test_a_channel_is_of_a_known_kind(
    flapjack: Flapjack, ask: Ask, agents: list[str], body: dict[str, Any]
) -> None:
    reply = await ask(flapjack, "POST", f"{agents[0]}/channels", json=body)

    assert (reply.status, reply.json()["error"]) == (422, "VALIDATION_FAILED")


async def test_credentials_are_taken_and_never_shown(flapjack: Flapjack, ask: Ask, agents: list[str]) -> None:
    secret = "fj_test_channel_token"
    created = await ask(
        flapjack,
        "POST",
        f"{agents[0]}/channels",
        json={"kind": "slack", "credentials": {"token": secret}},
    )
    path = f"{agents[0]}/channels/{created.json()['id']}"
    updated = await ask(flapjack, "PATCH", path, json={"name": "n", "credentials": {"token": secret}})
    bound = await ask(flapjack, "POST", f"{agents[0]}/skills", json={"skillId": "s", "credential": secret})

    assert (created.status, updated.status, bound.status) == (201, 200, 201)
    assert not any(secret.encode() in reply.body for reply in (created, updated, bound))


@pytest.mark.parametrize(
    ("path", "body", "change", "shown"),
    [
        ("/skills", {"skillId": "s"}, {"promptOverride": "p"}, {"prompt_override": "p"}),
        ("/mcps", {"mcpServerId": "m"}, {"allowedTools": ["t"]}, {"allowed_tools": ["t"]}),
        ("/integrations", {"integrationId": "i"}, {"allowedTables": ["t"]}, {"allowed_tables": ["t"]}),
    ],
    ids=["skills", "mcps", "integrations"],
)
async def test_attaching_again_replaces_the_attachment(
    flapjack: Flapjack,
    ask: Ask,
    agents: list[str],
    path: str,
    body: dict[str, Any],
    change: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    first = await ask(flapjack, "POST", agents[0] + path, json=body)
    second = await ask(flapjack, "POST", agents[0] + path, json=body | change)

    listed = (await ask(flapjack, "GET", agents[0] + path)).json()
    assert (first.status, second.status) == (201, 200)
    assert listed == [second.json()]
    assert listed[0].items() >= shown.items()
    assert (await ask(flapjack, "GET", agents[1] + path)).json() == []


async def test_a_machine_keeps_its_id_while_its_computer_lasts(
    flapjack: Flapjack, ask: Ask, agents: list[str]
) -> None:
    lasting = {"enabled": True, "provider": "heyvm", "mode": "persistent"}
    await ask(flapjack, "PUT", f"{agents[0]}/computer", json=lasting)
    first = (await ask(flapjack, "GET", f"{agents[0]}/computer-instances")).json()
    second = (await ask(flapjack, "GET", f"{agents[0]}/computer-instances")).json()
    await ask(flapjack, "PUT", f"{agents[0]}/computer", json=lasting | {"enabled": False})

    assert (len(first), first) == (1, second)
    assert (await ask(flapjack, "GET", f"{agents[0]}/computer-instances")).json() == []
