"""Many browsers that read events: ``python -m benchmarks._relay_browsers PORT BROWSERS``.

Says so when each has seen an event, and then, for every line, how many they have seen together.
"""

from __future__ import annotations

import asyncio
import sys

_REQUEST = b"GET /ask HTTP/1.1\r\nHost: bench\r\n\r\n"


class _Browser(asyncio.Protocol):
    seen = 0
    awaited: asyncio.Semaphore

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._begun = False
        transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        events = data.count(b"\ndata: ")
        _Browser.seen += events
        if events and not self._begun:
            self._begun = True
            _Browser.awaited.release()


async def main(port: str, browsers: str) -> None:
    loop = asyncio.get_running_loop()
    _Browser.awaited = asyncio.Semaphore(0)
    for number in range(int(browsers)):
        await loop.create_connection(_Browser, "127.0.0.1", int(port))
        if number >= 50:  # not all at once: a backlog is finite
            await _Browser.awaited.acquire()
    for _ in range(min(50, int(browsers))):
        await _Browser.awaited.acquire()
    print("begun", flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(_Browser.seen, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
