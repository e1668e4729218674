"""One client from its import to a stream, with marks between the steps, for callgrind to count.

``python -m benchmarks._counted KIND URL``
"""

import gc
import os
import sys
from importlib import import_module
from typing import Any

WARM_CALLS, CALLS = 20, 100
WARM_EVENTS, EVENTS = 100, 3_000


def mark() -> None:
    """End a step: callgrind is told to dump whenever the C library's function behind this is entered."""
    os.getpgid(0)


def imports(kind: str) -> None:
    mark()
    if kind == "bare":
        for name in ("aiohttp", "msgspec", "anyio"):
            import_module(name)
        mark()
    else:
        flexsdk: Any = import_module("flexsdk")
        mark()
        flexsdk.Flapjack("fj_test_0")
    mark()


async def work(kind: str, url: str) -> None:
    from benchmarks import _stream_client, _unary_client
    from benchmarks._event_client import read

    gc.disable()  # when it runs depends on what was imported before
    streams = _stream_client.KINDS[kind]
    async with (
        _unary_client.KINDS[kind](url) as probe,
        streams(f"{url}/burst/{WARM_EVENTS}/1") as warm,
        streams(f"{url}/burst/{EVENTS}/1") as measured,
    ):
        for _ in range(WARM_CALLS):
            await probe()
        mark()
        for _ in range(CALLS):
            await probe()
        mark()
        await read(warm)
        mark()
        await read(measured)
        mark()


if __name__ == "__main__":
    imports(sys.argv[1])
    import_module("asyncio").run(work(sys.argv[1], sys.argv[2]))
