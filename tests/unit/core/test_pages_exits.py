"""A list that is left early, over real connections: no task stays and no request goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from clock import VirtualClock
from page_kit import others
from servers import Peer, RawServer, Request, answer
from service import Connect, Item, until

from flexsdk.core.limits import RateLimit, Window
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.protocol.cursor import NumberedPages
from flexsdk.structs import Page

LIST = Op("list", "GET", "/items", Page[Item], pages=NumberedPages())
COUNT = 6


class Shelf:
    """Six numbered pages of two items; from page ``stuck`` on it never answers."""

    def __init__(self, stuck: int = 99) -> None:
        self.stuck = stuck
        self.server = RawServer(self.step)

    async def step(self, request: Request, peer: Peer) -> None:
        number = int(request.target.rpartition("page=")[2])
        if number >= self.stuck:
            await peer.until_gone()
            return
        items = [{"id": f"{number}.{each}"} for each in range(2)] if number <= COUNT else []
        await peer.send(answer(200, msgspec.json.encode({"items": items, "total": 2 * COUNT})))


def listed(client: Any) -> Pages[Item]:
    return Resource(client)._pages(LIST)


async def quiet(before: set[asyncio.Task[Any]]) -> None:
    """Wait until no task is left but those of the server."""
    await until(lambda: not {task for task in others() - before if "serve" not in repr(task.get_coro())})


@pytest.mark.parametrize("ahead", [1, 4])
async def test_leaving_a_loop_ends_its_requests_and_connections(connect: Connect, ahead: int) -> None:
    shelf = Shelf(stuck=2)
    async with shelf.server as server:
        before = others()
        pages = listed(connect(server)).ahead(ahead)
        async for _ in pages:
            await until(lambda: len(server.requests) == 1 + ahead)
            break

        await quiet(before)
        await until(lambda: server.open_connections <= 1)
        assert pages.cursor == "~skip1"

        shelf.stuck = 99
        rest = [item.id for item in await pages.collect()]
        assert rest == [f"{page}.{item}" for page in range(1, COUNT + 1) for item in range(2)][1:]


async def test_closing_the_client_ends_the_request_ahead(connect: Connect) -> None:
    async with Shelf(stuck=2).server as server:
        before = others()
        client = connect(server)
        walk = aiter(listed(client))
        await anext(walk)
        await until(lambda: len(server.requests) == 2)
        await client.aclose()
        await until(lambda: server.open_connections == 0)
        del walk

        await quiet(before)


async def test_numbered_pages_are_fetched_at_the_same_time_and_come_in_order(connect: Connect) -> None:
    shelf = Shelf()
    async with shelf.server as server:
        ids = [item.id async for item in listed(connect(server)).ahead(4)]

        assert ids == [f"{page}.{item}" for page in range(1, COUNT + 1) for item in range(2)]
        assert server.connections == 4
        assert len(server.requests) == COUNT


async def test_pages_ahead_keep_to_the_limits_of_the_client(connect: Connect) -> None:
    shelf, clock = Shelf(), VirtualClock(now=0.0)
    async with shelf.server as server:
        client = connect(server, limits=RateLimit(Window(2, 10.0)), clock=clock)

        items = await listed(client).ahead(4).collect()

        assert len(items) == 2 * COUNT
        assert len(server.requests) == COUNT
        assert clock.now >= 20.0
