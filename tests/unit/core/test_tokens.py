from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from service import KEY, READ, FakeClock, Service, until

from flexsdk.core import tokens
from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import deadline
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth, hold, read_token
from flexsdk.errors import ConfigError, ConnectionLost, Timeout, Unauthorized

CLOCK = FakeClock()


def token(number: int, *, left: float = 3600.0) -> Token:
    return Token(
        access=f"flc_test_access_{number}",
        refresh=f"flc_test_refresh_{number}",
        expires_at=CLOCK.time() + left,
        lifetime=3600.0,
    )


OLD = token(0, left=-1)
GOOD = token(0)


def a_call(**options: Any) -> Call:
    """Make a call as a client would."""
    return Service(KEY, clock=CLOCK)._prepare(READ, ("1",), None, None, options)


class Renewals:
    """Gives tokens 1, 2, 3… when the gate is open; ``failures`` come first."""

    def __init__(self, *failures: Exception) -> None:
        self.stale: list[Token | None] = []
        self.failures = list(failures)
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, stale: Token | None) -> Token:
        self.stale.append(stale)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        return token(len(self.stale))


class Api:
    """The rest of the way: accepts some tokens and notes what was sent."""

    def __init__(self, *accepted: Token) -> None:
        self.accepted = {each.access for each in accepted}
        self.sent: list[str] = []

    async def __call__(self, call: Call) -> Reply[Any]:
        sent = call.credentials["Authorization"].removeprefix("Bearer ")
        self.sent.append(sent)
        return Reply(call, 200 if sent in self.accepted else 401, {})


class CountingStore(MemoryStore):
    def __init__(self, *held: Token) -> None:
        super().__init__(*held)
        self.loads = 0
        self.saved: list[Token] = []
        self.failures: list[Exception] = []

    async def load(self) -> Token | None:
        self.loads += 1
        return await super().load()

    async def save(self, token: Token) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.saved.append(token)
        await super().save(token)


@pytest.fixture
def renewals() -> Renewals:
    return Renewals()


# --- when a token is renewed


@pytest.mark.parametrize(
    ("left", "lifetime", "fresh"),
    [
        pytest.param(61, 3600, True, id="more-than-a-minute-left"),
        pytest.param(59, 3600, False, id="less-than-a-minute-left"),
        pytest.param(-1, 3600, False, id="expired"),
        pytest.param(16, 60, True, id="short-lived-in-its-third-quarter"),
        pytest.param(14, 60, False, id="short-lived-in-its-last-quarter"),
        pytest.param(61, None, True, id="of-unknown-lifetime"),
        pytest.param(59, None, False, id="of-unknown-lifetime-and-late"),
    ],
)
def test_a_token_is_good_until_shortly_before_it_expires(
    left: float, lifetime: float | None, fresh: bool
) -> None:
    held = Token(access="flc_test_access", expires_at=1000.0 + left, lifetime=lifetime)

    assert held.fresh(1000.0) is fresh


def test_a_token_without_an_end_is_good_until_it_is_refused() -> None:
    assert Token(access="flc_test_access").fresh(1e12)


