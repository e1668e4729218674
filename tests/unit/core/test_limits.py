"""The rate limiter around a call: who waits, for how long, and what happens when calls end in odd ways."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from clock import VirtualClock
from servers import RawServer, answer
from service import KEY, READ, Connect, FakeClock, Service, until

from flexsdk.core.call import Call, Reply
from flexsdk.core.clock import SystemClock
from flexsdk.core.hooks import Event, LimiterWaited
from flexsdk.core.limits import AT_ONCE, RateLimit, Window
from flexsdk.core.op import Op
from flexsdk.errors import ConfigError, ConnectFailed, ConnectionLost, QuotaExceeded, RateLimited, Timeout
from flexsdk.protocol.headers import Limit
from flexsdk.types import Handler, Middleware

EXEC = Op("exec", "POST", "/agents/{agent_id}/exec", None, bucket="exec")


class Platform:
    """Answers calls in place of a server, after ``latency`` seconds of the clock."""

    def __init__(self, *, latency: float = 0.0, status: int = 200, **headers: str) -> None:
        self.latency = latency
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.moments: list[float] = []
        self.targets: list[str] = []
        self.body = b"{}"
        self.at_once = self.most_at_once = 0

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        self.moments.append(call.clock.monotonic())
        self.targets.append(call.target)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            if self.latency:
                await call.clock.sleep(self.latency)
            return self.reply(call)
        finally:
            self.at_once -= 1

    def reply(self, call: Call) -> Reply[Any]:
        return Reply(call, self.status, self.headers, self.body)


class Silent(Platform):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.told = asyncio.Event()

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        self.targets.append(call.target)
        await self.told.wait()
        return self.reply(call)


def client(
    limits: RateLimit,
    platform: Any,
    clock: Any = None,
    *,
    outermost: Sequence[Middleware] = (),
    **settings: Any,
) -> Service:
    settings = {"retry": None, "clock": clock or VirtualClock(), **settings}
    ring = [*outermost, limits, platform]
    return Service(KEY, base_url="http://127.0.0.1:9", limits=None, attempt_middlewares=ring, **settings)


def waits(events: list[Event]) -> list[tuple[str, float]]:
    return [(event.limit, round(event.seconds, 3)) for event in events if isinstance(event, LimiterWaited)]


# --- waiting


async def test_a_free_place_costs_no_wait() -> None:
    events: list[Event] = []
    service = client(RateLimit(Window(2, 60.0)), Platform(), hooks=[events.append])

    call = service.call(READ, "a")
    with pytest.raises(StopIteration):
        call.send(None)

    assert waits(events) == []


async def test_a_call_waits_for_its_turn_and_says_so() -> None:
    events: list[Event] = []
    platform = Platform()
    service = client(RateLimit(Window(1, 60.0, name="minute")), platform, hooks=[events.append])

    await service.call(READ, "a")
    await service.call(READ, "b")

    assert waits(events) == [("minute", 60.0)]
    assert platform.moments[1] - platform.moments[0] == pytest.approx(60.0)


async def test_many_workers_use_the_allowed_rate_and_no_more() -> None:
    clock = VirtualClock()
    platform = Platform(latency=0.005)
    service = client(RateLimit(Window(50, 1.0)), platform, clock)
    todo = iter(range(1_000))
    start = clock.now

    async def work() -> None:
        for _ in todo:
            await service.call(READ, "a")

    await asyncio.gather(*(work() for _ in range(200)))

    bursts = [sum(0 <= each - moment < 1.0 for each in platform.moments) for moment in platform.moments]
    assert len(platform.moments) == 1_000
    assert max(bursts) == 50
    assert clock.now - start < 1.02 * 19


async def test_interactive_calls_overtake_the_others() -> None:
    platform = Platform()
    service = client(RateLimit(Window(1, 1.0)), platform)
    await service.call(READ, "first")

    await asyncio.gather(
        service.call(READ, "bulk", priority="bulk"),
        service.call(READ, "normal"),
        service.call(READ, "interactive", priority="interactive"),
    )

    assert platform.targets[1:] == ["/items/interactive", "/items/normal", "/items/bulk"]


async def test_limits_are_learned_from_the_answers() -> None:
    clock = VirtualClock()
    platform = Platform(X_RateLimit_Limit="9", X_RateLimit_Remaining="0", X_RateLimit_Reset="30")
    service = client(RateLimit(), platform, clock)
    await service.call(READ, "a")

    await service.call(READ, "b")

    assert platform.moments[1] - platform.moments[0] == pytest.approx(30.0, abs=0.01)


async def test_a_quota_that_does_not_refill_says_nothing_of_the_pace() -> None:
    platform = Platform(status=429, Retry_After="30")
    platform.body = b'{"code": "quota"}'
    service = client(RateLimit(), platform)

    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await service.call(READ, "a")

    assert platform.moments[0] == platform.moments[1]


# --- refusing


async def test_a_wait_above_the_bound_is_an_error_at_once_and_nothing_is_sent() -> None:
    clock = VirtualClock()
    platform = Platform()
    service = client(RateLimit(Window(1, 3_600.0, name="hour"), max_wait=10.0), platform, clock)
    await service.call(READ, "a")
    clock.now += 600.0
    now = clock.now

    with pytest.raises(RateLimited, match=r"hour' for 3000 s, and nothing was sent") as caught:
        await service.call(READ, "b")

    assert (clock.now, len(platform.moments)) == (now, 1)
    error = caught.value
    assert (error.status, error.limit, error.remaining) == (0, 1, 0)
    assert error.retry_after == pytest.approx(3_000.0)
    assert error.reset_at == pytest.approx(clock.time() + 3_000.0)


async def test_a_wait_past_the_deadline_is_an_error_at_once() -> None:
    clock = VirtualClock()
    service = client(RateLimit(Window(1, 60.0)), Platform(), clock)
    await service.call(READ, "a")
    now = clock.now

    with pytest.raises(RateLimited):
        await service.call(READ, "b", deadline=59.0)

    assert clock.now == now


async def test_a_wait_of_unknown_length_ends_with_the_deadline() -> None:
    clock = VirtualClock()
    platform = Silent()
    service = client(RateLimit(buckets={"exec": [Window(1, AT_ONCE)]}), platform, clock)
    running = asyncio.create_task(service.call(EXEC, "a"))
    await until(lambda: platform.targets)
    now = clock.now

    with pytest.raises(RateLimited, match="1 at a time") as caught:
        await service.call(EXEC, "b", deadline=5.0)

    assert caught.value.retry_after is None
    assert clock.now == pytest.approx(now + 5.0)
    platform.told.set()
    await running


async def test_all_who_wait_in_vain_learn_it_from_one_answer() -> None:
    clock = VirtualClock()
    platform = Platform(latency=1.0, status=429, X_RateLimit_Limit="5000", X_RateLimit_Remaining="0")
    platform.headers["X-RateLimit-Reset"] = str(int(clock.time()) + 30_000)
    service = client(RateLimit(Window(2, 1.0)), platform, clock)

    results = await asyncio.gather(*(service.call(READ, "a") for _ in range(20)), return_exceptions=True)

    assert [type(result) for result in results] == [RateLimited] * 20
    assert len(platform.moments) == 2
    assert clock.now < 1_002.0


# --- calls that end in odd ways


async def test_a_cancelled_waiter_leaves_its_turn_to_the_next() -> None:
    platform = Platform()
    service = client(RateLimit(Window(1, 60.0), max_wait=200.0), platform)
    await service.call(READ, "a")
    gone, stays = (asyncio.create_task(service.call(READ, name)) for name in ("gone", "stays"))
    await asyncio.sleep(0)

    gone.cancel()
    await asyncio.gather(gone, stays, return_exceptions=True)

    assert platform.targets == ["/items/a", "/items/stays"]
    assert platform.moments[1] - platform.moments[0] == pytest.approx(60.0)


async def test_a_turn_that_comes_together_with_a_cancellation_is_not_lost() -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def cancel_the_second(call: Call, forward: Handler) -> Reply[Any]:
        reply = await forward(
            call
        )  # on return the turn has been given to the second call, which still sleeps
        tasks[1].cancel()
        return reply

    platform = Platform(latency=1.0)
    service = client(RateLimit(Window(1, AT_ONCE)), platform, outermost=[cancel_the_second])
    tasks += [asyncio.create_task(service.call(READ, name)) for name in "abc"]
    await asyncio.gather(*tasks, return_exceptions=True)

    assert platform.targets == ["/items/a", "/items/c"]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (ConnectFailed("no route"), 0.0),
        (Timeout("no connection", phase="connect", seconds=1.0), 0.0),
        (Timeout("no slot", phase="queue", seconds=1.0), 0.0),
        (ConfigError("closed"), 0.0),
        (ConnectionLost("cut"), 60.0),
        (Timeout("no answer", phase="attempt", seconds=1.0), 60.0),
    ],
    ids=lambda value: (
        f"{type(value).__name__} {getattr(value, 'phase', '')}" if isinstance(value, Exception) else ""
    ),
)
async def test_a_place_is_kept_only_by_what_may_have_been_sent(error: Exception, seconds: float) -> None:
    async def fail(call: Call, forward: Handler) -> Reply[Any]:
        raise error

    clock = VirtualClock()
    service = client(RateLimit(Window(1, 60.0)), fail, clock)
    start = clock.now

    for _ in range(2):
        with pytest.raises(type(error)):
            await service.call(READ, "a")

    assert clock.now - start == pytest.approx(seconds)


async def test_a_cancelled_request_keeps_its_place() -> None:
    clock = VirtualClock()
    platform = Silent()
    service = client(RateLimit(Window(1, 60.0)), platform, clock)
    running = asyncio.create_task(service.call(READ, "a"))
    await until(lambda: platform.targets)
    start = clock.now

    running.cancel()
    platform.told.set()
    await service.call(READ, "b")

    assert clock.now - start == pytest.approx(60.0)


class Body:
    """The open body of a stream."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []

    def on_close(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)

    def close(self) -> None:
        for callback in self.callbacks:
            callback()


