"""A platform that loses answers: it commits and then drops the connection, or drops it and commits later."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import Self

import msgspec
from servers import Peer, RawServer, Request, answer

LATER_SECONDS = 0.02


class Warehouse:
    """Takes documents; with an idempotency key each is taken once, without one as often as it is sent."""

    def __init__(self, seed: int, *, refusals: float = 0.02) -> None:
        self._chance = random.Random(seed)
        self._refusals = refusals
        self._server = RawServer(self._meet)
        self._late: set[asyncio.Task[None]] = set()
        self._keys: dict[str, str] = {}
        self._arrival = asyncio.Event()
        self.arrived = 0
        self.moments: list[float] = []
        self.commits: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settle()
        await self._server.__aexit__()

    @property
    def url(self) -> str:
        return self._server.url

    async def settle(self) -> None:
        """Wait for what is committed late."""
        await asyncio.gather(*self._late)

    async def until(self, arrived: int) -> None:
        """Wait until so many requests have arrived in all."""
        while self.arrived < arrived:
            self._arrival.clear()
            await self._arrival.wait()

    async def _meet(self, request: Request, peer: Peer) -> None:
        self.arrived += 1
        self.moments.append(time.monotonic())
        self._server.requests.clear()
        self._arrival.set()
        name = msgspec.json.decode(request.body)["name"]
        key = request.headers.get("idempotency-key", "")
        if key and key in self._keys:
            done = name in self.commits
            await peer.send(_taken(name) if done else answer(409, b'{"code":"in_use"}'))
            return
        match self._chance.random():
            case fate if fate < self._refusals:
                await peer.send(answer(429, retry_after="0"))
            case fate if fate < 0.04:
                await peer.send(answer(503))
            case fate if fate < 0.06:
                self._commit(name, key)
                peer.reset()
            case fate if fate < 0.08:
                peer.close()
                self._keys[key] = name
                self._late.add(asyncio.create_task(self._commit_later(name, key)))
            case _:
                self._commit(name, key)
                await peer.send(_taken(name))

    def _commit(self, name: str, key: str) -> None:
        self.commits[name] += 1
        self._keys[key] = name

    async def _commit_later(self, name: str, key: str) -> None:
        await asyncio.sleep(LATER_SECONDS)
        self._commit(name, key)


def _taken(name: str) -> bytes:
    return answer(201, msgspec.json.encode({"id": name}))
