"""A TCP proxy that spoils what goes through it: it knows bytes and directions, and nothing of HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal, Self

End = Literal["close", "reset", "hold", "shut"]
"""Close both sides; reset both; let nothing more through, and tell nobody; end this direction only."""

_LINGER_ZERO = struct.pack("ii", 1, 0)
_READ_BYTES = 64 * 1024
_BACKLOG = 1024
_LAST_TURNS = 5


@dataclass(frozen=True, slots=True)
class Way:
    """What happens to the bytes of one direction."""

    latency: float = 0.0
    """Seconds before what has come goes on."""
    slice: int = _READ_BYTES
    """Most bytes that go on in one piece."""
    pause: float = 0.0
    """Seconds after each piece; with ``slice`` the bandwidth."""
    after: int | None = None
    """So many bytes of an exchange go on, and then it ends; ``None`` for all of them."""
    end: End = "close"


PLAIN = Way()


@dataclass(frozen=True, slots=True)
class Toxic:
    """What happens to an exchange: what the client says until it speaks again after an answer."""

    up: Way = PLAIN
    """From the client to the server."""
    down: Way = PLAIN
    """From the server to the client."""
    refuse: bool = False
    """Whether a connection is reset as soon as it is made."""
    linger: float = 0.0
    """Seconds for which the server's end of a connection is kept from the client."""


CLEAN = Toxic()


class ChaosProxy:
    """Listens on 127.0.0.1 and forwards to a port there.

    ``poison`` spoils the exchanges that begin from then on, all or the first few; ``heal`` ends that for
    exchanges to come. Pipelining is not told apart: a client that speaks before it is answered goes on with
    the same exchange.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.port = 0
        self.connections = 0
        self.exchanges = 0
        self.spoiled = 0
        self._toxic = CLEAN
        self._left = 0.0
        self._links: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.deafen()
        self._closed = True
        await last_turns()
        links = tuple(self._links)
        self.hang_up()
        await asyncio.gather(*links, return_exceptions=True)
        await last_turns()

    @property
    def open_connections(self) -> int:
        """How many connections of clients there are."""
        return len(self._links)

    def poison(self, toxic: Toxic, *, times: float = float("inf")) -> None:
        """Spoil the next exchanges, so many of them."""
        self._toxic, self._left = toxic, times

    def heal(self) -> None:
        """Let everything through from the next exchange on."""
        self._left = 0

    async def listen(self) -> None:
        """Take connections, on the same port as before."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=_BACKLOG)
        self.port = self._listener.sockets[0].getsockname()[1]

    def deafen(self) -> None:
        """Refuse connections until ``listen``; those that are open go on."""
        self._listener.close()

    def hang_up(self) -> None:
        """Reset all connections that are open."""
        for link in self._links:
            link.cancel()

    def begin(self) -> Toxic:
        """Count an exchange, and say what happens to it."""
        self.exchanges += 1
        if self._left <= 0:
            return CLEAN
        self._left -= 1
        self.spoiled += 1
        return self._toxic

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        refuse = self._toxic.refuse and self._left > 0
        if refuse or self._closed:
            self.begin()
            _reset(writer)
            return
        link = asyncio.ensure_future(_Link(self, reader, writer).run())
        self._links.add(link)
        link.add_done_callback(self._links.discard)
        link.add_done_callback(lambda _: writer.close())  # also of one that was cancelled before it began


class _Cut(Exception):
    """An exchange has come to the end that its toxic names."""

    def __init__(self, end: End) -> None:
        super().__init__(end)
        self.end = end


class _Link:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: ChaosProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = (reader, writer)
        self._toxic = CLEAN
        self._answered = True
        self._sent = {"up": 0, "down": 0}

    async def run(self) -> None:
        """Forward until both sides have ended or a toxic ends it."""
        writers = [self._client[1]]
        end: End = "reset"  # when the proxy itself is closed
        try:
            server = await asyncio.open_connection("127.0.0.1", self._proxy.upstream)
            writers.append(server[1])
            await self._forward(server)
            end = "close"
        except _Cut as cut:
            end = cut.end
        except OSError:
            pass
        finally:
            for writer in writers:
                (_reset if end == "reset" else asyncio.StreamWriter.close)(writer)

    async def _forward(self, server: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        up = asyncio.ensure_future(self._up(self._client[0], server[1]))
        down = asyncio.ensure_future(self._down(server[0], self._client[1]))
        try:
            # Whoever ends first ends the other: HTTP has no use for half a connection.
            done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_READ_BYTES):
            if self._answered:
                self._answered = False
                self._toxic = self._proxy.begin()
                self._sent = {"up": 0, "down": 0}
            await self._pass("up", data, writer)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_READ_BYTES):
            self._answered = True
            await self._pass("down", data, writer)
        await asyncio.sleep(self._toxic.linger)

    async def _pass(
        self, direction: Literal["up", "down"], data: bytes, writer: asyncio.StreamWriter
    ) -> None:
        way = self._toxic.up if direction == "up" else self._toxic.down
        for piece in _pieces(data, way, self._sent[direction]):
            if way.latency:
                await asyncio.sleep(way.latency)
            writer.write(piece)
            await writer.drain()
            self._sent[direction] += len(piece)
            if way.pause:
                await asyncio.sleep(way.pause)
        if way.after is not None and self._sent[direction] >= way.after:
            await self._end(way.end, writer)

    async def _end(self, end: End, writer: asyncio.StreamWriter) -> None:
        if end == "shut":
            with contextlib.suppress(OSError):
                writer.write_eof()
        if end in ("hold", "shut"):
            await asyncio.get_running_loop().create_future()
        raise _Cut(end)


def _pieces(data: bytes, way: Way, sent: int) -> Iterator[bytes]:
    allowed = len(data) if way.after is None else max(0, way.after - sent)
    data = data[:allowed]
    for start in range(0, len(data), way.slice):
        yield data[start : start + way.slice]


async def last_turns() -> None:
    """Let those appear who were let in just before, and close what is closing."""
    for _ in range(_LAST_TURNS):
        await asyncio.sleep(0)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break a connection (RST)."""
    if raw := writer.get_extra_info("socket"):
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    writer.transport.abort()


@contextlib.asynccontextmanager
async def full_backlog() -> AsyncIterator[int]:
    """Give a port that listens and whose queue is full: who connects there gets no answer at all."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # the system lets one or two more in than it was told
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await loop.sock_connect(filler, listener.getsockname())
        yield listener.getsockname()[1]
