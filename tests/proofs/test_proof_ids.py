"""Hostile ids through every path parameter of every operation: the raw request line, or nothing at all."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from servers import RawServer, answer
from service import KEY, READ

from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform
from flexsdk.core.auth import Bearer
from flexsdk.core.client import Client
from flexsdk.core.op import Op
from flexsdk.errors import ConfigError, NotFound
from flexsdk.protocol import urls

CLIENTS: dict[str, type[Client]] = {
    "flapjack": Flapjack,
    "fleece": Fleece,
    "flexorch": FlexOrch,
    "flextell": Flextell,
    "platform": Platform,
}
REFUSED = [
    "", ".", "..", "\x00", "a\x00b", "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\tb", "a\x0bb", "a\x1b[0m", "a\x7f",
    "a\x80", "a\x85", "a\x9f", "\ud800", "a\udfff", "x" * 1_025, "a b\r\n\r\nGET /admin HTTP/1.1",
]  # fmt: skip
SENT = [
    "a", "../admin", "..\\admin", "a/../b", "%2e%2e", "%2E%2E%2Fadmin", ".%2e", "a/b", "a%2Fb", "a%00b",
    "a?b=c", "a#b", "a;b=c", "a&b", "a b", "a+b", "//other.example", "http://other.example/",
    "@other.example", "...", "a:b", "é", "\u2028", "😀", "{thread_id}", "%s%d", "<script>", "'\"", "*", "~",
    "a" * 1_024, "\u202e",
]  # fmt: skip
"""With those refused there are more than 40."""
_AS_THEY_ARE = set(string.ascii_letters + string.digits + "-._~")


def segment(value: str) -> str:
    """Quote by RFC 3986 section 2.3, byte by byte: the judge, written apart from the judged."""
    return "".join(
        chr(byte) if chr(byte) in _AS_THEY_ARE else f"%{byte:02X}" for byte in value.encode("utf-8")
    )


def operations() -> Iterator[tuple[str, Op[Any]]]:
    for platform in CLIENTS:
        package = import_module(f"flexsdk.platforms.{platform}")
        seen: set[str] = set()
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            for value in vars(import_module(module.name)).values():
                if isinstance(value, Op) and value.id not in seen and value.template.names:
                    seen.add(value.id)
                    yield platform, value


OPERATIONS = list(operations())


async def wrong(client: Client, server: RawServer, op: Op[Any]) -> tuple[int, list[str]]:
    """Try every id in every place of an operation; give how many were tried, and what went wrong."""
    found = []
    cases = 0
    base = client.base_url.removeprefix(server.url)
    for place in range(len(op.template.names)):
        for value in REFUSED + SENT:
            cases += 1
            before = len(server.requests)
            await _try(client, op, ["x"] * place + [value] + ["x"] * (len(op.template.names) - place - 1))
            lines = server.lines[before:]
            if lines != _expected(op, base, place, value):
                found.append(f"{op.id} place {place}, id {value[:40]!r}: {lines}")
    return cases, found


async def _try(client: Client, op: Op[Any], ids: list[str]) -> None:
    try:
        await client.send(op, *ids)
    except (ConfigError, NotFound):
        return
    raise AssertionError("every answer here is a 404")


def _expected(op: Op[Any], base: str, place: int, value: str) -> list[str]:
    if value in REFUSED:
        return []
    path = op.path
    for number, name in enumerate(op.template.names):
        path = path.replace(f"{{{name}}}", segment(value) if number == place else "x", 1)
    return [f"{op.method} {base}{path} HTTP/1.1"]


def client_of(platform: str, server: RawServer) -> Client:
    return CLIENTS[platform](base_url=server.url, auth=Bearer(KEY), retry=None, limits=None)


def test_there_are_forty_ids_and_all_operations_that_take_one() -> None:
    assert len(REFUSED + SENT) >= 40
    assert len(OPERATIONS) >= 170


@pytest.mark.parametrize("platform", CLIENTS)
async def test_an_id_is_one_segment_of_the_path_or_nothing_is_sent(
    platform: str, record_property: Callable[[str, object], None]
) -> None:
    tried = 0
    async with RawServer(answer(404)) as server, client_of(platform, server) as client:
        for owner, op in OPERATIONS:
            if owner == platform:
                cases, found = await wrong(client, server, op)
                assert found == []
                tried += cases
        assert server.connections == 1
    record_property("cases", tried)


@pytest.mark.control
@pytest.mark.parametrize(
    "quoting",
    [lambda value, name="id": str(value), lambda value, name="id": segment(value) or "x"],
    ids=["an id put in as it is", "an id that is quoted, but not refused"],
)
async def test_a_client_that_quotes_too_little_is_seen(
    quoting: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urls, "quote_segment", quoting)
    monkeypatch.setattr(f"{__name__}.REFUSED", ["", ".", ".."])
    monkeypatch.setattr(f"{__name__}.SENT", ["a/b", "a?b", "a"])

    async with RawServer(answer(404)) as server, client_of("platform", server) as client:
        _, found = await wrong(client, server, READ)

    assert found != []
