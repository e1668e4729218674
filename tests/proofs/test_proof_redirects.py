"""No redirect, link or address that a server makes gets a credential, or a body, to another origin."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import aiohttp
import pytest
from file_kit import FILE
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
            settings = CREDENTIALS[credential]()
            async with Service(base_url=own.url, retry=None, limits=None, **settings) as client:
                await _send(client, what)
            assert CANARY in str(own.requests[0].headers)
            found += [
                f"{status} {where}, {what}: {request.line}"
                for request in other.requests
                if what != "download" or CANARY in f"{request.line}{request.headers}{request.body!r}"
            ]
    return len(cases), found


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


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("status", STATUSES)
async def test_inside_its_origin_a_read_is_followed_and_a_write_never(credential: str, status: int) -> None:
    for what, requests in {"read": 2, "download": 2, "write": 1, "stream": 1}.items():
        async with RawServer(answer(status, b"", location="/x"), answer()) as own:
            settings = CREDENTIALS[credential]()
            async with Service(base_url=own.url, retry=None, limits=None, **settings) as client:
                await _send(client, what)
            assert len(own.requests) == requests
            assert all(CANARY in str(request.headers) for request in own.requests)


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


@pytest.mark.control
@pytest.mark.parametrize("credential", ["header key", "header of the user's"])
async def test_a_transport_that_leaves_redirects_to_the_http_library_is_seen(
    credential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = aiohttp.ClientSession.request

    def follow(self: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
        return request(self, method, url, **{**options, "allow_redirects": True})

    monkeypatch.setattr(aiohttp.ClientSession, "request", follow)
    monkeypatch.setattr(f"{__name__}.STATUSES", (307,))
    monkeypatch.setattr(f"{__name__}.ELSEWHERE", {"other port": ELSEWHERE["other port"]})

    _, found = await leaks(credential)

    assert found != []
