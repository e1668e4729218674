"""The one file that speaks aiohttp: a call goes in, a reply or a TransportError comes out.

No aiohttp exception leaves this file, not even as the context of one of ours: their ``repr`` and their
``request_info`` hold the bearer token.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict
from yarl import URL

from flexsdk.core.body import Multipart, Progress, Upload
from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import AttemptTimer
from flexsdk.core.hooks import AttemptEnded
from flexsdk.core.loops import PerLoop
from flexsdk.errors import (
    Attempt,
    CertificateInvalid,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    FlexError,
    Timeout,
    TransportError,
)
from flexsdk.protocol.urls import same_origin

__all__ = ["MAX_BODY_BYTES", "Transport"]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Most decoded bytes of one answer that is not a stream."""
MAX_ERROR_BYTES = 64 * 1024
"""Most bytes kept of an answer with an error status."""
DRAIN_SECONDS = 0.05
"""Most time that a finished stream waits for its connection to become free."""
CONNECT_SECONDS = 10.0
"""Time to look up the host, to connect and to shake hands."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_ANYTHING = "*/*"
_LARGE_BYTES = 512 * 1024


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
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=None, sock_connect=CONNECT_SECONDS, sock_read=None
        )
        self._given = session
        self._own = PerLoop(self._open_session, drop=_Owned.forget)
        self.closed = False

    def _open_session(self) -> _Owned:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
        )
        # aiohttp repeats an idempotent request by itself when a kept connection drops; Retry counts repeats.
        if hasattr(session, "_retry_connection"):
            session._retry_connection = False  # noqa: SLF001 - no public switch in aiohttp 3.14
        return _Owned(session)

    def session(self) -> aiohttp.ClientSession:
        """Give the session of the running loop."""
        if self.closed:
            raise ConfigError("the client is closed; make a new one, or keep the `async with` block open")
        if self._given is None:
            return self._own.get().session
        if self._given.closed:
            raise ConfigError("the session that was given to the client is closed")
        return self._given

    async def aclose(self) -> None:
        """Close the sessions that were opened here; those of other loops without waiting."""
        self.closed = True
        running = asyncio.get_running_loop()
        for loop, owned in self._own.drain():
            if loop is running:
                await owned.aclose()
            elif loop.is_closed():
                owned.forget()
            else:
                asyncio.run_coroutine_threadsafe(owned.aclose(), loop)

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
                failure = _translate(error, self._base_url)
        if timer.expired:
            if reply is not None and reply.source is not None:
                reply.source.close()
            raise _timed_out(call, seconds)
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
        return self.session().request(
            call.op.method,
            URL(url, encoded=True),
            data=_data(call.body),
            headers=self._headers_of(call),
            allow_redirects=False,
            raise_for_status=False,
            timeout=self._timeout,
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


def _data(body: bytes | Multipart | None) -> Any:
    """Give the body in a form that aiohttp sends without a copy and without blocking the loop."""
    if isinstance(body, Multipart):
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in body.fields.items():
            form.add_field(name, value)
        for name, upload in body.files:
            form.add_field(name, _File(upload, body.on_progress), filename=upload.name)
        return form
    return BytesIO(body) if body is not None and len(body) > _LARGE_BYTES else body


class _File(aiohttp.Payload):
    """One file of a form; read anew for each attempt."""

    def __init__(self, upload: Upload, on_progress: Progress | None) -> None:
        super().__init__(upload, content_type=upload.content_type)
        self._upload = upload
        self._on_progress = on_progress
        self._size = upload.size

    async def write(self, writer: AbstractStreamWriter) -> None:
        sent = 0
        async with contextlib.aclosing(self._upload.chunks()) as chunks:
            async for chunk in chunks:
                await writer.write(chunk)
                sent += len(chunk)
                if self._on_progress:
                    self._on_progress(sent, self._size)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("files are sent piece by piece and are not decoded")


class _Owned:
    """A session of ours, which is closed with its loop when nobody has closed the client.

    An async generator that has begun is all that a loop closes at its own end (``shutdown_asyncgens``).
    """

    __slots__ = ("_keeper", "session")

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self._keeper = _keep(session)
        with contextlib.suppress(StopIteration):
            self._keeper.__anext__().send(None)

    async def aclose(self) -> None:
        await self._keeper.aclose()

    def forget(self) -> None:
        """Close a session whose loop has ended: nothing is left to wait for, so one step is all it takes."""
        with contextlib.suppress(StopIteration):
            self.session.close().send(None)


async def _keep(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await session.close()


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
            call.source = _Body(response)
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
    pieces = []
    size = 0
    while size <= limit and (piece := await response.content.readany()):
        pieces.append(piece)
        size += len(piece)
    if size > limit:
        response.close()
    return b"".join(pieces)


class _Body:
    """The open body of a stream."""

    __slots__ = ("_callbacks", "_closed", "_response")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._callbacks: list[Callable[[], None]] = []
        self._closed = False

    async def read(self) -> bytes:
        content = self._response.content
        try:
            return await content.readany()
        except FlexError:
            raise  # set by fail(); our Timeout is an OSError too
        except (aiohttp.ClientError, OSError) as error:
            failure = _translate(error, str(self._response.url.origin()))
        if rest := _left_over(content):
            return rest
        raise failure

    def fail(self, error: BaseException) -> None:
        self._response.content.set_exception(error)

    async def drain(self) -> None:
        if self._response.closed:
            return
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self._response.content.readany():
                    pass

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._response.close()
        for callback in self._callbacks:
            callback()

    def on_close(self, callback: Callable[[], None]) -> None:
        if self._closed:
            callback()
        else:
            self._callbacks.append(callback)


def _left_over(content: aiohttp.StreamReader) -> bytes:
    """Take what arrived before the error; aiohttp's reader would drop it."""
    take = getattr(content, "_read_nowait", None)
    return take(-1) if take else b""


def _timed_out(call: Call, seconds: float) -> Timeout:
    if seconds < call.timeout:
        return Timeout(
            f"no answer before the deadline, {seconds:.3g} s into the attempt",
            phase="deadline",
            seconds=seconds,
        )
    return Timeout(f"no complete answer within {seconds:g} s", phase="attempt", seconds=seconds)


def _translate(error: Exception, base_url: str) -> TransportError:
    """Say in our own words what went wrong; the texts of aiohttp can hold addresses and headers."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return CertificateInvalid(f"the certificate of {base_url} does not verify")
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.strerror or type(error.os_error).__name__
        return ConnectFailed(f"cannot connect to {base_url}: {reason}")
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return Timeout(
            f"no connection to {base_url} within {CONNECT_SECONDS:g} s",
            phase="connect",
            seconds=CONNECT_SECONDS,
        )
    if isinstance(error, aiohttp.ClientResponseError):
        return ConnectionLost(f"{base_url} answered with something that is no HTTP")
    if isinstance(error, aiohttp.ClientPayloadError):
        return ConnectionLost(f"the answer of {base_url} was cut")
    return ConnectionLost(f"the connection to {base_url} broke before the answer ({type(error).__name__})")
