"""Flapjack knowledge, MCP servers, keys, integrations, tools, templates, registry: rules of the state."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sandbox_kit import Ask, Reply, bearer

from flexsdk.sandbox.flapjack import Flapjack

STDIO = {"name": "Local", "transport": "stdio", "command": "mcp"}
TOOL = {"name": "t", "description": "d", "url": "https://t.example.com/", "parameters": {}}
DATABASE = {"name": "n", "kind": "postgres", "connectionString": "postgresql://u:p@h/d"}


async def upload(flapjack: Flapjack, ask: Ask, data: bytes, **options: Any) -> Reply:
    form = aiohttp.FormData({"title": "T", "scopeType": "org", "scopeId": "o"}, default_to_multipart=True)
    form.add_field("file", data, filename="t.txt")
    return await ask(flapjack, "POST", "/api/knowledge/upload", data=form, **options)


async def test_the_first_agent_has_documents(flapjack: Flapjack, ask: Ask) -> None:
    agent = (await ask(flapjack, "GET", "/api/agents")).json()[0]

    found = await ask(flapjack, "GET", f"/api/knowledge?scopeType=agent&scopeId={agent['id']}")

    assert [each["source_ref"] for each in found.json()] == ["refunds.pdf", "hours.md"]
    assert set(found.json()[0]) == {"id", "title", "source_ref", "chunk_count", "created_at"}


@pytest.mark.parametrize(("size", "chunks"), [(1, 1), (1_000, 1), (1_001, 2)], ids=str)
async def test_a_document_is_cut_into_chunks(flapjack: Flapjack, ask: Ask, size: int, chunks: int) -> None:
    reply = await upload(flapjack, ask, b"x" * size)

    assert (reply.status, reply.json()["chunks"]) == (201, chunks)


async def test_an_empty_document_is_refused(flapjack: Flapjack, ask: Ask) -> None:
    reply = await upload(flapjack, ask, b"")

    assert (reply.status, reply.json()["error"]) == (422, "VALIDATION_FAILED")


async def test_a_list_of_documents_needs_a_scope(flapjack: Flapjack, ask: Ask) -> None:
    assert (await ask(flapjack, "GET", "/api/knowledge")).status == 400
    assert (await ask(flapjack, "GET", "/api/knowledge?scopeType=moon&scopeId=1")).status == 400


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"name": "n", "transport": "sse"}, id="no url"),
        pytest.param({"name": "n", "transport": "stdio"}, id="no command"),
        pytest.param({**STDIO, "slug": "mine"}, id="own slug"),
        pytest.param({**STDIO, "transport": "carrier pigeon"}, id="unknown transport"),
        pytest.param({**STDIO, "credentials": {"password": "x"}}, id="unknown credential"),
    ],
)
async def test_an_mcp_server_is_checked(flapjack: Flapjack, ask: Ask, body: dict[str, Any]) -> None:
    assert (await ask(flapjack, "POST", "/api/mcps", json=body)).status == 422


async def test_an_authorization_asks_with_pkce(flapjack: Flapjack, ask: Ask) -> None:
    server = (await ask(flapjack, "GET", "/api/mcps")).json()[0]
    terms = {
        "clientId": "c",
        "authorizeUrl": "https://login.example.com/a",
        "tokenUrl": "https://login.example.com/t",
    }

    reply = await ask(
        flapjack,
        "POST",
        f"/api/mcps/{server['id']}/oauth/start",
        headers=bearer(flapjack.issue("user")),
        json=terms,
    )

    query = parse_qs(urlsplit(reply.json()["authorizationUrl"]).query)
    assert (query["response_type"], query["client_id"]) == (["code"], ["c"])
    assert (query["code_challenge_method"], len(query["state"])) == (["S256"], 1)


async def test_a_key_without_a_name_has_a_code_of_its_own(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "POST", "/api/keys", headers=bearer(flapjack.issue("user")), json={})

    assert reply.json()["error"] == "MISSING_NAME"


async def test_a_list_of_keys_shows_no_key(flapjack: Flapjack, ask: Ask) -> None:
    reply = await ask(flapjack, "GET", "/api/keys", headers=bearer(flapjack.issue("user")))

    (key,) = reply.json()
    assert key["prefix"] == f"{flapjack.key[:12]}..."
    assert flapjack.key not in reply.body.decode()


async def test_the_key_in_use_can_be_revoked(flapjack: Flapjack, ask: Ask) -> None:
    person = bearer(flapjack.issue("user"))
    (key,) = (await ask(flapjack, "GET", "/api/keys", headers=person)).json()

    revoked = await ask(flapjack, "DELETE", f"/api/keys/{key['id']}", headers=person)

    assert (revoked.status, revoked.json()) == (200, {"ok": True})
    assert (await ask(flapjack, "GET", "/api/agents")).status == 401


async def test_a_connection_string_is_never_answered(flapjack: Flapjack, ask: Ask) -> None:
    made = await ask(flapjack, "POST", "/api/integrations", json=DATABASE)
    read = await ask(flapjack, "GET", f"/api/integrations/{made.json()['id']}")
    odd = await ask(flapjack, "POST", "/api/integrations", json={**DATABASE, "connectionString": "no url"})

    assert (made.status, "u:p" in (made.body + read.body).decode()) == (201, False)
    assert odd.status == 422


async def test_two_tools_have_two_names(flapjack: Flapjack, ask: Ask) -> None:
    first = (await ask(flapjack, "POST", "/api/tools", json=TOOL)).json()
    second = (await ask(flapjack, "POST", "/api/tools", json={**TOOL, "name": "u"})).json()

    again = await ask(flapjack, "POST", "/api/tools", json=TOOL)
    renamed = await ask(flapjack, "PATCH", f"/api/tools/{second['id']}", json={"name": "t"})
    same = await ask(flapjack, "PATCH", f"/api/tools/{first['id']}", json={"name": "t"})

    assert (again.status, renamed.status, same.status) == (422, 422, 200)


@pytest.mark.parametrize("q", ["", "?q=MAIL", "?q=nothing"], ids=["all", "one", "none"])
async def test_the_registry_finds_by_words(flapjack: Flapjack, ask: Ask, q: str) -> None:
    reply = (await ask(flapjack, "GET", f"/api/mcp-registry/search{q}")).json()

    assert (len(reply["servers"]), reply["nextCursor"]) == {"": (3, "3"), "?q=MAIL": (1, None)}.get(
        q, (0, None)
    )


async def test_a_cursor_of_somebody_else_is_refused(flapjack: Flapjack, ask: Ask) -> None:
    assert (await ask(flapjack, "GET", "/api/mcp-registry/search?cursor=x")).status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/mcps", STDIO),
        ("/api/tools", TOOL),
        ("/api/integrations", DATABASE),
    ],
    ids=["servers", "tools", "integrations"],
)
async def test_a_demo_key_makes_and_removes_nothing(
    flapjack: Flapjack, ask: Ask, path: str, body: dict[str, Any]
) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    before = (await ask(flapjack, "GET", path)).json()

    made = await ask(flapjack, "POST", path, headers=demo, json=body)
    removed = await ask(flapjack, "DELETE", f"{path}/{before[0]['id']}", headers=demo)

    assert (made.status, removed.status < 300) == (201, True)
    assert (await ask(flapjack, "GET", path)).json() == before


async def test_a_demo_key_stores_no_document_and_makes_no_agent(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    count = len((await ask(flapjack, "GET", "/api/agents")).json())

    stored = await upload(flapjack, ask, b"x", headers=demo)
    used = await ask(
        flapjack, "POST", "/api/marketplace/official/use", headers=demo, json={"templateId": "sql-analyst"}
    )

    assert (stored.status, used.status) == (201, 201)
    assert (await ask(flapjack, "GET", "/api/knowledge?scopeType=org&scopeId=o")).json() == []
    assert len((await ask(flapjack, "GET", "/api/agents")).json()) == count
