"""One HTTP attempt: the request, redirects, and the answer read or left open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import AttemptTimer
from flexsdk.core.hooks import AttemptEnded, FirstByte, emit
from flexsdk.core.transport.failures import timed_out, translate
from flexsdk.core.transport.opened import OpenBody, check_end, mind_the_framing, piece_of, refuse_coding
from flexsdk.core.transport.payload import data_of, raised_by_source
from flexsdk.core.transport.redirects import MOST_REDIRECTS, REDIRECTS, about_the_file, fetch, onward_of
from flexsdk.core.transport.session import TIMEOUT, Sessions
from flexsdk.errors import Attempt, DecodeError, FlexError, Timeout, TransportError
from flexsdk.protocol.urls import same_origin

__all__ = ["MAX_BODY_BYTES", "Transport"]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Most decoded bytes of one answer that is not a stream."""
MAX_ERROR_BYTES = 64 * 1024
"""Most bytes kept of an answer with an error status."""
_JOINED_BYTES = 1024 * 1024
"""Most bytes of a value that are read as pieces and then joined: quick, and twice the memory."""

_JSON = "application/json"
_ANYTHING = "*/*"


class Transport:
    """Sends calls over aiohttp: one session per running loop, or the one that the user owns.

    Args:
        base_url: checked, without a slash at the end.
        headers: sent with every call.
        session: a session of the user's; it is never closed here.
    """

    def __init__(
        self, base_url: str, headers: dict[str, str], *, session: aiohttp.ClientSession | None = None
    ) -> None:
        self._base_url = base_url
        everywhere = CIMultiDict({hdrs.ACCEPT: _JSON})
        for name, value in headers.items():
            everywhere[name] = value  # not added to the same name in another case
        self._headers = everywhere if session else CIMultiDict[str]()
        self._traced = session is not None  # then its traces are told of every piece of a body
        self._sessions = Sessions(session, base_url, everywhere)

    def counts(self) -> tuple[int, int]:
        """Give how many sockets there are, and how many of them are in use; not those of a given session."""
        return self._sessions.counts()

    async def aclose(self) -> None:
        """Close all sessions that were opened here."""
        await self._sessions.aclose()

    async def __call__(self, call: Call) -> Reply[Any]:
        """Make one HTTP attempt and note it in the call's history."""
        started = call.clock.monotonic()
        seconds = call.timeout
        if call.deadline is not None and call.deadline - started < seconds:
            seconds = _allowance(call.deadline - started)
        timer = AttemptTimer(seconds, call.loop)
        url = self._base_url + call.target
        outcome = "Cancelled"
        reply: Reply[Any] | None = None
        response: aiohttp.ClientResponse | None = None
        try:
            with timer:
                response = await self._send(call, url)
                if call.hooks:
                    _tell_first_byte(call, started)
                reply = None if self._traced else _at_hand(call, response)
                if reply is None:
                    reply = await self._read(call, url, response)
            if timer.expired:
                call.abandon()
                raise TimeoutError  # said in our words below
            assert reply is not None
            outcome = str(reply.status)
            return reply
        except asyncio.CancelledError as error:
            error.__traceback__ = None  # the frames of aiohttp hold the headers
            raise
        except Exception as error:  # noqa: BLE001 - what is not ours to translate goes on as it is
            failure = self._in_our_words(call, timer, error)
            outcome = type(failure).__name__
            response = None  # its text has all headers of the answer, and so have the frames below
            if isinstance(failure, FlexError):
                failure.__traceback__ = None
        finally:
            _note(call, started, outcome, reply)
        raise failure

    def _in_our_words(self, call: Call, timer: AttemptTimer, error: Exception) -> Exception:
        translated = isinstance(error, (TransportError, aiohttp.ClientError, OSError))
        if timer.expired and translated:
            return timed_out(call, timer.seconds)
        if isinstance(error, TransportError) or not translated:
            return error  # looked at first: our Timeout is an OSError, too
        return raised_by_source(error) or translate(error, self._base_url)

    async def _read(self, call: Call, url: str, response: aiohttp.ClientResponse) -> Reply[Any]:
        if response.status in REDIRECTS:
            return await self._follow(call, url, response)
        return await _reply(call, response)

    async def _follow(self, call: Call, url: str, response: aiohttp.ClientResponse) -> Reply[Any]:
        """Go where redirects lead; once at another host without credentials, even if the way leads back."""
        away = False
        for _ in range(MOST_REDIRECTS):
            onward = onward_of(call, url, response)
            if onward is None:
                break
            response.release()
            away = away or not same_origin(url, onward)
            url = onward
            response = await (fetch(self._sessions.get(), call, url) if away else self._send(call, url))
        headers = about_the_file(response.headers) if away else response.headers
        if response.status in REDIRECTS or (away and response.status >= 300):
            response.close()  # unread: redirects and storages repeat the signed link in their bodies
            return Reply(call, response.status, headers)
        reply = await _reply(call, response, away=away)
        reply.headers = headers
        return reply

    def _send(self, call: Call, url: str) -> Awaitable[aiohttp.ClientResponse]:
        op = call.op
        usual = op.accept == _JSON and not (call.headers or call.content_type or self._headers)
        if (
            usual
            and op.method == "GET"
            and call.body is None
            and (gets := self._sessions.gets(call.loop)) is not None
        ):
            return gets.send(url, call.credentials)
        return self._sessions.get(call.loop).request(
            op.method,
            URL(url, encoded=True),
            data=None if call.body is None else data_of(call),
            headers=call.credentials if usual else self._headers_of(call),
            allow_redirects=False,
            raise_for_status=False,
            timeout=TIMEOUT,
        )

    def _headers_of(self, call: Call) -> Mapping[str, str]:
        """Give what the session does not add by itself."""
        headers = CIMultiDict(self._headers)
        headers.update(call.credentials)
        if call.content_type:
            headers[hdrs.CONTENT_TYPE] = call.content_type
        if call.op.accept != _JSON:
            headers[hdrs.ACCEPT] = call.op.accept
        if call.headers:
            headers.update(call.headers)
        return headers


