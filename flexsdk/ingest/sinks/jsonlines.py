"""One JSON text a line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from flexsdk.codec import encode
from flexsdk.errors import ConfigError
from flexsdk.ingest.export import Place
from flexsdk.ingest.files import lock, replace

__all__ = ["JsonLines"]


class _Mark(msgspec.Struct, frozen=True):
    """The place of the export, and how long the file was there: what lies behind was not completed."""

    cursor: str | None
    finished: bool
    length: int


class JsonLines:
    """A file of JSON lines, UTF-8; beside it lies ``.cursor`` with the place to go on from, and ``.lock``.

    A finished export is not written again: delete both files to begin anew. POSIX systems only.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._marks = Path(f"{self._path}.cursor")
        self._lock = -1
        self._file: BinaryIO | None = None

    def open(self) -> Place:
        """Cut off what was not completed.

        Raises:
            ConfigError: the file was not written by an export, or another run is writing it.
        """
        self._lock = lock(Path(f"{self._path}.lock"))
        mark = self._mark()
        self._file = self._path.open("ab")
        if self._file.tell() < mark.length or (not self._marks.exists() and self._file.tell()):
            raise ConfigError(f"{self._path} and {self._marks} do not belong together; delete both")
        self._file.truncate(mark.length)
        return Place(cursor=mark.cursor, finished=mark.finished)

    def write(self, items: Sequence[Any], cursor: str | None) -> None:
        """Append the lines, then move the mark; a crash between the two leaves lines that are cut off."""
        assert self._file is not None
        self._file.write(b"".join(encode(item) + b"\n" for item in items))
        self._file.flush()
        os.fsync(self._file.fileno())
        mark = _Mark(cursor, finished=cursor is None, length=self._file.tell())
        replace(self._marks, msgspec.json.encode(mark))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        if self._lock >= 0:
            os.close(self._lock)
        self._file, self._lock = None, -1

    def _mark(self) -> _Mark:
        try:
            return msgspec.json.decode(self._marks.read_bytes(), type=_Mark)
        except FileNotFoundError:
            return _Mark(None, finished=False, length=0)
        except msgspec.DecodeError:
            raise ConfigError(f"{self._marks} is not of an export; delete it and {self._path}") from None
