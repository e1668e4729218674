"""Bodies that are not JSON: forms and files, opened anew for each attempt."""

from __future__ import annotations

import mimetypes
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from io import TextIOBase
from pathlib import Path
from typing import BinaryIO, TypeAlias
from urllib.parse import urlencode

import anyio.to_thread
import msgspec

from flexsdk.errors import ConfigError
from flexsdk.protocol.checks import check_headers

__all__ = ["FileSource", "Form", "Multipart", "Progress", "Transfer", "Upload"]

CHUNK_BYTES = 1024 * 1024
"""Bytes of a file that are in memory at a time; each read is a trip to a thread."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

FileSource: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | AsyncIterator[bytes]"


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """How far the files of a call have come; the same for uploads and downloads."""

    done: int
    """Bytes of the files that the socket has taken, or that the file has got."""
    size: int | None
    """Bytes in all; ``None`` where that is not known."""
    attempt: int
    """The HTTP attempt, from 1. ``done`` goes back only where this has risen."""


Progress: TypeAlias = Callable[[Transfer], None]
"""Called at once at the beginning of each attempt and with each piece; what it raises ends the call."""


class Form:
    """Fields sent as ``application/x-www-form-urlencoded``."""

    content_type = "application/x-www-form-urlencoded"

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = dict(fields)

    def encode(self) -> bytes:
        """Give the body."""
        return urlencode(self._fields).encode()


class Upload:
    """One file to be sent, never whole in memory unless it was given so.

    Args:
        source: a path, bytes, a binary file object (sent from where it stands, never closed), or an async
            iterator of bytes.
        name: the file name that the platform sees; by default that of the path or file object.
        content_type: by default guessed from the name.

    What the source raises while it is read comes out of the call as it is.

    Raises:
        ConfigError: there is no such file, it is open for text, or its name or type cannot stand in a header.
    """

    def __init__(
        self, source: FileSource, *, name: str | None = None, content_type: str | None = None
    ) -> None:
        self._source = Path(source) if isinstance(source, str | os.PathLike) else source
        if isinstance(self._source, Path) and not self._source.is_file():
            raise ConfigError(f"there is no file {self._source}")
        if isinstance(source, TextIOBase):
            raise ConfigError("the file is open for text; open it with mode 'rb'")
        self.name = Path(name or _name_of(self._source)).name
        if not self.name or _CONTROL.search(self.name):
            raise ConfigError("a file needs a name without control characters: pass Upload(…, name=…)")
        guess = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        self.content_type = check_headers({"Content-Type": content_type or guess})["Content-Type"]
        self._start = _position(self._source)
        self.replayable = isinstance(self._source, bytes | Path) or self._start is not None

    @property
    def size(self) -> int | None:
        """The size in bytes; ``None`` for an iterator and for a file object that cannot seek."""
        source = self._source
        if isinstance(source, bytes):
            return len(source)
        if isinstance(source, Path):
            return source.stat().st_size
        if self._start is None:
            return None
        assert not isinstance(source, AsyncIterator)
        end = source.seek(0, os.SEEK_END)
        source.seek(self._start)
        return end - self._start

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Give the content from its beginning, piece by piece; files are read in a thread."""
        source = self._source
        if isinstance(source, bytes):
            for start in range(0, len(source), CHUNK_BYTES):
                yield source[start : start + CHUNK_BYTES]
            return
        if isinstance(source, AsyncIterator):
            async for piece in source:
                yield piece
            return
        file = _open(source)  # at once, not in a thread: a cancellation would lose the descriptor
        try:
            if self._start is not None:
                file.seek(self._start)
            while piece := await anyio.to_thread.run_sync(file.read, CHUNK_BYTES):
                yield piece
        finally:
            if file is not source:
                file.close()


class Multipart:
    """Fields and files in one ``multipart/form-data`` body.

    Args:
        on_progress: told of all files together, without the fields and boundaries around them.
    """

    def __init__(
        self,
        *,
        fields: Mapping[str, str] | None = None,
        files: Sequence[tuple[str, Upload]] = (),
        on_progress: Progress | None = None,
    ) -> None:
        self.fields = dict(fields or {})
        self.files = tuple(files)
        self.on_progress = on_progress

    @property
    def replayable(self) -> bool:
        """Whether every file can be read a second time."""
        return all(upload.replayable for _, upload in self.files)


def _open(source: Path | BinaryIO) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else source


def _name_of(source: object) -> str:
    name = source if isinstance(source, Path) else getattr(source, "name", "")
    return str(name) if isinstance(name, str | Path) else ""


def _position(source: object) -> int | None:
    """Where a file object that can seek stands."""
    seekable = getattr(source, "seekable", None)
    position: int | None = source.tell() if seekable and seekable() else None  # type: ignore[attr-defined]  # seekable was found
    return position
