"""The decoder follows the event stream standard, however the bytes are cut."""

import hashlib
import json
from collections.abc import Iterable
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexsdk.protocol.sse import SSEDecoder

Event = tuple[str, str, str, int | None]
Seen = tuple[list[Event], str, int | None]


class Rule(NamedTuple):
    body: bytes
    events: list[Event]
    last_event_id: str = ""
    retry: int | None = None


def one(data: str, event: str = "message", last_id: str = "", retry: int | None = None) -> Event:
    return event, data, last_id, retry


TRANSCRIPTS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parents[2] / "data" / "transcripts.json").read_text("utf-8")
)
BOM = b"\xef\xbb\xbf"

RULES = {
    "nothing": Rule(b"", []),
    "lf": Rule(b"event: a\ndata: 1\n\ndata: 2\n\n", [one("1", event="a"), one("2")]),
    "cr": Rule(b"event: a\rdata: 1\r\rdata: 2\r\r", [one("1", event="a"), one("2")]),
    "crlf": Rule(b"event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", [one("1", event="a"), one("2")]),
    "mixed line ends": Rule(b"data: 1\r\r\ndata: 2\n\r", [one("1"), one("2")]),
    "lf then cr are two ends": Rule(b"data: 1\n\rdata: 2\n\n", [one("1"), one("2")]),
    "many blank lines": Rule(b"\n\n\ndata: 1\n\n\n\n\ndata: 2\n\n\n", [one("1"), one("2")]),
    "unicode separators do not end lines": Rule(
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [one("a\u2028b\u2029c\x85d\x0be\x0cf\x1cg")],
    ),
    "byte order mark": Rule(BOM + b"data: 1\n\n", [one("1")]),
    "byte order mark alone": Rule(BOM, []),
    "second byte order mark is part of the name": Rule(BOM + BOM + b"data: 1\n\n", []),
    "late byte order mark is part of the name": Rule(b"\n" + BOM + b"data: 1\n\n", []),
    "byte order mark in a value stays": Rule("data: \ufeff1\n\n".encode(), [one("\ufeff1")]),
    "half a byte order mark is no mark": Rule(b"\xef\xbbdata: 1\n\ndata: 2\n\n", [one("2")]),
    "comments": Rule(b": hi\n:\ndata: 1\n: between\ndata: 2\n\n: alone\n\n", [one("1\n2")]),
    "field without colon": Rule(b"event: a\nevent\ndata\n\n", [one("")]),
    "one space is removed": Rule(b"data:1\ndata: 2\ndata:  3\ndata:\t4\n\n", [one("1\n2\n 3\n\t4")]),
    "colons in values stay": Rule(b"data:: a:b: c\n\n", [one(": a:b: c")]),
    "unknown fields": Rule(b"dat: 1\ndata : 2\nDATA: 3\n data: 4\ndata: 5\n\n", [one("5")]),
    "empty data lines count": Rule(b"data:\n\ndata\ndata: \n\n", [one(""), one("\n")]),
    "empty lines of data stay": Rule(b"data\ndata: a\ndata\n\n", [one("\na\n")]),
    "no data resets the name": Rule(b"event: a\n\ndata: 1\n\n", [one("1")]),
    "last name counts": Rule(b"event: a\ndata: 1\nevent: b\n\n", [one("1", event="b")]),
    "empty name is message": Rule(
        b"event: a\nevent:\ndata: 1\n\nevent: \ndata: 2\n\nevent: \ndata: 3\n\n",
        [one("1"), one("2"), one("3")],
    ),
    "name lasts one block": Rule(b"event: a\ndata: 1\n\ndata: 2\n\n", [one("1", event="a"), one("2")]),
    "known name again": Rule(
        b"event: a\ndata: 1\n\nevent: a\ndata: 2\n\nevent: a\ndata:  3\n\n",
        [one("1", event="a"), one("2", event="a"), one(" 3", event="a")],
    ),
    "no known name but for its start": Rule(
        b"event: a\ndata: 1\n\nxevent: a\ndata: 2\n\n", [one("1", event="a"), one("2")]
    ),
    "known name with two lines": Rule(
        b"event: a\ndata: 1\n\nevent: a\ndata: 2\ndata: 3\n\n", [one("1", event="a"), one("2\n3", event="a")]
    ),
    "known name without data": Rule(
        b"event: a\ndata: 1\n\nevent: a\n\ndata: 2\n\n", [one("1", event="a"), one("2")]
    ),
    "known name within a block": Rule(
        b"event: a\ndata: 1\n\ndata: 2\nevent: a\ndata: 3\n\n", [one("1", event="a"), one("2\n3", event="a")]
    ),
    "known name with an id": Rule(
        b"event: a\ndata: 1\n\nid: 7\nevent: a\ndata: 2\n\nevent: a\ndata: 3\n\n",
        [one("1", event="a"), one("2", event="a", last_id="7"), one("3", event="a", last_id="7")],
        last_event_id="7",
    ),
    "id persists": Rule(
        b"id: 1\ndata: a\n\ndata: b\n\n", [one("a", last_id="1"), one("b", last_id="1")], last_event_id="1"
    ),
    "empty id resets": Rule(b"id: 1\ndata: a\n\nid\ndata: b\n\n", [one("a", last_id="1"), one("b")]),
    "id with nul is ignored": Rule(
        b"id: 1\nid: 2\x003\ndata: a\n\n", [one("a", last_id="1")], last_event_id="1"
    ),
    "id without data counts": Rule(b"id: 1\n\ndata: a\n\n", [one("a", last_id="1")], last_event_id="1"),
    "id of an unfinished block does not count": Rule(
        b"id: 1\ndata: a\n\nid: 2\ndata: b\n", [one("a", last_id="1")], last_event_id="1"
    ),
    "nul in data and name stay": Rule(b"event: a\x00\ndata: b\x00\n\n", [one("b\x00", event="a\x00")]),
    "retry": Rule(b"retry: 3000\ndata: a\n\ndata: b\n\n", [one("a", retry=3000), one("b")], retry=3000),
    "retry without data counts": Rule(b"retry: 5\n\ndata: a\n\n", [one("a")], retry=5),
    "last retry counts": Rule(b"retry: 5\nretry: 6\nretry: x\ndata: a\n\n", [one("a", retry=6)], retry=6),
    "unfinished block": Rule(b"data: 1\n\nevent: a\ndata: 2\n", [one("1")]),
    "unfinished line": Rule(b"data: 1\n\ndata: 2", [one("1")]),
    "malformed utf-8": Rule(
        b"event: \xff\nid: \xc3\ndata: \xe2\x82\ndata: \x80\xf0\x9f\x99\ndata: \xed\xa0\x80\xc0\xaf\n\n",
        [one("\ufffd\n\ufffd\ufffd\n\ufffd\ufffd\ufffd\ufffd\ufffd", event="\ufffd", last_id="\ufffd")],
        last_event_id="\ufffd",
    ),
    "malformed byte before the colon": Rule(b"data\xff: 1\ndata: 2\n\n", [one("2")]),
    "multi-byte text": Rule(
        "event: é\nid: 🙂\ndata: 日本\n\n".encode(),
        [one("日本", event="é", last_id="🙂")],
        last_event_id="🙂",
    ),
}
BODIES = {name: rule.body for name, rule in RULES.items()} | {
    name: transcript["body"].encode() for name, transcript in TRANSCRIPTS.items()
}
each_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


