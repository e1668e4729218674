"""The client's own slots: how many at a time, in which order, and that each comes back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from service import KEY, READ, FakeClock, Service, until

from flexsdk.core.call import Call, Reply
from flexsdk.core.gate import Gate
from flexsdk.errors import ConfigError, ConnectionLost, Timeout
from flexsdk.types import Handler


async def calls_of(names: str) -> list[Call]:
    """Make real calls, and keep them from being sent."""

    async def keep(call: Call, forward: Handler) -> Reply[Any]:
        return Reply(call, 200, {}, b"{}")

    client = Service(KEY, middlewares=[keep], clock=FakeClock())
    return [(await client.send(READ, name)).call for name in names]


async def call_of(name: str = "a", *, time_left: float | None = None) -> Call:
    (call,) = await calls_of(name)
    call.deadline = time_left
    return call


class Room:
    """What lies behind the gate: each call stays until it is let go."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.inside: deque[asyncio.Future[Reply[Any]]] = deque()
        self.most = 0

    async def __call__(self, call: Call) -> Reply[Any]:
        self.entered.append(call.target[-1])
        leave: asyncio.Future[Reply[Any]] = asyncio.get_running_loop().create_future()
        self.inside.append(leave)
        self._last = call
        self.most = max(self.most, len(self.inside))
        try:
            return await leave
        finally:
            self.inside.remove(leave)

    def let_go(self, *, source: Any = None) -> None:
        self.inside[0].set_result(Reply(self._last, 200, {}, source=source))


class Source:
    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []

    def on_close(self, callback: Callable[[], None]) -> None:
        self.callbacks.append(callback)


async def test_lets_so_many_through_and_the_rest_in_their_order() -> None:
    gate, room = Gate(2), Room()
    tasks = [asyncio.create_task(gate(call, room)) for call in await calls_of("abcde")]

    for _ in tasks:
        await until(lambda: room.inside)
        room.let_go()
        await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*tasks), 2)

    assert room.entered == list("abcde")
    assert room.most == 2


async def test_a_newcomer_does_not_pass_those_who_wait() -> None:
    gate, room = Gate(1), Room()
    tasks = [asyncio.create_task(gate(call, room)) for call in await calls_of("ab")]
    await until(lambda: room.inside)

    room.let_go()
    await tasks[0]
    tasks.append(asyncio.create_task(gate(await call_of("c"), room)))
    for _ in range(2):
        await until(lambda: room.inside)
        room.let_go()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)

    assert room.entered == ["a", "b", "c"]


async def test_a_free_slot_costs_no_turn_of_the_loop() -> None:
    gate, one = Gate(1), await call_of()
    reply: Reply[Any] = Reply(one, 200, {})

    async def at_once(call: Call) -> Reply[Any]:
        return reply

    with pytest.raises(StopIteration) as raised:
        gate(one, at_once).send(None)

    assert raised.value.value is reply


@pytest.mark.parametrize(
    "failure",
    [ConnectionLost("lost"), ValueError("odd"), asyncio.CancelledError()],
    ids=lambda each: type(each).__name__,
)
async def test_a_slot_comes_back_after_a_failure(failure: BaseException) -> None:
    gate, room = Gate(1), Room()

    async def fail(call: Call) -> Reply[Any]:
        raise failure

    with pytest.raises(type(failure)):
        await gate(await call_of(), fail)

    task = asyncio.create_task(gate(await call_of(), room))
    await until(lambda: room.inside)
    room.let_go()
    await task


async def test_a_stream_gives_its_slot_back_when_it_is_closed_and_not_before() -> None:
    gate, room, source = Gate(1), Room(), Source()
    opening = asyncio.create_task(gate(await call_of("s"), room))
    await until(lambda: room.inside)
    room.let_go(source=source)
    await opening

    waiting = asyncio.create_task(gate(await call_of("n"), room))
    for _ in range(5):
        await asyncio.sleep(0)
    assert room.entered == ["s"]

    source.callbacks.pop()()
    await until(lambda: room.inside)
    room.let_go()
    await waiting


async def test_a_slot_handed_to_a_task_in_the_moment_of_its_cancellation_goes_on_to_the_next() -> None:
    gate, room = Gate(1), Room()
    first, second, third = (asyncio.create_task(gate(call, room)) for call in await calls_of("abc"))
    await until(lambda: room.inside)

    room.let_go()
    await asyncio.sleep(0)  # the first gives its slot to the second, which has not run yet
    second.cancel()
    await asyncio.wait([first, second])
    await until(lambda: room.inside)
    room.let_go()
    await third

    assert second.cancelled()
    assert room.entered == ["a", "c"]


async def test_one_who_ran_out_of_time_in_the_queue_takes_no_slot() -> None:
    gate, room = Gate(1), Room()
    first = asyncio.create_task(gate(await call_of("a"), room))
    await until(lambda: room.inside)
    with pytest.raises(Timeout) as raised:
        await gate(await call_of("b", time_left=0.005), room)
    third = asyncio.create_task(gate(await call_of("c"), room))
    for _ in range(2):
        await until(lambda: room.inside)
        room.let_go()
        await asyncio.sleep(0)
    await asyncio.gather(first, third)

    assert raised.value.phase == "queue"
    assert room.entered == ["a", "c"]


async def test_a_call_whose_time_is_over_does_not_even_queue() -> None:
    gate, room = Gate(1), Room()
    first = asyncio.create_task(gate(await call_of("a"), room))
    await until(lambda: room.inside)

    with pytest.raises(Timeout, match="no free slot"):
        await gate(await call_of("b", time_left=-1.0), room)

    room.let_go()
    await first


async def test_many_tasks_with_cancellations_never_lose_or_gain_a_slot() -> None:
    gate, room = Gate(3), Room()
    tasks = [asyncio.create_task(gate(call, room)) for call in await calls_of("x" * 60)]
    for number, task in enumerate(tasks):
        await asyncio.sleep(0)
        if number % 3 == 0:
            task.cancel()
        if room.inside and not room.inside[0].done():
            room.let_go()
    for _ in range(200):
        if room.inside and not room.inside[0].done():
            room.let_go()
        await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.wait(tasks), 2)

    assert room.most <= 3
    assert gate._slots.get().free == 3


@pytest.mark.parametrize("limit", [0, -1])
def test_a_gate_without_slots_is_refused(limit: int) -> None:
    with pytest.raises(ConfigError, match="max_connections must be 1 or more"):
        Gate(limit)
