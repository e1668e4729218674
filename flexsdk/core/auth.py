"""Credentials, added behind the user's middlewares so that none of them meets a secret."""

from __future__ import annotations

from typing import Any

from multidict import CIMultiDict

from flexsdk.core.call import NOTHING, Call, Reply
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
        self._header = CIMultiDict({self.header: self.scheme + plain})  # what aiohttp would make of it

    def __repr__(self) -> str:
        """Show that there is a key, not the key."""
        return f"{type(self).__name__}({getattr(self, 'secret', 'half made')!r})"

    def __reduce__(self) -> str:
        """Refuse: a pickle would hold the key."""
        raise TypeError("credentials are not pickled; let the other process read its own key")

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Add the key for the time of the attempt, and take it out of an error that repeats it."""
        call.credentials = self._header
        try:
            reply = await forward(call)
        finally:
            call.credentials = NOTHING
        if reply.status >= 400:
            reply.body = reply.body.replace(self.secret.reveal().encode(), b"...")
        return reply


class Bearer(HeaderKey):
    """An API key in the ``Authorization`` header."""

    header = "Authorization"
    scheme = "Bearer "
