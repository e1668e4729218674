"""A server in a process of its own that costs next to nothing, so that it is not what is measured.

``GET`` answers with one JSON object of 600 bytes. ``POST`` opens an event stream, on which a token comes
every second; with ``/burst/1000/64`` in the path 1,000 tokens come at once, 64 in each HTTP chunk.
"""

from __future__ import annotations

import asyncio
import itertools
import json

from benchmarks._process import ServerProcess, listen

__all__ = ["light_server"]

OBJECT = {
    "id": "res_0123456789abcdef",
    "name": "A resource of middling length",
    "type": "document",
    "status": "active",
    "data": {"owner": "somebody", "size": 123456, "score": 0.875, "tags": ["alpha", "beta", "gamma"]},
    "metadata": {"origin": "upload", "language": "en", "note": "x" * 180},
    "createdAt": "2026-01-05T09:00:00Z",
    "updatedAt": "2026-02-06T10:11:12Z",
    "object": "resource",
    "created": 1767600000,
    "owned_by": "somebody",
    "version": 7,
}
_BODY = json.dumps(OBJECT).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: req_0123456789\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)
_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_SLOTS = 50
"""The tokens of slow streams are spread over this many moments of their interval."""


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _events(kind: bytes, tokens: int) -> tuple[bytes, bytes]:
    """Give one token, and the end, in the form that Flapjack or OpenAI sends."""
    if kind == b"/chat":
        choice = {"index": 0, "delta": {"content": "word "}, "finish_reason": None}
        chunk = {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        return b"data: %b\n\n" % json.dumps(chunk).encode(), b"data: [DONE]\n\n"
    done = {"ok": True, "messageId": "m", "content": "word " * tokens}
    return b'event: token\ndata: {"delta":"word "}\n\n', b"event: done\ndata: %b\n\n" % json.dumps(
        done
    ).encode()


class _Connection(asyncio.Protocol):
    slow: list[set[_Connection]] = [set() for _ in range(_SLOTS)]
    slot = itertools.count()
    token = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._data = b""
        self._place: set[_Connection] | None = None

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET ") and data.endswith(b"\r\n\r\n") and not self._data:
            self.transport.write(_ANSWER)
            return
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._data = b""
        path = head.split(b" ", 2)[1]
        if head.startswith(b"POST"):
            self._stream(path)
        else:
            self.transport.write(_ANSWER)

    def _stream(self, path: bytes) -> None:
        parts = path.strip(b"/").split(b"/")
        kind = b"/chat" if b"chat" in parts else b""
        if b"burst" in parts:
            count, size = (int(part) for part in parts[parts.index(b"burst") + 1 :][:2])
            token, end = _events(kind, count)
            self.transport.write(_STREAM + _chunk(token * size) * (count // size) + _chunk(end) + _chunk(b""))
            return
        self.token = _chunk(_events(kind, 0)[0])
        self._place = self.slow[next(self.slot) % _SLOTS]
        self._place.add(self)
        self.transport.write(_STREAM + self.token)

    def connection_lost(self, _: Exception | None) -> None:
        if self._place is not None:
            self._place.discard(self)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def _beat() -> None:
    """Send one token a second on every slow stream, spread over the second."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    for slot in itertools.cycle(_Connection.slow):
        for connection in tuple(slot):
            connection.transport.write(connection.token)
        due += 1.0 / _SLOTS
        await asyncio.sleep(max(0.0, due - loop.time()))


async def _main() -> None:
    server = await listen(_Connection)
    async with server:
        await _beat()


def light_server() -> ServerProcess:
    """The server in a process of its own."""
    return ServerProcess("benchmarks._light_server")


if __name__ == "__main__":
    asyncio.run(_main())
