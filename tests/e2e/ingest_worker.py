"""A process that sends documents to the warehouse, to be killed at any moment; it prints all outcomes.

python ingest_worker.py URL JOURNAL COUNT KIND
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

sys.path.append(str(Path(__file__).parents[1]))

from service import KEY, KEYED, WRITE, Item, Service

from flexsdk.core.retry import Retry
from flexsdk.ingest import Operation, ingest


async def main(url: str, journal: str, count: int, kind: str) -> None:
    op = KEYED if kind == "keyed" else WRITE
    retry = Retry(base=0.01, cap=0.05, budget=None)
    async with Service(KEY, base_url=url, retry=retry, limits=None) as service:

        async def send(name: str, **options: Any) -> Item:
            return await service.call(op, body={"name": name}, **options)

        names = (f"document {number}" for number in range(count))
        outcomes: dict[str, list[str]] = defaultdict(list)
        run = ingest(names, Operation(send, op), journal=journal, concurrency=32)
        try:
            async with run:
                async for outcome in run:
                    outcomes[type(outcome).__name__].append(outcome.item)
        finally:  # also after Ctrl-C
            for outcome in run.unread:
                outcomes[type(outcome).__name__].append(outcome.item)
            print(msgspec.json.encode(outcomes).decode())


if __name__ == "__main__":
    url, journal, count, kind = sys.argv[1:]
    asyncio.run(main(url, journal, int(count), kind))
