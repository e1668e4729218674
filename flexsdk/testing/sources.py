"""Open bodies: one that is written down while it is read, and one that is played from a cassette."""

from __future__ import annotations

from collections.abc import Callable

import anyio.lowlevel

from flexsdk.core.call import Source
from flexsdk.errors import ConnectionLost
from flexsdk.testing.takes import Take

__all__ = ["Heard", "Played"]


class Heard:
    """An open body of which every piece is noted as it is read."""

    def __init__(self, source: Source, take: Take) -> None:
        self._source = source
        self._take = take
        self.fail = source.fail
        self.close = source.close
        self.on_close = source.on_close

    async def read(self) -> bytes:
        """Give the next bytes."""
        try:
            chunk = await self._source.read()
        except ConnectionLost:
            self._take.cut = True
            raise
        if chunk and self._take.chunks is not None:
            self._take.chunks.append(chunk)
        return chunk

    async def drain(self) -> None:
        """Wait a moment for the end of the body."""
        await self._source.drain()


class Played:
    """The pieces of a recorded body, one with each read."""

    def __init__(self, chunks: list[bytes], *, cut: bool) -> None:
        self._chunks = chunks[::-1]
        self._cut = cut
        self._error: BaseException | None = None
        self._callbacks: list[Callable[[], None]] | None = []

    async def read(self) -> bytes:
        """Give the next piece; empty at the end."""
        await anyio.lowlevel.checkpoint()
        if self._error is not None:
            raise self._error
        if self._chunks:
            return self._chunks.pop()
        if self._cut:
            raise ConnectionLost("the connection broke here when the cassette was recorded")
        return b""

    def fail(self, error: BaseException) -> None:
        """Raise this at the next read."""
        self._error = error

    def close(self) -> None:
        """Tell those who wait for the end."""
        callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            callback()

    async def drain(self) -> None:
        """Do nothing: there is no connection to keep."""

    def on_close(self, callback: Callable[[], None]) -> None:
        """Run the callback once, when the body is closed; at once when it already is."""
        if self._callbacks is None:
            callback()
        else:
            self._callbacks.append(callback)
