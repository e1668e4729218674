"""One quota for many processes: what is ordered from a shared store, what it delivers, what is in stock.

The store keeps the same rule as :mod:`flexsdk.protocol.meters`, on its own clock: a place is taken from the
moment it is booked for until a whole window after the answer. It may book a place for a later moment, when
it is known to come free, so that nobody has to ask twice. A booking belongs to the process, not to a call:
when its moment comes, it goes to the head of the queue.
"""

from __future__ import annotations

import heapq
import math
from typing import Literal, Protocol

import msgspec

__all__ = ["Delivery", "Fallback", "LimitStore", "Order", "PoolOrder", "Rule", "Stock"]

Fallback = Literal["divide", "open", "closed"]
"""What to do while the store is away: keep to a share of every limit, to all of it, or send nothing."""


class Rule(msgspec.Struct, frozen=True):
    """A limit, as the store needs it."""

    label: str
    requests: int
    seconds: float
    aligned: bool


class PoolOrder(msgspec.Struct, frozen=True):
    """What concerns one pool of the route."""

    key: str
    rules: tuple[Rule, ...]
    told: tuple[tuple[str, int, float], ...]
    """Label, requests left and seconds until the reset, as the platform told this process."""
    carry: int
    """Requests that went without a booking, while the store was away."""


class Order(msgspec.Struct, frozen=True):
    """What a process tells and asks, in one round trip."""

    generation: str
    """The store's own mark, from its last delivery; it differs when the store has lost its memory."""
    want: int
    """Places wanted beyond those booked."""
    answered: tuple[tuple[str, float], ...]
    """Bookings whose requests are answered, and how many seconds ago."""
    unused: tuple[str, ...]
    """Bookings that are given back."""
    pools: tuple[PoolOrder, ...]


class Delivery(msgspec.Struct, frozen=True):
    """What the store answers."""

    generation: str
    members: int
    """Processes seen lately, this one included; 1 or more."""
    bookings: tuple[tuple[str, float], ...]
    """Id, and seconds until it may be used."""
    again: float | None = None
    """Seconds until more may be had, where fewer were booked than wanted."""
    obstacle: str = ""
    """The limit that stands in the way."""


class LimitStore(Protocol):
    """Where processes share a quota; :class:`flexsdk.ext.redis.RedisStore` is one."""

    fallback: Fallback

    async def book(self, scope: str, order: Order) -> Delivery:
        """Carry out an order. Any exception means that the store is away."""
        ...


class Stock:
    """The bookings of one route in one process."""

    __slots__ = ("_bookings", "again", "answered", "joined", "obstacle", "unused")

    def __init__(self) -> None:
        self._bookings: list[tuple[float, str]] = []
        self.joined = True
        """Whether the store is there; without it, requests go by the limits of this process."""
        self.answered: list[tuple[str, float]] = []
        """Bookings whose requests are answered, and when."""
        self.unused: list[str] = []
        self.again = -math.inf
        """When to order what is still wanted."""
        self.obstacle = ""

    def __len__(self) -> int:
        return len(self._bookings)

    def ready(self, now: float) -> bool:
        """Tell whether a booking's moment has come."""
        return bool(self._bookings) and self._bookings[0][0] <= now

    def due(self, now: float) -> float:
        """Give the moment of the next booking or order; infinite while the store is being asked."""
        if self._bookings:
            return self._bookings[0][0]
        return self.again if self.again > now else math.inf

    def eta(self, nth: int) -> float:
        """Give the earliest moment for the ``nth`` request, counted from 1."""
        if nth <= len(self._bookings):
            return heapq.nsmallest(nth, self._bookings)[-1][0]
        return self.again

    def put(self, moment: float, booking: str) -> None:
        """Add a booking."""
        heapq.heappush(self._bookings, (moment, booking))

    def take(self) -> str:
        """Take the next booking."""
        return heapq.heappop(self._bookings)[1]

    def trim(self, queued: int) -> None:
        """Give back the latest bookings, if there are more than somebody waits for."""
        if len(self._bookings) > queued:
            self._bookings.sort()
            self.unused += [booking for _, booking in self._bookings[queued:]]
            del self._bookings[queued:]

    def deliver(self, delivery: Delivery, now: float) -> None:
        """Take what was delivered."""
        for booking, wait in delivery.bookings:
            self.put(now + wait, booking)
        self.again = -math.inf if delivery.again is None else now + delivery.again
        self.obstacle = delivery.obstacle
