"""The key is in the request and nowhere else: a search through everything an error drags along."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from servers import EVENT_STREAM, RawServer, Step, answer, chunk, close, reset, silence, stream, then
from service import KEY, READ, SAY, WRITE, Connect, Service, word

from flexsdk import errors
from flexsdk.errors import APIError, FlexError, TransportError

CANARY = KEY[8:]


def chain(error: BaseException) -> Iterator[BaseException]:
    """Give the error and all it was raised from or during."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__]


def leaks(error: BaseException) -> list[str]:
    """Name the places that hold the key, on the error itself and on its whole chain."""
    found = []
    for each in chain(error):
        places: dict[str, object] = {"str": str(each), "repr": repr(each), "args": each.args, **vars(each)}
        found += [f"{type(each).__name__}.{name}" for name, value in places.items() if CANARY in repr(value)]
        found += frames(each)
    return found


def frames(error: BaseException) -> list[str]:
    """Name the functions of the package, and of what lies below it, whose locals show the key."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [
        f"locals of {frame.name} in {frame.filename.rpartition('/')[2]}: {name}"
        for frame in shown.stack
        if "/tests/" not in frame.filename
        for name, value in (frame.locals or {}).items()
        if CANARY in value
    ]


async def failure_of(work: Awaitable[object]) -> BaseException:
    try:
        await work
    except BaseException as error:  # noqa: BLE001 - cancellations are searched as well
        return error
    raise AssertionError("the call was meant to fail")


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


async def test_a_cancelled_call_does_not_show_the_key_in_our_own_frames(connect: Connect) -> None:
    async with RawServer(silence) as server:
        task = asyncio.create_task(connect(server).call(READ, "a"))
        await asyncio.sleep(0.02)
        task.cancel()
        error = await failure_of(task)

    assert isinstance(error, asyncio.CancelledError)
    assert [leak for leak in leaks(error) if "client.py" not in leak and "client_reqrep.py" not in leak] == []


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


async def test_a_platform_that_repeats_the_key_in_its_answer_does_not_get_it_into_the_error(
    connect: Connect,
) -> None:
    async with RawServer(answer(401, f'{{"message":"unknown key {KEY}"}}'.encode())) as server:
        error = await failure_of(connect(server).call(READ, "a"))

    assert isinstance(error, APIError)
    assert CANARY not in f"{error}{error!r}"


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

    assert leaks(raised.value) == ["StreamError.snapshot"]
    assert leaks(ValueError(KEY)) == ["ValueError.str", "ValueError.repr", "ValueError.args"]
