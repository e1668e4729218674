from __future__ import annotations

import base64
import hashlib

import pytest
from authority import CLIENT_ID, CLIENT_SECRET, HOME, Authority, Make, back, client, query_of, refused, stored
from service import READ, FakeClock

from flexsdk.core.tokens import MemoryStore
from flexsdk.errors import (
    ConfigError,
    ConnectFailed,
    LoginRequired,
    Unauthorized,
)

# --- the login


def test_the_login_address_asks_for_a_code(make: Make, authority: Authority) -> None:
    url, state, verifier = make(scope="customers:read users:read").authorization_url()

    assert url.startswith(f"{authority.url}/oauth/authorize?")
    assert query_of(url) == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": HOME,
        "scope": "customers:read users:read",
        "state": state,
    }
    assert verifier is None


def test_every_login_has_a_state_of_its_own_that_cannot_be_guessed(make: Make) -> None:
    oauth = make()

    states = {oauth.authorization_url().state for _ in range(100)}

    assert len(states) == 100
    assert min(map(len, states)) >= 43


def test_a_login_with_pkce_sends_the_hash_of_its_verifier(make: Make) -> None:
    url, _, verifier = make(pkce=True).authorization_url()

    assert verifier is not None
    assert 43 <= len(verifier) <= 128
    digest = hashlib.sha256(verifier.encode()).digest()
    assert query_of(url)["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert query_of(url)["code_challenge_method"] == "S256"


async def test_the_code_is_exchanged_for_a_token_that_is_stored(
    make: Make, authority: Authority, clock: FakeClock
) -> None:
    store = MemoryStore()
    oauth = make(store=store, pkce=True)
    login = oauth.authorization_url()

    token = await oauth.exchange(back(login), login.state, login.verifier)

    assert authority.token_requests == [
        {
            "grant_type": "authorization_code",
            "code": "flc_test_code",
            "redirect_uri": HOME,
            "code_verifier": login.verifier,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
    ]
    assert (token.access, token.refresh) == ("flc_test_access_1", "flc_test_refresh_1")
    assert token.expires_at == clock.time() + 3600
    assert await store.load() == token


async def test_a_login_lets_clients_in(make: Make, authority: Authority, clock: FakeClock) -> None:
    oauth = make()
    login = oauth.authorization_url()
    await oauth.exchange(back(login), login.state)

    async with client(authority, oauth, clock) as service:
        item = await service.call(READ, "1")

    assert item.id == "1"
    assert len(authority.token_requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        "{home}?code=flc_test_code&state=another",
        "{home}?code=flc_test_code",
        "{home}?code=flc_test_code&state=",
        "{home}?code=flc_test_code&state={state}&state=another",
        "{home}?code=flc_test_code#state={state}",
        "{home}?error=access_denied&state=another",
        "{home}?code=flc_test_code&state={state}%C3%A9",
        "",
    ],
    ids=["wrong", "missing", "empty", "twice", "in-the-fragment", "of-a-refusal", "not-ascii", "nothing"],
)
async def test_a_redirect_with_another_state_is_not_used(
    make: Make, authority: Authority, address: str
) -> None:
    oauth = make()
    login = oauth.authorization_url()

    with pytest.raises(LoginRequired) as caught:
        await oauth.exchange(address.format(home=HOME, state=login.state), login.state)

    assert caught.value.code == "state_mismatch"
    assert authority.token_requests == []
    assert "flc_test" not in str(caught.value)


async def test_an_empty_state_never_matches(make: Make, authority: Authority) -> None:
    with pytest.raises(ConfigError, match="state"):
        await make().exchange(f"{HOME}?code=flc_test_code", "")

    assert authority.token_requests == []


async def test_a_refused_login_says_why(make: Make, authority: Authority) -> None:
    oauth = make()
    login = oauth.authorization_url()

    with pytest.raises(LoginRequired, match="not now") as caught:
        await oauth.exchange(
            f"{HOME}?error=access_denied&error_description=not%20now&state={login.state}", login.state
        )

    assert caught.value.code == "access_denied"
    assert authority.token_requests == []


async def test_a_redirect_without_a_code_is_refused(make: Make) -> None:
    oauth = make()
    login = oauth.authorization_url()

    with pytest.raises(LoginRequired, match="no code"):
        await oauth.exchange(f"{HOME}?state={login.state}", login.state)


async def test_a_login_with_pkce_needs_its_verifier(make: Make, authority: Authority) -> None:
    oauth = make(pkce=True)
    login = oauth.authorization_url()

    with pytest.raises(ConfigError, match="verifier"):
        await oauth.exchange(back(login), login.state)

    assert authority.token_requests == []


async def test_a_code_that_is_no_longer_good_needs_a_new_login(make: Make, authority: Authority) -> None:
    authority.grants = [lambda _: refused("invalid_grant", "The code has expired.")]
    oauth = make()
    login = oauth.authorization_url()

    with pytest.raises(LoginRequired, match="The code has expired") as caught:
        await oauth.exchange(back(login), login.state)

    assert isinstance(caught.value, Unauthorized)
    assert caught.value.code == "invalid_grant"


# --- the end of a login


async def test_a_refused_refresh_token_needs_a_new_login_and_is_not_sent_again(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    authority.grants = [lambda _: refused("invalid_grant", "The refresh token is invalid.")]
    async with client(authority, make(store=expired), clock) as service:
        for _ in range(3):
            with pytest.raises(LoginRequired):
                await service.call(READ, "1")

    assert len(authority.token_requests) == 1
    assert authority.api_requests == []


async def test_without_a_token_nothing_is_sent(make: Make, authority: Authority, clock: FakeClock) -> None:
    async with client(authority, make(), clock) as service:
        with pytest.raises(LoginRequired, match="authorization_url"):
            await service.call(READ, "1")

    assert authority.token_requests == []
    assert authority.api_requests == []


async def test_a_new_login_ends_the_need_for_one(
    make: Make, authority: Authority, clock: FakeClock, expired: MemoryStore
) -> None:
    authority.grants = [lambda _: refused("invalid_grant")]
    oauth = make(store=expired)
    with pytest.raises(LoginRequired):
        await oauth.token(clock.time())

    login = oauth.authorization_url()
    await oauth.exchange(back(login), login.state)

    assert (await oauth.token(clock.time())).access == "flc_test_access_2"


async def test_logout_forgets_the_token_here(make: Make, authority: Authority, clock: FakeClock) -> None:
    store = MemoryStore(stored(authority, clock))
    oauth = make(store=store)
    await oauth.token(clock.time())

    await oauth.logout()

    assert await store.load() is None
    with pytest.raises(LoginRequired):
        await oauth.token(clock.time())
    assert authority.token_requests == []


async def test_logout_tells_the_server_where_it_has_an_endpoint_for_it(
    make: Make, authority: Authority, clock: FakeClock
) -> None:
    store = MemoryStore(stored(authority, clock))

    await make(store=store, revoke_url=f"{authority.url}/oauth/revoke").logout()

    assert authority.token_requests == [
        {"token": "flc_test_refresh_1", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    ]


async def test_logout_forgets_the_token_also_when_the_server_cannot_be_told(
    make: Make, authority: Authority, clock: FakeClock
) -> None:
    store = MemoryStore(stored(authority, clock))
    oauth = make(store=store, revoke_url="http://127.0.0.1:9/oauth/revoke")

    clock.now += 0.0
    with pytest.raises(ConnectFailed):
        await oauth.logout()

    assert await store.load() is None
