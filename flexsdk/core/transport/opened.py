"""The open body of a streamed answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
from aiohttp import hdrs
from aiohttp.http import HttpProcessingError

from flexsdk.core.transport.failures import translate
from flexsdk.errors import DecodeError, FlexError

__all__ = ["OpenBody", "check_end", "mind_the_framing", "piece_of", "refuse_coding"]

DRAIN_SECONDS = 0.05
"""Most time that a finished stream waits for its connection to become free."""


class OpenBody:
    """The open body of a stream."""

    __slots__ = ("_callbacks", "_closed", "_end", "_response")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._callbacks: list[Callable[[], None]] = []
        self._closed = False
        self._end = mind_the_framing(response)

    async def read(self) -> bytes:
        """Give the next bytes as they come; empty at the end."""
        content = self._response.content
        try:
            if not (piece := await content.readany()):
                check_end(self._end)
            return piece
        except FlexError:
            raise  # set by fail(); our Timeout is an OSError too
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            failure = translate(_meant(error), str(self._response.url.origin()))
        if rest := _left_over(content):
            return rest
        raise failure

    def fail(self, error: BaseException) -> None:
        """Wake the reader with this error."""
        self._response.content.set_exception(error)

    async def drain(self) -> None:
        """Wait a moment for the end of the body."""
        if self._response.closed:
            return
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while await piece_of(self._response.content):
                    pass

    def close(self) -> None:
        """Close the connection at once, unless the body has ended."""
        if self._closed:
            return
        self._closed = True
        self._response.close()
        for callback in self._callbacks:
            callback()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Run the callback once, when the body is closed."""
        if self._closed:
            callback()
        else:
            self._callbacks.append(callback)


async def piece_of(content: aiohttp.StreamReader) -> bytes:
    """Give the next bytes of a body; empty at the end."""
    try:
        return await content.readany()
    except RuntimeError as error:
        failure = _meant(error)
    raise failure


def _meant(error: Exception) -> Exception:
    """Give what a failure means that aiohttp 3.14 has no name for, and raise what is of another kind.

    A connection that ends on broken framing tells the reader a moment later; who reads in that moment gets a
    plain RuntimeError.
    """
    if not isinstance(error, RuntimeError):
        return error
    if str(error) != "Connection closed.":
        raise error
    return aiohttp.ClientPayloadError("the connection is gone")


def _left_over(content: aiohttp.StreamReader) -> bytes:
    """Take what arrived before the error; aiohttp's reader would drop it."""
    take = getattr(content, "_read_nowait", None)
    return take(-1) if take else b""


def mind_the_framing(response: aiohttp.ClientResponse) -> asyncio.Future[None] | None:
    """Wake the reader when the framing of a chunked body breaks.

    aiohttp notes the fault on the connection and closes it, but leaves the reader of the body waiting.

    Returns:
        The end of the connection, where nothing else tells the end of the body; for :func:`check_end`.
    """
    protocol = response.connection.protocol if response.connection else None
    if protocol is None:
        return None

    def look(closed: asyncio.Future[None] | None = None) -> None:
        if closed is not None and not closed.cancelled():
            closed.exception()  # looked at, so that it is not reported as forgotten
        if isinstance(protocol.exception(), HttpProcessingError) and response.content.exception() is None:
            response.content.set_exception(aiohttp.ClientPayloadError("the framing of the body broke"))

    ended = protocol.closed
    if ended is None:
        look()
        return None
    ended.add_done_callback(look)
    framed = hdrs.CONTENT_LENGTH in response.headers or hdrs.TRANSFER_ENCODING in response.headers
    return None if framed else ended


def check_end(ended: asyncio.Future[None] | None) -> None:
    """Refuse a body that only the end of the connection has ended, if that was a reset.

    aiohttp takes any end for the body's. An orderly one that comes too early cannot be told apart.
    """
    if ended is not None and ended.done() and not ended.cancelled() and ended.exception() is not None:
        raise aiohttp.ClientPayloadError("the connection broke")


_UNPACKED = frozenset({"", "br", "deflate", "gzip", "identity", "zstd"})
"""What aiohttp unpacks, in pieces of bounded size; of two codings at once it unpacks none, or one only."""


def refuse_coding(response: aiohttp.ClientResponse) -> None:
    """Refuse a body that would come out still packed, and would then be taken for the content."""
    codings = response.headers.getall("Content-Encoding", [])
    if len(codings) < 2 and all(coding.lower() in _UNPACKED for coding in codings):
        return
    response.close()
    shown = ", ".join(codings)[:80]
    raise DecodeError(
        f"the answer is packed as {shown!r}, which was not asked for and is not unpacked", expected="body"
    )
