"""The decoder agrees with the standard read word by word, for any bytes in any pieces."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from flexsdk.errors import EventTooLarge
from flexsdk.protocol.sse import MAX_RETRY, SSEDecoder

Seen = tuple[list[tuple[str, str, str, int | None]], str, int | None]

PARTS = [
    *(b"data", b"event", b"id", b"retry", b"x", b":", b": ", b" ", b"\0", b"0", b"7", b"1234"),
    *(b"\n", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"),
    *(
        b"\xef",
        b"\xbb",
        b"\xbf",
        b"\xef\xbb\xbf",
        b"\xf0\x9f",
        b"\x99\x82",
        b"\xed\xa0\x80",
        b"\xc0",
        b"\xff",
    ),
    *(text.encode() for text in ("é", "🙂", "\u2028", "\u0085", "٣")),
    *(b"data: x\n", b"data\n", b"event: a\n", b"id: 7\n", b"id\n", b"retry: 5\n", b": c\n"),
    *(b"event: a\ndata: x\n\n", b"event: a\ndata: y\n\n", b"event: a\n\n"),
]
streams = st.lists(st.sampled_from(PARTS), max_size=40).map(b"".join)


@st.composite
def streams_in_pieces(draw: st.DrawFn) -> list[bytes]:
    body = draw(streams)
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))
    return [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


class Standard:
    """The algorithm of the standard on the decoded stream, with the names it uses."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str, int | None]] = []
        self.data_buffer = ""
        self.event_type_buffer = ""
        self.last_event_id_buffer = ""
        self.last_event_id_string = ""
        self.reconnection_time: int | None = None
        self.block_retry: int | None = None

    def interpret(self, stream: bytes) -> Seen:
        text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
        *lines, _unfinished = re.split("\r\n|\r|\n", text)
        for line in lines:
            self.interpret_line(line)
        return self.events, self.last_event_id_string, self.reconnection_time

    def interpret_line(self, line: str) -> None:
        if line == "":
            self.dispatch()
        elif line.startswith(":"):
            return
        elif ":" in line:
            field, value = line.split(":", 1)
            self.process_field(field, value.removeprefix(" "))
        else:
            self.process_field(line, "")

    def process_field(self, field: str, value: str) -> None:
        if field == "event":
            self.event_type_buffer = value
        elif field == "data":
            self.data_buffer += value + "\n"
        elif field == "id" and "\0" not in value:
            self.last_event_id_buffer = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            self.reconnection_time = self.block_retry = min(int(value), MAX_RETRY)

    def dispatch(self) -> None:
        self.last_event_id_string = self.last_event_id_buffer
        if self.data_buffer != "":
            name = self.event_type_buffer or "message"
            data = self.data_buffer.removesuffix("\n")
            self.events.append((name, data, self.last_event_id_string, self.block_retry))
        self.data_buffer = ""
        self.event_type_buffer = ""
        self.block_retry = None


def seen(pieces: list[bytes]) -> Seen:
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [(e.event, e.data, e.id, e.retry) for e in events], decoder.last_event_id, decoder.retry


def seen_within_caps(pieces: list[bytes], *, line: int, event: int) -> tuple[list[bytes], bool]:
    """Return the data of the events before a failure, and whether there was one."""
    decoder = SSEDecoder(max_line_bytes=line, max_event_bytes=event)
    data: list[bytes] = []
    try:
        for piece in [*pieces, b""]:
            data += [e.raw for e in decoder.feed(piece)]
    except EventTooLarge:
        return data, True
    return data, False


@settings(max_examples=1000, deadline=None)
@given(streams_in_pieces())
def test_agrees_with_the_standard_however_the_stream_is_cut(pieces: list[bytes]) -> None:
    assert seen(pieces) == Standard().interpret(b"".join(pieces))


@settings(deadline=None)
@given(st.binary(max_size=50))
def test_any_bytes_may_stand_for_a_value(value: bytes) -> None:
    stream = b"id: %b\nevent: %b\ndata: %b\n\n" % (value, value, value)

    assert seen([stream]) == Standard().interpret(stream)


@settings(max_examples=300, deadline=None)
@given(streams_in_pieces(), st.integers(1, 20), st.integers(0, 8))
def test_caps_hold_at_the_same_place_however_the_stream_is_cut(
    pieces: list[bytes], line: int, event: int
) -> None:
    whole = [b"".join(pieces)]

    assert seen_within_caps(pieces, line=line, event=event) == seen_within_caps(whole, line=line, event=event)
