"""Sockets: the listener of a platform, and how an answer or a fault is put on the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

from aiohttp import web

from flexsdk.sandbox.exchange import Answer, Recorded
from flexsdk.sandbox.faults import Fault

__all__ = ["Handler", "Listener", "deliver", "sever"]

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_BACKLOG = 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)
_STOP_TURNS = 1000
"""Turns of the loop that cancelled handlers get to end in."""


class Listener:
    """One server socket on 127.0.0.1."""

    def __init__(self, handler: Handler) -> None:
        # A handler is cancelled when its client leaves: that is how a generation ends early.
        self._server = web.Server(
            handler, request_factory=_request, handler_cancellation=True, access_log=None
        )
        self._sockets: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen and return the port."""
        loop = asyncio.get_running_loop()
        self._sockets = await loop.create_server(self._server, "127.0.0.1", 0, backlog=_BACKLOG)
        port: int = self._sockets.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close all connections and wait for their handlers."""
        if self._sockets is not None:
            self._sockets.close()
        for _ in range(_STOP_TURNS):
            # In the first turn those appear that were accepted just before.
            await asyncio.sleep(0)
            if not self._server.connections:
                break
            for connection in self._server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
        await self._server.shutdown(0)

    @property
    def open_connections(self) -> int:
        """How many connections are open."""
        return len(self._server.connections)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    # No limit of aiohttp's own on bodies: an upload is refused by a platform, not by its emulator.
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=0)


async def deliver(
    request: web.BaseRequest, answer: Answer, fault: Fault | None, record: Recorded
) -> web.StreamResponse:
    """Send an answer, its body shaped by a fault (cut, silence, drip)."""
    record.status = answer.status
    kind = {"Content-Type": answer.content_type} if answer.body else {}
    headers = {**kind, **answer.headers}
    if isinstance(answer.body, bytes) and (fault is None or fault.kind == "answer"):
        return web.Response(status=answer.status, headers=headers, body=answer.body)
    response = web.StreamResponse(status=answer.status, headers=headers)
    await response.prepare(request)
    async with aclosing(_shaped(answer.body, fault)) as pieces:
        async for piece in pieces:
            await response.write(piece)
    if fault is not None and fault.kind == "silence":
        await _forever()
    if fault is not None and fault.kind == "cut" and not fault.clean:
        _transport(request).close()
    return response


def _shaped(
    body: bytes | AsyncGenerator[bytes, None] | None, fault: Fault | None
) -> AsyncGenerator[bytes, None]:
    pieces = body if isinstance(body, AsyncGenerator) else _single(body or b"")
    if fault is not None and fault.after is not None:
        return _limited(pieces, fault.after)
    return _dripped(pieces, fault) if fault is not None else pieces


async def sever(request: web.BaseRequest, fault: Fault) -> web.StreamResponse:
    """Send nothing: reset, close, or keep silent until the client leaves."""
    if fault.kind == "silence":
        await _forever()
    transport = _transport(request)
    if fault.kind == "reset":
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        transport.abort()
    else:
        transport.close()
    return web.Response()


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    if request.transport is None:
        raise ConnectionResetError("the client has left")
    return request.transport


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


async def _single(piece: bytes) -> AsyncGenerator[bytes, None]:
    yield piece


async def _limited(pieces: AsyncGenerator[bytes, None], left: int) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return


async def _dripped(pieces: AsyncGenerator[bytes, None], fault: Fault) -> AsyncGenerator[bytes, None]:
    async with aclosing(pieces):
        async for piece in pieces:
            for start in range(0, len(piece), fault.size):
                await asyncio.sleep(fault.seconds)
                yield piece[start : start + fault.size]
