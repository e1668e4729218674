from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest
from renewals import CLOCK, GOOD, OLD, Api, CountingStore, Renewals, a_call, token
from service import KEY, READ, FakeClock, Service, until

from flexsdk.core import tokens
from flexsdk.core.call import Call, Reply
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth, read_token
from flexsdk.errors import ConfigError


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
    assert api.sent == [token(5).access]
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
    with pytest.raises(TypeError, match="pickle"):
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
