"""Bodies to be sent, in a form that aiohttp neither copies nor blocks on."""

from __future__ import annotations

import contextlib
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from flexsdk.core.body import Multipart, Progress, Upload

__all__ = ["data_of"]

_LARGE_BYTES = 512 * 1024
"""Above this, bytes are written in pieces so that the loop goes on."""


def data_of(body: bytes | Multipart | None) -> Any:
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
