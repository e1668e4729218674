"""One transfer in a process of its own: ``python -m benchmarks._upload_client WHO WHAT URL SMALL LARGE``.

Moves a small file first, then a large one, and prints processor seconds and the bytes by which memory rose.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from flexsdk import Platform
from flexsdk.core.body import Multipart, Upload
from flexsdk.core.op import Op

Transfers = dict[str, Callable[[Path], Awaitable[None]]]

CHUNK_BYTES = 256 * 1024
SEND = Op("send", "POST", "/files", dict[str, Any])
FETCH: Op[None] = Op("fetch", "GET", "/{name}", None, accept="*/*", streamed=True)


@asynccontextmanager
async def flexsdk(url: str) -> AsyncIterator[Transfers]:
    async with Platform("fj_test_0123456789abcdef", base_url=url) as platform:

        async def upload(path: Path) -> None:
            await platform.call(SEND, body=Multipart(files=[("files", Upload(path))]))

        async def download(path: Path) -> None:
            await platform.download(FETCH, path.stem).save(path.with_suffix(".flexsdk"))

        yield {"upload": upload, "download": download}


@asynccontextmanager
async def aiohttp_by_hand(url: str) -> AsyncIterator[Transfers]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def upload(path: Path) -> None:
            form = aiohttp.FormData()
            with path.open("rb") as file:
                form.add_field("files", file, filename=path.name)
                async with session.post(f"{url}/files", data=form) as response:
                    await response.json()

        async def download(path: Path) -> None:
            temporary = path.with_suffix(".temporary")
            size = 0
            async with session.get(f"{url}/{path.stem}", headers={"Accept-Encoding": "identity"}) as response:
                with temporary.open("wb") as file:
                    async for piece in response.content.iter_chunked(CHUNK_BYTES):
                        file.write(piece)
                        size += len(piece)
                if size != response.content_length:
                    raise ConnectionError("the file was cut")
            temporary.replace(path.with_suffix(".aiohttp"))

        yield {"upload": upload, "download": download}


CLIENTS = {"flexsdk": flexsdk, "aiohttp": aiohttp_by_hand}


def resident(field: str) -> int:
    """Bytes of memory: VmRSS now, or VmHWM at the highest since the last `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1]) * 1024


def forget_peak() -> int:
    """Bytes of memory that this process holds now; peaks count from here on."""
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


async def main(who: str, what: str, url: str, small: str, large: str) -> None:
    async with CLIENTS[who](url) as transfers:
        await transfers[what](Path(small))
        before = forget_peak()
        start = time.process_time()
        await transfers[what](Path(large))
        print(time.process_time() - start, resident("VmHWM") - before)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
