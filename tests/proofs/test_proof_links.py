"""Links that a platform makes lead no credential to another origin: next pages, jobs, files, redirects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import unquote

import aiohttp
import msgspec
import pytest
from canaries import failure_of
from faults.raw_faults import Answer, Forger, Forgery
from proofs.fault_actions import ACTIONS, Action, World, client_of, world
from proofs.fault_scenes import look_often
from proofs.leak_places import whole
from servers import Peer, RawServer, answer

from flexsdk.core.op import Op, StreamOp
from flexsdk.core.retry import Retry
from flexsdk.core.transport.plain import PlainGets
from flexsdk.core.transport.transport import Transport

STATUSES = (301, 302, 303, 307, 308)
SECONDS = 2.0
KEY = "fj_test_canary_7b21f0c4"
ADDRESSES = {
    "another port": "http://127.0.0.1:{port}/x",
    "without a scheme": "//127.0.0.1:{port}/x",
    "with userinfo": "http://user:word@127.0.0.1:{port}/x",
}
MEMBERS = (
    "next", "next_url", "nextUrl", "next_page_url", "links", "_links", "href", "url", "self", "location",
    "status_url", "statusUrl", "job_url", "poll_url", "download_url", "downloadUrl", "file_url", "result_url",
)  # fmt: skip
PLACES = frozenset({"next_cursor", "nextCursor", "cursor", "next", "next_page"})
Record = Callable[[str, object], None]


# --- links in what the platforms answer


def beside(value: Any, link: str) -> Any:
    """Put links beside what is there, under every name that links have."""
    if isinstance(value, list):
        return [beside(each, link) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: link for name in MEMBERS if name not in value} | {
        name: beside(each, link) for name, each in value.items()
    }


def as_places(value: Any, link: str) -> Any:
    """Let every next page be a link."""
    return _replaced(value, lambda name, each: link if name in PLACES and each is not False else each)


def as_ids(value: Any, link: str) -> Any:
    """Let every id that is a text be a link, as those of jobs are."""
    return _replaced(
        value,
        lambda name, each: link if name.lower().endswith("id") and isinstance(each, str) else each,
    )


def as_links(value: Any, link: str) -> Any:
    """Let every address lead elsewhere, as those of files do."""
    return _replaced(
        value, lambda _, each: link if isinstance(each, str) and each.startswith("http") else each
    )


def _replaced(value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, list):
        return [_replaced(each, change) for each in value]
    if isinstance(value, dict):
        return {name: _replaced(change(name, each), change) for name, each in value.items()}
    return value


PLANTS: dict[str, Callable[[Any, str], Any]] = {
    "beside": beside,
    "as places": as_places,
    "as ids": as_ids,
    "as links": as_links,
}


def planted(plant: Callable[[Any, str], Any], link: str) -> Forgery:
    """Plant links into an answer, into its head as well."""

    async def forge(true: Answer, peer: Peer) -> None:
        body = true.body
        if true.content_type.startswith("application/json") and body:
            body = msgspec.json.encode(plant(msgspec.json.decode(body), link))
        heads = {"location": link, "content_location": link, "refresh": f"0; url={link}"}
        await peer.send(true.sent(body, link=f'<{link}>; rel="next"', **heads))

    return forge


def redirected(link: str) -> Forgery:
    """Send everything elsewhere."""

    async def forge(true: Answer, peer: Peer) -> None:
        await peer.send(true.sent(b"", status=302, location=link))

    return forge


async def strays(made: World, action: Action, forge: Callable[[str], Forgery], address: str) -> list[str]:
    """Do something while links lead elsewhere; name the requests that went there, with what they tell."""
    emulator = getattr(made.sandbox, action.platform)
    async with RawServer(answer()) as other, Forger(emulator._port) as own:
        own.poison(forge(address.format(port=other.port)), times=float("inf"))
        base_url = emulator.base_url.replace(str(emulator._port), str(own.port))
        retry = Retry(base=0.005, cap=0.02)
        async with client_of(action.platform, emulator.key, base_url, retry=retry) as client:
            await failure_of(whole(action, made, client, SECONDS))
        assert emulator.key in str([request.headers for request in own.requests])
        return [f"{action.name}: {each.line} {each.headers} {each.body[:200]!r}" for each in other.requests]


async def all_strays(made: World, forge: Callable[[str], Forgery], address: str) -> list[str]:
    found = await asyncio.gather(*(strays(made, action, forge, address) for action in ACTIONS))
    return [each for some in found for each in some]


@pytest.fixture
async def made(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    look_often(monkeypatch)
    async with world(tmp_path) as furnished:
        yield furnished


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("plant", PLANTS)
async def test_no_link_in_an_answer_is_followed(
    plant: str, address: str, made: World, record_property: Record
) -> None:
    record_property("cases", len(ACTIONS))

    assert await all_strays(made, lambda link: planted(PLANTS[plant], link), ADDRESSES[address]) == []


@pytest.mark.parametrize("address", ADDRESSES)
async def test_only_a_file_is_fetched_elsewhere_and_nothing_of_ours_goes_along(
    address: str, made: World, record_property: Record
) -> None:
    record_property("cases", len(ACTIONS))
    keys = [getattr(made.sandbox, action.platform).key for action in ACTIONS]

    found = await all_strays(made, redirected, ADDRESSES[address])

    assert {each.partition(":")[0] for each in found} <= {"flexorch_read", "flexorch_save"}
    assert [each for each in found if any(key in each for key in keys) or "authorization" in each] == []


def _go_there(patch: pytest.MonkeyPatch) -> None:
    """Take a value that looks like an address for one."""
    send = Transport._send

    def follow(self: Transport, call: Any, url: str) -> Any:
        _, mark, link = unquote(url)[len("http://") :].partition("http://")
        return send(self, call, mark + link if mark else url)

    patch.setattr(Transport, "_send", follow)
    patch.setattr(PlainGets, "can_serve", staticmethod(lambda _: False))  # these know one host only


@pytest.mark.control
@pytest.mark.parametrize(("plant", "action"), [("as places", "platform_pages"), ("as ids", "platform_job")])
async def test_a_client_that_goes_where_a_value_points_is_seen(
    plant: str, action: str, made: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _go_there(monkeypatch)
    (chosen,) = (each for each in ACTIONS if each.name == action)

    found = await strays(made, chosen, lambda link: planted(PLANTS[plant], link), ADDRESSES["another port"])

    assert "authorization" in str(found)


# --- every operation


def operations() -> Iterator[tuple[str, Op[Any]]]:
    for platform in ("flapjack", "flexorch", "fleece", "flextell", "platform"):
        package = import_module(f"flexsdk.platforms.{platform}")
        modules = [
            import_module(each.name) for each in iter_modules(package.__path__, f"{package.__name__}.")
        ]
        found = {
            value.id: value for each in modules for value in vars(each).values() if isinstance(value, Op)
        }
        yield from ((platform, op) for op in found.values())


OPERATIONS = list(operations())


def is_download(op: Op[Any]) -> bool:
    return op.method == "GET" and op.streamed and not isinstance(op, StreamOp)


async def sent_elsewhere(platform: str, status: int) -> tuple[int, list[str]]:
    """Redirect every operation of a platform to another origin; give what reached it and should not have."""
    mine = [op for owner, op in OPERATIONS if owner == platform]
    found = []
    async with RawServer(answer()) as other:
        moved = answer(status, b"", location=f"http://127.0.0.1:{other.port}/x")
        async with RawServer(moved) as own:
            headers = {"X-Tenant-Key": KEY}
            settings = {"retry": None, "limits": None, "headers": headers}
            async with client_of(platform, KEY, own.url, **settings) as client:
                for op in mine:
                    before = len(other.requests)
                    await failure_of(_send(client, op))
                    arrived = other.requests[before:]
                    if not is_download(op) or KEY in str(arrived):
                        found += [f"{op.id}: {each.line} {each.headers}" for each in arrived]
            assert len(own.requests) == len(mine)
            assert all(KEY in str(request.headers) for request in own.requests)
    return len(mine), found


async def _send(client: Any, op: Op[Any]) -> None:
    reply = await client.send(op, *["x"] * len(op.template.names))
    if reply.source is not None:
        reply.source.close()


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("platform", ["flapjack", "flexorch", "fleece", "flextell", "platform"])
async def test_no_operation_of_a_platform_follows_a_redirect_with_a_credential(
    platform: str, status: int, record_property: Record
) -> None:
    cases, found = await sent_elsewhere(platform, status)
    record_property("cases", cases)

    assert found == []


def test_all_operations_are_tried_and_some_give_files() -> None:
    assert len(OPERATIONS) >= 288
    assert {owner for owner, op in OPERATIONS if is_download(op)} >= {"flexorch"}


@pytest.mark.control
async def test_operations_whose_redirects_are_left_to_the_http_library_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = aiohttp.ClientSession.request

    def follow(self: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
        return request(self, method, url, **{**options, "allow_redirects": True})

    monkeypatch.setattr(aiohttp.ClientSession, "request", follow)

    _, found = await sent_elsewhere("flexorch", 307)

    assert "x-api-key" in str(found)
