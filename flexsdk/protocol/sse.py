"""Server-sent events: bytes in, events out, in whatever pieces the bytes come.

Source: WHATWG HTML, "Parsing an event stream" and "Interpreting an event stream"
(https://html.spec.whatwg.org/multipage/server-sent-events.html).

All that the grammar looks at is ASCII, and a malformed UTF-8 sequence never swallows an ASCII byte. So lines
and fields are cut from bytes and only values are decoded: the outcome is that of decoding the whole stream
first, however it was split.
"""

from __future__ import annotations

from io import BytesIO

import msgspec

from flexsdk.errors import EventTooLarge

__all__ = ["MAX_EVENT_BYTES", "MAX_LINE_BYTES", "MAX_RETRY", "SSEDecoder", "ServerSentEvent"]

MAX_LINE_BYTES = 1024 * 1024
MAX_EVENT_BYTES = 16 * 1024 * 1024
MAX_RETRY = 10**18 - 1
"""Milliseconds; a longer number is held here, for ``int()`` refuses thousands of digits."""

_MAX_KNOWN = 64
"""Cap of the event lines a decoder remembers, and of the bytes of each."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# `in` with a number is a bare memchr; with bytes of length one it is several times slower.
_LF, _CR, _NUL = b"\n\r\0"


class ServerSentEvent(msgspec.Struct, frozen=True, gc=False):
    """One event as it was dispatched."""

    event: str
    """The name; ``message`` when the block names none."""
    raw: bytes
    """The data as it came, lines joined with LF: JSON is decoded from here, with no copy as text."""
    id: str
    """The last event id at dispatch; it stays until the server sends another."""
    retry: int | None
    """Milliseconds; ``None`` unless this very block set the reconnection time."""

    @property
    def data(self) -> str:
        """The data as text, malformed UTF-8 replaced by U+FFFD; decoded anew on each access."""
        return _text(self.raw)


class SSEDecoder:
    """Decoder of one event stream; it holds no more than one unfinished line and one unfinished event.

    Args:
        max_line_bytes: Cap of a line, its end not counted.
        max_event_bytes: Cap of the data of an event, its lines joined with LF.
    """

    last_event_id: str
    """Empty until the server sends one; set at the end of a block, also of a block without data."""
    retry: int | None
    """The reconnection time in milliseconds; ``None`` until the server sets it."""

    def __init__(
        self, *, max_line_bytes: int = MAX_LINE_BYTES, max_event_bytes: int = MAX_EVENT_BYTES
    ) -> None:
        self.last_event_id = ""
        self.retry = None
        self._max_line_bytes = max_line_bytes
        self._max_event_bytes = max_event_bytes
        self._max_common_bytes = min(max_line_bytes, max_event_bytes)
        self._failure: EventTooLarge | None = None
        # A byte order mark or its start, held back; None once the stream has begun.
        self._mark: bytes | None = b""
        # How the chunk before ended: with a CR, perhaps inside a block, with an unfinished line.
        self._after_cr = False
        self._inside = False
        self._line = BytesIO()
        # The block so far; data is None while it has no data line.
        self._event = "message"
        self._data: bytes | bytearray | None = None
        self._id = ""
        self._block_retry: int | None = None
        self._known: dict[bytes, str] = {}

    def feed(self, chunk: bytes | bytearray | memoryview) -> list[ServerSentEvent]:
        """Return the events that this chunk completes.

        Nothing need be called at the end of the stream: an unfinished block is never dispatched.

        Raises:
            EventTooLarge: A line or an event is above its cap. The events before it are returned first, and
                the next call, even with an empty chunk, raises; the decoder stays failed.
        """
        if self._failure is not None:
            raise self._failure
        events: list[ServerSentEvent] = []
        try:
            self._decode(self._normalize(bytes(chunk)), events)
        except EventTooLarge as failure:
            self._failure = failure
            if not events:
                raise
        return events

    @property
    def unfinished(self) -> bool:
        """Whether a block or a line has begun that no blank line has ended."""
        return self._line.tell() > 0 or self._data is not None or self._event != "message"

    def _normalize(self, chunk: bytes) -> bytes:
        """Drop the byte order mark and make every line end a LF; a CR ends its line at once."""
        if self._mark is not None:
            chunk = self._skip_mark(self._mark + chunk)
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if _CR in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _skip_mark(self, start: bytes) -> bytes:
        if _BYTE_ORDER_MARK.startswith(start):
            self._mark = start
            return b""
        self._mark = None
        return start.removeprefix(_BYTE_ORDER_MARK)

    def _decode(self, chunk: bytes, events: list[ServerSentEvent]) -> None:
        """Read blocks of the common shape at a stride, and all else line by line.

        The common shape is an event line seen before and then one line of data.
        """
        if _LF not in chunk:
            self._hold(chunk)
            self._inside = True
            return
        *blocks, rest = chunk.split(b"\n\n")
        if blocks and self._inside:
            self._read_block(blocks.pop(0), events)
        known = self._known
        short = len(chunk) <= self._max_common_bytes
        for block in blocks:
            head, _, data = block.partition(b"\ndata: ")
            name = known.get(head)
            if name and data and _LF not in data and (short or len(block) <= self._max_common_bytes):
                events.append(ServerSentEvent(name, data, self.last_event_id, None))
            else:
                self._read_block(block, events)
        self._inside = bool(rest)
        if rest:
            self._read_lines(rest.split(b"\n"), events)

    def _read_block(self, block: bytes, events: list[ServerSentEvent]) -> None:
        self._read_lines([*block.split(b"\n"), b"", b""], events)

    def _read_lines(self, lines: list[bytes], events: list[ServerSentEvent]) -> None:
        """Read finished lines, the first of which goes on from the chunk before; hold the unfinished last."""
        rest = lines.pop()
        if lines:
            lines[0] = self._finish(lines[0])
        for line in lines:
            _check(len(line), self._max_line_bytes, "max_line_bytes")
            if line:
                self._read_field(line)
            else:
                self._dispatch(events)
        if rest:
            self._hold(rest)

    def _hold(self, piece: bytes) -> None:
        """Add to the unfinished line, so that only new bytes are ever searched."""
        _check(self._line.tell() + len(piece), self._max_line_bytes, "max_line_bytes")
        self._line.write(piece)

    def _finish(self, piece: bytes) -> bytes:
        if not self._line.tell():
            return piece
        self._line.write(piece)
        line = self._line.getvalue()
        self._line = BytesIO()
        return line

    def _read_field(self, line: bytes) -> None:
        """Take in one line; a comment is a field without a name, and unknown names are ignored."""
        colon = line.find(b":")
        name = line if colon < 0 else line[:colon]
        start = colon + 2 if line.startswith(b" ", colon + 1) else colon + 1
        value = b"" if colon < 0 else line[start:]
        match name:
            case b"data":
                self._add_data(value)
            case b"event":
                self._event = _text(value) or "message"
                if len(self._known) < _MAX_KNOWN and len(line) <= _MAX_KNOWN:
                    self._known[line] = self._event
            case b"id" if _NUL not in value:
                self._id = _text(value)
            case b"retry" if value.isdigit():
                self.retry = self._block_retry = _milliseconds(value)

    def _add_data(self, value: bytes) -> None:
        if self._data is None:
            self._data = value
        else:
            # A single line, however long, stays the one copy that was cut; more are gathered in one buffer.
            if isinstance(self._data, bytes):
                self._data = bytearray(self._data)
            self._data += b"\n"
            self._data += value
        _check(len(self._data), self._max_event_bytes, "max_event_bytes")

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        """End a block at its blank line; one without a data line makes no event, yet its id counts."""
        self.last_event_id = self._id
        if self._data is not None:
            events.append(ServerSentEvent(self._event, bytes(self._data), self._id, self._block_retry))
        self._event = "message"
        self._data = None
        self._block_retry = None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _milliseconds(digits: bytes) -> int:
    digits = digits.lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= len(str(MAX_RETRY)) else MAX_RETRY


def _check(size: int, cap: int, name: str) -> None:
    if size > cap:
        raise EventTooLarge(
            f"the event stream is above {name}={cap}; raise the cap if such events are expected", limit=cap
        )
