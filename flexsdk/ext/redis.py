"""One quota for many processes, kept in Redis 6 or later, or in Valkey; extra ``redis``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from flexsdk.core.loops import PerLoop
from flexsdk.errors import ConfigError
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.stock import Delivery, Fallback, Order

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
except ModuleNotFoundError as missing:
    raise ConfigError("flexsdk.ext.redis needs redis; pip install 'flexsdk[redis]'") from missing

__all__ = ["RedisStore"]

_SCRIPT: Final = Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")
_TIMEOUT: Final = 2.0
"""Seconds to connect or to answer; a store that takes longer is away."""
_LINGER: Final = 600.0
"""Seconds that keys are kept beyond the longest window and lease."""


class RedisStore:
    """Books places for all processes that use the same server, in one round trip each, on its clock.

    Args:
        url: as ``redis://localhost:6379/0``; ``rediss://`` for TLS.
        fallback: while the server is away, ``divide`` keeps each process to its share of every limit, by
            the number of processes last seen; ``open`` to the whole of it; ``closed`` sends nothing, and
            calls wait or are refused. For about one window after it went away more than the limit may be
            sent, except when closed. It is tried again every second.
        lease: seconds after which the place of a request is taken for answered though nothing was heard of
            it, because its process was killed; longer than your longest request.
        prefix: begins every key.

    Raises:
        ConfigError: a value out of range.
    """

    def __init__(
        self, url: str, *, fallback: Fallback = "divide", lease: float = 90.0, prefix: str = "flexsdk:limits"
    ) -> None:
        if fallback not in ("divide", "open", "closed"):
            raise ConfigError(f"fallback must be 'divide', 'open' or 'closed', not {fallback!r}")
        self.fallback: Fallback = fallback
        self._lease = check_seconds("lease", lease)
        self._prefix = prefix
        self._member = uuid4().hex[:12]
        self._clients: PerLoop[Redis] = PerLoop(lambda: _connect(url))

    def __repr__(self) -> str:
        """Show no address: it may hold a password."""
        return f"<RedisStore fallback={self.fallback}>"

    async def book(self, scope: str, order: Order) -> Delivery:
        """Carry out an order."""
        script = self._clients.get().register_script(_SCRIPT)
        root = f"{self._prefix}:{{{scope}}}"
        answer = await script(keys=[root], args=[self._encode(order)])
        generation, members, again, obstacle, *booked = answer
        waits = map(float, booked[1::2])
        return Delivery(
            generation.decode(),
            members,
            tuple(zip((booking.decode() for booking in booked[::2]), waits, strict=True)),
            float(again) if again else None,
            obstacle.decode(),
        )

    def _encode(self, order: Order) -> bytes:
        longest = max((rule.seconds for pool in order.pools for rule in pool.rules), default=0.0)
        own = {
            "member": self._member,
            "lease": self._lease,
            "linger": int(1000 * (longest + self._lease + _LINGER)),
            "fresh": uuid4().hex[:12],
        }
        return msgspec.json.encode({**msgspec.structs.asdict(order), **own})

    async def aclose(self) -> None:
        """Close the connections of this loop; those of others close with their loops."""
        running = asyncio.get_running_loop()
        for loop, client in self._clients.drain():
            if loop is running:
                await client.aclose()


def _connect(url: str) -> Any:
    # No repeats: an order that is carried out twice books twice, and a store that does not answer is away.
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, retry=once, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
