"""A token in a file that only its owner can read, shared by all processes that know its path."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import msgspec

from flexsdk.core.tokens import Token, hold, read_token
from flexsdk.errors import ConfigError

if sys.platform != "win32":  # it has neither these locks nor modes for the owner alone
    import fcntl

__all__ = ["FileStore"]

MAX_BYTES = 64 * 1024
"""Most bytes of a token file that are read."""


class FileStore:
    """Keeps the token in a file with mode 0600, replaced whole and synced to the disk.

    Processes that share the path take turns in renewing and see each other's tokens; beside the file lies
    an empty one with the suffix ``.lock``. Symbolic links are not followed. POSIX systems only.

    Args:
        path: the file; its folder has to exist.

    Raises:
        ConfigError: the system has no such locks, or what lies at the path is no token file.
        OSError: the file cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if sys.platform == "win32":
            raise ConfigError("a FileStore needs a POSIX system; use the KeyringStore")
        self._path = Path(path)

    async def load(self) -> Token | None:
        """Read the file anew, so that what other processes wrote is seen."""
        return await anyio.to_thread.run_sync(self._read)

    async def save(self, token: Token) -> None:
        """Replace the file; returns when it is on the disk."""
        await anyio.to_thread.run_sync(self._write, msgspec.json.encode(token))

    async def clear(self) -> None:
        """Delete the file."""
        await anyio.to_thread.run_sync(lambda: self._path.unlink(missing_ok=True))

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        """Keep out all others who use the path, in this process and in others."""
        # Opened at once, not in a thread: a cancellation would lose the descriptor.
        descriptor = _open(Path(f"{self._path}.lock"), os.O_RDWR | os.O_CREAT)
        try:
            async with hold(lambda: _locked(descriptor), lambda: fcntl.flock(descriptor, fcntl.LOCK_UN)):
                yield
        finally:
            os.close(descriptor)

    def _read(self) -> Token | None:
        try:
            descriptor = _open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return read_token(file.read(MAX_BYTES), str(self._path))

    def _write(self, raw: bytes) -> None:
        # mkstemp makes the file with mode 0600 from its first moment on.
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(self._path.parent)


def _open(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    raise ConfigError(f"{path} is a symbolic link; name the file itself")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make sure that the renaming itself survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
