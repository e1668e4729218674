"""Bodies to be sent, in a form that aiohttp neither copies nor blocks on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from flexsdk.core.body import Multipart, Transfer, Upload
from flexsdk.core.call import Call
from flexsdk.errors import ConnectionLost

__all__ = ["data_of", "raised_by_source"]

_LARGE_BYTES = 512 * 1024
"""Above this, bytes are written in pieces so that the loop goes on."""
_PIECE_BYTES = 256 * 1024
"""Most bytes of a file that are written, and told, at a time."""


class _SourceFailed(Exception):
    """What the user's file, iterator or callback raised, on its way through aiohttp."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def data_of(call: Call) -> Any:
    """Give the body in a form that aiohttp sends without a copy and without blocking the loop."""
    body = call.body
    if isinstance(body, Multipart):
        return _form(body, attempt=len(call.history) + 1)
    return BytesIO(body) if body is not None and len(body) > _LARGE_BYTES else body


def raised_by_source(error: BaseException) -> Exception | None:
    """Give what the user's own file, iterator or callback raised, where that is what ended the request."""
    cause = error.__cause__
    return cause.error if isinstance(cause, _SourceFailed) else None


def _form(body: Multipart, *, attempt: int) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in body.fields.items():
        form.add_field(name, value)
    tally = _Tally(body, attempt)
    for name, upload in body.files:
        form.add_field(name, _File(upload, tally), filename=upload.name)
    tally.add(0)
    return form


class _Tally:
    """Counts what the socket has taken of all files of one form, in one attempt."""

    def __init__(self, body: Multipart, attempt: int) -> None:
        sizes = [upload.size for _, upload in body.files]
        self._size = sum(size or 0 for size in sizes) if None not in sizes else None
        self._done = 0
        self._attempt = attempt
        self._tell = body.on_progress

    @property
    def heard(self) -> bool:
        return self._tell is not None

    def add(self, count: int) -> None:
        self._done += count
        if self._tell:
            self._tell(Transfer(self._done, self._size, self._attempt))


class _File(aiohttp.Payload):
    """One file of a form; read anew for each attempt, and never longer than was announced."""

    def __init__(self, upload: Upload, tally: _Tally) -> None:
        super().__init__(upload, content_type=upload.content_type)
        self._upload = upload
        self._tally = tally
        self._size = upload.size

    async def write(self, writer: AbstractStreamWriter) -> None:
        with _no_buffer(writer) if self._tally.heard else contextlib.nullcontext():
            async with contextlib.aclosing(self._upload.chunks()) as chunks:
                await self._send(chunks, writer)

    async def _send(self, chunks: AsyncGenerator[bytes, None], writer: AbstractStreamWriter) -> None:
        left = self._size
        while left != 0 and (chunk := await _next(chunks)) is not None:
            if left is not None:
                chunk = chunk[:left]
                left -= len(chunk)
            for piece in _cut(chunk):
                await writer.write(piece)
                await writer.drain()
                self._count(len(piece))
        if left:
            raise _SourceFailed(
                ConnectionLost(f"{self._upload.name} became {left} bytes shorter while it was sent")
            )

    def _count(self, count: int) -> None:
        try:
            self._tally.add(count)
        except Exception as error:  # noqa: BLE001 - whatever the user's callback raises, the call raises
            raise _SourceFailed(error) from None

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("files are sent piece by piece and are not decoded")


def _cut(chunk: bytes) -> Iterator[bytes | memoryview]:
    """Cut without a copy: small writes leave little behind when the socket takes only a part."""
    if len(chunk) <= _PIECE_BYTES:
        yield chunk
        return
    view = memoryview(chunk)
    for start in range(0, len(chunk), _PIECE_BYTES):
        yield view[start : start + _PIECE_BYTES]


async def _next(chunks: AsyncGenerator[bytes, None]) -> bytes | None:
    try:
        return await anext(chunks, None)
    except Exception as error:  # noqa: BLE001 - whatever the user's source raises, the call raises
        raise _SourceFailed(error) from None


@contextlib.contextmanager
def _no_buffer(writer: AbstractStreamWriter) -> Iterator[None]:
    """Let a write end when the socket has taken all, so that what is counted has really left."""
    transport = writer.transport
    if transport is None:
        yield
        return
    transport.set_write_buffer_limits(high=0)
    try:
        yield
    finally:
        transport.set_write_buffer_limits()
