"""Work of several tasks that meet, each with what has to hold whatever order their callbacks run in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any

import page_kit
import poll_kit
from clock import VirtualClock
from renewals import OLD, Renewals, token
from service import KEY, READ, Service

from flexsdk.core.call import Call, Reply
from flexsdk.core.gate import Gate
from flexsdk.core.limits import RateLimit, Window
from flexsdk.core.retry import Retry
from flexsdk.core.rings import compose
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth
from flexsdk.errors import ConnectionLost, FlexError
from flexsdk.protocol.poll import SINGLES
from flexsdk.protocol.retry import Budget
from flexsdk.types import Handler, Middleware

REQUESTS, SECONDS = 3, 10.0
"""The limit of the scenes: so many requests in so many seconds."""
SLOTS = 2
CALLS = 10
CANCELLED = 2
ROUNDING = 1e-6
Scene = Callable[[Random], Awaitable[None]]


class Platform:
    """Answers in place of a server, some turns of the loop or some virtual seconds later; then looks back."""

    def __init__(self, random: Random, *, longest: float = 0.0, odd: Sequence[int] = ()) -> None:
        self._random = random
        self._longest = longest
        self._odd = odd
        self.arrived: dict[str, float] = {}
        """The moment at which each path was asked for last."""
        self.moments: list[float] = []
        self.at_once = self.most_at_once = 0
        self.accepted: str | None = None

    async def __call__(self, call: Call) -> Reply[Any]:
        self.arrived[call.target] = call.clock.monotonic()
        self.moments.append(self.arrived[call.target])
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self._work(call)
        finally:
            self.at_once -= 1
        return Reply(call, self._status(call), {}, b"{}")

    async def _work(self, call: Call) -> None:
        await turns(self._random, 4)
        if self._longest:
            await call.clock.sleep(self._random.uniform(0, self._longest))

    def _status(self, call: Call) -> int:
        if self.accepted and call.credentials.get("Authorization") != f"Bearer {self.accepted}":
            return 401
        if self._odd and self._random.random() < 0.2:
            status = self._random.choice(self._odd)
            if not status:
                raise ConnectionLost("cut")
            return status
        return 200

    @property
    def most_in_any_span(self) -> int:
        """The most requests within any span of the window's length, its end excluded."""
        length = SECONDS - ROUNDING
        return max(sum(0 <= each - start < length for each in self.moments) for start in self.moments)


