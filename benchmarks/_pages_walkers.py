"""Walks over the same list, each in a process of its own: by hand, with us, and with the peers.

``python -m benchmarks._pages_walkers NAME URL ITEMS``: a round goes over the whole list once, and measures
the processor time of a page and the bytes of memory held afterwards.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from benchmarks._contest import Measured, resident, serve
from benchmarks._pages_server import ITEMS

Walk = Callable[[], Awaitable[int]]
"""Goes over the list once, and counts its items."""

KEY = "fj_test_0123456789abcdef"
PATH = "/v1/resources"


class Entry(msgspec.Struct, rename="camel"):
    id: str
    object: str
    name: str
    description: str | None
    status: str
    metadata: dict[str, str]
    created_at: datetime
    updated_at: datetime


class Listing(msgspec.Struct, rename="camel"):
    data: list[Entry]
    has_more: bool = False
    next_cursor: str | None = None


@asynccontextmanager
async def by_hand(url: str) -> AsyncIterator[Walk]:
    """What one writes without any SDK: aiohttp, msgspec, a loop."""
    import aiohttp

    decode = msgspec.json.Decoder(Listing).decode
    headers = {"Authorization": f"Bearer {KEY}"}

    async with aiohttp.ClientSession(headers=headers) as session:

        async def walk() -> int:
            count, cursor, more = 0, "", True
            while more:
                query = {"cursor": cursor} if cursor else {}
                async with session.get(url + PATH, params=query) as response:
                    response.raise_for_status()
                    listing = decode(await response.read())
                more, cursor = listing.has_more, listing.next_cursor or ""
                for _ in listing.data:
                    count += 1
            return count

        yield walk


@asynccontextmanager
async def flexsdk(url: str) -> AsyncIterator[Walk]:
    from flexsdk import Platform

    async with Platform(KEY, base_url=f"{url}/v1", plan=None) as platform:

        async def walk() -> int:
            count = 0
            async for _ in platform.resources.list():
                count += 1
            return count

        yield walk


@asynccontextmanager
async def azure_core(url: str) -> AsyncIterator[Walk]:
    from azure.core import AsyncPipelineClient
    from azure.core.async_paging import AsyncItemPaged, AsyncList
    from azure.core.pipeline.policies import AsyncRetryPolicy, HeadersPolicy
    from azure.core.rest import HttpRequest

    policies: list[Any] = [HeadersPolicy({"Authorization": f"Bearer {KEY}"}), AsyncRetryPolicy()]
    client: Any = AsyncPipelineClient(url, policies=policies)

    async def get_next(cursor: str | None) -> Any:
        request = HttpRequest("GET", url + PATH, params={"cursor": cursor} if cursor else {})
        response = await client.send_request(request)
        response.raise_for_status()
        await response.read()
        return response.json()

    async def extract(listing: Any) -> Any:
        return listing["nextCursor"], AsyncList(listing["data"])

    async def walk() -> int:
        count = 0
        async for _ in AsyncItemPaged[Any](get_next, extract):
            count += 1
        return count

    async with client:
        yield walk


@asynccontextmanager
async def openai(url: str) -> AsyncIterator[Walk]:
    import openai
    from openai._base_client import PageInfo
    from openai._models import BaseModel
    from openai.pagination import AsyncCursorPage

    class Resource(BaseModel):
        id: str
        name: str
        description: str | None = None
        status: str
        metadata: dict[str, str]
        createdAt: str  # noqa: N815 - as on the wire
        updatedAt: str  # noqa: N815

    class Listing(AsyncCursorPage[Resource]):
        nextCursor: str | None = None  # noqa: N815

        def next_page_info(self) -> PageInfo | None:
            return PageInfo(params={"cursor": self.nextCursor}) if self.nextCursor else None

    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1") as client:

        async def walk() -> int:
            count = 0
            async for _ in client.get_api_list("/resources", model=Resource, page=Listing):
                count += 1
            return count

        yield walk


WALKERS: dict[str, Callable[[str], AbstractAsyncContextManager[Walk]]] = {
    "by hand": by_hand,
    "flexsdk": flexsdk,
    "azure-core": azure_core,
    "openai": openai,
}


async def _measure(walk: Walk, items: int) -> Measured:
    start = time.process_time()
    count = await walk()
    seconds = time.process_time() - start
    assert count == items, f"{count} items instead of {items}"
    return {"us": seconds / (items / ITEMS) * 1e6, "resident": resident()}


def main(name: str, url: str, items: str) -> None:
    with asyncio.Runner() as runner:
        opened = WALKERS[name](url)
        walk = runner.run(opened.__aenter__())
        serve(lambda: runner.run(_measure(walk, int(items))))
        runner.run(opened.__aexit__(None, None, None))


if __name__ == "__main__":
    main(*sys.argv[1:])
