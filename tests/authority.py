"""A login server and an API that lets its tokens in, for tests of OAuth 2.0."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from service import FakeClock, Service

from flexsdk.core.oauth import Authorization, OAuth2
from flexsdk.core.tokens import Token

CLIENT_ID = "flc_test_client"
CLIENT_SECRET = "flc_test_secret_0d1e2f3a4b5c6d7e"
HOME = "https://app.example/callback"
Make = Callable[..., OAuth2]

Grant = Callable[[Mapping[str, str]], web.Response]


class Authority:
    """Gives tokens ``flc_test_access_N``, each with a refresh token that serves once.

    ``hold()`` keeps token requests waiting until ``release()``; ``grants`` are answers to the next token
    requests in place of the usual one.
    """

    def __init__(self, *, rotates: bool = True, expires_in: float | None = 3600) -> None:
        self.token_requests: list[dict[str, str]] = []
        self.api_requests: list[web.Request] = []
        self.accepted: set[str] = set()
        self.grants: list[Grant] = []
        self.api: Callable[[web.Request], web.Response] = lambda _: web.json_response({"id": "1"})
        self._rotates = rotates
        self._expires_in = expires_in
        self._refresh: set[str] = set()
        self._issued = 0
        self._gate = asyncio.Event()
        self._gate.set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/oauth/token", self._token)
        app.router.add_post("/oauth/revoke", self._revoke)
        app.router.add_route("*", "/{path:.*}", self._api)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._runner.cleanup()

    def hold(self) -> None:
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()

    def issue(self) -> dict[str, Any]:
        """Make a pair of tokens and let them in."""
        self._issued += 1
        access, refresh = f"flc_test_access_{self._issued}", f"flc_test_refresh_{self._issued}"
        self.accepted = {access}
        self._refresh = {refresh}
        return {
            "token_type": "Bearer",
            "expires_in": self._expires_in,
            "access_token": access,
            "refresh_token": refresh,
        }

    async def _token(self, request: web.Request) -> web.Response:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        self.token_requests.append(fields)
        await self._gate.wait()
        if self.grants:
            return self.grants.pop(0)(fields)
        if fields["grant_type"] == "refresh_token" and fields["refresh_token"] not in self._refresh:
            return refused("invalid_grant")
        answer = self.issue()
        if not self._rotates:
            self._refresh = {fields["refresh_token"]}
            del answer["refresh_token"]
        return web.json_response(answer)

    async def _revoke(self, request: web.Request) -> web.Response:
        self.token_requests.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response()

    async def _api(self, request: web.Request) -> web.Response:
        self.api_requests.append(request)
        await request.read()
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.accepted:
            return web.json_response({"error": "invalid_token", "message": "token expired"}, status=401)
        return self.api(request)


def refused(code: str, description: str = "no longer good", status: int = 400) -> web.Response:
    """Make an answer in the form of RFC 6749 section 5.2."""
    return web.json_response({"error": code, "error_description": description}, status=status)


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
