"""Answers that are files: read piece by piece, saved whole or not at all."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio.to_thread

from flexsdk.codec import decoder
from flexsdk.core.body import Progress
from flexsdk.core.call import Reply
from flexsdk.core.opening import Opening
from flexsdk.core.watch import Watch
from flexsdk.errors import DecodeError, EventTooLarge

__all__ = ["Download"]

T = TypeVar("T")

IDLE_SECONDS = 60.0
"""Most time without a byte while somebody waits for one."""
MAX_READ_BYTES = 64 * 1024 * 1024
"""Most bytes of :meth:`Download.read`."""
MAX_LINE_BYTES = 16 * 1024 * 1024
"""Most bytes of one line of :meth:`Download.lines`."""


class Download(Opening):
    """A file of the platform's: ``save`` or ``read`` it, or enter it and iterate over bytes or ``lines``.

    The request is sent by ``save``, by ``read``, or on entering ``async with``; a download is used once.

    Raises while reading:
        ConnectionLost: the body was cut; nothing is left behind on disk.
        StreamStalled: no byte for ``idle_timeout`` seconds of waiting.
    """

    noun = "download"

    def __init__(
        self, open_call: Callable[[], Awaitable[Reply[None]]], *, idle_timeout: float = IDLE_SECONDS
    ) -> None:
        super().__init__(open_call, Watch(idle_timeout))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, or give it back after the last byte."""
        self._watch.stop()
        self._source.close()

    def __aiter__(self) -> Self:
        """Iterate over the bytes as they come."""
        return self

    async def __anext__(self) -> bytes:
        """Wait for the next bytes."""
        self.reply  # noqa: B018 - refuses an iteration that was not entered
        with self._watch.read():
            piece = await self._source.read()
        if not piece:
            raise StopAsyncIteration
        return piece

    @property
    def size(self) -> int | None:
        """The size in bytes that the platform announced."""
        announced = self.reply.headers.get("Content-Length", "")
        return int(announced) if announced.isdecimal() else None

    async def read(self) -> bytes:
        """Give the whole file, up to 64 MiB; use ``save`` above that."""
        pieces: list[bytes] = []
        size = 0
        async with self:
            async for piece in self:
                size += len(piece)
                if size > MAX_READ_BYTES:
                    raise DecodeError(
                        f"the file is above {MAX_READ_BYTES} bytes; use save()", expected="file"
                    )
                pieces.append(piece)
        return b"".join(pieces)

    async def lines(self, into: type[T] | None = None) -> AsyncIterator[T]:
        """Iterate over JSON lines, each decoded into ``into`` or into plain data; empty lines are skipped.

        The download must have been entered, so that leaving early closes the connection.
        """
        decode: Callable[[bytes], Any] = decoder(into or object)
        rest = b""
        async for piece in self:
            *lines, rest = (rest + piece).split(b"\n")
            for line in filter(bytes.strip, lines):
                yield decode(line)
            if len(rest) > MAX_LINE_BYTES:
                raise EventTooLarge(f"a line is above {MAX_LINE_BYTES} bytes", limit=MAX_LINE_BYTES)
        if rest.strip():
            yield decode(rest)

    async def save(self, path: str | os.PathLike[str], *, on_progress: Progress | None = None) -> Path:
        """Write the file; ``path`` appears complete or not at all, and is replaced if it was there."""
        target = Path(path)
        file = await anyio.to_thread.run_sync(_open_beside, target)
        written = 0
        try:
            with file:
                async with self:
                    async for piece in self:
                        await anyio.to_thread.run_sync(file.write, piece)
                        written += len(piece)
                        if on_progress:
                            on_progress(written, self.size)
            os.replace(file.name, target)  # noqa: PTH105 - at once, so that no cancellation comes between
        except BaseException:
            _discard(file.name)
            raise
        return target


def _discard(name: str) -> None:
    Path(name).unlink(missing_ok=True)


def _open_beside(target: Path) -> Any:
    """Open a temporary file in the folder of the target, so that renaming it is atomic."""
    return NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False)
