"""A platform that repeats credentials in the headers of its answers: nothing of ours hands them on."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canaries import failure_of, places_of
from proofs.leak_places import CREDENTIALS, KEY, Traps, found, leave_it_in, received
from servers import EVENT_STREAM, LAST_CHUNK, RawServer, Step, answer, chunk, close, then
from service import END, READ, SAY, WRITE, Service, word

from flexsdk.core import oauth
from flexsdk.core.auth import HeaderKey
from flexsdk.core.call import Reply
from flexsdk.core.retry import Retry
from flexsdk.protocol.redact import Withheld

Record = Callable[[str, object], None]
BRIEF = 5.0
CANARY = "c4n4ry"
"""The beginning of what is looked for: an id may be cut."""
SAID: dict[str, tuple[str, ...]] = {
    "bearer": (KEY,),
    "header key": (KEY,),
    "access token": (KEY,),
    "secret and refresh token": (f"s-{KEY}", f"r-{KEY}"),
    "renewed token": (KEY,),
}
"""What the server learns of each credential, and tells back."""
HEADERS: dict[str, str] = {
    "X-Echo": "Bearer {}",
    "Authorization": "Bearer {}",
    "X-Api-Key": "{}",
    "X-Request-Id": "{}",
    "x-request-id": "of {} and more",
    "X-REQUEST-ID": "Bearer {}" + "x" * 300,
    "X-Request-ID": "x" * 180 + "{}",
    "X-Vercel-Id": "fra1::{}",
    "Cf-Ray": "{}-FRA",
    "Www-Authenticate": 'Bearer realm="x", error="invalid_token", error_description="{}"',
    "Retry-After": "{}",
    "Retry-After-Ms": "{}",
    "RateLimit": '"{}";r=0;t=30',
    "RateLimit-Policy": '"{}";q=5;w=60',
    "X-RateLimit-Limit": "{}",
    "Date": "{}",
    "Server": "{}",
    "Set-Cookie": "session={}; Path=/",
    "Location": "/elsewhere?key={}",
    "Content-Type": "text/x-{}",
    "Content-Encoding": "{}",
    "Content-Disposition": 'attachment; filename="{}"',
}
ANSWERS = ("200", "200, no value", "200, cut", "302", "400", "401", "403", "429", "500")


@pytest.fixture(autouse=True)
def quick_renewals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "TOKEN_SECONDS", BRIEF)
    monkeypatch.setattr(oauth, "RENEWAL_SECONDS", BRIEF)
    monkeypatch.setattr(Retry, "_jittered", lambda *_: 0.0)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    for name in ("", "flexsdk", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


def _step(which: str, name: str, value: str, *, streamed: bool) -> Step:
    """Make an answer with such a header, whole or cut."""
    told = _told(which, name, value, streamed=streamed)
    return then(told[:-3], close) if which == "200, cut" else told


def _told(which: str, name: str, value: str, *, streamed: bool) -> bytes:
    if which != "200, no value" and which.startswith("200") and streamed and name != "Content-Type":
        head = EVENT_STREAM.replace(b"\r\n\r\n", f"\r\n{name}: {value}\r\n\r\n".encode())
        return head + chunk(word("a")) + chunk(END) + LAST_CHUNK
    body = b"<html>" if which == "200, no value" else b'{"id":"a","code":"c","message":"m"}'
    # `answer` would spell the name in its own way
    return answer(int(which[:3]), body, x_name="x").replace(b"X-Name: x", f"{name}: {value}".encode(), 1)


async def _work(client: Service, what: str, shown: dict[str, str]) -> None:
    """Make a call, and note what its reply says of itself."""
    if what == "stream":
        async with client.stream(SAY, idle_timeout=BRIEF, event_timeout=BRIEF, timeout=BRIEF) as events:
            await events.until_done()
            shown["reply"] = _of(events.reply)
        return
    op, ids = (READ, ("a",)) if what == "read" else (WRITE, ())
    shown["reply"] = _of(await client.send(op, *ids, timeout=BRIEF))


def _of(reply: Reply[Any]) -> str:
    """All that is made of the headers, but not they themselves, which are as they came."""
    return f"{reply!r}{reply.call!r}{reply.request_id}{reply.attempts}{reply.call.history}{reply.retry_after}"


async def _search(
    credential: str, header: str, log: pytest.LogCaptureFixture, folder: Path, which: str
) -> list[str]:
    """Name the places that hold a credential after calls that met such a header."""
    make, before = CREDENTIALS[credential]
    seen: list[str] = []
    for what in ("read", "write", "stream"):
        for secret in SAID[credential]:
            log.clear()
            traps = Traps(folder)
            events: list[Any] = []
            shown: dict[str, str] = {}
            settings = traps.settings | {"hooks": [*traps.settings["hooks"], events.append]}
            settings["attempt_middlewares"] = settings["attempt_middlewares"][:1]  # the cassette
            step = _step(which, header, HEADERS[header].format(secret), streamed=what == "stream")
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                async with RawServer(*before, step) as server:
                    auth = make(server.url)
                    client = Service(base_url=server.url, auth=auth, retry=None, limits=None, **settings)
                    async with client:
                        error = await failure_of(_work(client, what, shown))
                        shown["client"] = f"{client!r}{client.__dict__!r}{client.stats()!r}{auth!r}"
                assert secret in received(server)
            shown |= {"hooks": repr(events), "log": log.text, "records": _records(log)}
            shown["warnings"] = "".join(str(each.message) for each in warned)
            places = shown | traps.said() | places_of(error)
            seen += [f"{what}, {header}: {place}" for place in found(places, CANARY)]
    return seen


def _records(log: pytest.LogCaptureFixture) -> str:
    """The structured fields of the log as well."""
    return repr([vars(record) for record in log.records])


@pytest.mark.parametrize("which", ANSWERS)
@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_no_header_of_an_answer_brings_a_credential_to_light(
    credential: str, which: str, log: pytest.LogCaptureFixture, tmp_path: Path, record_property: Record
) -> None:
    seen: list[str] = []
    for header in HEADERS:
        seen += await _search(credential, header, log, tmp_path, which)
    record_property("cases", 3 * len(HEADERS) * len(SAID[credential]))

    assert seen == []


async def test_an_id_that_repeats_nothing_stays(record_property: Record) -> None:
    events: list[Any] = []
    async with (
        RawServer(answer(404, x_request_id="req-1")) as server,
        Service(KEY, base_url=server.url, limits=None, hooks=[events.append]) as client,
    ):
        error = await failure_of(_work(client, "read", {}))

    assert getattr(error, "request_id", None) == "req-1"
    assert "req-1" in repr(events)


async def test_a_reply_shows_the_headers_that_were_sent() -> None:
    async with (
        RawServer(answer(x_request_id=KEY)) as server,
        Service(KEY, base_url=server.url, limits=None) as client,
    ):
        reply = await client.send(READ, "a")

    assert reply.headers["X-Request-Id"] == KEY
    assert reply.request_id is None


# --- controls


@pytest.mark.control
async def test_an_error_with_the_headers_as_they_came_is_seen(
    log: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeaderKey, "__call__", leave_it_in)

    seen = await _search("bearer", "X-Request-Id", log, tmp_path, "401")

    assert any("request_id" in place for place in seen)
    assert any("hooks" in place for place in seen)


@pytest.mark.control
@pytest.mark.parametrize(
    ("credential", "header", "which"),
    [("header key", "X-Request-Id", "200"), ("secret and refresh token", "Cf-Ray", "500")],
)
async def test_a_credential_that_is_not_known_again_is_seen(
    credential: str,
    header: str,
    which: str,
    log: pytest.LogCaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Withheld, "is_in", lambda *_: False)

    assert await _search(credential, header, log, tmp_path, which) != []
