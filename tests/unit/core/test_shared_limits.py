"""Limits that processes share: what a client that is closed tells the store, and which store serves."""

from __future__ import annotations

import asyncio

import pytest
from servers import RawServer, answer
from service import READ, Connect

from flexsdk.core import courier
from flexsdk.core.clock import SystemClock
from flexsdk.core.limits import RateLimit, Window
from flexsdk.protocol.stock import Delivery, Fallback, Order


class Store:
    """Books whatever is wanted, at once or, from its second order on, never."""

    fallback: Fallback = "open"

    def __init__(self, *, hangs: bool = False) -> None:
        self.booked: set[str] = set()
        self.answered: set[str] = set()
        self._hangs = hangs

    async def book(self, scope: str, order: Order) -> Delivery:
        if self._hangs and self.booked:
            await asyncio.Event().wait()
        await asyncio.sleep(0.01)  # longer than closing a session takes
        if order.generation != "g":
            return Delivery("g", 1, ())  # a process that it meets for the first time
        self.answered |= {booking for booking, _ in order.answered} | set(order.unused)
        fresh = {f"b{len(self.booked) + number}" for number in range(order.want)}
        self.booked |= fresh
        return Delivery("g", 1, tuple((booking, 0.0) for booking in sorted(fresh)))


async def test_closing_tells_the_store_of_every_answer(connect: Connect) -> None:
    store = Store()
    async with RawServer(answer()) as server:
        client = connect(server, limits=RateLimit(Window(5, 60.0), store=store), clock=SystemClock())
        await client.call(READ, "a")

        await client.aclose()

    assert store.booked == store.answered != set()


async def test_closing_does_not_wait_for_a_store_that_hangs(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "IDLE_SECONDS", 0.02)
    store = Store(hangs=True)
    async with RawServer(answer()) as server:
        client = connect(server, limits=RateLimit(Window(5, 60.0), store=store), clock=SystemClock())
        await client.call(READ, "a")

        async with asyncio.timeout(5.0):
            await client.aclose()

    assert store.answered == set()
    (carrying,) = asyncio.all_tasks() - {asyncio.current_task()}
    carrying.cancel()


@pytest.mark.parametrize("first", [None, Store()], ids=["without a store", "with one"])
def test_a_store_that_comes_too_late_is_warned_of(
    first: Store | None, caplog: pytest.LogCaptureFixture
) -> None:
    scope = f"service api.example.com {first}"
    early = RateLimit(Window(5, 60.0), store=first).bind(scope)

    late = RateLimit(Window(5, 60.0), store=Store()).bind(scope)

    warned = [record.message for record in caplog.records if record.name == "flexsdk"]
    assert ("limits are not shared" in "".join(warned)) is (first is None)
    assert early.waiting == late.waiting == 0
