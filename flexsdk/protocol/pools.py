"""Pools of places, the routes through them, and the tickets of those who take or want a place."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from flexsdk.protocol.guess import Guess, SlowStart
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.meters import AT_ONCE, Meter, Window
from flexsdk.protocol.stock import Stock

__all__ = ["Pool", "Refusal", "Route", "Ticket"]

_PRIORITIES: Final = 3
"""0 interactive, 1 normal, 2 bulk."""
_REMEMBERED: Final = 4096
"""Answers remembered per pool, to size the first guess."""
_MOST_LEARNED: Final = 16
"""Limits learned from headers per pool; a platform has a few, and names may be made up."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a request does not get its turn in time."""

    limit: str
    retry_after: float
    """Seconds, at least."""
    requests: int | None
    remaining: int | None


class Ticket(msgspec.Struct, eq=False):
    """One request: waiting, then granted or refused.

    A struct because every call makes one: it costs a quarter of a plain class.
    """

    route: Route
    priority: int
    expires: float
    """The moment from which waiting is of no use."""
    seq: int = 0
    granted: float = -math.inf
    held: tuple[Pool, ...] = ()
    refusal: Refusal | None = None
    obstacle: str = ""
    """The name of the limit that it had to wait for."""
    booking: str = ""
    """Its place in the shared store, where there is one."""
    owner: Any = None
    """Whatever the caller wakes it by."""

    @property
    def waiting(self) -> bool:
        """Whether it is neither granted nor refused."""
        return self.granted == -math.inf and self.refusal is None


class Pool:
    """Limits that the same requests count in."""

    __slots__ = (
        "answers",
        "at_once",
        "bucket",
        "carry",
        "guess",
        "inflight",
        "key",
        "meters",
        "queued",
        "share",
        "start",
    )

    def __init__(self, bucket: str, key: str) -> None:
        self.bucket = bucket
        self.key = key
        self.inflight = 0
        self.queued = [0] * _PRIORITIES
        self.meters: list[Meter] = []
        self.at_once = False
        self.guess: Guess | None = None
        self.answers: deque[float] = deque(maxlen=_REMEMBERED)
        self.share = 1.0
        self.start: SlowStart | None = None
        self.carry = 0
        """Requests that a shared store has yet to be told of, because they went without a booking."""

    def declare(self, windows: Sequence[Window]) -> None:
        """Add limits, the shortest first, so that a header finds the nearest that fits."""
        if windows:
            self.know()
        known = {meter.declared for meter in self.meters}
        self.meters += [Meter(window) for window in windows if window not in known]
        self.meters.sort(key=lambda meter: meter.length)
        self.take_share(self.share)
        self.at_once = any(meter.declared and meter.seconds == AT_ONCE for meter in self.meters)

    def begin(self) -> None:
        """Start slowly, if nothing is known."""
        if not self.meters:
            self.start = SlowStart()
            self.meters.append(self.start)

    def know(self) -> None:
        """End the slow start, because a limit is known or none was met."""
        if self.start is not None:
            self.meters.remove(self.start)
            self.start = None

    def take_share(self, share: float) -> None:
        """Keep to a share of every limit."""
        self.share = share
        for meter in self.meters:
            meter.take_share(share)

    def taken(self) -> int:
        """Give the number of requests that may still count somewhere."""
        return self.inflight + max((meter.cooling for meter in self.meters), default=0)

    def due(self, now: float) -> float:
        """Give the known moment at which a place may come free; infinite if only an answer can free one."""
        return max((meter.due(now, self.inflight) for meter in self.meters), default=now)

    def outlook(self, now: float, nth: int) -> tuple[float, bool, Refusal]:
        """Tell when the ``nth`` request from now may go here at the earliest, and what holds it up."""
        views = [
            (meter.eta(now, self.inflight, nth), meter.room(now, self.inflight) < nth, meter)
            for meter in self.meters
        ]
        at, short, meter = max(views, key=lambda view: view[:2], default=(now, False, None))
        if meter is None:
            return now, False, Refusal("", 0.0, None, None)
        remaining = meter.remaining(now, self.inflight)
        return at, short, Refusal(meter.label, max(0.0, at - now), meter.known_limit, remaining)

    def settle(self, now: float, wall: float) -> None:
        """Let a request cool down whose answer said nothing."""
        self.inflight -= 1
        self.answers.append(now)
        for meter in self.meters:
            meter.settle(now, wall, None)
            if meter.left is not None:
                meter.left -= 1  # it may have been counted after all that the platform spoke of
        if self.start is not None and self.start.over:
            self.know()

    def settle_told(self, now: float, wall: float, told: Mapping[Meter, Limit], *, refused: bool) -> None:
        """Let a request cool down whose answer spoke of some limits, or was a refusal."""
        self.inflight -= 1
        for meter in self.meters:
            limit = told.get(meter)
            if not (refused and meter is self.guess):
                meter.settle(now, wall, limit.reset_after if limit else None)
            if limit is None and meter.left is not None:
                meter.left -= 1
        if not refused:
            self.answers.append(now)

    def learned(self, limit: Limit, now: float) -> Meter | None:
        """Find or make the learned limit a header speaks of; ``None`` when there are too many."""
        self.know()
        own = [meter for meter in self.meters if meter.declared is None]
        same = [meter for meter in own if meter.continues(limit, now)]
        if same:
            return next((meter for meter in same if meter.limit == limit.limit), same[0])
        if len(own) >= _MOST_LEARNED:
            return None
        meter = Meter(name=limit.name)
        meter.take_share(self.share)
        self.meters.append(meter)
        return meter

    def refuse(self, now: float, sent: float, wait: float | None) -> None:
        """Take a refusal that no known limit explains."""
        self.know()
        if self.guess is None:
            self.guess = Guess()
            self.meters.append(self.guess)
        self.guess.refuse(now, sent, wait, inflight=self.inflight, answers=self.answers)

    def idle(self, now: float) -> bool:
        """Tell whether nothing is in flight, waiting or known."""
        return self.inflight == 0 and not any(self.queued) and all(meter.idle(now) for meter in self.meters)


