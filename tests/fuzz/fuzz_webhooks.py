"""Deliveries: let in is what the secret has signed, and that gives an event or one typed error."""

from __future__ import annotations

import hashlib
import hmac
from contextlib import suppress
from importlib import import_module

from flexsdk.errors import DecodeError, SignatureError
from flexsdk.protocol import signature

SECRET = "fj_test_webhook"
RECEIVERS = [
    import_module(f"flexsdk.platforms.{name}")
    for name in ("flapjack.webhooks", "flexorch.webhook_events", "platform.webhooks")
]
WATCHED = [signature, *RECEIVERS]
"""The modules whose coverage leads."""


def check(data: bytes) -> None:
    """Take the header up to the first line end, and then the body."""
    head, _, body = data.partition(b"\n")
    given = head.decode("utf-8", "surrogateescape")
    fitting = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    assert _lets_in(body, given) == (given.strip().lower().removeprefix("sha256=") == fitting)
    assert not _lets_in(body + b" ", fitting)
    for receiver in RECEIVERS:
        with suppress(DecodeError):
            assert repr(receiver.receive(body, f"sha256={fitting}", SECRET))


def _lets_in(body: bytes, given: str) -> bool:
    try:
        signature.verify(body, given, SECRET)
    except SignatureError:
        return False
    return True


def break_it() -> None:
    """Compare no further than the shorter of the two."""
    hmac.compare_digest = lambda given, fitting: fitting.startswith(given)  # type: ignore[assignment]  # broken
