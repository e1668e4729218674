"""One application that relays: ``python -m benchmarks._relay_server KIND URL BROWSERS SECONDS``.

The one round has many browsers read, and measures what they keep in this process's memory, over some seconds
the processor time of an event, and, while they go on, how soon the leaving of one more reaches the platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI

from benchmarks._contest import Measured, resident, serve
from benchmarks._relay_apps import APPS

LEAVINGS = 20


@contextlib.asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """Serve on a free port, which is given."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", loop="asyncio"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    await task


class Browsers:
    """The process of the browsers."""

    def __init__(self, port: int, browsers: int) -> None:
        self._arguments = ("-m", "benchmarks._relay_browsers", str(port), str(browsers))

    async def __aenter__(self) -> Browsers:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        await self._line()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.kill()
        await self._process.communicate()

    async def seen(self) -> int:
        """Ask how many events they have seen."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return int(await self._line())

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        return await self._process.stdout.readline()


async def _measure(kind: str, url: str, browsers: int, seconds: float) -> Measured:
    async with served(APPS[kind](url)) as port:
        async with Browsers(port, 20):
            await asyncio.sleep(0.2)  # all that is loaded and cached at first use
        gc.collect()
        before = resident()
        async with Browsers(port, browsers) as crowd:
            gc.collect()
            kept = resident() - before
            seen, start = await crowd.seen(), time.process_time()
            await asyncio.sleep(seconds)
            spent = time.process_time() - start
            events = max(1, await crowd.seen() - seen)
            left = await _leave(kind)
    return {"kib": kept / browsers / 1024, "us": spent / events * 1e6, "events": events, "ms": left}


async def _leave(kind: str) -> float:
    """Give the most milliseconds between a browser's leaving and the end of its connection upstream."""
    gone: asyncio.Queue[float] = asyncio.Queue()

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        writer.write(b'event: token\ndata: {"delta":"word "}\n\n')
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until the end, which is the client's leaving
        gone.put_nowait(time.perf_counter())
        writer.close()

    async with await asyncio.start_server(upstream, "127.0.0.1", 0) as platform:
        url = f"http://127.0.0.1:{platform.sockets[0].getsockname()[1]}"
        async with served(APPS[kind](url)) as port:
            return max([await _one_leaves(port, gone) for _ in range(LEAVINGS)])


async def _one_leaves(port: int, gone: asyncio.Queue[float]) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /ask HTTP/1.1\r\nHost: bench\r\n\r\n")
    await reader.readuntil(b"word ")
    left = time.perf_counter()
    writer.transport.abort()
    return (await gone.get() - left) * 1e3


def main(kind: str, url: str, browsers: str, seconds: str) -> None:
    serve(lambda: asyncio.run(_measure(kind, url, int(browsers), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
