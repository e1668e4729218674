"""Walks over the same list, each in a process of its own: by hand, with us, and with the peers.

For each line that comes in, the walker goes over the whole list once and prints the seconds of processor
time that took, and the bytes of memory that it holds afterwards.

python -m benchmarks._pages_walkers NAME URL ITEMS
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec

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


class Walker:
    """One walker's process; stops at the end of the block."""

    def __init__(self, name: str, url: str, items: int) -> None:
        self._command = [sys.executable, "-m", "benchmarks._pages_walkers", name, url, str(items)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def walk(self) -> tuple[float, int]:
        """Let it walk once; give its processor seconds and the bytes it holds then."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.flush()
        seconds, held = self._process.stdout.readline().split()
        return float(seconds), int(held)


async def _main(name: str, url: str, items: int) -> None:
    async with WALKERS[name](url) as walk:
        while await asyncio.to_thread(sys.stdin.readline):
            start = time.process_time()
            count = await walk()
            seconds = time.process_time() - start
            assert count == items, f"{name} saw {count} items of {items}"
            print(seconds, _resident_bytes(), flush=True)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    name, url, items = sys.argv[1:]
    asyncio.run(_main(name, url, int(items)))
