"""One HTTP attempt: the request, redirects to the same origin, and the answer read or left open."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urljoin

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import AttemptTimer
from flexsdk.core.hooks import AttemptEnded
from flexsdk.core.transport.failures import timed_out, translate
from flexsdk.core.transport.opened import OpenBody, mind_the_framing
from flexsdk.core.transport.payload import data_of
from flexsdk.core.transport.session import TIMEOUT, Sessions
from flexsdk.errors import Attempt, DecodeError, FlexError, Timeout, TransportError
from flexsdk.protocol.urls import same_origin

__all__ = ["MAX_BODY_BYTES", "Transport"]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Most decoded bytes of one answer that is not a stream."""
MAX_ERROR_BYTES = 64 * 1024
"""Most bytes kept of an answer with an error status."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
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
        self._headers = headers
        self._sessions = Sessions(session)

    async def aclose(self) -> None:
        """Close all sessions that were opened here."""
        await self._sessions.aclose()

    async def __call__(self, call: Call) -> Reply[Any]:
        """Make one HTTP attempt and note it in the call's history."""
        started = call.clock.monotonic()
        outcome = "Cancelled"
        try:
            reply = await self._attempt(call)
            outcome = str(reply.status)
            return reply
        except FlexError as error:
            outcome = type(error).__name__
            raise
        finally:
            seconds = call.clock.monotonic() - started
            call.history.append(
                Attempt(
                    number=len(call.history) + 1,
                    outcome=outcome,
                    started=started - call.started,
                    seconds=seconds,
                )
            )
            if call.hooks:
                call.emit(
                    AttemptEnded(op=call.op.id, attempt=len(call.history), outcome=outcome, seconds=seconds)
                )

    async def _attempt(self, call: Call) -> Reply[Any]:
        seconds = min(call.timeout, call.time_left())
        if seconds <= 0:
            raise Timeout("the deadline passed before the attempt", phase="deadline", seconds=0.0)
        timer = AttemptTimer(seconds)
        failure: TransportError | None = None
        reply: Reply[Any] | None = None
        with timer:
            try:
                reply = await self._exchange(call)
            except (aiohttp.ClientError, OSError) as error:
                failure = translate(error, self._base_url)
        if timer.expired:
            if reply is not None and reply.source is not None:
                reply.source.close()
            raise timed_out(call, seconds)
        if failure is not None:
            raise failure
        assert reply is not None
        return reply

    async def _exchange(self, call: Call) -> Reply[Any]:
        url = self._base_url + call.target
        response = await self._send(call, url)
        for _ in range(_MOST_REDIRECTS):
            onward = _onward(call, url, response)
            if onward is None:
                break
            response.release()
            url = onward
            response = await self._send(call, url)
        return await _reply(call, response)

    def _send(self, call: Call, url: str) -> Awaitable[aiohttp.ClientResponse]:
        return self._sessions.get().request(
            call.op.method,
            URL(url, encoded=True),
            data=data_of(call.body),
            headers=self._headers_of(call),
            allow_redirects=False,
            raise_for_status=False,
            timeout=TIMEOUT,
        )

    def _headers_of(self, call: Call) -> CIMultiDict[str]:
        headers = CIMultiDict(self._headers)
        headers.update(call.credentials)
        if call.content_type:
            headers["Content-Type"] = call.content_type
        headers["Accept"] = call.op.accept
        if call.headers:
            headers.update(call.headers)
        return headers


def _onward(call: Call, url: str, response: aiohttp.ClientResponse) -> str | None:
    """Tell where a redirect leads, if it may be followed: a GET, to the same origin."""
    if response.status not in _REDIRECTS or call.op.method != "GET":
        return None
    with contextlib.suppress(ValueError):
        onward = urljoin(url, response.headers.get("Location", ""))
        if onward != url and same_origin(url, onward):
            return onward.partition("#")[0]
    return None


async def _reply(call: Call, response: aiohttp.ClientResponse) -> Reply[Any]:
    """Read a value whole, but leave a stream open."""
    if response.status < 300 and call.op.streamed:
        if call.op.accept in (_ANYTHING, response.content_type):
            call.source = OpenBody(response)
            return Reply(call, response.status, response.headers, source=call.source)
        raise await _unexpected(call.op.accept, response)
    limit = MAX_BODY_BYTES if response.status < 300 else MAX_ERROR_BYTES
    try:
        body = await _read(response, limit)
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


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read up to ``limit`` decoded bytes; one byte more tells that there are more."""
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) <= limit and "Content-Encoding" not in response.headers:
        return await response.read()
    mind_the_framing(response)
    pieces = []
    size = 0
    while size <= limit and (piece := await response.content.readany()):
        pieces.append(piece)
        size += len(piece)
    if size > limit:
        response.close()
    return b"".join(pieces)
