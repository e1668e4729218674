"""Signatures of webhooks: hex HMAC-SHA256 over the raw body. Source: the platforms' webhook pages."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from flexsdk.errors import ConfigError, SignatureError

__all__ = ["verify"]

_PREFIX = "sha256="


def verify(body: bytes, signature: str, secret: str | Sequence[str]) -> None:
    """Check that a webhook comes from somebody who knows the secret, and that nobody changed its body.

    Takes constant time for signatures of one length. Verify before parsing, and do not act on an event twice:
    the signature holds for ever, and platforms deliver again.

    Args:
        body: the raw bytes as they arrived; JSON that was parsed and written again does not fit.
        signature: the value of the platform's header, in hex of any case, with or without ``sha256=``.
        secret: one secret, or several while they are being exchanged; any of them may fit.

    Raises:
        SignatureError: none of the secrets fits, or the header is empty.
        ConfigError: there is no secret, or an empty one, with which anybody could sign.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets or not all(secrets):
        raise ConfigError("the webhook secret is empty; pass the one that the platform gave")
    given = signature.strip().lower().removeprefix(_PREFIX).encode("utf-8", "replace")
    # All are tried, however early one fits, so that the time tells nothing.
    fitting = [key for key in secrets if hmac.compare_digest(given, _sign(body, key))]
    if not fitting:
        raise SignatureError("the signature does not fit the body: do not act on this webhook")


def _sign(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
