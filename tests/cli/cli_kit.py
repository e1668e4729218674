"""Running the command line as a process: bounded in time, warnings are errors, settings of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 40.0
"""No process lives longer."""
ESCAPES = ("\x1b", "\r")


def _environment(**changes: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return {**kept, "TERM": "xterm", "COLUMNS": "80", "PYTHONUTF8": "1", **changes}


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "flexsdk", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, its output piped."""
    return subprocess.run(
        _command(*arguments),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=_environment(),
        check=False,
    )


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command with piped output; it is gone at the end of the block."""
    process = subprocess.Popen(
        _command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(**environment),
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def run_on_terminal(*arguments: str, **environment: str) -> str:
    """Run a command on a pseudo terminal and give all that it wrote there."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        _command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=_environment(**environment)
    )
    os.close(theirs)
    with process, os.fdopen(ours, "rb", buffering=0) as terminal:
        written = b"".join(_read_all(terminal.fileno()))
        assert process.wait(SECONDS) == 0, written
    return written.decode()


def _read_all(terminal: int) -> Iterator[bytes]:
    try:
        while piece := os.read(terminal, 65_536):
            yield piece
    except OSError:  # how Linux tells that the other side of a terminal was closed
        return
