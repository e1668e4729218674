"""The decoder keeps its caps, and its work and memory stay in proportion to the bytes."""

import tracemalloc
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import pytest

from flexsdk.errors import EventTooLarge
from flexsdk.protocol import sse
from flexsdk.protocol.sse import MAX_EVENT_BYTES, SSEDecoder

BOM = b"\xef\xbb\xbf"


def one_by_one(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


def until_failure(pieces: Iterable[bytes], **caps: int) -> list[str]:
    """Return the data of all events before the failure that must come."""
    decoder = SSEDecoder(**caps)
    data: list[str] = []

    def feed_all() -> None:
        for piece in [*pieces, b""]:
            data.extend(event.data for event in decoder.feed(piece))

    with pytest.raises(EventTooLarge):
        feed_all()
    return data


@pytest.mark.parametrize(
    "line", [b"data: 12345678", b": a comment xx", b"event: 1234567", b"unknown_field_"], ids=str
)
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"], ids=repr)
@pytest.mark.parametrize("before", [b"", BOM, b"data: 0\n\n", b"event: 1234567\ndata: 0\n\n"], ids=repr)
def test_a_line_may_be_as_long_as_its_cap_and_no_longer(line: bytes, end: bytes, before: bytes) -> None:
    body = before + line + end
    events = [event.data for event in SSEDecoder(max_line_bytes=14).feed(before)]

    assert SSEDecoder(max_line_bytes=14).feed(body) == SSEDecoder().feed(body)
    assert until_failure([before + line[:-1] + b"xx" + end], max_line_bytes=14) == events
    assert until_failure(one_by_one(before + line[:-1] + b"xx" + end), max_line_bytes=14) == events


@pytest.mark.parametrize(
    ("fits", "breaks"),
    [
        (b"data: 1234567\n\n", b"data: 12345678\n\n"),
        (b"data: 123\ndata: 567\n\n", b"data: 123\ndata: 5678\n\n"),
        (b"data\n" * 8 + b"\n", b"data\n" * 9 + b"\n"),
        (b"event: a\ndata: 1234567\n\n" * 2, b"event: a\ndata: 12345678\n\n" * 2),
    ],
    ids=["one line", "two lines", "empty lines", "common shape"],
)
def test_the_data_of_an_event_may_be_as_large_as_its_cap_and_no_larger(fits: bytes, breaks: bytes) -> None:
    assert SSEDecoder(max_event_bytes=7).feed(fits) == SSEDecoder().feed(fits)
    assert until_failure([breaks], max_event_bytes=7) == []
    assert until_failure(one_by_one(breaks), max_event_bytes=7) == []


def test_a_known_event_line_does_not_lift_the_caps() -> None:
    known, long = b"event: a\ndata: 1\n\n", b"event: a\ndata: 123456789\n\n"

    assert until_failure([known + long], max_event_bytes=8) == ["1"]
    assert until_failure([known + long], max_line_bytes=14) == ["1"]


@pytest.mark.parametrize(
    ("piece", "limit"),
    [(b"x" * 65536, 2**20), (b"data:" + b"x" * 65535 + b"\n", 2**24)],
    ids=["line", "event"],
)
def test_an_endless_stream_is_stopped_at_the_default_caps(piece: bytes, limit: int) -> None:
    decoder = SSEDecoder()
    for _ in range(limit // 65536):
        decoder.feed(piece)

    with pytest.raises(EventTooLarge, match=f"={limit}; raise the cap") as caught:
        decoder.feed(piece)

    assert caught.value.limit == limit


def test_events_before_a_failure_are_not_lost_and_every_later_call_fails() -> None:
    decoder = SSEDecoder(max_line_bytes=10)

    assert [event.data for event in decoder.feed(b"data: 1\n\ndata: 2\n\ndata: 34567")] == ["1", "2"]
    with pytest.raises(EventTooLarge):
        decoder.feed(b"")
    with pytest.raises(EventTooLarge):
        decoder.feed(b"data: 3\n\n")


def test_raised_caps_let_a_field_above_the_default_caps_pass() -> None:
    size = MAX_EVENT_BYTES + 1
    decoder = SSEDecoder(max_line_bytes=size + 6, max_event_bytes=size)
    body = b"data: " + b"x" * size + b"\n\n"

    (event,) = [e for at in range(0, len(body), 65536) for e in decoder.feed(body[at : at + 65536])]

    assert event.raw == body[6:-2]


def test_each_byte_of_a_long_line_is_stored_once_and_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[int] = []
    read: list[int] = []

    class Counting(BytesIO):
        def write(self, piece: Any) -> int:
            stored.append(len(piece))
            return super().write(piece)

        def getvalue(self) -> bytes:
            read.append(self.tell())
            return super().getvalue()

    monkeypatch.setattr(sse, "BytesIO", Counting)
    line = b"data: " + b"x" * 10_000
    decoder = SSEDecoder()

    for piece in one_by_one(line + b"\n\n"):
        decoder.feed(piece)

    assert (sum(stored), read) == (len(line), [len(line)])


@pytest.mark.parametrize(
    ("piece", "times"), [(b"xy", 50_000), (b"data: x\n", 50_000)], ids=["long line", "many lines"]
)
def test_memory_stays_near_the_size_of_what_is_held(piece: bytes, times: int) -> None:
    decoder = SSEDecoder()  # to hold 100,000 bytes

    tracemalloc.start()
    for _ in range(times):
        decoder.feed(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 150_000


def test_event_names_are_remembered_up_to_a_number_and_a_length() -> None:
    names = ["x" * 1000, *(f"name-{number}" for number in range(1000))]
    body = "".join(f"event: {name}\ndata: 1\n\n" for name in names).encode()
    decoder = SSEDecoder()

    assert [event.event for event in decoder.feed(body + body)] == names + names
    assert len(decoder._known) == 64
    assert max(map(len, decoder._known)) <= 64
