"""Make calls and end, to be counted: ``python -m benchmarks._counted KIND URL CALLS``."""

from __future__ import annotations

import asyncio
import gc
import sys

from benchmarks._unary_client import KINDS


async def _main(kind: str, url: str, calls: int) -> None:
    async with KINDS[kind](url) as probe:
        gc.disable()  # when it runs depends on what was imported before
        for _ in range(calls):
            await probe()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
