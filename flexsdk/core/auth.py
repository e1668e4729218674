"""Credentials, added behind the user's middlewares so that none of them meets a secret."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from flexsdk.core.call import Call, Reply
from flexsdk.protocol.redact import Secret, check_key
from flexsdk.types import Handler

__all__ = ["Bearer", "HeaderKey"]


class HeaderKey:
    """An API key in a header of its own."""

    header = "X-API-KEY"
    scheme = ""

    def __init__(self, key: str | Secret, *, name: str = "api_key") -> None:
        plain = check_key(key.reveal() if isinstance(key, Secret) else key, name=name)
        self.secret = Secret(plain)
        self._header = {self.header: self.scheme + plain}

    def __repr__(self) -> str:
        """Show that there is a key, not the key."""
        return f"{type(self).__name__}({self.secret!r})"

    def __reduce__(self) -> str:
        """Refuse: a pickle would hold the key."""
        raise TypeError("credentials are not pickled; let the other process read its own key")

    def __call__(self, call: Call, forward: Handler) -> Awaitable[Reply[Any]]:
        """Add the key to the attempt."""
        call.credentials = self._header
        return forward(call)


class Bearer(HeaderKey):
    """An API key in the ``Authorization`` header."""

    header = "Authorization"
    scheme = "Bearer "
