"""One process of a fleet: ``python -m benchmarks._limit_worker PLATFORM STORE LIMIT SECONDS CALLS WORKERS``.

Says ``ready``, waits for a line, makes its calls, and says how many succeeded.
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks.limits import drive, probe_of
from flexsdk import Platform
from flexsdk.core.limits import RateLimit, Window
from flexsdk.ext.redis import RedisStore


async def main(url: str, store_url: str, limit: int, seconds: float, calls: int, workers: int) -> None:
    store = RedisStore(store_url)
    limits = RateLimit(Window(limit, seconds), max_wait=300.0, store=store)
    async with Platform("fj_test_0123456789abcdef", base_url=url, limits=limits) as platform:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        run = await drive(probe_of(platform), calls, workers)
        await platform.limits.aclose()
    await store.aclose()
    print(run.succeeded, flush=True)


if __name__ == "__main__":
    url, store_url, limit, seconds, calls, workers = sys.argv[1:]
    asyncio.run(main(url, store_url, int(limit), float(seconds), int(calls), int(workers)))
