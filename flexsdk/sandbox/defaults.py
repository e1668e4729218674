"""Answers of operations that have no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from flexsdk.sandbox.contract import Contract, Operation
from flexsdk.sandbox.example import example
from flexsdk.sandbox.exchange import Answer

__all__ = ["default_answer", "sse"]


def default_answer(contract: Contract, operation: Operation) -> Answer:
    """Return an example of the first documented success, the same each time."""
    status = operation.success
    media = operation.media(status) or {}
    if not media:
        return Answer(status)
    if "application/json" in media:
        schema = media["application/json"].get("schema", {})
        return Answer(status, example(contract.document, schema))
    kind, found = next(iter(media.items()))
    body = _events(contract, operation, found) if kind == "text/event-stream" else b"sandbox\n"
    return Answer(status, body=body, content_type=kind)


def _events(contract: Contract, operation: Operation, media: Mapping[str, Any]) -> bytes:
    """Return one event of each documented name, the last event of a good stream at the end."""
    names = [name for name in operation.events if name not in ("done", "error")]
    frames = [sse(name, example(contract.document, operation.events[name])) for name in names]
    last = media.get("x-terminal-events", ["done"])[0]
    schema = operation.events.get(last, media.get("x-event-schema", {}))
    return b"".join(frames) + sse(last, example(contract.document, schema))


def sse(name: str, data: Any) -> bytes:
    """Return one Server-Sent Event with LF line ends."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))
