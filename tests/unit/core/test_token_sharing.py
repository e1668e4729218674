from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
from renewals import CLOCK, GOOD, OLD, Api, CountingStore, Renewals, a_call, token
from service import until

from flexsdk.core import tokens
from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import ambient, deadline
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth, hold
from flexsdk.errors import ConnectionLost, Timeout, Unauthorized


@pytest.fixture
def renewals() -> Renewals:
    return Renewals()


# --- one renewal for all


async def test_ten_thousand_tasks_share_one_renewal(renewals: Renewals) -> None:
    store = CountingStore(OLD)
    auth, api = TokenAuth(renewals, store), Api(token(1))
    call = a_call()

    replies = await asyncio.gather(*(auth(call, api) for _ in range(10_000)))

    assert {reply.status for reply in replies} == {200}
    assert len(renewals.stale) == 1
    assert store.loads == 1


async def test_ten_thousand_tasks_with_a_refused_token_share_one_renewal(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api(token(1))
    call = a_call()

    replies = await asyncio.gather(*(auth(call, api) for _ in range(10_000)))

    assert {reply.status for reply in replies} == {200}
    assert len(renewals.stale) == 1


async def test_the_first_task_is_cancelled_and_the_others_get_its_token(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(OLD)), Api(token(1))
    renewals.gate.clear()
    tasks = [asyncio.ensure_future(auth(a_call(), api)) for _ in range(10)]
    await until(lambda: renewals.stale)

    tasks[0].cancel()
    await asyncio.sleep(0)
    renewals.gate.set()
    replies = await asyncio.gather(*tasks[1:])

    assert tasks[0].cancelled()
    assert {reply.status for reply in replies} == {200}
    assert len(renewals.stale) == 1


async def test_a_renewal_goes_on_when_all_its_waiters_are_cancelled(renewals: Renewals) -> None:
    store = CountingStore(OLD)
    auth = TokenAuth(renewals, store)
    renewals.gate.clear()
    task = asyncio.ensure_future(auth(a_call(), Api()))
    await until(lambda: renewals.stale)

    task.cancel()
    await asyncio.sleep(0)
    renewals.gate.set()
    await until(lambda: store.saved)

    assert await auth.token(CLOCK.time()) == token(1)
    assert len(renewals.stale) == 1


async def test_a_cancelled_renewal_is_taken_over_by_the_next(renewals: Renewals) -> None:
    auth = TokenAuth(renewals, MemoryStore(OLD))
    renewals.gate.clear()
    tasks = [asyncio.ensure_future(auth.token(CLOCK.time())) for _ in range(3)]
    await until(lambda: renewals.stale)

    flight = auth._renewals.get().task
    assert flight is not None
    flight.cancel()
    await until(lambda: len(renewals.stale) == 2)
    renewals.gate.set()

    assert await asyncio.gather(*tasks) == [token(2)] * 3
    assert len(renewals.stale) == 2


async def test_a_task_that_comes_late_with_an_old_token_takes_the_new_one(renewals: Renewals) -> None:
    store = CountingStore(GOOD)
    auth, api = TokenAuth(renewals, store), Api(token(1))
    waiting = asyncio.Event()

    async def slow(call: Call) -> Reply[Any]:
        reply = await api(call)
        if api.sent[-1] == GOOD.access:
            await waiting.wait()
        return reply

    late = asyncio.ensure_future(auth(a_call(), slow))
    await asyncio.sleep(0)
    await auth(a_call(), api)
    waiting.set()

    assert (await late).status == 200
    assert len(renewals.stale) == 1
    assert store.loads == 2


def test_two_threads_with_a_loop_each_renew_once() -> None:
    stale: list[Token | None] = []
    together = threading.Barrier(2, timeout=5)

    async def renew(old: Token | None) -> Token:
        stale.append(old)
        await asyncio.sleep(0.02)
        return token(1)

    auth = TokenAuth(renew, MemoryStore(OLD))
    found: list[Token] = []

    def work() -> None:
        together.wait()
        found.append(asyncio.run(auth.token(CLOCK.time())))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=5)

    assert found == [token(1)] * 2
    assert stale == [OLD]


# --- failures and time


async def test_a_failed_renewal_reaches_each_waiter_as_an_error_of_its_own() -> None:
    renewals = Renewals(ConnectionLost("cut"))
    auth = TokenAuth(renewals, MemoryStore(OLD))

    results = await asyncio.gather(*(auth.token(CLOCK.time()) for _ in range(5)), return_exceptions=True)

    assert {type(each) for each in results} == {ConnectionLost}
    assert len({id(each) for each in results}) == 5
    assert len(renewals.stale) == 1


async def test_the_next_call_after_a_failure_tries_again() -> None:
    renewals = Renewals(ConnectionLost("cut"))
    auth, api = TokenAuth(renewals, MemoryStore(OLD)), Api(token(2))
    with pytest.raises(ConnectionLost):
        await auth(a_call(), api)

    reply = await auth(a_call(), api)

    assert reply.status == 200
    assert renewals.stale == [OLD, OLD]


async def test_a_failure_that_nobody_waited_for_is_not_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    renewals = Renewals(Unauthorized("over", status=401))
    auth = TokenAuth(renewals, MemoryStore(OLD))
    renewals.gate.clear()
    task = asyncio.ensure_future(auth.token(CLOCK.time()))
    await until(lambda: renewals.stale)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    renewals.gate.set()
    await until(lambda: not renewals.failures)
    del auth, task
    gc.collect()

    assert caplog.records == []


async def test_the_deadline_of_a_call_bounds_its_wait_but_not_the_renewal(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(OLD)), Api(token(1))
    renewals.gate.clear()
    patient = asyncio.ensure_future(auth(a_call(), api))

    with pytest.raises(Timeout) as caught:
        await auth(a_call(deadline=0.01), api)
    renewals.gate.set()

    assert caught.value.phase == "deadline"
    assert (await patient).status == 200
    assert len(renewals.stale) == 1


async def test_a_timeout_of_the_renewal_itself_stays_what_it_is() -> None:
    renewals = Renewals(Timeout("no answer", phase="attempt", seconds=30.0))
    auth = TokenAuth(renewals, MemoryStore(OLD))

    with pytest.raises(Timeout) as caught:
        await auth(a_call(deadline=5.0), Api())

    assert caught.value.phase == "attempt"


async def test_the_deadline_around_the_first_caller_is_not_that_of_the_renewal() -> None:
    seen: list[float | None] = []

    async def renew(stale: Token | None) -> Token:
        seen.append(ambient.get())
        return token(1)

    with deadline(30.0):
        await TokenAuth(renew, MemoryStore(OLD)).token(CLOCK.time())

    assert seen == [None]


# --- locks


async def test_a_lock_that_stays_taken_is_waited_for_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(tokens, "HOLD_SECONDS", 0.01)

    with pytest.raises(Timeout) as caught:
        async with hold(lambda: False, lambda: None):
            raise AssertionError("never held")

    assert caught.value.phase == "queue"


async def test_a_lock_is_given_back_after_an_error() -> None:
    store = MemoryStore()

    with pytest.raises(ConnectionLost):
        async with store.lock():
            raise ConnectionLost("cut")

    async with store.lock():
        pass
