"""A fleet in simulated time: 50 processes of 1,000 workers, one key, skewed clocks and lost answers."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from benchmarks._simulated_store import SimulatedStore
from benchmarks.harness import Figures, Report, Result, judge
from flexsdk.protocol.fleet import Fleet, Job
from flexsdk.protocol.ratelimit import SILENT, Limiter, Ticket, Verdict, Window
from flexsdk.protocol.stock import Delivery

QUESTION = "Does a fleet keep one quota for hours, with skewed clocks and lost answers?"

PROCESSES, WORKERS = 50, 1_000
LIMIT, SECONDS = 6_000, 60.0
LOST = 0.002
"""Share of answers that never arrive."""
TIMEOUT = 20.0
LATENCY = (0.02, 0.3)
"""Seconds from the client to the platform, and back."""
STORE = 0.002
"""Seconds from a process to the store, and back."""
HOURS, QUICK_HOURS = 1.0, 0.1
PEER_MINUTES = 5.0


class World:
    """Time, chance, and a platform with fixed windows."""

    def __init__(self) -> None:
        self.now = 0.0
        self.random = random.Random(20_261)
        self.served: Counter[int] = Counter()
        self.refused: Counter[int] = Counter()
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()

    def later(self, seconds: float, event: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._events, (self.now + max(0.0, seconds), next(self._order), event, arguments))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] < until:
            self.now, _, event, arguments = heapq.heappop(self._events)
            event(*arguments)

    def send(self, answered: Callable[..., None], *arguments: Any) -> None:
        """Send a request; ``answered`` gets 0, the seconds to wait of a refusal, or ``None`` for a loss."""
        self.later(self.random.uniform(*LATENCY) / 2, self._count, answered, arguments)

    def _count(self, answered: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        window = int(self.now // SECONDS)
        wait = 0.0
        if self.served[window] < LIMIT:
            self.served[window] += 1
        else:
            self.refused[window] += 1
            wait = float(math.ceil((window + 1) * SECONDS - self.now))
        if self.random.random() < LOST:
            self.later(TIMEOUT, answered, *arguments, None)
        else:
            self.later(self.random.uniform(*LATENCY) / 2, answered, *arguments, wait)


class Process:
    """Workers that always have something to do, behind one limiter with a clock that goes a little wrong."""

    def __init__(self, world: World, store: SimulatedStore) -> None:
        self._world = world
        self._store = store
        self._offset = world.random.uniform(0.0, 1e6)
        self._drift = 1 + world.random.uniform(-1e-4, 1e-4)
        self._limiter = Limiter([Window(LIMIT, SECONDS)])
        self._fleet = Fleet(self._limiter, "divide")
        self._travelling = False
        self._alarm = math.inf
        for _ in range(WORKERS):
            world.later(world.random.uniform(0.0, 1.0), self._ask)

    def _clock(self) -> float:
        return self._offset + self._world.now * self._drift

    def _ask(self) -> None:
        ticket = self._limiter.ask("", "", self._clock(), math.inf)
        if not ticket.waiting:
            self._world.send(self._answered, ticket)
        self._look()

    def _answered(self, ticket: Ticket, wait: float | None) -> None:
        verdict = Verdict(refused=True, retry_after=wait) if wait else SILENT
        self._limiter.answer(ticket, verdict, self._clock(), self._world.now)
        self._ask()

    def _look(self) -> None:
        decided, due = self._limiter.outcome(self._clock())
        for ticket in decided:
            self._world.send(self._answered, ticket)
        wait = (due - self._clock()) / self._drift
        if self._world.now + wait < self._alarm:
            self._alarm = self._world.now + wait
            self._world.later(wait + 1e-6, self._ring, self._alarm)
        if not self._travelling and (job := self._fleet.next_job(self._clock())):
            self._travelling = True
            self._world.later(STORE / 2, self._order, job)

    def _ring(self, alarm: float) -> None:
        if alarm == self._alarm:
            self._alarm = math.inf
            self._limiter.pump(self._clock())
            self._look()

    def _order(self, job: Job) -> None:
        delivery = self._store.book(job.order, self._world.now)
        self._world.later(STORE / 2, self._delivered, job, delivery)

    def _delivered(self, job: Job, delivery: Delivery) -> None:
        self._travelling = False
        self._fleet.delivered(job, delivery, self._clock())
        self._look()


def run(*, quick: bool) -> Report:
    seconds = 3_600 * (QUICK_HOURS if quick else HOURS)
    ours, store = _fleet(seconds)
    peers = {name: _peers(policy) for name, policy in POLICIES.items()}
    windows = int(seconds / SECONDS)
    served = sum(ours.served[window] for window in range(1, windows))
    refused = sum(ours.refused.values())
    rate = served / (LIMIT * (windows - 1))
    trips = store.orders / sum(ours.served.values())
    least = min(sum(world.refused.values()) for world in peers.values()) / PEER_MINUTES
    ratio = refused / (seconds / 60) / least
    case = f"{PROCESSES} processes, {seconds / 3_600:g} h"
    results = [
        _result(f"{case}: refused", refused, "", better="lower", goal=0, least=0),
        _result(f"{case}: rate", rate, "of allowed", better="higher", goal=0.99, least=0.97),
        _result(f"{case}: round trips", trips, "per permit", better="lower", goal=1.0, least=2.0),
        _result(f"{case}: refused a minute", ratio, "x best peer", better="lower", goal=0.0, least=0.001),
    ]
    return Report(results, _figures({"flexsdk, shared store": ours, **peers}))


def _result(case: str, value: float, unit: str, **bar: Any) -> Result:
    return judge("simulate_limits", case, value, unit, **bar)


def _fleet(seconds: float) -> tuple[World, SimulatedStore]:
    world = World()
    store = SimulatedStore(LIMIT, SECONDS, lease=2 * TIMEOUT, members=PROCESSES)
    for _ in range(PROCESSES):
        Process(world, store)
    world.run(seconds)
    return world, store


Policy = Callable[[World, int, float], float]


def _openai(world: World, attempt: int, wait: float) -> float:
    """As openai and anthropic: Retry-After up to a minute, else exponential with a quarter of jitter."""
    return wait if wait <= 60.0 else min(0.5 * 2.0**attempt, 8.0) * (1 - 0.25 * world.random.random())


def _exact(world: World, attempt: int, wait: float) -> float:
    """As azure-core and githubkit: Retry-After to the second."""
    return wait


POLICIES: dict[str, Policy] = {
    "policy of openai and anthropic": _openai,
    "policy of azure-core and githubkit": _exact,
}


def _peers(policy: Policy) -> World:
    """The same workers without a limiter, who try again as often as it takes."""
    world = World()

    def call(attempt: int) -> None:
        world.send(answered, attempt)

    def answered(attempt: int, wait: float | None) -> None:
        world.later(policy(world, attempt, wait) if wait else 0.0, call, attempt + 1 if wait else 0)

    for _ in range(PROCESSES * WORKERS):
        world.later(world.random.uniform(0.0, 1.0), call, 0)
    world.run(PEER_MINUTES * 60)
    return world


_TITLE = f"Refused in {PEER_MINUTES:g} minutes: {PROCESSES} processes, {LIMIT:,} a minute allowed"


def _figures(worlds: dict[str, World]) -> Figures:
    windows = range(int(PEER_MINUTES * 60 / SECONDS))
    return {_TITLE: {name: float(sum(world.refused[at] for at in windows)) for name, world in worlds.items()}}
