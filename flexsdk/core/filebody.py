"""One answer that is a file, read piece by piece."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from flexsdk.core.opening import Opening

__all__ = ["FileBody"]


class FileBody(Opening):
    """The bytes of one answer; entered once, which sends the request."""

    noun = "download"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, or give it back after the last byte."""
        self.close()

    def __aiter__(self) -> Self:
        """Iterate over the bytes as they come."""
        return self

    async def __anext__(self) -> bytes:
        """Wait for the next bytes."""
        self.reply  # noqa: B018 - refuses an iteration that was not entered
        self._watch.reads()
        try:
            piece = await self._source.read()
        finally:
            self._watch.rests()
        if not piece:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        """Close the connection at once; one whose body was read to its end is kept for reuse."""
        self._watch.stop()
        self._source.close()
