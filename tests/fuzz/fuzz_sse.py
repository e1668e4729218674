"""Event streams in pieces: the decoder agrees with the standard, and its caps hold wherever it is cut."""

from __future__ import annotations

from sse_standard import Standard, seen

from flexsdk.errors import EventTooLarge
from flexsdk.protocol import sse

WATCHED = [sse]
"""The modules whose coverage leads."""
MOST_CUTS = 8
LINE_CAP, EVENT_CAP = 24, 40


def check(data: bytes) -> None:
    """Take the number of cuts, their places and then the stream."""
    count = data[0] % (MOST_CUTS + 1) if data else 0
    places, stream = data[1 : 1 + count], data[1 + count :]
    cuts = sorted(place % (len(stream) + 1) for place in places)
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert seen(pieces) == Standard().interpret(stream)
    assert _within_caps(pieces) == _within_caps([stream])


def _within_caps(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    """Give the data of the events before a failure, and whether there was one."""
    decoder = sse.SSEDecoder(max_line_bytes=LINE_CAP, max_event_bytes=EVENT_CAP)
    found: list[bytes] = []
    try:
        for piece in [*pieces, b""]:
            found += [event.raw for event in decoder.feed(piece)]
    except EventTooLarge:
        return found, True
    return found, False


def break_it() -> None:
    """Leave malformed bytes out, where the standard has U+FFFD."""
    sse._text = lambda value: value.decode("utf-8", "ignore")
