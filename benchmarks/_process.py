"""The processes of benchmarks: how a server is started and stopped, how it says where it is."""

from __future__ import annotations

import asyncio
import compileall
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

__all__ = ["ServerProcess", "announce", "keep_compiled", "listen"]


def keep_compiled() -> None:
    """Compile what has changed, for the programs that are measured; installed packages are compiled, too.

    A program that has compiled its modules itself starts slower, and its calls cost up to 15 % more for as
    long as it lives: what it compiled lies scattered in memory.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    for package in ("flexsdk", "benchmarks"):
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=1)


class ServerProcess:
    """A module that serves in a process of its own until the end of the block; ``url`` is its address."""

    url: str

    def __init__(self, module: str, *arguments: object) -> None:
        self._command = [sys.executable, "-m", module, *map(str, arguments)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self._process.communicate()
            raise RuntimeError(f"{' '.join(self._command)} ended with {self._process.returncode}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


async def listen(protocol: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    """Run in the server's process: accept connections on a free port, and say its address."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=8192)
    announce(server)
    return server


def announce(server: asyncio.Server) -> None:
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
