"""One recorded answer: what was asked, what came, and how both look in the file."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from flexsdk.core.body import Multipart
from flexsdk.core.call import Call, Reply
from flexsdk.testing.scrub import Scrubber

__all__ = ["Request", "Take", "chunks_of", "content_of"]

_KEPT_HEADERS = frozenset(
    {
        "accept-ranges", "content-disposition", "content-length", "content-range", "content-type", "date",
        "etag", "last-modified", "retry-after", "retry-after-ms", "x-request-id",
    }
)  # fmt: skip
_KEPT_PREFIXES = ("ratelimit", "x-ratelimit-")


@dataclass(frozen=True)
class Request:
    """What was asked, as it was asked: it may hold secrets."""

    platform: str
    operation: str
    target: str
    body: bytes | Multipart | None
    content_type: str

    @classmethod
    def of(cls, call: Call) -> Request:
        """Note what the call asks."""
        return cls(call.dialect.name, call.op.id, call.target, call.body, call.content_type)

    def clean(self, scrubber: Scrubber) -> dict[str, Any]:
        """Give what stands in the file, and what a request is known by."""
        asked = {"platform": self.platform, "operation": self.operation}
        return {**asked, "target": scrubber.target(self.target), "body": self._body(scrubber)}

    def _body(self, scrubber: Scrubber) -> Any:
        if isinstance(self.body, Multipart):
            files = [[name, file.name, file.content_type, file.size] for name, file in self.body.files]
            return scrubber.data({"fields": self.body.fields, "files": files})
        if self.body and self.content_type == "application/x-www-form-urlencoded":
            return {"text": scrubber.query(self.body.decode())}
        return _shown(self.body or b"", scrubber)


@dataclass
class Take:
    """A request and the answer that came to it, as they came: both may hold secrets."""

    request: Request
    status: int
    headers: Mapping[str, str]
    content: bytes = b""
    chunks: list[bytes] | None = None
    """The pieces of a stream, as they arrived."""
    cut: bool = False
    """Whether the connection broke in the stream."""
    complete: bool = field(default=True)
    """Whether nothing more will come."""

    @classmethod
    def of(cls, request: Request, reply: Reply[Any]) -> Take:
        """Note an answer; a stream is complete when it is closed."""
        if reply.source is None:
            return cls(request, reply.status, reply.headers, reply.body)
        return cls(request, reply.status, reply.headers, chunks=[], complete=False)

    def clean(self, scrubber: Scrubber) -> dict[str, Any]:
        """Give what stands in the file."""
        headers = {
            name: scrubber.text(value)
            for name, value in self.headers.items()
            if name.lower() in _KEPT_HEADERS or name.lower().startswith(_KEPT_PREFIXES)
        }
        answer: dict[str, Any] = {"status": self.status, "headers": headers}
        if self.chunks is None:
            answer["body"] = _shown(self.content, scrubber)
        else:
            answer["stream"] = {**_pieces(self.chunks, scrubber), "cut": self.cut}
        return {"request": self.request.clean(scrubber), "answer": answer}


def _shown(raw: bytes, scrubber: Scrubber) -> dict[str, Any] | None:
    """Show a body in the form that is best read by people."""
    if not raw:
        return None
    try:
        return {"json": scrubber.data(msgspec.json.decode(raw))}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _piece(scrubber.bytes(raw))


def _piece(raw: bytes) -> dict[str, Any]:
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(raw).decode()}


def _pieces(chunks: list[bytes], scrubber: Scrubber) -> dict[str, Any]:
    """Show a stream with its borders; where a secret was in it, as one piece, for it may cross a border."""
    whole = b"".join(chunks)
    clean = scrubber.bytes(whole)
    kept = chunks if clean == whole else [clean]
    return {"chunks": [_piece(chunk) for chunk in kept]}


def content_of(body: Mapping[str, Any] | None) -> bytes:
    """Give the bytes of a body, or of a piece of a stream, as the file shows it."""
    if body is None:
        return b""
    if "json" in body:
        return msgspec.json.encode(body["json"])
    raw: str = body.get("text", "")
    return raw.encode() or b64decode(body.get("base64", ""))


def chunks_of(answer: Mapping[str, Any]) -> list[bytes] | None:
    """Give the pieces of a recorded stream; ``None`` if it was none."""
    stream = answer.get("stream")
    return None if stream is None else [content_of(piece) for piece in stream["chunks"]]