def seen(pieces: Iterable[bytes]) -> Seen:
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [(e.event, e.data, e.id, e.retry) for e in events], decoder.last_event_id, decoder.retry


def one_by_one(body: bytes) -> list[bytes]:
    return [body[i : i + 1] for i in range(len(body))]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_follows_the_rule(rule: Rule) -> None:
    assert seen([rule.body]) == (rule.events, rule.last_event_id, rule.retry)


@each_body
def test_one_byte_at_a_time_gives_the_same(body: bytes) -> None:
    assert seen(one_by_one(body)) == seen([body])


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_split_in_three_gives_the_same(rule: Rule) -> None:
    body, whole = rule.body, seen([rule.body])

    cuts = combinations_with_replacement(range(len(body) + 1), 2)

    assert all(seen([body[:first], body[first:second], body[second:]]) == whole for first, second in cuts)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_every_split_in_two_gives_the_same(name: str) -> None:
    body, whole = BODIES[name], seen([BODIES[name]])

    assert all(seen([body[:cut], body[cut:]]) == whole for cut in range(len(body) + 1))


@each_body
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_random_splits_give_the_same(body: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=20)))

    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    assert seen(pieces) == seen([body])


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_transcripts_are_what_was_recorded(name: str) -> None:
    transcript = TRANSCRIPTS[name]

    assert hashlib.sha256(transcript["body"].encode()).hexdigest() == transcript["sha256"]


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("T1", ["meta", "token", "token", "token", "token", "token", "done"]),
        ("T2", ["meta", "token", "tool_call", "tool_executing", "tool_result", "token", "done"]),
        ("T3a", ["meta", "requires_action"]),
        ("T3b", ["meta", "requires_action", "done"]),
        ("T4", ["meta", "token", "token", "done"]),
        ("T5", ["meta", "token", "token", "done"]),
        ("T6", ["meta", "token", "error"]),
        ("T7", ["meta", "client_event", "tool_call", "tool_executing", "auth_challenge", "tool_result",
                "custom", "profile_switch_proposal", "token", "done"]),
        ("T8", ["meta", "token", "token", "heartbeat", "done"]),
        ("T9", ["meta", "token"]),
    ],
)  # fmt: skip
def test_transcripts_hold_these_events(name: str, events: list[str]) -> None:
    decoder = SSEDecoder()

    assert [event.event for event in decoder.feed(TRANSCRIPTS[name]["body"].encode())] == events


