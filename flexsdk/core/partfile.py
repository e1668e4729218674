"""The part of a file that has arrived, on the disk. Everything here blocks, and is called in threads."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from pathlib import Path

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.protocol.partial import Version

if sys.platform != "win32":  # it has no such locks; there, an open file is not replaced
    import fcntl

__all__ = ["PartFile", "sync_folder"]

_UNKNOWN = Version()
_MAX_NOTE_BYTES = 8 * 1024
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class _Note(msgspec.Struct, frozen=True):
    """What lies beside a kept part, so that another process can go on with it."""

    origin: str
    version: Version


class PartFile:
    """The beginning of a file, beside its target; complete, it is renamed.

    Args:
        path: where the part lies.
        kept: whether it outlives a failure. A kept part is locked against other processes, and has a
            note with the suffix ``.json`` beside it that says which version of which file it is.

    Raises:
        ConfigError: another download writes this part, or it is no plain file.
        OSError: the folder does not exist, or cannot be written.
    """

    def __init__(self, path: Path, *, kept: bool) -> None:
        self.path = path
        self._note_path = Path(f"{path}.json")
        self._kept = kept
        self.origin = ""
        self.version = _UNKNOWN
        descriptor = _open(path, kept)
        self._file = os.fdopen(descriptor, "wb")
        self.have = os.fstat(descriptor).st_size
        if kept:
            self._load()

    @classmethod
    def beside(cls, target: Path) -> PartFile:
        """Open a part that nobody else has, which goes with the first failure."""
        return cls(target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.part"), kept=False)

    @classmethod
    def kept(cls, target: Path) -> PartFile:
        """Open the part of this target, which may hold what an earlier download got."""
        return cls(target.with_name(f"{target.name}.part"), kept=True)

    def restart(self, origin: str = "", version: Version = _UNKNOWN) -> None:
        """Drop what is there, and begin with this version of the file."""
        # In this order: a note never lies beside bytes that are not of its version.
        self._note_path.unlink(missing_ok=True)
        self._file.seek(0)
        self._file.truncate()
        self.have = 0
        self.origin, self.version = origin, version
        if self._kept and version.validator:
            self._note_path.write_bytes(msgspec.json.encode(_Note(origin, version)))

    def write(self, piece: bytes) -> None:
        """Add a piece at the end."""
        self._file.write(piece)
        self._file.flush()
        self.have += len(piece)

    def sync(self) -> None:
        """Wait until the disk has all that was written."""
        os.fsync(self._file.fileno())

    def finish(self, target: Path) -> None:
        """Close the part and make it the target, which is replaced if it was there."""
        self._file.close()
        self.path.replace(target)
        self._note_path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Close the part, and delete it unless it can be gone on with. For a finished one nothing happens."""
        if self._file.closed:
            return
        if not (self._kept and self.have and self.version.validator):
            self.path.unlink(missing_ok=True)
            self._note_path.unlink(missing_ok=True)
        self._file.close()

    def _load(self) -> None:
        """Read what was kept; whatever is not certain is dropped."""
        try:
            with self._note_path.open("rb") as file:
                note = msgspec.json.decode(file.read(_MAX_NOTE_BYTES), type=_Note)
        except (OSError, ValueError, RecursionError):
            note = _Note("", _UNKNOWN)
        size = note.version.size
        if size is not None and self.have >= size:
            # Complete, but not renamed, or too long: its last byte is asked for again, or nothing is kept.
            self.have = max(0, size - 1) if self.have == size else 0
        self.origin, self.version = note.origin, note.version
        self._file.truncate(self.have)
        self._file.seek(self.have)


def _open(path: Path, kept: bool) -> int:
    try:
        descriptor = os.open(path, _FLAGS if kept else _FLAGS | os.O_EXCL, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    else:
        if not kept or _owned(descriptor, path):
            return descriptor
        os.close(descriptor)
    raise ConfigError(f"{path} belongs to another download that is under way, or is no plain file")


def _owned(descriptor: int, path: Path) -> bool:
    """Lock a kept part; false when it is another's, or was renamed by its owner in this moment."""
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        return False
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(state, path.lstat())
    except OSError:
        return False


def sync_folder(folder: Path) -> None:
    """Make sure that a renaming survives a loss of power."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
