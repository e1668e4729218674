"""A process that makes calls under a shared limit; it prints the moment of each, and a last line.

python limit_worker.py URL CALLS LIMIT SECONDS LEASE [hang]
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from service import KEY, READ, Service

from flexsdk.core.call import Call, Reply
from flexsdk.core.limits import RateLimit, Window
from flexsdk.ext.redis import RedisStore
from flexsdk.types import Handler


async def main(url: str, calls: int, limit: int, seconds: float, lease: float, hang: bool) -> None:
    async def platform(call: Call, forward: Handler) -> Reply[Any]:
        print(time.monotonic(), flush=True)  # one clock for all processes of a machine
        if hang:
            await asyncio.Event().wait()
        return Reply(call, 200, {}, b"{}")

    store = RedisStore(url, lease=lease)
    limits = RateLimit(Window(limit, seconds), store=store)
    ring = [limits, platform]
    service = Service(KEY, base_url="http://127.0.0.1:9", retry=None, limits=None, attempt_middlewares=ring)
    await asyncio.gather(*(service.call(READ, "a") for _ in range(calls)))
    await limits.aclose()
    await store.aclose()
    print("done", flush=True)


if __name__ == "__main__":
    url, calls, limit, seconds, lease, *hang = sys.argv[1:]
    asyncio.run(main(url, int(calls), int(limit), float(seconds), float(lease), bool(hang)))
