"""The event stream decoder beside httpx-sse, and how its cost grows."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

import httpx
import httpx_sse
import msgspec

from benchmarks.harness import Report, Result, cpu, judge, ratio
from flexsdk.protocol.sse import SSEDecoder

QUESTION = "How fast is the event stream decoder, and does its cost grow with the bytes alone?"

EVENTS = 100_000
CHUNK_BYTES = 64 * 1024
CAP = 100_000_000


class Token(msgspec.Struct, gc=False):
    delta: str


def run(*, quick: bool) -> Report:
    _always_map_large_blocks()
    growth = {
        "one data field, 50 MB against 5 MB": (_field(50_000_000), _field(5_000_000)),
        "data lines of one event, 200,000 against 20,000": (_data_lines(200_000), _data_lines(20_000)),
        "chunks of one byte, 2 MB against 200 KB": (_bytewise(2_000_000), _bytewise(200_000)),
    }
    linear = [_growth(case, large, small, quick=quick) for case, (large, small) in growth.items()]
    return Report([_tokens(quick=quick), *linear])


def _tokens(*, quick: bool) -> Result:
    """Typed events from us against text from httpx-sse, which decodes no JSON."""
    body = b"".join(b'event: token\ndata: {"delta":"word %d"}\n\n' % number for number in range(EVENTS))
    chunks = _chunks(body)

    def ours() -> None:
        decoder, decode = SSEDecoder(), msgspec.json.Decoder(Token).decode
        tokens = [decode(event.raw) for chunk in chunks for event in decoder.feed(chunk)]
        assert len(tokens) == EVENTS

    def theirs() -> None:
        response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=iter(chunks))
        events = list(httpx_sse.EventSource(response).iter_sse())
        assert len(events) == EVENTS

    value = ratio(cpu(theirs), cpu(ours), quick=quick)
    case = "100,000 typed token events, httpx-sse without JSON against us"
    return judge("sse", case, value, "x", better="higher", goal=3.0, least=2.0)


def _growth(case: str, large: Callable[[], None], small: Callable[[], None], *, quick: bool) -> Result:
    """Ten times the bytes should take ten times as long."""
    value = ratio(cpu(large), cpu(small), quick=quick)
    return judge("sse", case, value, "x", better="lower", goal=10.5, least=12.0)


def _field(size: int) -> Callable[[], None]:
    return _one_event(_chunks(b"event: file\ndata: " + b"x" * size + b"\n\n"))


def _data_lines(count: int) -> Callable[[], None]:
    return _one_event(_chunks(b"data: a word\n" * count + b"\n"))


def _bytewise(size: int) -> Callable[[], None]:
    return _one_event(_chunks(b"data: " + b"x" * size + b"\n\n", 1))


def _one_event(chunks: list[bytes]) -> Callable[[], None]:
    def work() -> None:
        decoder = SSEDecoder(max_line_bytes=CAP, max_event_bytes=CAP)
        events = [event for chunk in chunks for event in decoder.feed(chunk)]
        assert len(events) == 1

    return work


def _chunks(body: bytes, size: int = CHUNK_BYTES) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


def _always_map_large_blocks() -> None:
    """Let both sizes pay for fresh pages.

    Left alone, glibc keeps a freed block of 5 MB for the next round but asks the kernel for 50 MB each time,
    and the pages cost more than the decoding. Any set threshold turns that adaption off (mallopt(3)).
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        m_mmap_threshold = -3
        libc.mallopt(m_mmap_threshold, 128 * 1024)
