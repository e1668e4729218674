"""A server in a process of its own that swallows what is posted, and serves a small and a large file.

``python -m benchmarks._upload_server BYTES``
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks._process import ServerProcess, announce

PIECE = bytes(range(256)) * 256
"""The small file; the large one is a multiple of it."""


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            await _meet(head.lower(), reader, writer, size)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _meet(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
    if head.startswith(b"get "):
        size = size if b"/large" in head else len(PIECE)
        writer.write(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n' % size)
        for _ in range(size // len(PIECE)):
            writer.write(PIECE)
            await writer.drain()
        return
    left = int(head.partition(b"content-length:")[2].split(maxsplit=1)[0])
    while left and (piece := await reader.read(min(left, 1 << 20))):
        left -= len(piece)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")


def upload_server(size: int) -> ServerProcess:
    """The server in a process of its own; ``size`` is the large file's, in bytes."""
    return ServerProcess("benchmarks._upload_server", size)


async def _main(size: int) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _serve(reader, writer, size), "127.0.0.1", 0, limit=1 << 20
    )
    announce(server)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
