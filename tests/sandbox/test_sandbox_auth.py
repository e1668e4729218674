"""Who is let in, and how the others are refused."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_kit import Ask, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.fleece import Fleece

BAD_HEADERS = [
    pytest.param({}, id="missing"),
    pytest.param({"Authorization": "flc_test_abc"}, id="no scheme"),
    pytest.param({"Authorization": "Basic dXNlcjpwYXNz"}, id="another scheme"),
    pytest.param({"Authorization": "Bearer "}, id="empty"),
    pytest.param({"Authorization": "Bearer flc_test_unknown"}, id="unknown"),
]
ERRORS: dict[str, tuple[str, Any]] = {
    "flapjack": ("/api/agents", {"error": "UNAUTHORIZED", "detail": "Missing API key"}),
    "flexorch": (
        "/v1/jobs",
        {
            "status": "error",
            "data": None,
            "error": {"code": "INVALID_API_KEY", "message": "Missing API key"},
        },
    ),
    "fleece": ("/api/v1/agents", {"error": "Unauthorized"}),
    "flextell": ("/api/resources", {"error": "invalid_token", "message": "Missing API key"}),
    "platform": ("/v1/resources", {"error": {"code": "unauthorized", "message": "Missing API key"}}),
}


@pytest.mark.parametrize("headers", BAD_HEADERS)
async def test_refuses_a_request_without_a_valid_key(
    fleece: Fleece, ask: Ask, headers: dict[str, str]
) -> None:
    reply = await ask(fleece, "GET", "/api/v1/agents", headers=headers)

    assert (reply.status, reply.json()) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("name", ERRORS)
async def test_refuses_in_the_shape_of_the_platform(sandbox: Sandbox, ask: Ask, name: str) -> None:
    path, body = ERRORS[name]

    reply = await ask(getattr(sandbox, name), "GET", path, headers={})

    assert (reply.status, reply.json()) == (401, body)


async def test_the_word_bearer_may_be_written_in_any_case(fleece: Fleece, ask: Ask) -> None:
    reply = await ask(fleece, "GET", "/api/v1/agents", headers={"Authorization": f"bearer {fleece.key}"})

    assert reply.status == 200


async def test_a_valid_key_under_another_scheme_is_refused(fleece: Fleece, ask: Ask) -> None:
    reply = await ask(fleece, "GET", "/api/v1/agents", headers={"Authorization": f"Basic {fleece.key}"})

    assert reply.status == 401


async def test_flexorch_takes_its_key_in_a_header_of_its_own(sandbox: Sandbox, ask: Ask) -> None:
    own = await ask(sandbox.flexorch, "GET", "/v1/jobs", headers={"X-API-KEY": sandbox.flexorch.key})
    token = bearer(sandbox.flexorch.issue("user"))
    person = await ask(sandbox.flexorch, "GET", "/v1/jobs", headers=token)

    assert (own.status, person.status) == (200, 200)


async def test_a_revoked_key_no_longer_works(fleece: Fleece, ask: Ask) -> None:
    key = fleece.issue()
    before = await ask(fleece, "GET", "/api/v1/agents", headers=bearer(key))

    fleece.revoke(key)

    after = await ask(fleece, "GET", "/api/v1/agents", headers=bearer(key))
    assert (before.status, after.status) == (200, 401)


async def test_the_free_plan_is_told_to_upgrade(fleece: Fleece, ask: Ask) -> None:
    key = fleece.issue(plan="free")

    reply = await ask(fleece, "GET", "/api/v1/agents", headers=bearer(key))

    assert reply.status == 403
    assert reply.json() == {"error": "API access requires Pro plan or higher", "upgrade": True}


async def test_flapjack_key_management_refuses_api_keys(flapjack: Flapjack, ask: Ask) -> None:
    refused = await ask(flapjack, "GET", "/api/keys")
    person = await ask(flapjack, "GET", "/api/keys", headers=bearer(flapjack.issue("user")))

    assert (refused.status, refused.json()["error"]) == (403, "FORBIDDEN")
    assert person.status == 200


async def test_flapjack_takes_the_token_of_a_person_everywhere(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "GET", "/api/agents", headers=bearer(flapjack.issue("user")))

    assert reply.status == 200


async def test_a_public_operation_needs_no_key(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "GET", "/api/public/chat/help", headers={})

    assert reply.status == 200


async def test_authentication_comes_before_validation(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "POST", "/api/agents", headers={}, json={})

    assert reply.status == 401


async def test_nothing_of_a_demo_key_is_stored(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    agents = (await ask(flapjack, "GET", "/api/agents", headers=demo)).json()
    agent = f"/api/agents/{agents[0]['id']}"

    created = await ask(flapjack, "POST", "/api/agents", headers=demo, json={"name": "New"})
    updated = await ask(flapjack, "PATCH", agent, headers=demo, json={"name": "Changed"})
    deleted = await ask(flapjack, "DELETE", agent, headers=demo)

    assert flapjack.key.startswith("fj_test_")
    assert demo["Authorization"].startswith("Bearer fj_demo_")
    assert (created.status, updated.json()["name"], deleted.json()) == (201, "Changed", {"ok": True})
    assert (await ask(flapjack, "GET", "/api/agents")).json() == agents


async def test_a_demo_key_talks_to_a_stub_of_a_thread(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    agent_id = (await ask(flapjack, "GET", "/api/agents")).json()[0]["id"]
    thread = (await ask(flapjack, "POST", "/api/threads", headers=demo, json={"agentId": agent_id})).json()
    path = f"/api/threads/{thread['id']}"

    said = await ask(flapjack, "POST", path + "/messages", headers=demo, json={"content": "Hello"})
    changed = await ask(flapjack, "PATCH", path, headers=demo, json={"title": "T"})
    real = await ask(flapjack, "PATCH", path, json={"title": "T"})

    assert said.events()[-1][0] == "done"
    assert (changed.json()["id"], changed.json()["title"]) == (thread["id"], "T")
    assert real.status == 404


def test_an_unknown_plan_is_refused_when_the_key_is_made() -> None:
    sandbox = Sandbox(platforms=("fleece",))

    with pytest.raises(KeyError, match="gold"):
        sandbox.fleece.issue(plan="gold")
