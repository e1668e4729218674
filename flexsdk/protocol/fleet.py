"""What a process orders from the shared store and when, and what it does while the store is away."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from flexsdk.protocol.pools import Pool, Route
from flexsdk.protocol.ratelimit import Limiter
from flexsdk.protocol.stock import Delivery, Fallback, Order, PoolOrder, Stock

__all__ = ["Fleet", "Job"]

_NEXT_TRY: Final = 1.0
"""Seconds between two tries to reach a store that is away."""


class Job(msgspec.Struct, eq=False):
    """An order on its way, for one route."""

    route: Route
    stock: Stock
    order: Order
    answered: list[tuple[str, float]]


class Fleet:
    """A limiter's membership in a fleet that shares one store. One order is on its way at a time."""

    def __init__(self, limiter: Limiter, fallback: Fallback) -> None:
        limiter.shared = True
        self._limiter = limiter
        self._fallback = fallback
        self._generation = ""
        self._members = 1
        self._away_until = -math.inf

    @property
    def away(self) -> bool:
        """Whether the store did not answer the last order."""
        return self._away_until > -math.inf

    def next_job(self, now: float) -> Job | None:
        """Give the next order to carry out, if there is one."""
        if now < self._away_until:
            return None
        for route in self._limiter.routes():
            if route.stock is not None and (job := self._job(route, route.stock, now)):
                return job
        return None

    def _job(self, route: Route, stock: Stock, now: float) -> Job | None:
        stock.trim(route.queued)
        want = route.queued - len(stock)
        if not (stock.answered or stock.unused or self.away or (want and now >= stock.again)):
            return None
        answered = tuple((booking, now - moment) for booking, moment in stock.answered)
        pools = tuple(_pool_order(pool, now) for pool in route.pools)
        job = Job(
            route, stock, Order(self._generation, want, answered, tuple(stock.unused), pools), stock.answered
        )
        stock.answered, stock.unused = [], []
        return job

    def delivered(self, job: Job, delivery: Delivery, now: float) -> None:
        """Take what the store delivered."""
        self._away_until = -math.inf
        self._members = max(1, delivery.members)
        if delivery.generation != self._generation:
            self._generation = delivery.generation
            self._tell_all()
        else:
            for pool, order in zip(job.route.pools, job.order.pools, strict=True):
                pool.carry -= order.carry
            job.stock.deliver(delivery, now)
        self._take_share(1.0, joined=True)
        self._limiter.pump(now)

    def _tell_all(self) -> None:
        """Have a store that knows nothing, or nothing any more, told of all requests that still count."""
        for route in self._limiter.routes():
            if route.stock is not None:
                route.stock.trim(0)
            for pool in route.pools:
                pool.carry = pool.taken()

    def failed(self, job: Job, now: float) -> None:
        """Go on without the store, and try it again later."""
        self.dropped(job)
        self._away_until = job.stock.again = now + _NEXT_TRY
        share = 1.0 / self._members if self._fallback == "divide" else 1.0
        self._take_share(share, joined=self._fallback == "closed")
        self._limiter.pump(now)

    def dropped(self, job: Job) -> None:
        """Take back an order that was not carried out."""
        job.stock.answered += job.answered
        job.stock.unused += job.order.unused

    def _take_share(self, share: float, *, joined: bool) -> None:
        for route in self._limiter.routes():
            if route.stock is not None:
                route.stock.joined = joined
                route.stock.trim(route.queued if joined else 0)
            for pool in route.pools:
                if pool.share != share:
                    pool.take_share(share)


def _pool_order(pool: Pool, now: float) -> PoolOrder:
    rules = tuple(rule for meter in pool.meters if (rule := meter.rule()))
    told = tuple(told for meter in pool.meters if (told := meter.told(now)))
    return PoolOrder(f"{pool.bucket}:{pool.key}", rules, told, pool.carry)