class Route:
    """A way through one or more pools, with the queue of those who want to go it."""

    __slots__ = ("lines", "pools", "queued", "stock")

    def __init__(self, pools: tuple[Pool, ...], stock: Stock | None = None) -> None:
        self.pools = pools
        self.lines: tuple[OrderedDict[Ticket, None], ...] = tuple(OrderedDict() for _ in range(_PRIORITIES))
        self.queued = 0
        self.stock = stock
        """The places booked in a shared store, where there is one."""

    def take(self, ticket: Ticket, now: float) -> bool:
        """Take a place in every pool, if every limit has room for one more request."""
        stock, pools = self.stock, self.pools
        if stock is not None and stock.joined and not stock.ready(now):
            return False
        for pool in pools:  # plain loops: this is the free path of every call
            for meter in pool.meters:
                if meter.room(now, pool.inflight) < 1:
                    return False
        for pool in pools:
            pool.inflight += 1
        ticket.held = pools
        ticket.granted = now
        if stock is not None:
            self._book(ticket, stock)
        return True

    def head(self) -> Ticket:
        """Give the one whose turn is next."""
        line = next(line for line in self.lines if line)
        return next(iter(line))

    def _book(self, ticket: Ticket, stock: Stock) -> None:
        if stock.joined:
            ticket.booking = stock.take()
        else:
            for pool in self.pools:
                pool.carry += 1

    def give_back(self, ticket: Ticket, now: float) -> None:
        """Take back the places of a ticket that was not used."""
        for pool in ticket.held:
            pool.inflight -= 1
        ticket.held = ()
        if self.stock is not None and ticket.booking:
            self.stock.put(now, ticket.booking)

    def answered(self, ticket: Ticket, now: float) -> None:
        """Note for the shared store that a booking's request is answered."""
        if self.stock is not None:
            self.stock.answered.append((ticket.booking, now))

    def add(self, ticket: Ticket) -> None:
        """Queue a ticket."""
        self._count(ticket, 1)
        self.lines[ticket.priority][ticket] = None

    def remove(self, ticket: Ticket) -> None:
        """Take a ticket out of the queue."""
        self._count(ticket, -1)
        del self.lines[ticket.priority][ticket]

    def _count(self, ticket: Ticket, change: int) -> None:
        self.queued += change
        for pool in self.pools:
            pool.queued[ticket.priority] += change

    def outlook(self, ticket: Ticket, now: float, *, first: bool) -> Refusal:
        """Tell how long a ticket has to wait at least: at the head of the queue, or at its end."""
        ahead = ticket.priority + 1
        views = [pool.outlook(now, 1 if first else sum(pool.queued[:ahead])) for pool in self.pools]
        if self.stock is not None and self.stock.joined:
            views.append(
                self._shared_outlook(self.stock, now, 1 if first else sum(map(len, self.lines[:ahead])))
            )
        return max(views, key=lambda view: view[:2])[2]

    def _shared_outlook(self, stock: Stock, now: float, nth: int) -> tuple[float, bool, Refusal]:
        at = max(now, stock.eta(nth))
        named = (meter for pool in self.pools for meter in pool.meters if meter.label == stock.obstacle)
        limit = next((meter.known_limit for meter in named), None)
        return at, at > now, Refusal(stock.obstacle or "the shared quota", at - now, limit, 0)

    def due(self, now: float) -> float:
        """Give the known moment at which every limit may have room."""
        at = max(pool.due(now) for pool in self.pools)
        return at if self.stock is None or not self.stock.joined else max(at, self.stock.due(now))

    def meter_of(self, limit: Limit, now: float) -> Meter | None:
        """Find the limit a header speaks of: a declared one, else one learned on this route's own pool."""
        for pool in reversed(self.pools):
            for meter in pool.meters:
                if meter.matches(limit):
                    return meter
        return self.pools[-1].learned(limit, now)
