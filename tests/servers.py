"""Servers on raw sockets: they send exactly the bytes of a test, and record exactly what arrives."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Self

Step = bytes | Callable[["Request", "Peer"], Awaitable[None]]
"""An answer as it goes on the wire, or a coroutine function that does something else."""

EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
_LINGER_ZERO = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Request:
    """A request as it arrived; ``connection`` counts connections from 1."""

    line: str
    headers: Mapping[str, str]
    """Names in lower case; values of a repeated header are joined with a comma."""
    body: bytes
    connection: int

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]


class Peer:
    """The other end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.closed = False

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """End the connection in the usual way (FIN)."""
        self.closed = True
        self.writer.close()

    def reset(self) -> None:
        """Break the connection (RST)."""
        self.closed = True
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.writer.transport.abort()

    async def until_gone(self) -> None:
        """Wait until the client has left."""
        await self.reader.read()


class RawServer:
    """Meets each request with the next step; the last one serves all further requests."""

    def __init__(self, *steps: Step, tls: ssl.SSLContext | None = None) -> None:
        self._steps = list(steps)
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0
        self.open_connections = 0
        self.failures: list[BaseException] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls, backlog=1024)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        assert self.failures == []

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def lines(self) -> list[str]:
        """The request lines, in order of arrival."""
        return [request.line for request in self.requests]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(Peer(reader, writer)))
        self._tasks.add(task)

    async def _serve(self, peer: Peer) -> None:
        self.connections += 1
        self.open_connections += 1
        number = self.connections
        try:
            while not peer.closed and (request := await _read(peer.reader, number)):
                self.requests.append(request)
                await self._meet(request, peer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except Exception as error:  # noqa: BLE001 - the test has to see it
            self.failures.append(error)
        finally:
            self.open_connections -= 1
            peer.writer.close()

    async def _meet(self, request: Request, peer: Peer) -> None:
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, bytes):
            await peer.send(step)
        else:
            await step(request, peer)


async def _read(reader: asyncio.StreamReader, connection: int) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers: dict[str, str] = {}
    for field in fields:
        name, _, value = field.partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(line, headers, body, connection)


def answer(status: int = 200, body: bytes = b"{}", /, **headers: str) -> bytes:
    """Make a whole answer; ``retry_after="1"`` becomes ``Retry-After: 1``."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), **named}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} {responses.get(status, 'Odd')}\r\n{head}\r\n".encode() + body


def chunk(data: bytes) -> bytes:
    """Make one chunk of a chunked body; nothing for no data, which would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def stream(*pieces: bytes) -> bytes:
    """Make a whole event stream, complete with its end."""
    return EVENT_STREAM + b"".join(map(chunk, pieces)) + LAST_CHUNK


async def close(_: Request, peer: Peer) -> None:
    """Close without an answer."""
    peer.close()


async def reset(_: Request, peer: Peer) -> None:
    """Reset without an answer."""
    peer.reset()


async def silence(_: Request, peer: Peer) -> None:
    """Send nothing until the client leaves."""
    await peer.until_gone()


def then(data: bytes, after: Step) -> Step:
    """Send some bytes, and then do something else."""

    async def step(request: Request, peer: Peer) -> None:
        await peer.send(data)
        assert not isinstance(after, bytes)
        await after(request, peer)

    return step
