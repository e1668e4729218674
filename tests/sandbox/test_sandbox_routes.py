"""Raw paths: an id stays one segment, whatever is encoded in it."""

from __future__ import annotations

import json

import pytest
from sandbox_kit import Ask, raw_reply

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.fleece import Fleece


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        pytest.param("/api/agents/a%2Fb", "agents_get", id="encoded slash"),
        pytest.param("/api/agents/%2e%2e", "agents_get", id="encoded dots"),
        pytest.param("/api/agents/x%2F..%2F..%2Fthreads", "agents_get", id="encoded climb"),
        pytest.param("/api/agents/%2e%2e/web", "agents_web_get", id="dots before a fixed segment"),
        pytest.param("/api/agents?orgId=a%2Fb", "agents_list", id="encoded slash in the query"),
        pytest.param("/api/agents/", None, id="empty id"),
        pytest.param("/api/agents/x/../../keys", None, id="plain climb"),
        pytest.param("//api/agents", None, id="double slash"),
        pytest.param("/api/nothing", None, id="unknown path"),
    ],
)
async def test_an_encoded_id_never_resolves_to_another_route(
    flapjack: Flapjack, target: str, operation: str | None
) -> None:
    await raw_reply(flapjack, "GET", target)

    assert [record.operation for record in flapjack.requests] == [operation]
    assert flapjack.requests[0].raw_path == target


async def test_the_handler_receives_the_decoded_id(fleece: Fleece, flapjack: Flapjack) -> None:
    status, body = await raw_reply(flapjack, "GET", "/api/agents/a%2Fb")

    assert (status, json.loads(body)) == (404, {"error": "NOT_FOUND", "detail": "Agent not found"})
    assert flapjack.requests[0].path == "/api/agents/a/b"


async def test_an_unknown_path_gets_the_error_body_of_the_platform(
    fleece: Fleece, flapjack: Flapjack, ask: Ask
) -> None:
    outside = await ask(fleece, "GET", "/agents")
    unknown = await ask(flapjack, "GET", "/api/nothing")

    assert (outside.status, outside.json()) == (404, {"error": "No such path"})
    assert (unknown.status, unknown.json()) == (404, {"error": "NOT_FOUND", "detail": "No such path"})


async def test_a_wrong_method_is_told_which_are_allowed(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "PUT", "/api/agents")

    assert (reply.status, reply.headers["Allow"]) == (405, "GET, POST")
    assert reply.json()["error"] == "METHOD_NOT_ALLOWED"


async def test_a_path_with_a_server_of_its_own_lies_outside_the_prefix(sandbox: Sandbox, ask: Ask) -> None:
    await ask(sandbox.flextell, "POST", "/oauth/token")
    await ask(sandbox.flextell, "POST", "/api/oauth/token")

    operations = [record.operation for record in sandbox.flextell.requests]
    assert operations == ["oauth_exchange_code", None]


async def test_a_fixed_segment_wins_over_a_variable_one(flapjack: Flapjack, ask: Ask) -> None:
    await ask(flapjack, "POST", "/api/agents/from-template", json={})
    await ask(flapjack, "GET", "/api/skills/browse")

    operations = [record.operation for record in flapjack.requests]
    assert operations == ["computer_create_from_template", "skills_browse"]
