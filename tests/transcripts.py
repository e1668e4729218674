"""The recorded streams of tests/data/transcripts.json, and how they can be cut."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

_FILE = Path(__file__).parent / "data" / "transcripts.json"

TRANSCRIPTS: dict[str, bytes] = {
    name: transcript["body"].encode() for name, transcript in json.loads(_FILE.read_text("utf-8")).items()
}
"""Name to body."""


def pieces(body: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Cut a body into pieces of these sizes, over and over until it is used up."""
    start, turn = 0, 0
    while start < len(body):
        end = start + sizes[turn % len(sizes)]
        yield body[start:end]
        start, turn = end, turn + 1


def frame(name: str, data: dict[str, Any]) -> bytes:
    """Make one event."""
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"
