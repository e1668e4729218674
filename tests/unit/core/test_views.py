"""Views of a client, and the sessions below it: what is shared, and what is closed."""

from __future__ import annotations

import aiohttp
import pytest
from servers import RawServer, answer
from service import KEY, READ, Connect, FakeClock, Service, until

from flexsdk import Flapjack
from flexsdk.errors import ConfigError, ServerError


async def test_a_view_changes_defaults_for_itself_alone(connect: Connect) -> None:
    async with RawServer(answer(503)) as server:
        client = connect(server)
        view = client.with_options(attempts=1)
        with pytest.raises(ServerError):
            await view.call(READ, "a")
        assert len(server.requests) == 1
        with pytest.raises(ServerError):
            await client.call(READ, "a")

    assert len(server.requests) == 5
    assert type(view) is Service


async def test_headers_of_client_views_and_call_are_joined_the_innermost_wins(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        client = connect(server, headers={"X-A": "client", "X-B": "client", "X-C": "client"})
        view = client.with_options(headers={"X-B": "view", "X-C": "view"}).with_options(timeout=9)
        await view.call(READ, "a", headers={"X-C": "call"})

    headers = server.requests[0].headers
    assert [headers[name] for name in ("x-a", "x-b", "x-c")] == ["client", "view", "call"]


@pytest.mark.parametrize("outer", ["client", "view"])
async def test_the_same_header_in_another_case_is_replaced_not_sent_twice(
    connect: Connect, outer: str
) -> None:
    async with RawServer(answer()) as server:
        if outer == "client":
            client = connect(server, headers={"user-agent": "mine"})
        else:
            client = connect(server).with_options(headers={"User-Agent": "view"})
        await client.call(READ, "a", **({} if outer == "client" else {"headers": {"user-agent": "mine"}}))

    assert server.requests[0].headers["user-agent"] == "mine"


async def test_a_view_shares_the_connection_and_the_retry_budget(connect: Connect, clock: FakeClock) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        await client.call(READ, "a")
        await client.with_options(timeout=1).call(READ, "a")
        assert server.connections == 1

    async with RawServer(answer(500)) as server:
        client = connect(server)
        for _ in range(20):
            with pytest.raises(ServerError):
                await client.with_options(attempts=2).call(READ, "a")

    assert len(server.requests) <= 20 + 10 + 2


async def test_the_resources_of_a_view_use_the_view(connect: Connect) -> None:
    async with (
        RawServer(answer(200, b'{"id":"a","name":"n"}')) as server,
        Flapjack(KEY, base_url=server.url) as client,
    ):
        await client.agents.get("a")
        await client.with_options(headers={"X-View": "1"}).agents.get("a")
        await client.agents.get("a")

    assert [request.headers.get("x-view") for request in server.requests] == [None, "1", None]


# --- a session of the user's own


async def test_a_session_of_the_users_own_is_used_and_not_closed(connect: Connect) -> None:
    async with RawServer(answer()) as server, aiohttp.ClientSession(headers={"X-Session": "own"}) as session:
        client = connect(server, session=session)
        await client.call(READ, "a")
        await client.aclose()

        assert not session.closed
        assert server.requests[0].headers["x-session"] == "own"


async def test_a_session_that_raises_for_status_gives_the_same_errors(connect: Connect) -> None:
    async with RawServer(answer(404)) as server, aiohttp.ClientSession(raise_for_status=True) as session:
        with pytest.raises(Exception, match="404"):
            await connect(server, session=session).call(READ, "a")


async def test_a_closed_session_of_the_users_own_is_named(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        session = aiohttp.ClientSession()
        await session.close()
        with pytest.raises(ConfigError, match="session"):
            await connect(server, session=session).call(READ, "a")


async def test_a_closed_client_says_so(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        await client.aclose()
        with pytest.raises(ConfigError, match="the client is closed"):
            await client.call(READ, "a")
        with pytest.raises(ConfigError, match="the client is closed"):
            await client.with_options(timeout=1).call(READ, "a")

    assert server.requests == []


async def test_closing_twice_is_fine_and_closes_the_connections(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        await client.call(READ, "a")
        await client.aclose()
        await client.aclose()
        await until(lambda: server.open_connections == 0)
