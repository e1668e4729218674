"""No redirect, link or address that a server makes gets a credential, or a body, to another origin."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from canaries import failure_of
from file_kit import FILE
from proofs import leak_places
from servers import RawServer, answer
from service import READ, SAY, WRITE, Service

from flexsdk.core.auth import Bearer, HeaderKey
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth
from flexsdk.errors import FlexError
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Page

CANARY = "fj_test_canary_4d1e6a8b"
STATUSES = (301, 302, 303, 307, 308)
Record = Callable[[str, object], None]


async def _renew(_: Token | None) -> Token:
    return Token(access=CANARY)


CREDENTIALS: dict[str, Callable[[], dict[str, Any]]] = {
    "bearer": lambda: {"auth": Bearer(CANARY)},
    "header key": lambda: {"auth": HeaderKey(CANARY)},
    "access token": lambda: {"auth": TokenAuth(_renew, MemoryStore())},
    "header of the user's": lambda: {"auth": Bearer(CANARY), "headers": {"X-Tenant-Key": CANARY}},
}
ELSEWHERE: dict[str, Callable[[RawServer, RawServer], str]] = {
    "other port": lambda _, other: f"http://127.0.0.1:{other.port}/x",
    "other host": lambda _, other: f"http://localhost:{other.port}/x",
    "without scheme": lambda _, other: f"//127.0.0.1:{other.port}/x",
    "with userinfo": lambda _, other: f"http://user:word@127.0.0.1:{other.port}/x",
    "own host as userinfo": lambda own, other: f"http://127.0.0.1:{own.port}@127.0.0.1:{other.port}/x",
    "backslash": lambda own, other: f"http://127.0.0.1:{other.port}\\@127.0.0.1:{own.port}/x",
    "other scheme": lambda _, other: f"ftp://127.0.0.1:{other.port}/x",
    "mixed case": lambda _, other: f"HTTP://LocalHost:{other.port}/x",
}
OPERATIONS: dict[str, tuple[Op[Any], tuple[str, ...], Any]] = {
    "read": (READ, ("a",), None),
    "write": (WRITE, (), {"text": CANARY}),
    "stream": (SAY, (), {"text": CANARY}),
    "download": (FILE, ("a",), None),
}


async def leaks(credential: str) -> tuple[int, list[str]]:
    """Try all statuses, places and operations with a credential; name what reached the other origin."""
    found = []
    cases = list(product(STATUSES, ELSEWHERE, OPERATIONS))
    for status, where, what in cases:
        async with RawServer(answer()) as other, RawServer(answer()) as own:
            own._steps = [answer(status, b"", location=ELSEWHERE[where](own, other))]
            await _send_to(own, what, CREDENTIALS[credential]())
            assert CANARY in str(own.requests[0].headers)
            found += [
                f"{status} {where}, {what}: {request.line}"
                for request in other.requests
                if what != "download" or CANARY in f"{request.line}{request.headers}{request.body!r}"
            ]
    return len(cases), found


async def _send_to(server: RawServer, what: str, settings: dict[str, Any]) -> None:
    async with Service(base_url=server.url, retry=None, limits=None, **settings) as client:
        await _send(client, what)


async def _send(client: Service, what: str) -> None:
    op, ids, body = OPERATIONS[what]
    try:
        reply = await client.send(op, *ids, body=body)
    except FlexError:
        return
    if reply.source is not None:
        reply.source.close()


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_nothing_of_ours_goes_to_another_origin(credential: str, record_property: Record) -> None:
    cases, found = await leaks(credential)
    record_property("cases", cases)

    assert found == []


SECURE_ELSEWHERE = {
    "http at another host": "http://files.example:{plain}/x",
    "http at this host": "http://127.0.0.1:{plain}/x",
    "https at another port": "https://127.0.0.1:{secure}/x",
    "https at a host without a certificate": "https://files.example:{secure}/x",
}
"""Where links lead away from https; the name is this machine, which the client cannot know."""


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Give a server's side with a certificate that clients trust, and let them find files.example here."""
    server, trusting = import_module("proofs.certificates").contexts(tmp_path, "good")
    resolve = aiohttp.ThreadedResolver.resolve

    def here(self: aiohttp.ThreadedResolver, host: str, *rest: Any, **named: Any) -> Any:
        return resolve(self, "127.0.0.1" if host == "files.example" else host, *rest, **named)

    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", here)
    return server


