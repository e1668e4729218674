"""Lines out of pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsdk.errors import EventTooLarge
from flexsdk.protocol.lines import LineSplitter


@given(st.lists(st.text(alphabet="a\nb\r", max_size=8).map(str.encode)))
def test_pieces_of_any_size_give_the_same_lines(pieces: list[bytes]) -> None:
    splitter = LineSplitter(limit=1_000)

    lines = [line for piece in pieces for line in splitter.feed(piece)]
    lines.append(splitter.finish())

    assert lines == b"".join(pieces).split(b"\n")
    assert splitter.number == len(lines)


def test_a_line_that_never_ends_is_refused_with_its_number() -> None:
    splitter = LineSplitter(limit=10)
    splitter.feed(b"1\n2\n")
    splitter.feed(b"12345")
    splitter.feed(b"67890")

    with pytest.raises(EventTooLarge, match="line 3 is above 10 bytes") as raised:
        splitter.feed(b"1")

    assert raised.value.limit == 10


def test_a_long_line_is_joined_once() -> None:
    """A piece is copied when its line is complete, and not with every piece that follows."""

    class Piece(bytes):
        copies = 0

        def __radd__(self, other: bytes) -> bytes:
            raise AssertionError("joined piece by piece")

        __add__ = __radd__

    splitter = LineSplitter(limit=10_000)

    for _ in range(1_000):
        assert splitter.feed(Piece(b"12345")) == []

    assert splitter.feed(b"\n") == [b"12345" * 1_000]
