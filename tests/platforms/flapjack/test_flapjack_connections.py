"""Knowledge, MCP servers, keys, integrations, tools, templates and the registry, against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.core.body import Transfer, Upload
from flexsdk.errors import ConfigError, Forbidden, NotFound, TransportError, Unprocessable
from flexsdk.platforms.flapjack import (
    ApiKeyCreated,
    CustomToolCreate,
    IntegrationCreate,
    McpCredentials,
    McpOAuthStart,
    McpOAuthStarted,
    McpServerCreate,
)
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Fault, Sandbox

PASSWORD = "hunter2-hunter2-hunter2"
SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}


@pytest.fixture
async def person(sandbox: Sandbox) -> AsyncIterator[Flapjack]:
    """A client with the token of a user."""
    async with Flapjack(sandbox.flapjack.issue("user"), base_url=sandbox.flapjack.base_url) as client:
        yield client


async def test_a_document_is_uploaded_listed_and_deleted(
    flapjack: Flapjack, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "prices.md"
    path.write_bytes(b"x" * 2_500)
    seen: list[Transfer] = []

    stored = await flapjack.knowledge.upload(path, agent_id="a-1", title="Prices", on_progress=seen.append)

    assert (stored.title, stored.chunks) == ("Prices", 3)
    assert (seen[-1].done, seen[-1].size) == (2_500, 2_500)
    (document,) = await flapjack.knowledge.list(agent_id="a-1").collect()
    assert (document.id, document.title, document.source_ref) == (stored.id, "Prices", "prices.md")
    assert (document.chunk_count, document.created_at.tzinfo is not None) == (3, True)
    assert await flapjack.knowledge.list(org_id="a-1").collect() == []

    await flapjack.knowledge.delete(stored.id)
    assert await flapjack.knowledge.list(agent_id="a-1").collect() == []
    with pytest.raises(NotFound, match="Document not found"):
        await flapjack.knowledge.delete(stored.id)


@pytest.mark.parametrize(
    ("scope", "sent"),
    [
        ({"agent_id": "1"}, "scopeType=agent&scopeId=1"),
        ({"org_id": "2"}, "scopeType=org&scopeId=2"),
        ({"thread_id": "3"}, "scopeType=thread&scopeId=3"),
    ],
    ids=["agent", "organization", "thread"],
)
async def test_each_scope_is_written_as_the_platform_names_it(
    flapjack: Flapjack, sandbox: Sandbox, scope: dict[str, Any], sent: str
) -> None:
    made = await flapjack.knowledge.upload(Upload(b"text", name="a.txt"), **scope)
    listed = await flapjack.knowledge.list(**scope).collect()

    assert [each.id for each in listed] == [made.id]
    assert made.title == "a.txt"
    assert sandbox.flapjack.requests[-1].raw_path == f"/api/knowledge?{sent}"


@pytest.mark.parametrize(
    "scope",
    [{}, {"agent_id": ""}, {"agent_id": "a", "org_id": "o"}],
    ids=["none", "an empty one", "two"],
)
async def test_a_document_has_exactly_one_scope(
    flapjack: Flapjack, sandbox: Sandbox, scope: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match="exactly one of"):
        await flapjack.knowledge.upload(Upload(b"x", name="a"), **scope)
    with pytest.raises(ConfigError, match="exactly one of"):
        flapjack.knowledge.list(**scope)

    assert sandbox.flapjack.requests == []


async def test_an_upload_whose_answer_is_lost_is_not_sent_again(flapjack: Flapjack, sandbox: Sandbox) -> None:
    sandbox.flapjack.faults.add(Fault.reset(acted=True), operation="knowledge_upload", requests={1})

    with pytest.raises(TransportError):
        await flapjack.knowledge.upload(Upload(b"x", name="a.txt"), org_id="o")

    assert len(sandbox.flapjack.calls("knowledge_upload")) == 1


async def test_an_mcp_server_lives_from_create_to_delete(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.mcps.create(
        "Ticket Desk",
        "streamable_http",
        url="https://mcp.example.com/tickets",
        server_headers={"Authorization": Secret("Bearer " + PASSWORD)},
        allowed_tools=["search"],
    )
    assert last_body(sandbox) == {
        "name": "Ticket Desk",
        "transport": "streamable_http",
        "url": "https://mcp.example.com/tickets",
        "credentials": {"headers": {"Authorization": "Bearer " + PASSWORD}},
        "allowedTools": ["search"],
    }
    assert (made.slug, made.status, made.has_credentials) == ("ticket-desk", "active", True)
    assert (made.tools_cache, made.allowed_tools) == (None, ["search"])
    assert await flapjack.mcps.get(made.id) == made

    changed = await flapjack.mcps.update(made.id, name="Desk", server_env={"TOKEN": PASSWORD})
    assert last_body(sandbox) == {"name": "Desk", "credentials": {"env": {"TOKEN": PASSWORD}}}
    assert (changed.name, changed.slug, changed.url) == ("Desk", "ticket-desk", made.url)

    tested = await flapjack.mcps.test(made.id)
    assert (tested.ok, [tool.name for tool in tested.tools], tested.error) == (True, ["search"], None)
    assert (await flapjack.mcps.get(made.id)).tools_cache == tested.tools
    assert made.id in [each.id async for each in flapjack.mcps.list()]

    await flapjack.mcps.delete(made.id)
    with pytest.raises(NotFound, match="MCP server not found"):
        await flapjack.mcps.get(made.id)


async def test_a_program_is_an_mcp_server_too(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.mcps.create("Local", "stdio", command="mcp-local", args=["--quiet"])

    assert last_body(sandbox) == {
        "name": "Local",
        "transport": "stdio",
        "command": "mcp-local",
        "args": ["--quiet"],
    }
    assert (made.command, made.args, made.url, made.has_credentials) == (
        "mcp-local",
        ["--quiet"],
        None,
        False,
    )


async def test_a_failed_test_of_an_mcp_server_is_a_value(flapjack: Flapjack) -> None:
    made = await flapjack.mcps.create("Gone", "sse", url="https://unreachable.example.com/")

    tested = await flapjack.mcps.test(made.id)

    assert (tested.ok, tested.tools, tested.error) == (False, [], "The server did not answer")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            lambda mcps: mcps.create("n", "sse"), "needs url= and takes no command=", id="no address"
        ),
        pytest.param(
            lambda mcps: mcps.create("n", "sse", url="u", command="c"), "takes no command=", id="both"
        ),
        pytest.param(lambda mcps: mcps.create("n", "stdio", url="u"), "needs command=", id="no program"),
        pytest.param(lambda mcps: mcps.update("m"), "nothing to change", id="nothing"),
    ],
)
async def test_an_mcp_server_that_cannot_be_is_refused_before_it_is_sent(
    flapjack: Flapjack, sandbox: Sandbox, call: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        await call(flapjack.mcps)

    assert sandbox.flapjack.requests == []


async def test_an_authorization_is_started_with_a_user_token_only(
    flapjack: Flapjack, person: Flapjack, sandbox: Sandbox
) -> None:
    server = await flapjack.mcps.list().first()
    assert server is not None
    terms: dict[str, Any] = {
        "client_id": "c-1",
        "authorize_url": "https://login.example.com/authorize",
        "token_url": "https://login.example.com/token",
        "scope": "read write",
        "client_secret": Secret(PASSWORD),
    }

    started = await person.mcps.start_oauth(server.id, **terms)

    assert last_body(sandbox) == {
        "clientId": "c-1",
        "authorizeUrl": "https://login.example.com/authorize",
        "tokenUrl": "https://login.example.com/token",
        "scope": "read write",
        "clientSecret": PASSWORD,
    }
    assert started.authorization_url.startswith("https://login.example.com/authorize?")
    with pytest.raises(Forbidden):
        await flapjack.mcps.start_oauth(server.id, **terms)


async def test_a_key_is_made_used_listed_and_revoked(
    flapjack: Flapjack, person: Flapjack, sandbox: Sandbox
) -> None:
    made = await person.keys.create("CI")
    assert last_body(sandbox) == {"name": "CI"}
    text = made.key.reveal()
    assert (made.name, made.prefix) == ("CI", text[:12] + "...")
    listed = {each.id: each async for each in person.keys.list()}
    assert (listed[made.id].name, listed[made.id].prefix) == ("CI", made.prefix)

    async with Flapjack(text, base_url=flapjack.base_url) as robot:
        assert await robot.agents.list().first() is not None
        await person.keys.revoke(made.id)
        with pytest.raises(Exception, match="401 UNAUTHORIZED"):
            await robot.agents.list().first()

    with pytest.raises(NotFound, match="Key not found"):
        await person.keys.revoke(made.id)


async def test_no_api_key_may_manage_keys(flapjack: Flapjack) -> None:
    with pytest.raises(Forbidden, match="403 FORBIDDEN"):
        await flapjack.keys.list().collect()
    with pytest.raises(Forbidden):
        await flapjack.keys.create("CI")
    with pytest.raises(Forbidden):
        await flapjack.keys.revoke("k")


async def test_an_integration_lives_from_create_to_delete(flapjack: Flapjack, sandbox: Sandbox) -> None:
    address = f"postgresql://agent:{PASSWORD}@db.example.com/shop"

    made = await flapjack.integrations.create("Shop", "postgres", Secret(address))

    assert last_body(sandbox) == {"name": "Shop", "kind": "postgres", "connectionString": address}
    assert (made.name, made.kind, made.status) == ("Shop", "postgres", "active")
    assert PASSWORD not in repr(made)
    assert await flapjack.integrations.get(made.id) == made
    assert [each.name async for each in flapjack.integrations.list()] == ["Warehouse", "Shop"]
    await flapjack.integrations.delete(made.id)
    with pytest.raises(NotFound, match="Integration not found"):
        await flapjack.integrations.get(made.id)


async def test_a_refused_connection_string_is_in_no_message(flapjack: Flapjack) -> None:
    with pytest.raises(Unprocessable) as refused:
        await flapjack.integrations.create("Shop", "postgres", f"mysql://agent:{PASSWORD}@db/shop")

    assert PASSWORD not in f"{refused.value!r} {refused.value}"


async def test_a_tool_lives_from_create_to_delete(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.tools.create(
        "cancel_order",
        "Cancel an order",
        "https://tools.example.com/cancel",
        SCHEMA,
        method="POST",
        tool_headers={"X-Token": Secret(PASSWORD)},
    )
    assert last_body(sandbox) == {
        "name": "cancel_order",
        "description": "Cancel an order",
        "url": "https://tools.example.com/cancel",
        "parameters": SCHEMA,
        "method": "POST",
        "headers": {"X-Token": PASSWORD},
    }
    assert (made.name, made.parameters) == ("cancel_order", SCHEMA)
    assert await flapjack.tools.get(made.id) == made

    changed = await flapjack.tools.update(made.id, description="Cancel one order")
    assert last_body(sandbox) == {"description": "Cancel one order"}
    assert (changed.name, changed.description) == ("cancel_order", "Cancel one order")
    assert [each.name async for each in flapjack.tools.list()] == ["ship_order", "cancel_order"]

    await flapjack.tools.delete(made.id)
    with pytest.raises(NotFound, match="Tool not found"):
        await flapjack.tools.get(made.id)


async def test_an_empty_update_of_a_tool_is_refused_before_it_is_sent(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    with pytest.raises(ConfigError, match="nothing to change"):
        await flapjack.tools.update("t")

    assert sandbox.flapjack.requests == []


async def test_an_official_template_becomes_an_agent(flapjack: Flapjack, sandbox: Sandbox) -> None:
    template = await flapjack.marketplace.list().first()
    assert template is not None
    assert template.id is not None

    made = await flapjack.marketplace.use(template.id, name="Our desk")

    assert last_body(sandbox) == {"templateId": template.id, "name": "Our desk"}
    agent = await flapjack.agents.get(made.id)
    assert (agent.name, agent.description) == ("Our desk", template.description)
    with pytest.raises(NotFound, match="Template not found"):
        await flapjack.marketplace.use("none")


async def test_the_registry_is_searched_page_by_page(flapjack: Flapjack, sandbox: Sandbox) -> None:
    names = [server.name async for server in flapjack.mcp_registry.search("reads", limit=3)]

    assert len(set(names)) == len(names) == 7
    targets = [record.raw_path for record in sandbox.flapjack.requests]
    assert targets == [
        "/api/mcp-registry/search?q=reads&limit=3",
        "/api/mcp-registry/search?q=reads&cursor=3&limit=3",
        "/api/mcp-registry/search?q=reads&cursor=6&limit=3",
    ]
    (weather,) = await flapjack.mcp_registry.search("weather").collect()
    assert weather.remotes[0].url == "https://mcp.example.com/com.example/weather"
    providers = [each.slug async for each in flapjack.mcp_registry.managed()]
    assert providers == ["google", "linear", "notion"]


async def test_a_search_takes_a_bare_array_and_an_empty_object_too() -> None:
    bare, empty = answer(200, b'[{"name":"a"},{"name":"b"}]'), answer(200, b"{}")
    async with RawServer(bare, empty) as server, Flapjack(KEY, base_url=server.url) as client:
        assert [each.name async for each in client.mcp_registry.search()] == ["a", "b"]
        assert await client.mcp_registry.search().collect() == []

    assert server.lines == ["GET /api/mcp-registry/search HTTP/1.1"] * 2


async def test_a_page_of_no_servers_cannot_be_asked_for(flapjack: Flapjack, sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match="limit must be"):
        flapjack.mcp_registry.search("x", limit=0)

    assert sandbox.flapjack.requests == []


SHY: list[Any] = [
    McpCredentials(headers={"Authorization": PASSWORD}, env={"TOKEN": PASSWORD}),
    McpServerCreate(name="n", transport="sse", credentials=McpCredentials(headers={"A": PASSWORD})),
    McpOAuthStart(client_id="c", authorize_url="u", token_url="u", client_secret=PASSWORD),
    McpOAuthStarted(authorization_url=f"https://login.example.com/?state={PASSWORD}"),
    IntegrationCreate(name="n", kind="postgres", connection_string=f"postgresql://u:{PASSWORD}@h/d"),
    CustomToolCreate(name="n", description="d", url="u", parameters={}, headers={"A": PASSWORD}),
]


@pytest.mark.parametrize("struct", SHY, ids=lambda each: type(each).__name__)
def test_a_secret_is_in_no_repr(struct: Any) -> None:
    assert PASSWORD not in f"{struct!r} {struct}"


async def test_the_text_of_a_new_key_is_in_no_repr(person: Flapjack) -> None:
    made: ApiKeyCreated = await person.keys.create("CI")

    assert made.key.reveal() not in f"{made!r} {made}"