def _allowance(left: float) -> float:
    """Give the seconds that the deadline leaves to the attempt."""
    if left <= 0:
        raise Timeout("the deadline passed before the attempt", phase="deadline", seconds=0.0)
    return left


def _tell_first_byte(call: Call, started: float) -> None:
    waited = call.clock.monotonic() - started
    attempt = len(call.history) + 1
    emit(call.hooks, FirstByte(op=call.op.id, call=call.ref, attempt=attempt, seconds=waited))


def _note(call: Call, started: float, outcome: str, reply: Reply[Any] | None) -> None:
    """Write the attempt into the call's history, and tell the hooks."""
    seconds = call.clock.monotonic() - started
    history = call.history
    number = len(history) + 1
    history.append(Attempt(number=number, outcome=outcome, started=started - call.started, seconds=seconds))
    if call.hooks:
        named = reply.request_id if reply else None
        emit(
            call.hooks,
            AttemptEnded(
                op=call.op.id,
                call=call.ref,
                attempt=number,
                outcome=outcome,
                seconds=seconds,
                request_id=named,
            ),
        )


def _at_hand(call: Call, response: aiohttp.ClientResponse) -> Reply[Any] | None:
    """Give a value whose body has come whole together with its head, as short ones do."""
    content = response.content
    if not content.is_eof() or call.op.streamed or response.status in REDIRECTS:
        return None
    if hdrs.CONTENT_ENCODING in response.headers and response.status < 300:
        refuse_coding(response)
    body = content.read_nowait()
    return Reply(call, response.status, response.headers, _within(body, response.status))


async def _reply(call: Call, response: aiohttp.ClientResponse, *, away: bool = False) -> Reply[Any]:
    """Read a value whole, but leave a stream open; ``away`` is where a signed link has led to."""
    if response.status < 300 and call.op.streamed:
        refuse_coding(response)
        if away or _is_meant(call.op.accept, response):
            call.source = OpenBody(response)
            if call.hooks:
                call.watch(call.source)
            return Reply(call, response.status, response.headers, source=call.source)
        raise await _unexpected("a file" if call.op.accept == _ANYTHING else call.op.accept, response)
    limit = MAX_BODY_BYTES if response.status < 300 else MAX_ERROR_BYTES
    short = _is_short(response, min(limit, _JOINED_BYTES))
    if not short and response.status < 300:
        refuse_coding(response)
    try:
        body = await (response.read() if short else _read(response, limit))
    except BaseException:
        response.close()
        raise
    return Reply(call, response.status, response.headers, _within(body, response.status))


def _within(body: bytes, status: int) -> bytes:
    """Give the body, cut where it belongs to an error, and refused where it is too long for a value."""
    if len(body) <= MAX_ERROR_BYTES:
        return body
    if status >= 300:
        return body[:MAX_ERROR_BYTES]
    if len(body) > MAX_BODY_BYTES:
        raise DecodeError(
            f"the answer is above {MAX_BODY_BYTES} bytes", expected="body", body=body[:MAX_ERROR_BYTES]
        )
    return body


def _is_meant(accept: str, response: aiohttp.ClientResponse) -> bool:
    """Tell whether this is what was asked for: any file, but no page of a gateway or a network's sign-in.

    A page that is a file comes with a name, or from the storage that a signed link led to.
    """
    if accept != _ANYTHING:
        return response.content_type == accept
    return response.content_type != "text/html" or hdrs.CONTENT_DISPOSITION in response.headers


async def _unexpected(expected: str, response: aiohttp.ClientResponse) -> DecodeError:
    """Say what came in place of a stream."""
    try:
        body = await _read(response, MAX_ERROR_BYTES)
    finally:
        response.close()
    return DecodeError(
        f"expected {expected}, the answer is {response.content_type}",
        expected=expected,
        body=body[:MAX_ERROR_BYTES],
    )


def _is_short(response: aiohttp.ClientResponse, limit: int) -> bool:
    """Whether the announced length is all there can be, and below the limit."""
    headers = response.headers
    length = headers.get(hdrs.CONTENT_LENGTH, "")
    return length.isdecimal() and int(length) <= limit and hdrs.CONTENT_ENCODING not in headers


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read up to ``limit`` decoded bytes; a little more tells that there are more."""
    ended = mind_the_framing(response)
    body = BytesIO()  # joining pieces would take their memory twice
    while body.tell() <= limit:
        if not (piece := await piece_of(response.content)):
            check_end(ended)
            return body.getvalue()
        body.write(piece)
    response.close()
    return body.getvalue()
