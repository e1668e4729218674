"""Input without end, sense or measure: one typed error each, and memory below twice the limit."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest
from input_reader import Outcome
from servers import EVENT_STREAM, Peer, RawServer, Request, Step, answer, chunk
from service import READ, Connect, FakeClock

from flexsdk.core.files import MAX_LINE_BYTES as MAX_LINES
from flexsdk.core.files import MAX_READ_BYTES
from flexsdk.core.transport import MAX_BODY_BYTES
from flexsdk.core.transport.transport import MAX_ERROR_BYTES
from flexsdk.errors import RateLimited
from flexsdk.protocol.sse import MAX_EVENT_BYTES, MAX_LINE_BYTES

READER = Path(__file__).with_name("input_reader.py")
KIB = 1024
MIB = 1024 * KIB
WITHOUT_END = 1024 * MIB
"""So much is sent to a client that never says stop."""
PIECE = 64 * KIB
BOMB = 256 * MIB
USUAL = 8 * MIB
"""So much a process may grow that has had one small answer only: buffers, code that was not used yet."""
NO_LIMIT = 2 * WITHOUT_END
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
Reader: TypeAlias = "subprocess.Popen[str]"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


# --- what is sent


def endless(head: bytes, piece: bytes = b"x" * PIECE, *, size: int = WITHOUT_END) -> Step:
    """Send a head, and then the same piece over and over until the client leaves."""

    async def step(_: Request, peer: Peer) -> None:
        await peer.send(head)
        for _turn in range(size // len(piece)):
            await peer.send(piece)
        peer.close()

    return step


def in_chunks(piece: bytes) -> bytes:
    """Make of a small piece a large one of many chunks."""
    return chunk(piece) * max(1, PIECE // len(piece))


@cache
def bomb(coding: str, size: int = BOMB, fill: bytes = b"x") -> bytes:
    """Pack that many bytes into about a thousandth, or less."""
    pieces: Iterator[bytes] = (fill * MIB for _ in range(size // MIB))
    if coding == "br":
        packer = pytest.importorskip("brotli").Compressor(quality=5)
        return b"".join([*map(packer.process, pieces), packer.finish()])
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    return b"".join([*map(deflate.compress, pieces), deflate.flush()])


def packed(coding: str, named: str = "", *, status: int = 200, kind: str = "application/json") -> Step:
    """Send a bomb, and name its coding in this way."""

    async def step(_: Request, peer: Peer) -> None:
        headers = {"content_encoding": named or coding, "content_type": kind}
        await peer.send(answer(status, bomb(coding), **headers))

    return step


def headers(count: int, size: int) -> bytes:
    """Make a whole answer with so many headers of such a size."""
    lines = b"".join(b"X-%d: %b\r\n" % (number, b"x" * size) for number in range(count))
    return OK + lines + b"Content-Length: 2\r\n\r\n{}"


# --- what is expected


@dataclass(frozen=True)
class Case:
    """What a server sends, what is asked of it, and how that ends; ``limit`` bytes may be held."""

    sent: Step
    ends: str
    limit: int = 0
    question: str = "value"

    @property
    def most(self) -> int:
        return max(2 * self.limit, USUAL)


SSE = partial(endless, EVENT_STREAM)
TEXT = in_chunks(b"x" * PIECE)
DEEP = b"[" * 100_000 + b"]" * 100_000
DIGITS = b"9" * 10_000
TOO_MUCH = "DecodeError: the answer is above"

CASES: dict[str, Case] = {
    # bodies
    "value without end in chunks": Case(endless(CHUNKED, TEXT), TOO_MUCH, MAX_BODY_BYTES),
    "value without end in small chunks": Case(
        endless(CHUNKED, in_chunks(b"[" * 1_000)), TOO_MUCH, MAX_BODY_BYTES
    ),
    "value until the connection ends": Case(endless(OK + b"\r\n"), TOO_MUCH, MAX_BODY_BYTES),
    "value of a terabyte": Case(
        endless(OK + b"Content-Length: 1000000000000\r\n\r\n"), TOO_MUCH, MAX_BODY_BYTES
    ),
    "string of 60 MiB": Case(
        answer(200, b'"%b"' % (b"x" * 60 * MIB)), f"value: {60 * MIB}", MAX_BODY_BYTES, "text"
    ),
    "error without end": Case(
        endless(CHUNKED.replace(b"200", b"500"), TEXT), "ServerError: 500", MAX_ERROR_BYTES
    ),
    "page without end in place of a stream": Case(
        endless(CHUNKED, TEXT),
        "DecodeError: expected text/event-stream",
        MAX_ERROR_BYTES,
        "stream",
    ),
    # packed bodies
    "gzip bomb": Case(packed("gzip"), TOO_MUCH, MAX_BODY_BYTES),
    "deflate bomb": Case(packed("deflate"), TOO_MUCH, MAX_BODY_BYTES),
    "br bomb": Case(packed("br"), TOO_MUCH, MAX_BODY_BYTES),
    "gzip bomb in an error": Case(packed("gzip", status=500), "ServerError: 500", MAX_ERROR_BYTES),
    "gzip bomb in a stream": Case(
        packed("gzip", kind="text/event-stream"), "EventTooLarge", MAX_LINE_BYTES, "stream"
    ),
    "gzip bomb as a file": Case(packed("gzip"), "DecodeError: the file is above", MAX_READ_BYTES, "file"),
    "gzip bomb piece by piece": Case(packed("gzip"), f"value: {BOMB}", 0, "pieces"),
    "gzip in gzip": Case(packed("gzip", "gzip, gzip"), "DecodeError: the answer is packed as 'gzip, gzip'"),
    "br in gzip": Case(packed("gzip", "gzip, br"), "DecodeError: the answer is packed as 'gzip, br'"),
    "gzip twice named": Case(
        packed("gzip", "gzip\r\nContent-Encoding: gzip"), "DecodeError: the answer is packed as 'gzip, gzip'"
    ),
    "unknown packing": Case(
        answer(200, b"{}", content_encoding="zip"), "DecodeError: the answer is packed as 'zip'"
    ),
    # JSON
    "100,000 brackets": Case(answer(200, b'{"id":%b}' % DEEP), "DecodeError"),
    "100,000 brackets in an open value": Case(
        answer(200, b'{"id":%b}' % DEEP), "DecodeError", 0, "open-value"
    ),
    "100,000 brackets in a skipped value": Case(answer(200, b'{"new":%b}' % DEEP), "DecodeError"),
    "100,000 brackets in an error": Case(answer(400, DEEP), "BadRequest: 400"),
    "integer of 10,000 digits": Case(answer(200, b'{"size":%b}' % DIGITS), "DecodeError"),
    "integer of 10,000 digits in an open value": Case(
        answer(200, b'{"size":%b}' % DIGITS), "DecodeError", 0, "open-value"
    ),
    # heads
    "10,000 headers": Case(headers(10_000, 10), "ConnectionLost"),
    "header of 1 MB": Case(headers(1, MIB), "ConnectionLost"),
    "header without end": Case(endless(OK + b"X: "), "ConnectionLost"),
    "headers without end": Case(endless(OK, b"X: y\r\n" * 10_000), "ConnectionLost"),
    "status line of garbage": Case(endless(b"", bytes(range(256)) * 256), "ConnectionLost"),
    "status line without end": Case(endless(b"HTTP/1.1 200 "), "ConnectionLost"),
    "Content-Length of 10,000 digits": Case(answer(200, content_length=DIGITS.decode()), "ConnectionLost"),
    "chunk size without end": Case(endless(CHUNKED, b"F" * PIECE), "ConnectionLost"),
    "chunk size of zeros without end": Case(endless(CHUNKED, b"0" * PIECE), "Timeout", 0, "value-in-brief"),
    "chunk extension without end": Case(endless(CHUNKED + b"1;"), "Timeout", 0, "value-in-brief"),
    "trailers without end": Case(endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 10_000), "ConnectionLost"),
    "trailer without end": Case(endless(CHUNKED + b"0\r\nX: "), "ConnectionLost"),
    "interim answers without end": Case(
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000), "Timeout", 0, "value-in-brief"
    ),
    # streams and lines
    "line of a stream without end": Case(
        SSE(in_chunks(b"data: x" * 100)), "EventTooLarge", MAX_LINE_BYTES, "stream"
    ),
    "event without end": Case(
        SSE(in_chunks(b"data: %b\n" % (b"x" * 4_000))), "EventTooLarge", MAX_EVENT_BYTES, "stream"
    ),
    "comments without end": Case(SSE(in_chunks(b": still here\n\n")), "StreamStalled", 0, "stream-in-brief"),
    "ids without end": Case(SSE(in_chunks(b"id: %b\n" % DIGITS)), "StreamStalled", 0, "stream-in-brief"),
    "retry of 10,000 digits without end": Case(
        SSE(in_chunks(b"retry: %b\n\n" % DIGITS)), "StreamStalled", 0, "stream-in-brief"
    ),
    "line of a file without end": Case(endless(CHUNKED, TEXT), "EventTooLarge", MAX_LINES, "lines"),
    "file without end": Case(
        endless(CHUNKED, TEXT), "DecodeError: the file is above", MAX_READ_BYTES, "file"
    ),
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with subprocess.Popen(
        [sys.executable, str(READER)],
        env={**os.environ, "PYTHONPATH": str(READER.parent.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


async def outcome_of(case: Case, reader: Reader, *, limit: int = 0) -> Outcome:
    """Ask in a process of its own, after one small answer."""
    assert reader.stdin is not None
    assert reader.stdout is not None
    async with RawServer(answer(), case.sent) as server:
        reader.stdin.write(f"{server.url} {case.question} {limit}\n")
        reader.stdin.flush()
        told = await asyncio.to_thread(reader.stdout.readline)
    return msgspec.json.decode(told, type=Outcome)


def faults(case: Case, outcome: Outcome) -> list[str]:
    """Name what is wrong with how it ended, and with the memory it took."""
    ended = f"{outcome.word}: {outcome.message}"
    found = [] if ended.startswith(case.ends) else [f"ended as {ended[:200]}"]
    if outcome.grown > case.most:
        found.append(f"grew by {outcome.grown / MIB:.1f} MiB")
    return found


@pytest.mark.parametrize("name", CASES)
async def test_input_beyond_measure_is_one_error_and_takes_little_memory(name: str, reader: Reader) -> None:
    case = CASES[name]

    outcome = await outcome_of(case, reader)

    assert faults(case, outcome) == []


ABSURD = {
    "10**400": str(10**400),
    "a million digits": "9" * 8_000,
    "less than nothing": f"-{10**400}",
    "1e400": "1e400",
    "infinite": "inf",
    "no number": "nan",
}


@pytest.mark.parametrize("header", ["Retry-After", "Retry-After-Ms", "X-RateLimit-Reset"])
@pytest.mark.parametrize("value", ABSURD)
async def test_an_absurd_wait_is_no_wait(header: str, value: str, connect: Connect, clock: FakeClock) -> None:
    named = {header.replace("-", "_"): ABSURD[value], "x_ratelimit_remaining": "0"}
    async with RawServer(answer(429, **named)) as server:
        with pytest.raises(RateLimited) as raised:
            await connect(server).call(READ, "a", attempts=3)

    assert raised.value.retry_after is None
    assert len(raised.value.attempts) == 3
    assert sum(clock.slept) < 60


# --- controls: clients without limits


CONTROLS = {
    "a value without a limit": replace(
        CASES["value until the connection ends"], sent=endless(OK + b"\r\n", size=192 * MIB)
    ),
    "a gzip bomb that is unpacked": CASES["gzip bomb"],
    "a line without a limit": replace(
        CASES["line of a stream without end"], sent=endless(EVENT_STREAM, chunk(b"x" * PIECE), size=64 * MIB)
    ),
}


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
async def test_a_client_without_limits_is_seen(control: str, reader: Reader) -> None:
    case = CONTROLS[control]

    outcome = await outcome_of(case, reader, limit=NO_LIMIT)

    assert any("grew by" in each for each in faults(case, outcome))
