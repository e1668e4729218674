"""A list in pages, in a process of its own; a page that was made once is kept.

``GET /v1/resources`` gives pages by cursor, ``GET /v1/documents`` pages by number.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks._process import ServerProcess, listen

ITEMS = 100
"""Items of a page."""


def _resource(number: int) -> dict[str, Any]:
    return {
        "id": f"res_{number:08d}",
        "object": "resource",
        "name": f"Quarterly report {number}",
        "description": "Figures of the quarter, by region and product line, with notes of the auditors.",
        "status": "active",
        "metadata": {"region": "emea", "owner": "finance"},
        "createdAt": "2026-01-15T09:30:00Z",
        "updatedAt": "2026-02-01T11:00:00Z",
    }


class _List:
    def __init__(self, pages: int, delay: float) -> None:
        self.delay = delay
        self._pages = pages
        self.answer = cache(self._answer)

    def _answer(self, target: str) -> bytes:
        url = urlsplit(target)
        query = parse_qs(url.query)
        if url.path.endswith("/documents"):
            return self._numbered(int(query.get("page", ["1"])[0]))
        return self._by_cursor(int(query.get("cursor", query.get("after", ["0"]))[0]))

    def _by_cursor(self, at: int) -> bytes:
        more = at + 1 < self._pages
        items = [_resource(at * ITEMS + number) for number in range(ITEMS)]
        tail = {"hasMore": more, "nextCursor": str(at + 1) if more else None, "has_more": more}
        return _response({"object": "list", "data": items, **tail})

    def _numbered(self, number: int) -> bytes:
        first = (number - 1) * ITEMS
        items = [{"id": first + each, "name": "page.pdf", "status": "ready"} for each in range(ITEMS)]
        told = {"total": self._pages * ITEMS, "page": number, "page_size": ITEMS}
        return _response({"data": {"items": items if number <= self._pages else [], **told}})


def _response(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )


class _Connection(asyncio.Protocol):
    def __init__(self, shelf: _List) -> None:
        self._list = shelf
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            answer = self._list.answer(head.split(b" ", 2)[1].decode())
            if self._list.delay:
                asyncio.get_running_loop().call_later(self._list.delay, self._transport.write, answer)
            else:
                self._transport.write(answer)


def page_server(pages: int, *, delay: float = 0.0) -> ServerProcess:
    """The server in a process of its own; ``delay`` is in seconds before each answer."""
    return ServerProcess("benchmarks._pages_server", pages, delay)


async def _serve(shelf: _List) -> None:
    server = await listen(lambda: _Connection(shelf))
    await server.serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=int)
    parser.add_argument("delay", type=float, help="seconds before each answer")
    options = parser.parse_args()
    asyncio.run(_serve(_List(options.pages, options.delay)))


if __name__ == "__main__":
    _main()
