"""What the tests of the FastAPI bridge share: applications on a real server, and browsers that may leave."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import aiohttp
import uvicorn
from fastapi import Depends, FastAPI, Response
from service import KEY, READ, SAY, Item, Service, until

from flexsdk.ext.fastapi import client, clients, install, relay

Served = Annotated[Service, Depends(client(Service))]


def application(upstream: Any, **settings: Any) -> FastAPI:
    """Make an application with one client of the invented platform, one plain call and one relayed stream."""

    def service() -> Service:
        return Service(KEY, base_url=upstream.url, **{"limits": None, "retry": None, **settings})

    app = FastAPI(lifespan=clients(service=service))
    install(app)

    @app.get("/items/{item_id}")
    async def item(item_id: str, service: Served) -> str:
        found: Item = await service.call(READ, item_id)
        return found.id

    @app.get("/say")
    async def say(service: Served) -> Response:
        return relay(service.stream(SAY, idle_timeout=5.0, event_timeout=5.0))

    return app


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve the application on a free port; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(app, lifespan="on", log_level="critical", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started or task.done())
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class Browser:
    """A raw connection that has sent one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    async def leave(self) -> None:
        """Close the connection."""
        self._writer.close()
        await self._writer.wait_closed()

    async def sees(self, part: bytes) -> bytes:
        """Read until this has come."""
        return await self.reader.readuntil(part)


@asynccontextmanager
async def browser(url: str, path: str) -> AsyncIterator[Browser]:
    """Connect, and ask for the path."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    try:
        yield Browser(reader, writer)
    finally:
        writer.close()


async def get(url: str, **options: Any) -> tuple[aiohttp.ClientResponse, Any]:
    """Get an address; gives the response and its JSON."""
    async with aiohttp.ClientSession() as session, session.get(url, **options) as response:
        return response, await response.json(content_type=None)
