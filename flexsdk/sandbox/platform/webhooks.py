"""Platform webhooks: signed deliveries to addresses of this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from flexsdk.sandbox.platform.terms import Terms
from flexsdk.sandbox.state import Maker

__all__ = ["Courier", "Delivery"]

_RETRIES = 5
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(slots=True, eq=False)
class Delivery:
    """One event for one endpoint, and what came of it."""

    url: str
    body: bytes
    signature: str
    statuses: list[int | None] = field(default_factory=list)
    """The answer to each attempt; None when there was none."""


class Courier:
    """Tells all endpoints what has happened."""

    def __init__(self, terms: Terms, make: Maker) -> None:
        self._terms = terms
        self._make = make
        self._tasks: set[asyncio.Task[None]] = set()
        self.endpoints: dict[str, str] = {}
        """Address to secret."""
        self.deliveries: list[Delivery] = []

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Send an event to every endpoint; each gets the same id."""
        event = {
            "id": f"evt_{self._make.random.getrandbits(48):012x}",
            "type": kind,
            "createdAt": self._make.time(),
            "data": data,
        }
        body = msgspec.json.encode(event)
        for url, secret in self.endpoints.items():
            signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            for _ in range(self._terms.webhook_copies):
                self._dispatch(Delivery(url, body, signature))

    async def finish(self) -> None:
        """Wait until all deliveries were acknowledged or given up."""
        await asyncio.gather(*self._tasks)

    def cancel(self) -> None:
        """Give up what is not delivered yet."""
        for task in self._tasks:
            task.cancel()

    async def stop(self) -> None:
        """Give up what is not delivered yet, and wait until its connections are closed."""
        self.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _dispatch(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        # Nothing that a test registers may leave this machine.
        if urlsplit(delivery.url).hostname in _LOOPBACK:
            task = asyncio.create_task(self._deliver(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            for attempt in range(1 + _RETRIES):
                if attempt:
                    await asyncio.sleep(self._terms.webhook_pause * 2 ** (attempt - 1))
                if await _post(session, delivery):
                    return


async def _post(session: aiohttp.ClientSession, delivery: Delivery) -> bool:
    headers = {"Content-Type": "application/json", "X-Signature": delivery.signature}
    try:
        async with session.post(
            delivery.url, data=delivery.body, headers=headers, allow_redirects=False
        ) as response:
            delivery.statuses.append(response.status)
            return 200 <= response.status < 300
    except (aiohttp.ClientError, TimeoutError):
        delivery.statuses.append(None)
        return False
