"""Logins for tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authority import Authority
from service import FakeClock, Service

from flexsdk.core.oauth import Authorization, OAuth2
from flexsdk.core.tokens import Token

HOME = "https://app.example/callback"
Make = Callable[..., OAuth2]


def stored(authority: Authority, clock: FakeClock, *, left: float = 3600.0) -> Token:
    issued = authority.issue()
    return Token(
        access=issued["access_token"],
        refresh=issued["refresh_token"],
        expires_at=clock.time() + left,
        scope="customers:read",
    )


def client(authority: Authority, oauth: OAuth2, clock: FakeClock, **settings: Any) -> Service:
    return Service(base_url=authority.url, auth=oauth, clock=clock, **settings)


def back(login: Authorization, code: str = "flc_test_code", **more: str) -> str:
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{HOME}?code={code}&state={login.state}{extra}"


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
