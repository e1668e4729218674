"""The rate limiter against a server that counts, beside what the peers do when they are refused."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from benchmarks._limit_fleet import fleet_results
from benchmarks._limit_peers import PEERS, Probe
from benchmarks._limit_server import LimitServer
from benchmarks.harness import Figures, Report, Result, cpu, judge
from flexsdk import Platform
from flexsdk.core.call import Call, Reply
from flexsdk.core.limits import RateLimit, Window
from flexsdk.core.op import Op
from flexsdk.core.retry import Retry
from flexsdk.errors import RateLimited
from flexsdk.types import Handler

QUESTION = "Does every call succeed, at the allowed rate, with none refused?"

LIMIT, SECONDS = 50, 1.0
CALLS, QUICK_CALLS = 1_000, 500
WORKERS = 200
KEY = "fj_test_0123456789abcdef"
PROBE = Op("probe", "GET", "/probe", dict[str, Any])


@dataclass
class Run:
    """What became of the calls, and what the server saw."""

    succeeded: int
    seconds: float
    refused: int = 0

    def share(self, calls: int) -> float:
        """The time taken, as a multiple of the least possible: windows after the first burst."""
        return self.seconds / ((calls / LIMIT - 1) * SECONDS)


async def drive(probe: Probe, calls: int, workers: int) -> Run:
    """Make the calls with that many workers; errors count, and end nothing."""
    todo = iter(range(calls))
    succeeded = 0

    async def work() -> None:
        nonlocal succeeded
        for _ in todo:
            with contextlib.suppress(Exception):
                await probe()
                succeeded += 1

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(workers)))
    return Run(succeeded, time.perf_counter() - start)


def probe_of(platform: Platform) -> Probe:
    return lambda: platform.call(PROBE)


def run(*, quick: bool) -> Report:
    calls = QUICK_CALLS if quick else CALLS
    permit = _permit()  # first, while the garbage collector has little to look through
    runs = {
        "declared": asyncio.run(_ours("nothing", calls, Window(LIMIT, SECONDS))),
        "X-RateLimit headers": asyncio.run(_ours("x-ratelimit", calls)),
        "RateLimit headers": asyncio.run(_ours("ratelimit", calls)),
        "Retry-After only": asyncio.run(_ours("retry-after", calls)),
    }
    peers = {name: asyncio.run(_theirs(name, calls)) for name in PEERS}
    results = [
        *_declared(calls, runs["declared"]),
        *_learned(calls, runs["X-RateLimit headers"], "X-RateLimit"),
        *_learned(calls, runs["RateLimit headers"], "RateLimit"),
        *_refused_only(calls, runs["Retry-After only"], peers),
        *fleet_results(LIMIT, SECONDS, calls, WORKERS),
        *asyncio.run(_day_and_minute()),
        permit,
        *asyncio.run(_outage()),
    ]
    return Report(results, _figures(calls, runs, peers))


async def _ours(tell: str, calls: int, *windows: Window) -> Run:
    with LimitServer((LIMIT, SECONDS), tell=tell) as server:
        limits = RateLimit(*windows, max_wait=300.0)
        async with Platform(KEY, base_url=server.url, limits=limits, max_connections=WORKERS) as platform:
            run = await drive(probe_of(platform), calls, WORKERS)
        run.refused = server.stats()["refused"]
    return run


async def _theirs(name: str, calls: int) -> Run:
    with LimitServer((LIMIT, SECONDS), tell="retry-after") as server:
        async with PEERS[name](server.url, 50) as probe:
            run = await drive(probe, calls, WORKERS)
        run.refused = server.stats()["refused"]
    return run


def _result(case: str, value: float, unit: str, **bar: Any) -> Result:
    return judge("limits", case, value, unit, **bar)


def _lost(case: str, calls: int, run: Run) -> Result:
    return _result(f"{case}: calls lost", calls - run.succeeded, "", better="lower", goal=0, least=0)


def _declared(calls: int, run: Run) -> list[Result]:
    case = f"declared, {calls:,} calls"
    return [
        _lost(case, calls, run),
        _result(f"{case}: refused", run.refused, "", better="lower", goal=0, least=1),
        _result(f"{case}: time", run.share(calls), "x least", better="lower", goal=1.03, least=1.06),
    ]


def _learned(calls: int, run: Run, headers: str) -> list[Result]:
    case = f"learned from {headers}"
    return [
        _lost(case, calls, run),
        _result(f"{case}: refused", run.refused, "", better="lower", goal=0, least=WORKERS - LIMIT),
        _result(f"{case}: time", run.share(calls), "x least", better="lower", goal=1.05, least=1.10),
    ]


def _refused_only(calls: int, run: Run, peers: dict[str, Run]) -> list[Result]:
    case = "429 and Retry-After only"
    best = min(peer.refused for peer in peers.values() if peer.succeeded == calls)
    return [
        _lost(case, calls, run),
        judge(
            "limits",
            f"{case}: rate",
            1 / run.share(calls),
            "of allowed",
            better="higher",
            goal=0.95,
            least=0.9,
        ),
        judge(
            "limits",
            f"{case}: refused",
            run.refused / best,
            "x best peer",
            better="lower",
            goal=0.1,
            least=0.1,
        ),
    ]


async def _day_and_minute() -> list[Result]:
    """Use up a day of eight seconds that allows 100, at 20 a second."""
    day = Window(100, 8.0, name="day", align="utc")
    with LimitServer((20, 1.0), (100, 8.0), tell="nothing") as server:
        limits = RateLimit(Window(20, 1.0), day, max_wait=2.0)
        async with Platform(KEY, base_url=server.url, limits=limits) as platform:
            await asyncio.sleep(8.0 - time.time() % 8.0)
            run = await drive(probe_of(platform), 100, 20)
            late, off = await _refusal(platform)
        stats = server.stats()
    over = max(0, stats["most"][0] - 20) + max(0, stats["most"][1] - 100) + stats["refused"]
    return [
        _lost("day and second", 100, run),
        _result("day and second: over a limit", over, "", better="lower", goal=0, least=0),
        _result("end of the day: time to say so", late * 1000, "ms", better="lower", goal=5, least=50),
        _result("end of the day: reset is off by", off, "s", better="lower", goal=1.1, least=1.5),
    ]


async def _refusal(platform: Platform) -> tuple[float, float]:
    """Give how long it takes to be told that the day is over, and how far off its end is."""
    start, ends = time.perf_counter(), (time.time() // 8.0 + 1) * 8.0
    try:
        await platform.call(PROBE)
    except RateLimited as error:
        reset_at = error.reset_at or 0.0
        return time.perf_counter() - start, abs(reset_at - ends)
    return float("inf"), float("inf")


def _permit() -> Result:
    """Measure what the limiter adds to a call when places are free and answers say nothing."""
    handlers = _handlers()
    bare, limited = (min(cpu(_loop(handler))() for _ in range(40)) for handler in handlers)
    value = (limited - bare) / _TURNS * 1e6
    return _result("uncontended permit", value, "µs", better="lower", goal=3.0, least=4.0)


_TURNS = 5_000


def _loop(handler: Callable[[], Awaitable[object]]) -> Callable[[], None]:
    async def repeat() -> None:
        for _ in range(_TURNS):
            await handler()

    return lambda: asyncio.run(repeat())


def _handlers() -> tuple[Callable[[], Awaitable[object]], Callable[[], Awaitable[object]]]:
    calls: list[Call] = []

    async def catch(call: Call, forward: Handler) -> Reply[Any]:
        calls.append(call)
        return Reply(call, 200, {}, b"{}")

    platform = Platform(KEY, base_url="http://127.0.0.1:9", limits=None, attempt_middlewares=[catch])
    asyncio.run(platform.call(PROBE))
    call = calls[0]
    reply: Reply[Any] = Reply(call, 200, {"Content-Type": "application/json"}, b"{}")
    limits = RateLimit(Window(10_000_000, 1.0))

    async def answer(call: Call) -> Reply[Any]:
        return reply

    return lambda: answer(call), lambda: limits(call, answer)


class _NoWait:
    """A clock on which waits take no time: what is counted are requests, not seconds."""

    monotonic = staticmethod(time.monotonic)
    time = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


async def _outage() -> list[Result]:
    """Make 50 calls a second for 60 seconds to a platform that answers 503, three attempts at most."""
    with_budget = await _attempts_per_call(Retry(attempts=3), LIMIT * 60)
    without = await _attempts_per_call(Retry(attempts=3, budget=None), LIMIT * 60)
    case = "outage, requests for a call"
    return [
        _result(case, with_budget, "x", better="lower", goal=1.11, least=1.11),
        _result(f"{case}, control without budget", without, "x", better="higher", goal=3.0, least=3.0),
    ]


async def _attempts_per_call(retry: Retry, calls: int) -> float:
    sent = 0

    async def fail(call: Call, forward: Handler) -> Reply[Any]:
        nonlocal sent
        sent += 1
        return Reply(call, 503, {})

    settings: dict[str, Any] = {"limits": None, "retry": retry, "clock": _NoWait()}
    async with Platform(
        KEY, base_url="http://127.0.0.1:9", attempt_middlewares=[fail], **settings
    ) as platform:
        await drive(probe_of(platform), calls, WORKERS)
    return sent / calls


def _figures(calls: int, runs: dict[str, Run], peers: dict[str, Run]) -> Figures:
    ours = {f"flexsdk, {name}": run for name, run in runs.items()}
    theirs = {f"{name}, 50 retries": run for name, run in peers.items()}
    everybody = {**ours, **theirs}
    title = f"{WORKERS} workers, {calls:,} calls, {LIMIT} a second allowed"
    return {
        f"Refused requests: {title}": {name: float(run.refused) for name, run in everybody.items()},
        "Time, as a multiple of the least": {name: run.share(calls) for name, run in everybody.items()},
    }
