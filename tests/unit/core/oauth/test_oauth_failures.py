from __future__ import annotations

import copy
import logging
import pickle
import traceback
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from authority import CLIENT_ID, CLIENT_SECRET, Authority, Make, back, refused
from service import FakeClock

from flexsdk.codec import decoder
from flexsdk.core.oauth import TokenAnswer
from flexsdk.core.tokens import MemoryStore
from flexsdk.errors import (
    BadRequest,
    ConfigError,
    DecodeError,
    LoginRequired,
    RateLimited,
    ServerError,
    Unauthorized,
)

# --- failures of the token endpoint


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        pytest.param(
            lambda _: refused("invalid_client", status=401), Unauthorized, "invalid_client", id="client"
        ),
        pytest.param(lambda _: refused("invalid_scope"), BadRequest, "invalid_scope", id="scope"),
        pytest.param(
            lambda _: web.json_response({"error": "invalid_request", "hint": "Check the code"}, status=400),
            BadRequest,
            "Check the code",
            id="hint-only",
        ),
        pytest.param(
            lambda _: web.Response(status=500, text="<html>"), ServerError, "500", id="page-of-a-proxy"
        ),
        pytest.param(
            lambda _: web.json_response({"error": 7}, status=400), BadRequest, "400", id="odd-error"
        ),
        pytest.param(lambda _: web.json_response({}), DecodeError, "access_token", id="no-token"),
        pytest.param(lambda _: web.Response(text="hello"), DecodeError, "malformed", id="no-json"),
        pytest.param(
            lambda _: web.json_response({"access_token": "flc_test_x", "token_type": "mac"}),
            DecodeError,
            "type",
            id="token-of-another-type",
        ),
        pytest.param(
            lambda _: web.json_response({"access_token": "flc_test_x\n"}),
            ConfigError,
            "access token",
            id="newline",
        ),
    ],
)
async def test_a_failure_of_the_token_endpoint_is_an_error_of_ours(
    make: Make,
    authority: Authority,
    clock: FakeClock,
    expired: MemoryStore,
    answer: Any,
    kind: type[Exception],
    text: str,
) -> None:
    authority.grants = [answer]
    held = await expired.load()

    with pytest.raises(kind, match=text) as caught:
        await make(store=expired).token(clock.time())

    assert type(caught.value) is kind
    assert await expired.load() == held


