"""What workers of a fleet do: they read addresses and key from their own environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service import KEYED, Item, Service

from flexsdk.core.limits import RateLimit, Window
from flexsdk.core.retry import Retry
from flexsdk.ext.redis import RedisStore
from flexsdk.ingest import Operation

LIMIT, SECONDS = 60, 1.0


@asynccontextmanager
async def sending() -> AsyncIterator[Operation[str, Item]]:
    store = RedisStore(os.environ["FLEET_STORE"])
    limits = RateLimit(Window(LIMIT, SECONDS), store=store)
    retry = Retry(base=0.01, cap=0.05, budget=None)
    async with Service(base_url=os.environ["FLEET_URL"], limits=limits, retry=retry) as service:

        async def send(name: str, *, idempotency_key: str) -> Item:
            return await service.call(KEYED, body={"name": name}, idempotency_key=idempotency_key)

        yield Operation(send, KEYED, value=Item)
    await store.aclose()