async def test_a_good_token_is_sent_and_nothing_is_renewed(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api(GOOD)

    reply = await auth(a_call(), api)

    assert reply.status == 200
    assert renewals.stale == []


async def test_a_stored_token_is_loaded_once(renewals: Renewals) -> None:
    store = CountingStore(GOOD)
    auth, api = TokenAuth(renewals, store), Api(GOOD)

    for _ in range(3):
        await auth(a_call(), api)

    assert store.loads == 1


async def test_a_token_is_renewed_before_it_expires_and_stored_before_it_is_used(renewals: Renewals) -> None:
    store = CountingStore(OLD)
    auth = TokenAuth(renewals, store)

    async def api(call: Call) -> Reply[Any]:
        assert store.saved == [token(1)]
        return await Api(token(1))(call)

    reply = await auth(a_call(), api)

    assert reply.status == 200
    assert renewals.stale == [OLD]


async def test_a_missing_token_is_asked_for_with_none(renewals: Renewals) -> None:
    auth = TokenAuth(renewals, MemoryStore())

    assert await auth.token(CLOCK.time()) == token(1)
    assert renewals.stale == [None]


async def test_a_refused_token_is_renewed_and_the_call_repeated_once(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api(token(1))

    reply = await auth(a_call(), api)

    assert reply.status == 200
    assert api.sent == [GOOD.access, token(1).access]


async def test_a_call_is_repeated_no_more_than_once(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api()

    reply = await auth(a_call(), api)

    assert reply.status == 401
    assert len(api.sent) == 2
    assert len(renewals.stale) == 1


async def test_a_refusal_that_a_new_token_does_not_cure_renews_nothing_for_half_a_minute() -> None:
    renewals, clock = Renewals(), FakeClock()
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api()
    service = Service(KEY, clock=clock)

    for _ in range(5):
        await auth(service._prepare(READ, ("1",), None, None, {}), api)
    renewed_at_once = len(renewals.stale)
    clock.now += 31
    await auth(service._prepare(READ, ("1",), None, None, {}), api)

    assert (renewed_at_once, len(renewals.stale)) == (1, 2)


async def test_a_token_revoked_again_and_again_is_renewed_each_time(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api()

    for number in range(1, 4):
        api.accepted = {token(number).access}
        assert (await auth(a_call(), api)).status == 200

    assert len(renewals.stale) == 3


async def test_a_call_that_cannot_be_repeated_is_not(renewals: Renewals) -> None:
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api(token(1))
    call = a_call()
    call.body = _Once()  # type: ignore[assignment]  # as a body that is read from an iterator

    reply = await auth(call, api)

    assert reply.status == 401
    assert renewals.stale == []


class _Once:
    replayable = False


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
    auth, api = TokenAuth(renewals, MemoryStore(GOOD)), Api(token(1))
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


# --- the store is the truth


async def test_a_token_that_another_process_has_stored_is_taken(renewals: Renewals) -> None:
    store = MemoryStore(GOOD)
    auth, api = TokenAuth(renewals, store), Api(token(7))
    await auth.token(CLOCK.time())

    await store.save(token(7))
    reply = await auth(a_call(), api)

    assert reply.status == 200
    assert renewals.stale == []


async def test_a_stored_token_that_is_no_longer_good_is_the_one_that_is_renewed(renewals: Renewals) -> None:
    store = MemoryStore(GOOD)
    auth, api = TokenAuth(renewals, store), Api(token(1))
    await auth.token(CLOCK.time())

    await store.save(token(7, left=-1))
    await auth(a_call(), api)

    assert renewals.stale == [token(7, left=-1)]


async def test_two_objects_with_one_store_renew_once_between_them(
    renewals: Renewals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LOOK_SECONDS", 0.001)
    store = MemoryStore(OLD)
    one, two = TokenAuth(renewals, store), TokenAuth(renewals, store)
    renewals.gate.clear()

    both = asyncio.gather(one.token(CLOCK.time()), two.token(CLOCK.time()))
    await until(lambda: renewals.stale)
    renewals.gate.set()

    assert await both == [token(1), token(1)]
    assert len(renewals.stale) == 1


async def test_a_token_that_the_store_did_not_take_is_stored_later_and_not_renewed_again(
    renewals: Renewals,
) -> None:
    store = CountingStore(OLD)
    store.failures = [OSError("disk full")]
    auth, api = TokenAuth(renewals, store), Api(token(1))

    with pytest.raises(OSError, match="disk full"):
        await auth(a_call(), api)
    reply = await auth(a_call(), api)

    assert reply.status == 200
    assert store.saved == [token(1)]
    assert len(renewals.stale) == 1


async def test_a_kept_token_is_used_and_stored(renewals: Renewals) -> None:
    store = CountingStore(GOOD)
    auth, api = TokenAuth(renewals, store), Api(token(5))
    await auth.token(CLOCK.time())

    await auth.keep(token(5))

    assert (await auth(a_call(), api)).status == 200
    assert store.saved == [token(5)]


async def test_a_forgotten_token_is_neither_used_nor_stored(renewals: Renewals) -> None:
    store = MemoryStore(GOOD)
    auth = TokenAuth(renewals, store)
    await auth.token(CLOCK.time())

    assert await auth.forget() == GOOD

    assert await store.load() is None
    assert await auth.token(CLOCK.time()) == token(1)
    assert renewals.stale == [None]


async def test_forgetting_waits_for_the_renewal_in_flight(
    renewals: Renewals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LOOK_SECONDS", 0.001)
    store = MemoryStore(OLD)
    auth = TokenAuth(renewals, store)
    renewals.gate.clear()
    renewing = asyncio.ensure_future(auth.token(CLOCK.time()))
    await until(lambda: renewals.stale)

    forgetting = asyncio.ensure_future(auth.forget())
    renewals.gate.set()
    await asyncio.gather(renewing, forgetting)

    assert await store.load() is None
    assert auth._token is None


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
    renewals.gate.set()
    await until(lambda: not renewals.failures)
    del auth
    await asyncio.sleep(0)
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
    from flexsdk.core.deadline import ambient

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


# --- secrets


def test_a_token_shows_itself_nowhere() -> None:
    shown = f"{GOOD!r} {GOOD} {list(GOOD.__rich_repr__())} {TokenAuth(Renewals(), MemoryStore(GOOD))!r}"

    assert "flc_test" not in shown


@pytest.mark.parametrize(
    "thing",
    [GOOD, MemoryStore(GOOD), TokenAuth(lambda _: asyncio.sleep(0, GOOD), MemoryStore(GOOD))],
    ids=["token", "store", "auth"],
)
def test_nothing_that_holds_a_token_is_pickled(thing: object) -> None:
    with pytest.raises((TypeError, AttributeError)):
        pickle.dumps(thing)


def test_a_token_can_be_copied() -> None:
    assert copy.copy(GOOD) == GOOD


def test_a_token_that_would_break_the_header_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        Token(access="flc_test\r\nX-Evil: 1")

    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"access": 1}', b'{"access": "flc_test\\u0000"}', b"\xff\xfe", b'{"refresh": "flc_test"}'],
    ids=["empty", "cut", "of-another-type", "with-a-control-character", "no-utf-8", "without-access"],
)
def test_what_is_no_token_is_refused_without_being_shown(raw: bytes) -> None:
    with pytest.raises(ConfigError, match="the drawer holds no token") as caught:
        read_token(raw, "the drawer")

    assert "flc_test" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


_Lock = Callable[[], AsyncIterator[None]]


@asynccontextmanager
async def _unlocked() -> AsyncIterator[None]:
    yield
