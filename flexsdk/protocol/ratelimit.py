"""Which request may go now, which waits for its turn, and which would wait too long.

Decisions only: the caller passes ``now`` in, does the waiting and wakes those who are granted. ``now`` is
monotonic and never runs backwards between two calls.

A request takes a place in every pool of its route: the common one, and those of its bucket. All or none:
a request that waits holds no place anywhere. Order is first come first served inside a priority and a
route; a route whose own pool is full does not hold up the others.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.meters import AT_ONCE, Meter, Window
from flexsdk.protocol.pools import Pool, Refusal, Route, Ticket
from flexsdk.protocol.stock import Stock

__all__ = ["AT_ONCE", "SILENT", "LimitState", "Limiter", "Refusal", "Ticket", "Verdict", "Window"]

_MOST_ROUTES: Final = 1024
"""From this number on, routes on which nothing is known or waiting are dropped."""


class Verdict(msgspec.Struct, frozen=True):
    """What an answer says."""

    limits: Sequence[Limit] = ()
    """From its headers."""
    refused: bool = False
    """The status was 429, for a limit that refills."""
    retry_after: float | None = None
    """Seconds that it asks to wait."""
    streams: bool = False
    """The body goes on, and with it the place in limits on requests at the same time."""


SILENT: Final = Verdict()
"""An answer that says nothing, or none at all."""


class LimitState(msgspec.Struct, frozen=True, kw_only=True):
    """One limit as the limiter sees it at this moment."""

    bucket: str
    """Empty for the common limit."""
    key: str
    """The value of the path parameter that has a limit of its own, else empty."""
    name: str
    limit: int | None
    """Requests it allows; ``None`` while unknown."""
    remaining: int | None
    """Requests that may go at once; ``None`` while unknown."""
    reset_after: float | None
    """Seconds until all places are free again, as far as it is known; ``None`` when none is taken."""
    in_flight: int
    queued: int


class Limiter:
    """All limits of one credential: the state machine behind :class:`~flexsdk.core.limits.RateLimit`."""

    def __init__(
        self, windows: Sequence[Window] = (), buckets: Mapping[str, Sequence[Window]] | None = None
    ) -> None:
        self._pools: dict[tuple[str, str], Pool] = {}
        self._routes: dict[tuple[str, str], Route] = {}
        self._buckets: dict[str, tuple[Window, ...]] = {}
        self._busy: dict[Route, None] = {}
        self._decided: list[Ticket] = []
        self._seq = 0
        self._next_expiry = math.inf
        self.shared = False
        """Whether places have to be booked in a shared store; set before the first request."""
        self.declare(windows, buckets or {})

    def declare(self, windows: Sequence[Window], buckets: Mapping[str, Sequence[Window]]) -> None:
        """Add limits to those in force; one that is known already changes nothing."""
        if any(window.per for window in windows):
            raise ConfigError("per= is for windows of a bucket; the common limit has no path parameter")
        for bucket, own in {"": windows, **buckets}.items():
            if len({window.per for window in own if window.per}) > 1:
                raise ConfigError(f"the limits of {bucket!r} are per one path parameter, not several")
            known = self._buckets.get(bucket, ())
            self._buckets[bucket] = (*known, *(window for window in own if window not in known))
        for pool in self._pools.values():
            pool.declare(self._windows_of(pool.bucket, pool.key))

    def per(self, bucket: str) -> str:
        """Give the path parameter that has limits of its own in this bucket, else an empty string."""
        return next((window.per for window in self._buckets.get(bucket, ()) if window.per), "")

    def ask(self, bucket: str, key: str, now: float, expires: float, priority: int = 1) -> Ticket:
        """Ask for a turn: the ticket is granted, refused or waiting when this returns.

        Args:
            bucket: the operation's own limit beside the common one; empty for none.
            key: the value of the bucket's path parameter, see :meth:`per`.
            now: monotonic time.
            expires: the moment from which waiting is of no use; the ticket is refused at once when its
                turn cannot come before it.
            priority: 0 interactive, 1 normal, 2 bulk.
        """
        route = self._routes.get((bucket, key))
        if route is None:
            route = self._open(bucket, key, now)
        ticket = Ticket(route, priority, expires)
        if self._busy or not route.take(ticket, now):
            self._enqueue(ticket, now)
        return ticket

    def _enqueue(self, ticket: Ticket, now: float) -> None:
        self._seq += 1
        ticket.seq = self._seq
        ticket.route.add(ticket)
        self._busy[ticket.route] = None
        self._next_expiry = min(self._next_expiry, ticket.expires)
        self.pump(now)
        if ticket.waiting:
            view = ticket.route.outlook(ticket, now, first=False)
            ticket.obstacle = view.limit
            if now + view.retry_after > ticket.expires:
                self._refuse(ticket, view)
        self._decided = [each for each in self._decided if each is not ticket]

    def answer(self, ticket: Ticket, verdict: Verdict, now: float, wall: float) -> bool:
        """Take an answer, or the loss of one: correct what is known, and let the places cool down.

        Gives whether somebody was waiting, so that there may be an :meth:`outcome`.

        Args:
            ticket: granted. A stream's is answered twice, the second time when it is closed.
            verdict: what the answer says.
            now: monotonic time.
            wall: seconds since the epoch.
        """
        if verdict is SILENT:
            for pool in ticket.held:
                pool.settle(now, wall)
            ticket.held = ()
        else:
            self._hear(ticket, verdict, now, wall)
        if ticket.booking and not ticket.held:
            ticket.route.answered(ticket, now)
        if not self._busy:
            return False
        self.pump(now)
        return True

    def cancel(self, ticket: Ticket, *, now: float) -> None:
        """Leave the queue, or give back a place that was not used: nothing was sent."""
        if ticket.held:
            ticket.route.give_back(ticket, now)
        if ticket in ticket.route.lines[ticket.priority]:
            self._leave(ticket)
        if self._busy:
            self.pump(now)

    def learn(self, bucket: str, limits: Sequence[Limit], *, now: float) -> None:
        """Take limits that were read elsewhere than in an answer's headers."""
        route = self._routes.get((bucket, "")) or self._open(bucket, "", now)
        for limit in limits:
            if meter := route.meter_of(limit, now):
                meter.learn(limit, now, now)
        self.pump(now)

    def pump(self, now: float) -> None:
        """Grant every turn that has come, in order, and refuse those that can no longer come in time."""
        if now >= self._next_expiry:
            self._expire(now)
        heads = [(route.head().priority, route.head().seq, route) for route in self._busy]
        heapq.heapify(heads)
        while heads:
            route = heapq.heappop(heads)[2]
            ticket = route.head()
            if route.take(ticket, now):
                self._leave(ticket)
                self._decided.append(ticket)
            else:
                view = route.outlook(ticket, now, first=True)
                if now + view.retry_after <= ticket.expires:
                    continue
                self._refuse(ticket, view)
            if route.queued:
                head = route.head()
                heapq.heappush(heads, (head.priority, head.seq, route))

    def outcome(self, now: float) -> tuple[list[Ticket], float]:
        """Take the tickets decided on since the last time, and the moment of the next :meth:`pump`."""
        decided, self._decided = self._decided, []
        return decided, self._due(now)

    def _due(self, now: float) -> float:
        if not self._busy:
            return math.inf
        return min(self._next_expiry, *(route.due(now) for route in self._busy))

    def routes(self) -> Collection[Route]:
        """Give all routes in use."""
        return self._routes.values()

    def snapshot(self, now: float) -> tuple[LimitState, ...]:
        """Give the state of every limit."""
        return tuple(_state(pool, meter, now) for pool in self._pools.values() for meter in pool.meters)

    def _expire(self, now: float) -> None:
        waiting = [ticket for route in self._busy for line in route.lines for ticket in line]
        for ticket in waiting:
            if ticket.expires <= now:
                self._refuse(ticket, ticket.route.outlook(ticket, now, first=True))
        self._next_expiry = min(
            (ticket.expires for ticket in waiting if ticket.expires > now), default=math.inf
        )

    def _refuse(self, ticket: Ticket, view: Refusal) -> None:
        ticket.refusal = view
        self._leave(ticket)
        self._decided.append(ticket)

    def _leave(self, ticket: Ticket) -> None:
        ticket.route.remove(ticket)
        if not ticket.route.queued:
            del self._busy[ticket.route]

    def _hear(self, ticket: Ticket, verdict: Verdict, now: float, wall: float) -> None:
        told = self._learn(ticket, verdict, now)
        held, ticket.held = ticket.held, ()
        for pool in held:
            if verdict.streams and pool.at_once:
                ticket.held += (pool,)
            else:
                pool.settle_told(now, wall, told, refused=verdict.refused)
        if verdict.refused and not any(limit.remaining == 0 for limit in told.values()):
            ticket.route.pools[-1].refuse(now, ticket.granted, verdict.retry_after)

    def _learn(self, ticket: Ticket, verdict: Verdict, now: float) -> dict[Meter, Limit]:
        told: dict[Meter, Limit] = {}
        for limit in verdict.limits:
            exhausted = verdict.refused and limit.remaining == 0
            if exhausted and limit.reset_after is None:
                limit = msgspec.structs.replace(limit, reset_after=verdict.retry_after)  # noqa: PLW2901
            if meter := ticket.route.meter_of(limit, now):
                meter.learn(limit, now, ticket.granted, refused=exhausted)
                told[meter] = limit
        return told

    def _open(self, bucket: str, key: str, now: float) -> Route:
        if len(self._routes) >= _MOST_ROUTES:
            self._sweep(now)
        keys = dict.fromkeys([("", ""), (bucket, ""), (bucket, key)])
        route = Route(tuple(self._pool(*each) for each in keys), Stock() if self.shared else None)
        self._routes[bucket, key] = route
        return route

    def _pool(self, bucket: str, key: str) -> Pool:
        pool = self._pools.get((bucket, key))
        if pool is None:
            pool = self._pools[bucket, key] = Pool(bucket, key)
            pool.declare(self._windows_of(bucket, key))
            if not bucket:
                pool.begin()
        return pool

    def _windows_of(self, bucket: str, key: str) -> list[Window]:
        return [window for window in self._buckets.get(bucket, ()) if bool(window.per) == bool(key)]

    def _sweep(self, now: float) -> None:
        idle = [each for each, route in self._routes.items() if each[1] and route.pools[-1].idle(now)]
        for each in idle:
            del self._routes[each]
            del self._pools[each]


def _state(pool: Pool, meter: Meter, now: float) -> LimitState:
    remaining = meter.remaining(now, pool.inflight)
    resets_at = meter.resets_at()
    return LimitState(
        bucket=pool.bucket,
        key=pool.key,
        name=meter.label,
        limit=meter.known_limit,
        remaining=remaining,
        reset_after=None if resets_at is None else max(0.0, resets_at - now),
        in_flight=pool.inflight,
        queued=sum(pool.queued),
    )