class Renewing(Renewals):
    """Gives tokens 1, 2, 3…, each some turns of the loop later."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random

    async def __call__(self, stale: Token | None) -> Token:
        fresh = await super().__call__(stale)
        await turns(self._random, 6)
        return fresh


async def turns(random: Random, most: int) -> None:
    """Let the loop turn some times, fewer than so many."""
    for _ in range(random.randrange(most)):
        await asyncio.sleep(0)


async def calls(random: Random, clock: VirtualClock, *ring: Middleware, platform: Platform) -> list[Any]:
    """Make calls at the same time, cancel some of them, and give how the others end."""
    service = Service(KEY, clock=clock, limits=None)
    handle = compose([*ring], platform)
    made = [service._prepare(READ, (str(number),), None, None, {}) for number in range(CALLS)]
    tasks = [asyncio.ensure_future(handle(call)) for call in made]
    doomed = random.sample(tasks, CANCELLED)
    for task in doomed:
        if random.random() < 0.5:
            await clock.sleep(random.uniform(0.0, SECONDS))
        await turns(random, 12)
        task.cancel()
    await asyncio.wait(tasks)
    return [task.exception() or task.result() for task in tasks if task not in doomed]


class Queue:
    """Notes in which order calls come to what is behind it."""

    def __init__(self) -> None:
        self.order: list[str] = []

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        self.order.append(call.target)
        return await forward(call)


async def settled() -> None:
    """Let the loop turn until what was cancelled is gone."""
    for _ in range(200):
        if not page_kit.others():
            return
        await asyncio.sleep(0)
    raise AssertionError(f"left over: {page_kit.others()}")


# --- the scenes


async def limiter(random: Random, make: Callable[..., Any] = RateLimit) -> None:
    """No span holds more than the limit, all are served in their order, and nothing is held at the end."""
    clock, platform = VirtualClock(), Platform(random, longest=2.0)
    queue, limits = Queue(), make(Window(REQUESTS, SECONDS), max_wait=1_000.0)

    ends = await calls(random, clock, queue, limits, platform=platform)

    await settled()
    moments = [platform.arrived[each] for each in queue.order if each in platform.arrived]
    assert moments == sorted(moments)
    assert all(isinstance(end, Reply) for end in ends), ends
    assert platform.most_in_any_span <= REQUESTS
    assert (limits.waiting, limits.tasks) == (0, 0)
    assert [(state.in_flight, state.queued) for state in limits.snapshot(clock=clock)] == [(0, 0)]


async def gate(random: Random) -> None:
    """No more than the slots at a time, everybody is served, and every slot is free at the end."""
    platform = Platform(random)
    slots = Gate(SLOTS)

    ends = await calls(random, VirtualClock(), slots, platform=platform)

    assert all(isinstance(end, Reply) for end in ends), ends
    assert platform.most_at_once <= SLOTS
    assert (slots.under_way, slots.waiting) == (0, 0)


async def refresh(random: Random, make: Callable[..., Any] = TokenAuth) -> None:
    """A token that has expired, or is refused, is renewed once for all, and all go on with the new one."""
    platform, renewals = Platform(random), Renewing(random)
    platform.accepted = token(1).access
    auth = make(renewals, MemoryStore(random.choice([OLD, token(0)])))

    ends = await calls(random, VirtualClock(), auth, platform=platform)

    await settled()
    assert [end.status for end in ends] == [200] * len(ends)
    assert len(renewals.stale) == 1


async def poller(random: Random) -> None:
    """Everybody learns the end of every job soon, with few requests at a time, and nothing is left."""
    clock = VirtualClock()
    platform = poll_kit.Platform(clock)
    jobs = poll_kit.Jobs(poll_kit.FakeClient(platform, lists=random.random() < 0.5))  # type: ignore[arg-type]
    ids = poll_kit.many(platform, CALLS, over=random.uniform(1.0, 40.0))
    latest = max(platform.ends.values()) + poll_kit.KIND.rhythm.slowest + 5.0

    waits = [asyncio.ensure_future(jobs.wait(random.choice(ids))) for _ in range(CALLS)]
    every = asyncio.ensure_future(jobs.wait_all(ids))
    doomed = random.choice(waits)
    await clock.sleep(random.uniform(0.0, 10.0))
    doomed.cancel()
    jobs.notify(random.choice(ids))
    ended = await every
    await asyncio.wait(waits)

    await settled()
    assert [job.status for job in ended] == ["done"] * len(ids)
    assert all(each.cancelled() or each.result().status == "done" for each in waits)
    assert clock.now <= latest
    assert platform.most_under_way <= SINGLES + 1


async def pages(random: Random) -> None:
    """However far is read ahead, and wherever a loop is left: every item once, in order, nothing left."""
    numbered = random.random() < 0.5
    sizes = [3] * random.randrange(1, 6) + [1] if numbered else [random.randrange(4) for _ in range(6)]
    listing = page_kit.Listing(sizes, numbered=numbered, total=numbered)
    pages, seen = listing.list(), []

    while not pages.ended:
        steps = random.randrange(1, 9)
        async for item in pages.ahead(random.randrange(4)):
            seen.append(item)
            await asyncio.sleep(0)
            if (steps := steps - 1) == 0:
                break
        if random.random() < 0.5 and not pages.ended:
            await pages.aclose()
            pages = listing.list(cursor=pages.cursor)

    await settled()
    assert seen == listing.items


async def together(random: Random, make: Callable[..., Any] = RateLimit) -> None:
    """Retry, renewal, limiter and gate at once, on a platform that fails now and then."""
    clock, renewals = VirtualClock(), Renewing(random)
    platform = Platform(random, longest=2.0, odd=[429, 503, 0])
    platform.accepted = token(1).access
    limits, slots = make(Window(REQUESTS, SECONDS), max_wait=1_000.0), Gate(SLOTS)
    retry = Retry(attempts=3, rng=random.random, budget=Budget(reserve=100.0))

    ends = await calls(
        random, clock, retry, TokenAuth(renewals, MemoryStore(OLD)), limits, slots, platform=platform
    )

    await settled()
    assert all(isinstance(end, Reply | FlexError) for end in ends), ends
    assert platform.most_in_any_span <= REQUESTS
    assert platform.most_at_once <= SLOTS
    assert len(renewals.stale) == 1
    assert (slots.under_way, slots.waiting, limits.waiting, limits.tasks) == (0, 0, 0, 0)


SCENES: dict[str, Scene] = {
    "limiter": limiter,
    "gate": gate,
    "refresh": refresh,
    "poller": poller,
    "pages": pages,
    "together": together,
}
