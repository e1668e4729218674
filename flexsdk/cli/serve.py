"""The sandbox as a command: it answers until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress

from flexsdk.cli.output import aligned, out
from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flextell import Flextell

__all__ = ["serve"]


def serve(sandbox: Sandbox) -> int:
    """Run the sandbox until SIGINT or SIGTERM; gives exit status 0."""
    with suppress(KeyboardInterrupt):  # where the loop takes no signal handlers
        asyncio.run(_serve(sandbox))
    return 0


async def _serve(sandbox: Sandbox) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, told.set)
    async with sandbox:
        out("\n".join(_manual(sandbox)))
        await told.wait()


def _manual(sandbox: Sandbox) -> Iterator[str]:
    """Yield what a person needs; read by a shell, all of it but the exports is comment."""
    emulators = {name: getattr(sandbox, name) for name in sandbox.platforms}
    rows = [(name, each.base_url, each.key) for name, each in emulators.items()]
    yield f"# flexsdk sandbox, seed {sandbox.seed}: test keys, no real data. Ctrl-C ends it."
    yield "#"
    yield from (f"# {line}" for line in aligned(("platform", "base URL", "key"), rows))
    yield "#"
    yield "# Paste into another shell:"
    for name, base_url, key in rows:
        yield f"export {name.upper()}_BASE_URL={base_url} {name.upper()}_API_KEY={key}"
        if isinstance(emulator := emulators[name], Flextell):  # for the login
            application, secret = emulator.client_id, emulator.client_secret
            yield f"export FLEXTELL_CLIENT_ID={application} FLEXTELL_CLIENT_SECRET={secret}"
