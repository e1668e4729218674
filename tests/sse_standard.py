"""Event streams read word by word as the standard has it: what the decoder is held against.

Source: WHATWG HTML, "Interpreting an event stream".
"""

from __future__ import annotations

import re

from flexsdk.protocol.sse import MAX_RETRY, SSEDecoder

Seen = tuple[list[tuple[str, str, str, int | None]], str, int | None]
"""The events, the last event id and the reconnection time."""


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
    """Give what the decoder makes of a stream in pieces."""
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [(e.event, e.data, e.id, e.retry) for e in events], decoder.last_event_id, decoder.retry
