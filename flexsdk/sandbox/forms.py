"""Form bodies: ``application/x-www-form-urlencoded`` and ``multipart/form-data``, whole or as they arrive."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

__all__ = ["Part", "Upload", "parse_form", "receive_form"]

_KEPT = 1 << 16
"""Bytes of each part of a received form that are kept; the rest is counted and hashed."""
_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Part:
    """One field or file of a form."""

    name: str
    data: bytes
    filename: str | None = None
    content_type: str = "text/plain"

    @property
    def text(self) -> str:
        """The data as UTF-8; bytes that are none show as U+FFFD."""
        return self.data.decode(errors="replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Part):
    """A part whose data holds only its beginning."""

    size: int
    """Bytes in all."""
    sha256: str


def parse_form(content_type: str, body: bytes) -> dict[str, list[Part]]:
    """Return the parts by name, in order.

    Raises:
        ValueError: no boundary, or a body that does not keep to it.
    """
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_type() == "application/x-www-form-urlencoded":
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        parts = [Part(name, value.encode()) for name, value in pairs]
    else:
        parts = _multipart(header.get_param("boundary"), body)
    form: dict[str, list[Part]] = {}
    for part in parts:
        form.setdefault(part.name, []).append(part)
    return form


async def receive_form(request: web.BaseRequest) -> dict[str, list[Part]]:
    """Read a multipart body part by part, and keep the beginning of each.

    Raises:
        ValueError: the body is no multipart form.
    """
    form: dict[str, list[Part]] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise ValueError("a part has no name")
            form.setdefault(part.name, []).append(await _measured(part, part.name))
    except BadHttpMessage as error:
        raise ValueError(str(error)) from None
    return form


def _multipart(boundary: object, body: bytes) -> list[Part]:
    if not isinstance(boundary, str):
        raise ValueError("the Content-Type names no boundary")
    # A line break in front lets the first delimiter look like all others (RFC 2046, 5.1.1).
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not pieces or not pieces[-1].startswith(b"--"):
        raise ValueError("the last boundary is missing")
    return [_part(piece.removeprefix(b"\r\n")) for piece in pieces[:-1]]


def _part(piece: bytes) -> Part:
    head, separator, data = piece.partition(b"\r\n\r\n")
    headers = HeaderParser().parsestr(head.decode())
    name = headers.get_param("name", header="Content-Disposition")
    if not separator or not isinstance(name, str):
        raise ValueError("a part has no name")
    return Part(name, data, headers.get_filename(), headers.get_content_type())


async def _measured(part: BodyPartReader, name: str) -> Upload:
    head, size, digest = bytearray(), 0, hashlib.sha256()
    while piece := await part.read_chunk(_PIECE):
        head += piece[: _KEPT - len(head)]
        size += len(piece)
        digest.update(piece)
    if part.filename is None:
        head.decode()
    kind = part.headers.get("Content-Type", "text/plain")
    return Upload(name, bytes(head), part.filename, kind, size=size, sha256=digest.hexdigest())