async def test_a_stream_keeps_its_place_among_those_at_the_same_time_until_it_is_closed() -> None:
    bodies: list[Body] = []

    async def stream(call: Call, forward: Handler) -> Reply[Any]:
        bodies.append(Body())
        return Reply(call, 200, {}, source=bodies[-1])  # type: ignore[arg-type]  # all that is used of it

    service = client(RateLimit(buckets={"exec": [Window(1, AT_ONCE)]}), stream)
    await service.send(EXEC, "a")
    second = asyncio.create_task(service.send(EXEC, "b"))
    await asyncio.sleep(0)
    assert len(bodies) == 1

    bodies[0].close()
    await second

    assert len(bodies) == 2


# --- buckets


async def test_each_agent_has_a_limit_of_its_own() -> None:
    clock = VirtualClock()
    platform = Platform(latency=1.0)
    limits = RateLimit(buckets={"exec": [Window(1, AT_ONCE, per="agent_id")]})
    service = client(limits, platform, clock)
    start = clock.now

    await asyncio.gather(*(service.call(EXEC, agent) for agent in ("a", "a", "b")))

    assert [moment - start for moment in platform.moments] == [0.0, 0.0, 1.0]
    assert platform.targets == ["/agents/a/exec", "/agents/b/exec", "/agents/a/exec"]


