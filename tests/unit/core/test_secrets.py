"""The key is in the request and nowhere else: a search through everything an error drags along."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from canaries import failure_of, places_of
from servers import EVENT_STREAM, RawServer, Step, answer, chunk, close, reset, silence, stream, then
from service import KEY, READ, SAY, WRITE, Connect, Service, word

from flexsdk import errors
from flexsdk.core.auth import Bearer
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth
from flexsdk.errors import APIError, FlexError, TransportError

CANARY = KEY[8:]


def leaks(error: BaseException | None) -> list[str]:
    """Name the places that hold the key, on the error itself and on its whole chain."""
    return [place for place, text in places_of(error).items() if CANARY in text]


FAILURES: dict[str, tuple[type[FlexError], tuple[Step, ...]]] = {
    **{
        str(status): (kind, (answer(status, b'{"code":"c","message":"m"}'),))
        for status, kind in {
            307: errors.APIError,
            400: errors.BadRequest,
            401: errors.Unauthorized,
            402: errors.PaymentRequired,
            403: errors.Forbidden,
            404: errors.NotFound,
            409: errors.Conflict,
            413: errors.PayloadTooLarge,
            415: errors.UnsupportedMedia,
            418: errors.APIError,
            422: errors.Unprocessable,
            429: errors.RateLimited,
            500: errors.ServerError,
        }.items()
    },
    "quota": (errors.QuotaExceeded, (answer(429, b'{"code":"quota"}'),)),
    "closed": (errors.ConnectionLost, (close,)),
    "reset": (errors.ConnectionLost, (reset,)),
    "no HTTP": (errors.ConnectionLost, (then(b"SSH-2.0-x\r\n\r\n", close),)),
    "cut": (errors.ConnectionLost, (then(answer(200, b'{"id":"a"}')[:-3], close),)),
    "bad gzip": (errors.ConnectionLost, (answer(200, b"no gzip", content_encoding="gzip"),)),
    "silent": (errors.Timeout, (silence,)),
    "garbage": (errors.DecodeError, (answer(200, b"<html>"),)),
    "nested": (errors.DecodeError, (answer(200, b"[" * 100_000),)),
}


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("settings", [{}, {"retry": None}], ids=["with retry", "without retry"])
async def test_no_failed_call_shows_the_key(connect: Connect, case: str, settings: Any) -> None:
    kind, steps = FAILURES[case]
    async with RawServer(*steps) as server:
        error = await failure_of(connect(server, **settings).call(WRITE, body={"a": 1}, timeout=0.1))

    assert type(error) is kind
    assert leaks(error) == []


async def test_a_refused_connection_does_not_show_the_key(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        gone = server.url
    async with RawServer(answer()) as server:
        error = await failure_of(connect(server, base_url=gone).call(READ, "a"))

    assert type(error) is errors.ConnectFailed
    assert leaks(error) == []


async def test_an_unknown_host_does_not_show_the_key(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        error = await failure_of(
            connect(server, base_url="https://service.invalid", retry=None).call(READ, "a")
        )

    assert type(error) is errors.ConnectFailed
    assert leaks(error) == []


async def test_a_closed_client_does_not_show_the_key(connect: Connect) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        await client.aclose()
        error = await failure_of(client.call(READ, "a"))

    assert type(error) is errors.ConfigError
    assert leaks(error) == []


async def test_a_cancelled_call_does_not_show_the_key(connect: Connect) -> None:
    async with RawServer(silence) as server:
        task = asyncio.create_task(connect(server).call(READ, "a"))
        await asyncio.sleep(0.02)
        task.cancel()
        error = await failure_of(task)

    assert isinstance(error, asyncio.CancelledError)
    assert leaks(error) == []


STREAMS: dict[str, tuple[type[FlexError], Step, dict[str, Any]]] = {
    "truncated": (errors.StreamTruncated, stream(word("a")), {}),
    "cut": (errors.StreamTruncated, then(EVENT_STREAM + chunk(word("a")), close), {}),
    "failed": (errors.StreamFailed, stream(b'event: end\ndata: {"ok":false}\n\n'), {}),
    "stalled": (errors.StreamStalled, then(EVENT_STREAM, silence), {"idle_timeout": 0.02}),
    "deadline": (errors.Timeout, then(EVENT_STREAM, silence), {"deadline": 0.05}),
    "malformed": (errors.DecodeError, stream(b"event: word\ndata: {}\n\n"), {}),
    "no stream": (errors.DecodeError, answer(), {}),
    "too large": (errors.EventTooLarge, stream(b"data: " + b"x" * 1_100_000), {}),
}


@pytest.mark.parametrize("case", STREAMS)
async def test_no_failed_stream_shows_the_key(connect: Connect, case: str) -> None:
    kind, step, options = STREAMS[case]

    async def read(client: Service) -> None:
        async with client.stream(SAY, **{"idle_timeout": 2, "event_timeout": 2, **options}) as events:
            await events.until_done()

    async with RawServer(step) as server:
        error = await failure_of(read(connect(server)))

    assert type(error) is kind
    assert leaks(error) == []


@pytest.mark.parametrize("case", ["418", "429", "reset", "silent", "garbage"])
async def test_the_key_is_not_in_a_pickled_error_either(connect: Connect, case: str) -> None:
    kind, steps = FAILURES[case]
    async with RawServer(*steps) as server:
        error = await failure_of(connect(server, retry=None).call(WRITE, timeout=0.1))

    pickled = pickle.dumps(error)
    assert CANARY.encode() not in pickled
    assert type(pickle.loads(pickled)) is kind


@pytest.mark.parametrize("kind", ["key", "token"])
async def test_a_platform_that_repeats_the_key_in_its_answer_does_not_get_it_into_the_error(
    kind: str,
) -> None:
    auth = {"key": Bearer(KEY), "token": TokenAuth(_renewed, MemoryStore())}[kind]
    told = answer(401, f'{{"message":"unknown key {KEY}"}}'.encode())
    async with RawServer(told) as server, Service(base_url=server.url, auth=auth) as client:
        error = await failure_of(client.call(READ, "a"))

    assert isinstance(error, APIError)
    assert KEY in server.requests[-1].headers["authorization"]
    assert leaks(error) == []


async def test_a_key_that_is_repeated_with_its_slashes_escaped_does_not_get_into_the_error() -> None:
    key = f"fj_test_/{CANARY}"
    told = answer(401, b'{"message":"unknown key %b"}' % key.replace("/", r"\/").encode())
    async with RawServer(told) as server, Service(base_url=server.url, auth=Bearer(key)) as client:
        error = await failure_of(client.call(READ, "a"))

    assert isinstance(error, APIError)
    assert error.message == "unknown key ..."
    assert leaks(error) == []


async def _renewed(_: Token | None) -> Token:
    return Token(access=KEY)


async def test_transport_errors_are_raised_from_nothing(connect: Connect) -> None:
    async with RawServer(reset) as server:
        error = await failure_of(connect(server, retry=None).call(WRITE))

    assert isinstance(error, TransportError)
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("show", [repr, str, "{}".format], ids=["repr", "str", "format"])
async def test_clients_calls_and_replies_do_not_show_the_key(
    connect: Connect, show: Callable[[object], str]
) -> None:
    async with RawServer(answer()) as server:
        client = connect(server)
        reply = await client.send(READ, "a")
        opened = client.stream(SAY, idle_timeout=1, event_timeout=1)

    for each in (client, client.with_options(timeout=1), reply, reply.call, opened, client.__dict__):
        assert CANARY not in show(each)


def test_the_search_finds_a_key() -> None:
    """The control: each of the places is really looked at."""

    def fail() -> None:
        headers = {"Authorization": KEY}
        raise errors.StreamError(f"no {len(headers)}", snapshot={"headers": headers})

    with pytest.raises(FlexError) as raised:
        fail()

    assert leaks(raised.value) == ["StreamError.snapshot", "StreamError pickled"]
    assert leaks(ValueError(KEY)) == [
        f"ValueError{place}" for place in (".str", ".repr", ".args", " pickled")
    ]
