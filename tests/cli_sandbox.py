"""A sandbox in a thread of its own, for commands that run a loop in this one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flexsdk.sandbox import Sandbox


@contextmanager
def served(sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """Serve until the end of the block; gives the environment that leads a client there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.__aenter__(), loop).result(20)
        yield dict(_environment(sandbox))
        asyncio.run_coroutine_threadsafe(sandbox.__aexit__(None, None, None), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def _environment(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    for name in sandbox.platforms:
        emulator = getattr(sandbox, name)
        yield f"{name.upper()}_BASE_URL", emulator.base_url
        yield f"{name.upper()}_API_KEY", emulator.key
