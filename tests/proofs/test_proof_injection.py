"""Control characters in everything that a user may set: refused before anything is sent, or made harmless."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from servers import RawServer, answer
from service import KEY, KEYED, READ, Service

from flexsdk.core.body import Multipart, Upload
from flexsdk.core.op import Op
from flexsdk.core.tokens import Token
from flexsdk.errors import ConfigError
from flexsdk.protocol import checks

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)]
LEGAL = "\t"
"""Allowed in the value of a header (RFC 9110, section 5.5), where it separates nothing."""
SEND: Op[None] = Op("send", "POST", "/files", None)
Record = Callable[[str, object], None]
Inject = Callable[[str, str], Awaitable[Any]]


def _client(url: str, **settings: Any) -> Service:
    return Service(settings.pop("key", KEY), base_url=url, retry=None, limits=None, **settings)


async def _call(client: Service, *, item: str = "a", **options: Any) -> None:
    async with client:
        await client.call(READ, item, **options)


async def _upload(url: str, upload: Upload) -> None:
    async with _client(url) as client:
        await client.call(SEND, body=Multipart(files=[("file", upload)]))


async def _keyed(url: str, key: str) -> None:
    async with _client(url) as client:
        await client.call(KEYED, idempotency_key=key)


async def _token(_: str, text: str) -> None:
    Token(access=text)


PLACES: dict[str, Inject] = {
    "api key": lambda url, text: _call(_client(url, key=text)),
    "access token": _token,
    "id": lambda url, text: _call(_client(url), item=text),
    "user agent": lambda url, text: _call(_client(url, headers={"User-Agent": text})),
    "header of a call": lambda url, text: _call(_client(url), headers={"X-Trace": text}),
    "name of a header": lambda url, text: _call(_client(url), headers={text: "1"}),
    "idempotency key": _keyed,
    "base URL": lambda url, text: _call(_client(f"{url}/{text}")),
    "query value": lambda url, text: _call(_client(url), query={"q": text}),
    "file name": lambda url, text: _upload(url, Upload(b"x", name=text)),
    "file type": lambda url, text: _upload(url, Upload(b"x", name="a.txt", content_type=f"text/{text}")),
}
USUAL = {
    "host", "accept", "accept-encoding", "authorization", "user-agent", "content-type", "content-length",
    "x-trace", "idempotency-key",
}  # fmt: skip


async def injected(place: str) -> list[str]:
    """Name the control characters that got into a request as they are, or brought a header of their own."""
    found = []
    for sign in CONTROLS:
        async with RawServer(answer()) as server:
            try:
                await PLACES[place](server.url, f"a{sign}X-Evil: 1{sign}b")
            except (ConfigError, TypeError):
                assert server.requests == []
                continue
            except ValueError as error:
                found.append(f"{sign!r}: {error!r} is none of ours")
            found += [f"{sign!r}: {request}" for request in server.requests if _is_marked(request, sign)]
    return found


def _is_marked(request: Any, sign: str) -> bool:
    head = request.line + "".join(request.headers.values())
    part = request.body.partition(b"\r\n\r\n")[0].decode("latin-1")
    usual_lines = part.count("\r\n") <= 3
    marked = sign in head and sign != LEGAL
    return (
        marked
        or set(request.headers) - USUAL != set()
        or not usual_lines
        or (sign != LEGAL and f"a{sign}X" in part)
    )


@pytest.mark.parametrize("place", PLACES)
async def test_no_control_character_reaches_a_request(place: str, record_property: Record) -> None:
    record_property("cases", len(CONTROLS))

    assert await injected(place) == []


@pytest.mark.control
async def test_headers_that_nobody_checks_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_FIELD_VALUE", checks.re.compile(r"(?s).*"))

    assert await injected("header of a call") != []
