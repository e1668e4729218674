"""What the tests of ingestion share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable
from typing import Any

from flexsdk.core.op import Replay
from flexsdk.ingest import Ingest, Operation, Outcome, ingest


class Desk:
    """A call that the test answers: at once, or one by one when it is ``held``."""

    def __init__(self, *, held: bool = False) -> None:
        self._open = asyncio.Event()
        if not held:
            self._open.set()
        self.errors: dict[Any, list[Exception]] = {}
        self.seen: list[Any] = []
        self.keys: list[str] = []
        self.busy = 0
        self.most_busy = 0

    def release(self) -> None:
        self._open.set()

    async def __call__(self, item: Any, **options: str) -> Any:
        self.seen.append(item)
        self.keys.extend(options.values())
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await self._open.wait()
            await asyncio.sleep(0)
        finally:
            self.busy -= 1
        if self.errors.get(item):
            raise self.errors[item].pop(0)
        return {"item": item}


def by(desk: Desk, replay: Replay = Replay.NEVER, **settings: Any) -> Operation[Any, Any]:
    return Operation(desk, replay, name="desk", **settings)


async def collect(source: Iterable[Any] | AsyncIterable[Any], operation: Any, **settings: Any) -> list[Any]:
    async with ingest(source, operation, **settings) as run:
        return [outcome async for outcome in run]


async def read(run: Ingest[Any, Any], number: int) -> list[Outcome[Any, Any]]:
    return [await anext(run) for _ in range(number)]
