"""One HTTP attempt: the request, redirects, and the answer read or left open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import AttemptTimer
from flexsdk.core.hooks import AttemptEnded, FirstByte, emit
from flexsdk.core.transport.failures import timed_out, translate
from flexsdk.core.transport.opened import OpenBody, mind_the_framing, refuse_coding
from flexsdk.core.transport.payload import data_of, raised_by_source
from flexsdk.core.transport.redirects import MOST_REDIRECTS, REDIRECTS, about_the_file, fetch, onward_of
from flexsdk.core.transport.session import TIMEOUT, Sessions
from flexsdk.errors import Attempt, DecodeError, Timeout, TransportError
from flexsdk.protocol.urls import same_origin

__all__ = ["MAX_BODY_BYTES", "Transport"]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Most decoded bytes of one answer that is not a stream."""
MAX_ERROR_BYTES = 64 * 1024
"""Most bytes kept of an answer with an error status."""

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
        self._sessions = Sessions(session, everywhere)

    def counts(self) -> tuple[int, int]:
        """Give how many sockets there are, and how many of them are in use; not those of a given session."""
        return self._sessions.counts()

    async def aclose(self) -> None:
        """Close all sessions that were opened here."""
        await self._sessions.aclose()

    async def __call__(self, call: Call) -> Reply[Any]:
        """Make one HTTP attempt and note it in the call's history."""
        clock = call.clock
        started = clock.monotonic()
        outcome = "Cancelled"
        reply: Reply[Any] | None = None
        try:
            reply = await self._attempt(call, started)
            outcome = str(reply.status)
            return reply
        except asyncio.CancelledError as error:
            error.__traceback__ = None  # the frames of aiohttp hold the headers
            raise
        except Exception as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds = clock.monotonic() - started
            number = len(call.history) + 1
            call.history.append(
                Attempt(number=number, outcome=outcome, started=started - call.started, seconds=seconds)
            )
            if call.hooks:
                emit(
                    call.hooks,
                    AttemptEnded(
                        op=call.op.id,
                        call=call.ref,
                        attempt=number,
                        outcome=outcome,
                        seconds=seconds,
                        request_id=reply.request_id if reply else None,
                    ),
                )

    async def _attempt(self, call: Call, now: float) -> Reply[Any]:
        seconds = _allowance(call, now)
        timer = AttemptTimer(seconds)
        failure: Exception | None = None
        reply: Reply[Any] | None = None
        with timer:
            try:
                url = self._base_url + call.target
                response = await self._send(call, url)
                if call.hooks:
                    waited = call.clock.monotonic() - now
                    attempt = len(call.history) + 1
                    emit(
                        call.hooks,
                        FirstByte(op=call.op.id, call=call.ref, attempt=attempt, seconds=waited),
                    )
                if response.status in REDIRECTS:
                    reply = await self._follow(call, url, response)
                else:
                    reply = await _reply(call, response)
            except TransportError as error:  # before the next line: our Timeout is an OSError too
                failure = error
            except (aiohttp.ClientError, OSError) as error:
                failure = raised_by_source(error) or translate(error, self._base_url)
        if timer.expired:
            if reply is not None and reply.source is not None:
                reply.source.close()
            raise timed_out(call, seconds)
        if failure is not None:
            raise failure
        assert reply is not None
        return reply

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
        reply = await _reply(call, response)
        reply.headers = headers
        return reply

    def _send(self, call: Call, url: str) -> Awaitable[aiohttp.ClientResponse]:
        return self._sessions.get().request(
            call.op.method,
            URL(url, encoded=True),
            data=None if call.body is None else data_of(call),
            headers=self._headers_of(call),
            allow_redirects=False,
            raise_for_status=False,
            timeout=TIMEOUT,
        )

    def _headers_of(self, call: Call) -> Mapping[str, str]:
        """Give what the session does not add by itself."""
        usual = call.op.accept == _JSON
        if usual and not (call.headers or call.content_type or self._headers):
            return call.credentials
        headers = CIMultiDict(self._headers)
        headers.update(call.credentials)
        if call.content_type:
            headers[hdrs.CONTENT_TYPE] = call.content_type
        if not usual:
            headers[hdrs.ACCEPT] = call.op.accept
        if call.headers:
            headers.update(call.headers)
        return headers


def _allowance(call: Call, now: float) -> float:
    """Give the seconds that the attempt may take."""
    if call.deadline is None:
        return call.timeout
    if call.deadline <= now:
        raise Timeout("the deadline passed before the attempt", phase="deadline", seconds=0.0)
    return min(call.timeout, call.deadline - now)


async def _reply(call: Call, response: aiohttp.ClientResponse) -> Reply[Any]:
    """Read a value whole, but leave a stream open."""
    if response.status < 300 and call.op.streamed:
        refuse_coding(response)
        if call.op.accept in (_ANYTHING, response.content_type):
            call.source = OpenBody(response)
            if call.hooks:
                call.watch(call.source)
            return Reply(call, response.status, response.headers, source=call.source)
        raise await _unexpected(call.op.accept, response)
    limit = MAX_BODY_BYTES if response.status < 300 else MAX_ERROR_BYTES
    try:
        body = await (response.read() if _is_short(response, limit) else _read(response, limit))
    except BaseException:
        response.close()
        raise
    if len(body) > limit and response.status < 300:
        raise DecodeError(f"the answer is above {limit} bytes", expected="body", body=body[:MAX_ERROR_BYTES])
    return Reply(call, response.status, response.headers, body[:limit])


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
    """Read up to ``limit`` decoded bytes; one byte more tells that there are more."""
    mind_the_framing(response)
    pieces = []
    size = 0
    while size <= limit and (piece := await response.content.readany()):
        pieces.append(piece)
        size += len(piece)
    if size > limit:
        response.close()
    return b"".join(pieces)