async def test_a_parameter_that_the_path_does_not_have_is_a_mistake() -> None:
    service = client(RateLimit(buckets={"exec": [Window(1, 1.0, per="thread_id")]}), Platform())

    with pytest.raises(ConfigError, match="per thread_id"):
        await service.call(EXEC, "a")


# --- sharing


async def test_limiters_of_one_scope_share_their_state() -> None:
    clock = VirtualClock()
    platform = Platform()
    scope = "service api.example.com 1"
    one, two = (client(RateLimit(Window(1, 60.0)).bind(scope), platform, clock) for _ in range(2))

    await one.call(READ, "a")
    await two.call(READ, "b")

    assert platform.moments[1] - platform.moments[0] == pytest.approx(60.0)


async def test_limiters_of_different_scopes_do_not_meet() -> None:
    clock = VirtualClock()
    platform = Platform()
    limits = RateLimit(Window(1, 60.0))

    for credential in "123":
        await client(limits.bind(credential), platform, clock).call(READ, "a")

    assert len(set(platform.moments)) == 1


async def test_limits_declared_by_one_hold_for_all_of_the_scope() -> None:
    platform = Platform()
    loose = RateLimit(Window(5, 60.0)).bind("service api.example.com 2")
    service = client(loose, platform)
    await service.call(READ, "a")

    tight = RateLimit(Window(2, 60.0), max_wait=1.0).bind("service api.example.com 2")

    other = client(tight, platform)
    await other.call(READ, "b")
    await other.call(READ, "c")
    with pytest.raises(RateLimited, match="2 per 60 s"):
        await other.call(READ, "d")


def test_the_state_of_a_scope_goes_with_its_last_limiter() -> None:
    scope = "service api.example.com 3"
    bound = RateLimit(Window(1, 60.0)).bind(scope)
    bound.learn([Limit(1, 0, 60.0)])

    del bound
    gc.collect()

    assert [state.remaining for state in RateLimit(Window(1, 60.0)).bind(scope).snapshot()] == []


