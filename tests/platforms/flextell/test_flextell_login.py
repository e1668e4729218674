from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from authority import CLIENT_ID, CLIENT_SECRET, HOME, Authority, back, refused, stored
from service import FakeClock

from flexsdk.core.tokens import MemoryStore
from flexsdk.errors import ConfigError
from flexsdk.platforms.flextell import Flextell, FlextellOAuth, LoginRequired


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ID": CLIENT_ID, "SECRET": CLIENT_SECRET}.items():
        monkeypatch.setenv(f"FLEXTELL_CLIENT_{name}", value)
    for name in ("API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"FLEXTELL_{name}", raising=False)


def test_the_login_is_at_the_root_of_flextells_host() -> None:
    login = FlextellOAuth(redirect_uri=HOME, scope="customers:read").authorization_url()

    assert login.url.startswith("https://dev.flextell.ai/oauth/authorize?response_type=code&")
    assert parse_qs(urlsplit(login.url).query)["client_id"] == [CLIENT_ID]


def test_another_address_in_the_environment_is_that_of_the_login_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEXTELL_BASE_URL", "https://staging.example:8443/api/v0.0.1")

    url = FlextellOAuth(redirect_uri=HOME).authorization_url().url

    assert url.startswith("https://staging.example:8443/oauth/authorize?")


@pytest.mark.parametrize("name", ["ID", "SECRET"])
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(f"FLEXTELL_CLIENT_{name}")

    with pytest.raises(ConfigError, match=f"FLEXTELL_CLIENT_{name}"):
        FlextellOAuth(redirect_uri=HOME)


async def test_from_the_login_to_the_first_call_and_a_renewal(clock: FakeClock) -> None:
    async with Authority() as authority:
        base_url = f"{authority.url}/api"
        oauth = FlextellOAuth(redirect_uri=HOME, base_url=base_url, pkce=True, clock=clock)
        login = oauth.authorization_url()
        await oauth.exchange(back(login), login.state, login.verifier)
        async with Flextell(auth=oauth, base_url=base_url, clock=clock) as flextell:
            contacts = flextell.with_tenant(42).collection("contacts", dict)
            authority.api = contact
            await contacts.get("7")
            clock.now += 3600
            await asyncio.gather(*(contacts.get("7") for _ in range(20)))

    login_request, renewal = authority.token_requests
    assert (login_request["grant_type"], renewal["grant_type"]) == ("authorization_code", "refresh_token")
    assert login.verifier is not None
    assert login_request["code_verifier"] == login.verifier
    assert {each.headers["X-Tenant"] for each in authority.api_requests} == {"42"}
    assert len(authority.api_requests) == 21


async def test_views_and_clients_share_one_renewal(clock: FakeClock) -> None:
    async with Authority() as authority:
        authority.api = contact
        base_url = f"{authority.url}/api"
        store = MemoryStore(stored(authority, clock, left=-1.0))
        oauth = FlextellOAuth(redirect_uri=HOME, base_url=base_url, store=store, clock=clock)
        async with (
            Flextell(auth=oauth, base_url=base_url, clock=clock) as one,
            Flextell(auth=oauth, base_url=base_url, clock=clock) as two,
        ):
            views = [client.with_tenant(tenant) for client in (one, two) for tenant in (1, 2)]
            await asyncio.gather(*(view.collection("contacts", dict).get("7") for view in views))

    assert len(authority.token_requests) == 1


async def test_the_end_of_a_login_is_an_error_that_says_what_to_do(clock: FakeClock) -> None:
    async with Authority() as authority:
        authority.grants = [lambda _: refused("invalid_grant")]
        base_url = f"{authority.url}/api"
        store = MemoryStore(stored(authority, clock, left=-1.0))
        oauth = FlextellOAuth(redirect_uri=HOME, base_url=base_url, store=store, clock=clock)
        async with Flextell(auth=oauth, base_url=base_url, clock=clock) as flextell:
            with pytest.raises(LoginRequired) as caught:
                await flextell.customers.get(9)

    assert caught.value.code == "invalid_grant"


def contact(_: web.Request) -> web.Response:
    return web.json_response({"data": {"id": "7"}})
