"""One budget of repeats for each credential and host."""

from __future__ import annotations

import pytest
from servers import RawServer, answer
from service import KEY, READ, FakeClock, Service

from flexsdk.errors import ServerError


async def spend(client: Service, calls: int) -> None:
    for _ in range(calls):
        with pytest.raises(ServerError):
            await client.call(READ, "a")


async def test_clients_with_one_key_share_the_budget_and_others_do_not(clock: FakeClock) -> None:
    async with RawServer(answer(500)) as server:
        settings = {"base_url": server.url, "clock": clock, "limits": None}
        async with Service(KEY, **settings) as first, Service(KEY, **settings) as second:
            await spend(first, 20)
            before = len(server.requests)
            await spend(second, 5)
            shared = len(server.requests) - before
        async with Service(KEY + "x", **settings) as other:
            before = len(server.requests)
            await spend(other, 1)

    assert shared <= 6, "the reserve was used up by the first client"
    assert len(server.requests) - before == 4


async def test_an_outage_is_answered_with_a_tenth_more_calls_at_most(clock: FakeClock) -> None:
    async with (
        RawServer(answer(500)) as server,
        Service(KEY + "outage", base_url=server.url, clock=clock, limits=None) as client,
    ):
        await spend(client, 300)

    assert len(server.requests) <= 300 * 1.1 + 10