def test_several_loops_in_several_threads_share_one_limit() -> None:
    limits = RateLimit(Window(3, AT_ONCE))
    lock = threading.Lock()
    running = [0]
    most = [0]
    done: list[int] = []

    async def platform(call: Call, forward: Handler) -> Reply[Any]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        for _ in range(3):
            await asyncio.sleep(0)
        with lock:
            running[0] -= 1
        return Reply(call, 200, {}, b"{}")

    async def main() -> None:
        service = client(limits, platform, clock=SystemClock())
        await asyncio.gather(*(service.call(READ, "a") for _ in range(50)))
        done.append(50)

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60.0)

    assert sum(done) == 200
    assert 1 <= most[0] <= 3


async def test_an_answer_in_one_loop_sets_the_alarm_of_another() -> None:
    limits = RateLimit(Window(1, 0.05), max_wait=2.0)
    platform = Silent()
    running = asyncio.create_task(client(limits, platform, SystemClock()).call(READ, "a"))
    await until(lambda: platform.targets)
    other = Platform()
    waiting = asyncio.create_task(
        asyncio.to_thread(lambda: asyncio.run(client(limits, other, SystemClock()).call(READ, "b")))
    )
    await until(lambda: limits.snapshot()[0].queued)

    platform.told.set()
    await asyncio.gather(running, waiting)

    assert other.targets == ["/items/b"]


async def test_a_turn_for_a_loop_that_is_gone_goes_to_the_next() -> None:
    platform = Silent()
    limits = RateLimit(Window(1, AT_ONCE))
    clock = VirtualClock()
    running = asyncio.create_task(client(limits, platform, clock).call(READ, "a"))
    await until(lambda: platform.targets)
    await asyncio.to_thread(leave_a_waiter_behind, limits, clock)
    waiting = asyncio.create_task(client(limits, platform, clock).call(READ, "b"))
    await asyncio.sleep(0)

    platform.told.set()
    await asyncio.gather(running, waiting)

    assert platform.targets == ["/items/a", "/items/b"]


def leave_a_waiter_behind(limits: RateLimit, clock: VirtualClock) -> None:
    loop = asyncio.new_event_loop()
    call = client(limits, Platform(), clock).call(READ, "gone")
    task = loop.create_task(call)
    loop.call_soon(loop.call_soon, loop.stop)
    loop.run_forever()
    for each in asyncio.all_tasks(loop):
        each._log_destroy_pending = False  # type: ignore[attr-defined]  # what is left behind here is left on purpose
    loop.close()
    assert not task.done()


# --- looking at it


async def test_a_snapshot_tells_what_is_known_of_every_limit() -> None:
    clock = VirtualClock()
    limits = RateLimit(
        Window(10, 60.0, name="minute"), buckets={"exec": [Window(3, AT_ONCE, per="agent_id")]}
    )
    service = client(limits, Platform(latency=1.0), clock)
    await service.call(READ, "a")
    running = asyncio.gather(*(service.call(EXEC, "x") for _ in range(5)))
    await asyncio.sleep(0)

    minute, few = limits.snapshot(clock=clock)

    assert (minute.name, minute.limit, minute.remaining, minute.in_flight) == ("minute", 10, 6, 3)
    assert minute.reset_after == pytest.approx(60.0)
    assert (few.bucket, few.key, few.name, few.remaining, few.queued) == ("exec", "x", "3 at a time", 0, 2)
    assert few.reset_after is None
    await running


async def test_what_a_usage_endpoint_tells_is_in_force() -> None:
    limits = RateLimit(max_wait=1.0)
    clock = VirtualClock()
    limits.learn([Limit(100, 0, 30.0)], clock=clock)

    with pytest.raises(RateLimited):
        await client(limits, Platform(), clock).call(READ, "a")


async def test_a_limited_client_waits_out_what_a_server_says(connect: Connect, clock: FakeClock) -> None:
    empty = {"x_ratelimit_limit": "5", "x_ratelimit_remaining": "0", "x_ratelimit_reset": "30"}
    async with RawServer(answer(**empty), answer()) as server:
        service = connect(server, limits=RateLimit())

        await service.call(READ, "a")
        await service.call(READ, "b")

    assert clock.now == pytest.approx(30.0, abs=0.01)
