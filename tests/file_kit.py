"""A server of one file, with ranges and with cuts, as a step of `RawServer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from servers import Peer, Request

from flexsdk.core.files import Download
from flexsdk.core.op import Op

FILE: Op[None] = Op("file", "GET", "/files/{file_id}", None, accept="*/*", streamed=True)
CONTENT = bytes(range(256)) * 4_000
TAG = '"v1"'

Ending = Callable[[Peer], None]


def head(status: int, **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Whatever", *lines, "", ""]).encode()


class FileServer:
    """Serves the file, and asked for a range the rest of it.

    Args:
        cuts: for each request in turn the bytes of the body after which the connection ends; requests
            beyond these are served to the end.
        ending: how it ends.
    """

    def __init__(
        self,
        content: bytes = CONTENT,
        *,
        cuts: tuple[int, ...] = (),
        ranges: bool = True,
        ending: Ending = Peer.close,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.content = content
        self.ranges = ranges
        self._cuts = list(cuts)
        self._ending = ending
        self._headers = {"etag": TAG} if headers is None else headers

    async def __call__(self, request: Request, peer: Peer) -> None:
        first = self._first(request)
        body = self.content[first:]
        named = {"content_length": str(len(body)), **self._headers}
        if first:
            size = len(self.content)
            named["content_range"] = f"bytes {first}-{size - 1}/{size}"
        cut = self._cuts.pop(0) if self._cuts else None
        await peer.send(head(206 if first else 200, **named) + body[:cut])
        if cut is not None:
            self._ending(peer)

    def _first(self, request: Request) -> int:
        asked = request.headers.get("range", "")
        fresh = request.headers.get("if-range") in self._headers.values()
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked and fresh and self.ranges else 0


def file_of(client: Any, *, idle_timeout: float = 60.0, **options: Any) -> Download:
    """Prepare the download of the file."""
    view = client.with_options(**options)
    return Download(lambda more: view.send(FILE, "a", **more), idle_timeout=idle_timeout)


def left_in(folder: Path) -> list[str]:
    """The names of what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