async def test_a_token_endpoint_that_asks_to_wait_is_asked_again(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    authority.grants = [
        lambda _: web.json_response({"error": "slow_down"}, status=429, headers={"Retry-After": "7"})
    ]

    await make(store=expired).token(clock.time())

    assert len(authority.token_requests) == 2
    assert clock.slept[0] >= 7


async def test_a_token_request_that_may_have_arrived_is_not_repeated(
    make: Make, clock: FakeClock, authority: Authority, expired: MemoryStore
) -> None:
    authority.grants = [lambda _: web.Response(status=500), lambda _: web.Response(status=500)]

    with pytest.raises(ServerError):
        await make(store=expired).token(clock.time())

    assert len(authority.token_requests) == 1


async def test_a_token_request_with_all_its_waits_ends_within_a_minute(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    authority.grants = [lambda _: web.Response(status=429, headers={"Retry-After": "40"})] * 3

    with pytest.raises(RateLimited):
        await make(store=expired).token(clock.time())

    assert len(authority.token_requests) == 2


async def test_a_wish_to_wait_beyond_a_minute_is_not_waited_out(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    authority.grants = [lambda _: web.json_response({}, status=429, headers={"Retry-After": "3600"})]

    with pytest.raises(RateLimited) as caught:
        await make(store=expired).token(clock.time())

    assert caught.value.retry_after == 3600
    assert clock.slept == []


async def test_a_session_of_the_users_own_is_used_and_left_open(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    used: list[str] = []

    async def note(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        used.append(request.url.path)
        response: aiohttp.ClientResponse = await handler(request)
        return response

    async with aiohttp.ClientSession(middlewares=(note,)) as session:
        await make(store=expired, session=session).token(clock.time())

        assert not session.closed
    assert used == ["/oauth/token"]


# --- settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("client_id", ""),
        ("client_secret", ""),
        ("redirect_uri", ""),
        ("authorize_url", "http://login.example/authorize"),
        ("token_url", "http://login.example/token"),
        ("token_url", "https://user:flc_test_password@login.example/token"),
        ("revoke_url", "ftp://login.example/revoke"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(make: Make, setting: str, value: str) -> None:
    with pytest.raises(ConfigError, match=setting) as caught:
        make(**{setting: value})

    assert "flc_test" not in str(caught.value)


async def test_a_slash_at_the_end_of_an_address_is_kept(make: Make, authority: Authority) -> None:
    url = make(authorize_url="https://login.example/authorize/").authorization_url().url

    assert url.startswith("https://login.example/authorize/?")


# --- secrets


@pytest.mark.parametrize(
    "answer",
    [
        lambda sent: refused("invalid_grant", f"unknown token {sent['refresh_token']}"),
        lambda sent: refused("invalid_client", f"wrong secret {sent['client_secret']}", 401),
        lambda sent: web.json_response({"error": sent["client_secret"]}, status=400),
        lambda sent: web.Response(status=500, text=repr(sent)),
        lambda _: web.json_response({"access_token": "flc_test_access_9", "expires_in": "soon"}),
        lambda _: web.Response(text='{"access_token": "flc_test_access_9"'),
    ],
    ids=["token-in-prose", "secret-in-prose", "secret-as-code", "request-echoed", "odd-answer", "cut-answer"],
)
async def test_no_error_of_the_token_endpoint_holds_a_credential(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore, answer: Any
) -> None:
    authority.grants = [answer]

    with pytest.raises((Unauthorized, BadRequest, ServerError, DecodeError)) as caught:
        await make(store=expired).token(clock.time())

    error = caught.value
    shown = "".join(traceback.format_exception(error))
    seen = f"{error} {error!r} {vars(error)} {pickle.dumps(error)!r} {shown}"
    assert "flc_test_refresh" not in seen
    assert "flc_test_access" not in seen
    assert CLIENT_SECRET not in seen


async def test_the_frames_of_an_error_hold_no_credential_either(make: Make, authority: Authority) -> None:
    authority.grants = [lambda _: web.Response(text='{"access_token": "flc_test_access_9"')]
    oauth = make()
    login = oauth.authorization_url()

    with pytest.raises(DecodeError) as caught:
        await oauth.exchange(back(login), login.state)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    seen = "".join(told.format())
    assert "flc_test_access" not in seen
    assert CLIENT_SECRET not in seen


async def test_nothing_of_a_login_is_logged(
    make: Make,
    authority: Authority,
    clock: FakeClock,
    expired: MemoryStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    oauth = make(store=expired, pkce=True)
    login = oauth.authorization_url()

    await oauth.exchange(back(login), login.state, login.verifier)
    clock.now += 4000
    await oauth.token(clock.time())

    assert "flc_test" not in caplog.text


def test_a_login_shows_neither_secret_nor_state(make: Make) -> None:
    oauth = make(pkce=True)
    login = oauth.authorization_url()

    assert CLIENT_SECRET not in f"{oauth!r} {oauth}"
    assert login.state not in repr(login)
    assert repr(oauth).startswith(f"<OAuth2 {CLIENT_ID} at ")


def test_a_login_is_not_pickled_but_its_state_can_be_kept(make: Make) -> None:
    oauth = make(pkce=True)
    login = oauth.authorization_url()

    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(oauth)
    assert pickle.loads(pickle.dumps(login)) == login


def test_an_error_survives_a_process_border() -> None:
    error = LoginRequired("begin anew", status=0, code="invalid_grant")

    other = pickle.loads(pickle.dumps(copy.copy(error)))

    assert (str(other), other.code, type(other)) == (str(error), "invalid_grant", LoginRequired)


def test_the_answer_of_a_token_request_hides_its_tokens() -> None:

    raw = b'{"access_token": "flc_test_a", "refresh_token": "flc_test_r"}'

    answer = decoder(TokenAnswer)(raw)

    assert "flc_test" not in repr(answer)
