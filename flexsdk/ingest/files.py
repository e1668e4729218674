"""Files that survive a crash and are used by one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from pathlib import Path

from flexsdk.errors import ConfigError

if sys.platform != "win32":  # it has no such locks
    import fcntl

__all__ = ["lock", "private", "put", "replace"]


def lock(path: Path) -> int:
    """Keep out all others who use this lock file, until the descriptor is closed or the process ends.

    Raises:
        ConfigError: somebody holds it, or the system has no such locks.
    """
    if sys.platform == "win32":
        raise ConfigError("this needs a POSIX system, for its file locks")
    descriptor = private(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigError(f"{path} is held by another run; one at a time may go on") from None
    return descriptor


def private(path: Path) -> int:
    """Open a plain file to write, made for its owner alone where there is none; no link is followed."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise ConfigError(f"{path} is a symbolic link; name the file itself") from None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise ConfigError(f"{path} is no plain file")


def replace(path: Path, raw: bytes) -> None:
    """Put a whole file in the place of another; returns when it is on the disk."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        put(Path(name), path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def put(new: Path, path: Path) -> None:
    """Rename a complete file, so that the renaming itself survives a loss of power."""
    new.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
