"""The rule of the shared store in plain Python, for simulated time; the real one is a script on a server."""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort

from flexsdk.protocol.stock import Delivery, Order


class SimulatedStore:
    """One limit on a sliding window: places in flight, booked for later, and cooling down."""

    def __init__(self, limit: int, seconds: float, lease: float, members: int) -> None:
        self._limit = limit
        self._seconds = seconds
        self._lease = lease
        self._members = members
        self._leases: dict[str, float] = {}
        self._ends: list[tuple[float, str]] = []
        self._cool: list[float] = []
        self._serial = 0
        self.orders = 0

    def book(self, order: Order, now: float) -> Delivery:
        self.orders += 1
        if order.generation != "simulated":
            return Delivery("simulated", self._members, ())
        self._settle(order, now)
        wanted = min(order.want, -(-self._limit // self._members))
        moments: list[float] = []
        while len(moments) < wanted and (moment := self._next(now)) is not None:
            moments.append(moment)
            self._take(moment)
        again = None
        if len(moments) < order.want:
            again = 0.0 if len(moments) == wanted else max(self._seconds / 4, 0.1)
        first = self._serial - len(moments) + 1
        booked = tuple((str(first + at), moment - now) for at, moment in enumerate(moments))
        return Delivery("simulated", self._members, booked, again, "simulated")

    def _settle(self, order: Order, now: float) -> None:
        for booking, ago in order.answered:
            if self._leases.pop(booking, None) is not None:
                insort(self._cool, now - ago + self._seconds)
        for booking in order.unused:
            self._leases.pop(booking, None)
        while self._ends and self._ends[0][0] <= now:
            end, booking = heapq.heappop(self._ends)
            if self._leases.pop(booking, None) is not None:
                insort(self._cool, end + self._seconds)
        del self._cool[: bisect_right(self._cool, now)]

    def _next(self, now: float) -> float | None:
        place = len(self._leases) + len(self._cool) + 1 - self._limit
        if place <= 0:
            return now
        # A booking ahead waits for a place that is still cooling: the places are handed out in order.
        return self._cool[place - 1] if place <= len(self._cool) else None

    def _take(self, moment: float) -> None:
        self._serial += 1
        self._leases[str(self._serial)] = moment + self._lease
        heapq.heappush(self._ends, (moment + self._lease, str(self._serial)))