async def secure_leaks(credential: str, certified: ssl.SSLContext) -> tuple[int, list[str]]:
    """Begin at https, and try all statuses, places and operations; name what arrived and should not have."""
    found = []
    cases = list(product(STATUSES, SECURE_ELSEWHERE, OPERATIONS))
    async with RawServer(answer()) as plain, RawServer(answer(), tls=certified) as secure:
        for status, where, what in cases:
            place = SECURE_ELSEWHERE[where].format(plain=plain.port, secure=secure.port)
            async with RawServer(answer(status, b"", location=place), tls=certified) as own:
                await _send_to(own, what, CREDENTIALS[credential]())
                assert CANARY in str(own.requests[0].headers)
            arrived = [*plain.requests, *secure.requests]
            plain.requests.clear()
            secure.requests.clear()
            found += [
                f"{status} {where}, {what}: {request.line}"
                for request in arrived
                if what != "download" or "127.0.0.1" not in place or CANARY in str(request)
            ]
    return len(cases), found


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_from_https_nothing_of_ours_goes_to_http_or_to_another_origin(
    credential: str, certified: ssl.SSLContext, record_property: Record
) -> None:
    cases, found = await secure_leaks(credential, certified)
    record_property("cases", cases)

    assert found == []


async def test_a_file_is_fetched_over_https_elsewhere_and_never_over_http(certified: ssl.SSLContext) -> None:
    async with RawServer(answer()) as plain, RawServer(answer(), tls=certified) as secure:
        for place in SECURE_ELSEWHERE.values():
            moved = answer(302, b"", location=place.format(plain=plain.port, secure=secure.port))
            async with (
                RawServer(moved, tls=certified) as own,
                Service(base_url=own.url, auth=Bearer(CANARY), retry=None) as client,
            ):
                await _send(client, "download")

    assert len(secure.requests) == 1
    assert [request.headers["host"] for request in plain.requests] == [f"127.0.0.1:{plain.port}"]
    assert CANARY not in str([*secure.requests, *plain.requests])


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("status", STATUSES)
async def test_inside_its_origin_a_read_is_followed_and_a_write_never(credential: str, status: int) -> None:
    for what, requests in {"read": 2, "download": 2, "write": 1, "stream": 1}.items():
        async with RawServer(answer(status, b"", location="/x"), answer()) as own:
            await _send_to(own, what, CREDENTIALS[credential]())
            assert len(own.requests) == requests
            assert all(CANARY in str(request.headers) for request in own.requests)


@pytest.mark.parametrize("status", STATUSES)
async def test_a_login_server_that_moves_gets_no_secret_at_its_new_place(status: int) -> None:
    async with RawServer(answer()) as other:
        moved = answer(status, b"", location=f"http://127.0.0.1:{other.port}/token")
        async with RawServer(moved) as own:
            make, _ = leak_places.CREDENTIALS["secret and refresh token"]
            await failure_of(_send_to(own, "read", {"auth": make(own.url)}))

    assert leak_places.KEY in str(own.requests[0].body)
    assert other.connections == 0


@pytest.mark.parametrize(
    "cursor",
    ["http://{other}/next", "//{other}/next", "/../next", "@{other}", "?page=2#x", "a b&limit=1"],
)
async def test_a_next_page_that_the_server_names_is_a_value_and_never_an_address(cursor: str) -> None:
    async with RawServer(answer()) as other, RawServer(answer()) as own:
        place = cursor.format(other=f"127.0.0.1:{other.port}")
        async with Service(base_url=own.url, auth=Bearer(CANARY), retry=None, limits=None) as client:

            async def fetch(query: dict[str, object]) -> Page[int]:
                await client.call(READ, "a", query=query)
                number = len(own.requests)
                return Page(items=[number], next_cursor=place if number == 1 else None)

            assert await Pages(fetch, CURSOR).collect() == [1, 2]

    assert other.connections == 0
    assert [request.target.partition("?")[0] for request in own.requests] == ["/items/a"] * 2
    assert own.requests[1].target.partition("=")[2] == _quoted(place)


def _quoted(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-._~" else f"%{ord(sign):02X}" for sign in text)


def _leave_to_the_library(patch: pytest.MonkeyPatch) -> None:
    request = aiohttp.ClientSession.request

    def follow(self: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
        return request(self, method, url, **{**options, "allow_redirects": True})

    patch.setattr(aiohttp.ClientSession, "request", follow)


@pytest.mark.control
@pytest.mark.parametrize("credential", ["header key", "header of the user's"])
async def test_a_transport_that_leaves_redirects_to_the_http_library_is_seen(
    credential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _leave_to_the_library(monkeypatch)
    monkeypatch.setattr(f"{__name__}.STATUSES", (307,))
    monkeypatch.setattr(f"{__name__}.ELSEWHERE", {"other port": ELSEWHERE["other port"]})

    _, found = await leaks(credential)

    assert found != []


@pytest.mark.control
async def test_a_downgrade_that_is_left_to_the_http_library_is_seen(
    certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _leave_to_the_library(monkeypatch)
    monkeypatch.setattr(f"{__name__}.STATUSES", (307,))

    _, found = await secure_leaks("header key", certified)

    assert "307 http at another host, read" in str(found)