@pytest.mark.parametrize("end", [b"\r", b"\r\n"], ids=["cr", "crlf"])
@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_the_kind_of_line_end_makes_no_difference(name: str, end: bytes) -> None:
    body = BODIES[name].replace(b"\r\n", b"\n")

    assert seen(one_by_one(body.replace(b"\n", end))) == seen([body])


@pytest.mark.parametrize(
    ("value", "retry"),
    [
        (b"0", 0),
        (b"007", 7),
        (b"1" + b"0" * 17, 10**17),
        (b"9" * 18, 10**18 - 1),
        (b"1" + b"0" * 18, 10**18 - 1),
        (b"9" * 10_000, 10**18 - 1),
        (b"0" * 10_000 + b"7", 7),
        (b"", None),
        (b"-1", None),
        (b"+1", None),
        (b"1.5", None),
        (b"1_000", None),
        (b" 1", None),
        (b"1 ", None),
        ("٣".encode(), None),
        ("²".encode(), None),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_retry_takes_ascii_digits_only_and_never_raises(value: bytes, retry: int | None) -> None:
    assert seen([b"retry: " + value + b"\ndata\n\n"]) == ([("message", "", "", retry)], "", retry)


def test_a_carriage_return_at_the_end_of_a_chunk_ends_its_line_at_once() -> None:
    decoder = SSEDecoder()
    decoder.feed(b"data: 1\r\n")

    (event,) = decoder.feed(b"\r")

    assert event.data == "1"


def test_a_line_feed_after_such_a_carriage_return_belongs_to_it_even_past_an_empty_chunk() -> None:
    decoder = SSEDecoder()

    events = [event for piece in (b"data: 1\r", b"", b"\n", b"data: 2\n\n") for event in decoder.feed(piece)]

    assert [event.data for event in events] == ["1\n2"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_takes_every_kind_of_bytes(kind: Any) -> None:
    decoder = SSEDecoder()
    body = b"event: a\ndata: 1\n\nevent: a\ndata: 2\n\n"

    events = decoder.feed(kind(body)) + decoder.feed(kind(body))

    assert [(event.data, type(event.raw)) for event in events] == [("1", bytes), ("2", bytes)] * 2


def test_keeps_no_reference_to_a_buffer_the_caller_uses_again() -> None:
    decoder, buffer = SSEDecoder(), bytearray(b"data: 1")

    decoder.feed(buffer)
    buffer[:] = b"\ndata: 2\n\n"

    assert [event.data for event in decoder.feed(buffer)] == ["1\n2"]


def test_json_is_decoded_from_the_raw_bytes() -> None:
    (event,) = SSEDecoder().feed(b'data: {"delta":\ndata: "\xc3\xa9"}\n\n')

    assert (event.raw, type(event.raw)) == (b'{"delta":\n"\xc3\xa9"}', bytes)
    assert msgspec.json.decode(event.raw) == {"delta": "é"}
