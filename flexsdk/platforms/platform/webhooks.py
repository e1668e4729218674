"""What Platform delivers to webhooks. Source: template docs, "Webhooks", "Core concepts".

Only ``resource.updated`` is spelled out; the other names, and what ``data`` holds, are inferred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeAlias, TypeVar

from flexsdk.codec import decoder, encode
from flexsdk.errors import ConfigError
from flexsdk.protocol.signature import verify
from flexsdk.structs import CamelModel

__all__ = ["SIGNATURE_HEADER", "Event", "ReplayGuard", "receive"]

T = TypeVar("T")
_Into: TypeAlias = type[T]  # an event has a field of the name ``type``

SIGNATURE_HEADER = "X-Signature"

_Known = Literal[
    "resource.created", "resource.updated", "resource.archived", "job.completed", "payment.received"
]


class Event(CamelModel, frozen=True, kw_only=True):
    """Something that has happened; an unknown ``type`` is an event like any other."""

    id: str
    """The same on every delivery of the event."""
    type: _Known | str
    created_at: datetime
    data: Mapping[str, Any]
    """What it happened to, as plain JSON."""

    def decode(self, into: _Into[T]) -> T:
        """Give the data as a struct: ``event.decode(Resource)``.

        Raises:
            DecodeError: they have another shape.
        """
        return decoder(into)(encode(self.data))


_event = decoder(Event)


def receive(body: bytes, signature: str, secret: str | Sequence[str]) -> Event:
    """Verify a delivery, then read it. Answer it with 2xx at once; anything else is delivered again.

    Events come at least once and in any order: ask a :class:`ReplayGuard` before you act.

    Args:
        body: the raw bytes as they arrived.
        signature: the value of the header ``SIGNATURE_HEADER``; empty where it is missing.
        secret: the secret of the endpoint, or several while they are being exchanged.

    Raises:
        SignatureError: the delivery is not from the platform, or was changed.
        DecodeError: it is, but has another shape than documented.
    """
    verify(body, signature, secret)
    return _event(body)


class ReplayGuard:
    """Tells repeated events from new ones by their id; for one process.

    Args:
        size: how many ids are remembered; the oldest are forgotten first.
    """

    def __init__(self, size: int = 10_000) -> None:
        if size < 1:
            raise ConfigError(f"size must be 1 or more, not {size}")
        self._size = size
        self._seen: dict[str, None] = {}

    def admit(self, event: Event) -> bool:
        """Remember an event; ``False`` when it was admitted before."""
        if event.id in self._seen:
            return False
        self._seen[event.id] = None
        if len(self._seen) > self._size:
            del self._seen[next(iter(self._seen))]
        return True

    def forget(self, event: Event) -> None:
        """Let the next delivery of an event in, because handling this one failed."""
        self._seen.pop(event.id, None)
