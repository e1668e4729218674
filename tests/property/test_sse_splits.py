"""The decoder agrees with the standard read word by word, for any bytes in any pieces."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sse_standard import Standard, seen

from flexsdk.errors import EventTooLarge
from flexsdk.protocol.sse import SSEDecoder

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
