"""What Flapjack delivers to the webhook of a computer. Source: docs api/computer.

The signature and the names of the events are documented; the keys of the body are not, so they are inferred.
How requests of the credential resolver are signed, under the same header, no source tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from flexsdk.codec import decoder
from flexsdk.errors import DecodeError
from flexsdk.protocol.signature import verify
from flexsdk.structs import Model

__all__ = ["SIGNATURE_HEADER", "WebhookEvent", "receive"]

SIGNATURE_HEADER = "X-Flapjack-Signature"

_Known = Literal[
    "bootstrap.succeeded", "bootstrap.failed", "computer.idled", "computer.destroyed", "agent.deleted"
]


class WebhookEvent(Model, frozen=True, kw_only=True):
    """Something that has happened to a computer; ``raw`` is the whole body, as plain JSON.

    An unknown ``name`` is an event like any other. Whether deliveries are repeated is unknown, and they carry
    no known id: read the computer's status instead of counting events.
    """

    name: _Known | str
    """Read from ``event``, else ``type``; inferred."""
    agent_id: str | None
    """Read from ``agentId``, else ``agent_id``; inferred."""
    raw: Mapping[str, Any]


_plain = decoder(dict[str, Any])


def receive(body: bytes, signature: str, secret: str | Sequence[str]) -> WebhookEvent:
    """Verify a delivery, then read it. Answer it with 2xx at once.

    Args:
        body: the raw bytes as they arrived.
        signature: the value of the header ``SIGNATURE_HEADER``; empty where it is missing.
        secret: one secret, or several while they are being exchanged.

    Raises:
        SignatureError: the delivery is not from the platform, or was changed.
        DecodeError: it is, but tells no event.
    """
    verify(body, signature, secret)
    raw = _plain(body)
    name = _text(raw, "event", "type")
    if name is None:
        raise DecodeError("the delivery names no event", expected="WebhookEvent", body=body)
    return WebhookEvent(name=name, agent_id=_text(raw, "agentId", "agent_id"), raw=raw)


def _text(raw: Mapping[str, Any], *keys: str) -> str | None:
    """Give the first of these that is a text."""
    return next((value for key in keys if isinstance(value := raw.get(key), str)), None)
