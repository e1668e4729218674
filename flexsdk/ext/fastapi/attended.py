"""Responses that end their work when nobody is left to read them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from typing import Final

from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

__all__ = ["STREAM_HEADERS", "Attended"]

STREAM_HEADERS: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""Keep proxies from holding events back."""
_COMMENT: Final = b": ping\n\n"


class Attended(StreamingResponse):
    """A response whose work begins before its status is sent, and is cancelled when the browser leaves.

    So a failure before :meth:`begin` can still be answered with a status of its own. The browser has left
    when its connection is closed; one that vanishes without a word is missed when something is sent to it.
    """

    heartbeat: float | None = None
    """Seconds of silence after which a comment is sent; ``None`` for never."""

    _busy = True  # nothing goes before the status
    _finished = False
    _loop: asyncio.AbstractEventLoop
    _quiet_since: float
    _send: Send

    async def work(self) -> None:
        """Open what is upstream, :meth:`begin`, send each :meth:`piece`, and :meth:`finish`."""
        raise NotImplementedError

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status and headers; the response's own headers come first."""
        for name, value in headers.items():
            self.headers.setdefault(name, value)
        await self._put({"type": "http.response.start", "status": status, "headers": self.raw_headers})

    def piece(self, data: bytes) -> Awaitable[None]:
        """Send some of the body; waits while the browser reads more slowly than the platform sends."""
        return self._put({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """Send the end of the body. The browser may leave from here on."""
        self._finished = True
        await self._put({"type": "http.response.body", "body": b"", "more_body": False})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the work; the server calls this."""
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._quiet_since = self._loop.time()
        # A task of its own is woken for each piece without the dozen frames of middlewares below this call.
        worker = asyncio.create_task(self.work())
        try:
            await self._attend(worker, receive)
            if self._finished:
                await asyncio.wait([worker])
        finally:
            left = not worker.done()
            worker.cancel()
            await asyncio.wait([worker])
        if not left:
            with contextlib.suppress(ClientDisconnect):
                worker.result()
        if self.background is not None:
            await self.background()

    async def _attend(self, worker: asyncio.Task[None], receive: Receive) -> None:
        """Wait for the end of the work or the leaving of the browser; keep a quiet connection alive."""
        attending = True

        def ended(_: object) -> None:
            if attending:  # it may be called a moment after it was taken back
                presence.reschedule(self._loop.time())

        with contextlib.suppress(TimeoutError, ClientDisconnect):
            async with asyncio.timeout(None) as presence:
                worker.add_done_callback(ended)
                try:
                    while not await self._sees_leaving(receive):
                        pass
                finally:
                    attending = False
                    worker.remove_done_callback(ended)

    async def _sees_leaving(self, receive: Receive) -> bool:
        """Tell whether the browser has left, after the next word of the server or a silence."""
        try:
            async with asyncio.timeout_at(self.heartbeat and self._quiet_since + self.heartbeat):
                message = await receive()
        except TimeoutError:
            await self._beat()
            return False
        return bool(message["type"] == "http.disconnect")

    async def _beat(self) -> None:
        if self._busy or self._finished:
            self._quiet_since = self._loop.time()  # look again after another silence
        else:
            await self.piece(_COMMENT)

    async def _put(self, message: Message) -> None:
        self._busy = True
        try:
            await self._send(message)
        except OSError:  # how servers since ASGI 2.4 tell that the browser has left
            raise ClientDisconnect from None
        self._quiet_since = self._loop.time()
        self._busy = False
