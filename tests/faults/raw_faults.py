"""Answers that are wrong as HTTP or as content, made of the true ones by a server on the way."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from faults.chaos import last_turns
from servers import LAST_CHUNK, Peer, RawServer, Request, answer, chunk

HTML = b"<html><body>Sign in to the network</body></html>"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"
DRIP_BYTES = 2
DRIP_SECONDS = 0.05
SOON = 0.003


class Answer(NamedTuple):
    """A true answer, without its framing."""

    status: int
    content_type: str
    body: bytes

    def sent(self, body: bytes | None = None, *, status: int | None = None, **headers: str) -> bytes:
        """Put it on the wire, with a length."""
        content_type = headers.pop("content_type", self.content_type)
        content = self.body if body is None else body
        return answer(status or self.status, content, content_type=content_type, **headers)

    def chunked(self) -> bytes:
        """Put it on the wire in chunks, without the last one."""
        return CHUNKED % self.content_type.encode() + chunk(self.body)


Forgery = Callable[[Answer, Peer], Awaitable[None]]


class Forger(RawServer):
    """Asks the platform, and forges the answers; ``times`` of them, and passes on the others as they are.

    One that is ``UNASKED`` keeps the request from the platform.
    """

    def __init__(self, upstream: int) -> None:
        super().__init__(self._forge)
        self._upstream = upstream
        self._forgery: Forgery | None = None
        self._left = 0.0

    async def __aexit__(self, *exit_: object) -> None:
        await last_turns()
        await super().__aexit__(*exit_)
        await last_turns()

    def poison(self, forgery: Forgery, *, times: float = float("inf")) -> None:
        """Forge the next answers, so many of them."""
        self._forgery, self._left = forgery, times

    def heal(self) -> None:
        """Forge no more."""
        self._left = 0

    async def _forge(self, request: Request, peer: Peer) -> None:
        forged = self._left > 0
        self._left -= forged
        if not forged or self._forgery is None:
            await peer.send((await self._ask(request)).sent())
            return
        true = Answer(200, "application/json", b"") if self._forgery in UNASKED else await self._ask(request)
        await self._forgery(true, peer)

    async def _ask(self, request: Request) -> Answer:
        """Get the true answer, over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        head = f"{request.line}\r\n{fields}connection: close\r\n\r\n"
        try:
            writer.write(head.encode("latin-1") + request.body)
            top, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        line, *lines = top.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}
        if headers.get("transfer-encoding") == "chunked":
            body = _joined(body)
        return Answer(int(line.split(" ")[1]), headers.get("content-type", "application/json"), body)


def _joined(body: bytes) -> bytes:
    """Take the chunks of a body apart."""
    content = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        content, body = content + body[:length], body[length + 2 :]
    return content


# --- the body


async def garbage(_: Answer, peer: Peer) -> None:
    await peer.send(answer(200, b"\x00\xff\x17 garbage"))


async def html(_: Answer, peer: Peer) -> None:
    await peer.send(answer(200, HTML, content_type="text/html"))


async def html_as_promised(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(HTML, status=200))


async def nothing(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(b"", status=200))


async def other_type(true: Answer, peer: Peer) -> None:
    """The true body under a wrong name: right for a value, refused as a stream."""
    await peer.send(true.sent(content_type="text/html"))


async def half(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(true.body[: len(true.body) // 2]))


async def gzip_cut(true: Answer, peer: Peer) -> None:
    """A packed body that lacks its end, though its length is as announced."""
    packed = gzip.compress(true.body)
    await peer.send(true.sent(packed[: len(packed) * 2 // 3], content_encoding="gzip"))


async def gzip_lie(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(content_encoding="gzip"))


# --- the framing


async def whole(true: Answer, peer: Peer) -> None:
    """The true answer in chunks: no forgery, but another framing."""
    await peer.send(true.chunked() + LAST_CHUNK)


async def length_too_long(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(content_length=str(len(true.body) + 1)))
    peer.close()


async def length_too_short(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(content_length=str(len(true.body) // 2)))


async def no_last_chunk(true: Answer, peer: Peer) -> None:
    await peer.send(true.chunked())
    peer.close()


async def no_last_chunk_and_reset(true: Answer, peer: Peer) -> None:
    await peer.send(true.chunked())
    await _reset_soon(peer)


async def half_a_chunk(true: Answer, peer: Peer) -> None:
    await peer.send(true.chunked()[: -len(true.body) // 2 - 2])
    peer.close()


async def bad_chunk(true: Answer, peer: Peer) -> None:
    await peer.send(true.chunked())
    await asyncio.sleep(SOON)
    await peer.send(b"no size\r\n")


async def unending(true: Answer, peer: Peer) -> None:
    await peer.send(true.chunked())
    await peer.until_gone()


async def other_protocol(_: Answer, peer: Peer) -> None:
    await peer.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    peer.close()


async def bad_status(_: Answer, peer: Peer) -> None:
    await peer.send(b"HTTP/1.1 abc OK\r\n\r\n")


async def endless_head(_: Answer, peer: Peer) -> None:
    for number in range(2_000):
        await peer.send(b"X-%d: %b\r\n" % (number, b"x" * 100) if number else b"HTTP/1.1 200 OK\r\n")
    await peer.until_gone()


async def dripping_head(_: Answer, peer: Peer) -> None:
    await _drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000, peer)


async def dripping_body(true: Answer, peer: Peer) -> None:
    await peer.send(CHUNKED % true.content_type.encode())
    await _drip(chunk(true.body + b" " * 5_000), peer)


async def _reset_soon(peer: Peer) -> None:
    await asyncio.sleep(SOON)
    with contextlib.suppress(OSError):  # the client has left
        peer.reset()


async def _drip(data: bytes, peer: Peer) -> None:
    for start in range(0, len(data), DRIP_BYTES):
        await peer.send(data[start : start + DRIP_BYTES])
        await asyncio.sleep(DRIP_SECONDS)


# --- more than one answer


async def two_at_once(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent() * 2)


async def continue_first(true: Answer, peer: Peer) -> None:
    await peer.send(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + true.sent()
    )


# --- keep-alive that is none


async def announced_close(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent(connection="close"))
    peer.close()


async def closed_after(true: Answer, peer: Peer) -> None:
    """A connection that ends behind an answer which does not say so."""
    await peer.send(true.sent())
    peer.close()


async def reset_after(true: Answer, peer: Peer) -> None:
    await peer.send(true.sent())
    await _reset_soon(peer)


# --- a gateway's errors


def status(number: int, **headers: str) -> Forgery:
    """Answer in place of the platform, as a gateway does that cannot reach it."""

    async def refuse(_: Answer, peer: Peer) -> None:
        page = b"<html><h1>%d</h1></html>" % number
        await peer.send(answer(number, page, content_type="text/html", **headers))

    return refuse


BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT = status(502), status(503), status(504)
COME_BACK = status(503, retry_after="0")

UNASKED: frozenset[Forgery] = frozenset(
    {garbage, html, other_protocol, bad_status, endless_head, dripping_head}
    | {BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT, COME_BACK}
)
"""Forgeries that keep the request from the platform."""
