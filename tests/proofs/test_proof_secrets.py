"""A canary in every credential, searched in the errors, frames, logs and warnings of all faults."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
import warnings
from collections.abc import Awaitable, Callable

import pytest
from servers import EVENT_STREAM, RawServer, Step, answer, chunk, close, reset, silence, stream, then
from service import READ, SAY, WRITE, Service, word

from flexsdk.core import oauth
from flexsdk.core.auth import Bearer, HeaderKey
from flexsdk.core.oauth import OAuth2
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth
from flexsdk.core.transport import transport
from flexsdk.types import Middleware

BRIEF = 0.2
CANARY = "c4n4ry0d9f8e7c"
KEY = f"fj_test_{CANARY}"
Record = Callable[[str, object], None]


async def _renew(_: Token | None) -> Token:
    return Token(access=KEY, refresh=f"r-{KEY}")


def _oauth(url: str) -> OAuth2:
    return OAuth2(
        client_id="flc_test_client",
        client_secret=f"s-{KEY}",
        redirect_uri="https://app.example/",
        authorize_url=f"{url}/login",
        token_url=f"{url}/token",
        store=MemoryStore(Token(access=KEY, refresh=f"r-{KEY}", expires_at=0.0)),
    )


CREDENTIALS: dict[str, Callable[[str], Middleware]] = {
    "bearer": lambda _: Bearer(KEY),
    "header key": lambda _: HeaderKey(KEY),
    "access token": lambda _: TokenAuth(_renew, MemoryStore()),
    "secret and refresh token": _oauth,
}
FAULTS: dict[str, Step] = {
    **{
        str(status): answer(status, b'{"code":"c","message":"m"}')
        for status in (302, 400, 401, 403, 429, 500)
    },
    "closed": close,
    "reset": reset,
    "no HTTP": b"SSH-2.0-x\r\n\r\n",
    "cut": then(answer(200, b'{"id":"a"}')[:-3], close),
    "bad gzip": answer(200, b"no gzip", content_encoding="gzip"),
    "bad framing": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "silent": silence,
    "garbage": answer(200, b"<html>"),
    "truncated stream": stream(word("a")),
    "cut stream": then(EVENT_STREAM + chunk(word("a")), close),
    "cancelled": silence,
}


async def _work(client: Service, what: str, fault: str) -> None:
    if what == "stream":
        async with client.stream(SAY, idle_timeout=BRIEF, event_timeout=BRIEF, timeout=BRIEF) as events:
            await events.until_done()
    elif fault == "cancelled":
        task = asyncio.ensure_future(client.call(READ, "a"))
        await asyncio.sleep(0.02)
        task.cancel()
        await task
    else:
        op, ids = (READ, ("a",)) if what == "read" else (WRITE, ())
        await client.call(op, *ids, timeout=BRIEF)


async def _failure_of(work: Awaitable[None]) -> BaseException | None:
    try:
        await work
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is searched
        return error
    return None


def leaks(error: BaseException | None, client: Service, log: str) -> list[str]:
    """Name the places that hold the canary."""
    places = {"log": log, "client": f"{client!r}{client!s}{client.__dict__!r}{client.stats()!r}"}
    for number, each in enumerate(_chain(error)):
        places |= {f"{number} shown": f"{each}{each!r}{each.args!r}{vars(each)!r}"}
        places |= {f"{number} {name}": text for name, text in _frames(each)}
        places |= {f"{number} pickled": _pickled(each)}
    return [place for place, text in places.items() if CANARY in text]


def _chain(error: BaseException | None) -> list[BaseException]:
    if error is None:
        return []
    return [error, *_chain(error.__cause__ or error.__context__)]


def _frames(error: BaseException) -> list[tuple[str, str]]:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [
        (f"{frame.name} of {frame.filename.rpartition('/')[2]}", str(frame.locals))
        for frame in shown.stack
        if "/tests/" not in frame.filename
    ]


def _pickled(error: BaseException) -> str:
    try:
        return pickle.dumps(error).decode("latin-1")
    except TypeError:  # refused: credentials, and what the HTTP library holds
        return ""


async def _search(credential: str, fault: str, log: pytest.LogCaptureFixture) -> list[str]:
    found = []
    for what in ("read", "write", "stream"):
        log.clear()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            async with RawServer(FAULTS[fault]) as server:
                auth = CREDENTIALS[credential](server.url)
                async with Service(base_url=server.url, auth=auth, retry=None, limits=None) as client:
                    error = await _failure_of(_work(client, what, fault))
                    said = log.text + "".join(str(each.message) for each in warned) + repr(auth)
                    found += [f"{what}: {place}" for place in leaks(error, client, said)]
            assert KEY in str([(request.headers, request.body) for request in server.requests])
    return found


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    for name in ("TOKEN_SECONDS", "RENEWAL_SECONDS"):
        monkeypatch.setattr(oauth, name, BRIEF)
    for name in ("", "flexsdk", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_no_failure_shows_a_credential(
    credential: str, fault: str, log: pytest.LogCaptureFixture, record_property: Record
) -> None:
    asyncio.get_running_loop().set_debug(True)
    found = await _search(credential, fault, log)
    record_property("cases", 3)

    assert found == []


@pytest.mark.control
async def test_an_error_of_the_http_library_that_gets_out_is_seen(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "translate", lambda error, _: error)

    assert await _search("bearer", "no HTTP", log) != []
