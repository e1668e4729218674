"""Credentials, added behind the user's middlewares so that none of them meets a secret."""

from __future__ import annotations

from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from flexsdk.core.call import NOTHING, Call, Reply
from flexsdk.errors import DecodeError
from flexsdk.protocol.redact import Secret, Withheld, check_key
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
        self._withheld = Withheld(self.secret)

    def __repr__(self) -> str:
        """Show that there is a key, not the key."""
        return f"{type(self).__name__}({getattr(self, 'secret', 'half made')!r})"

    def __reduce__(self) -> str:
        """Refuse: a pickle would hold the key."""
        raise TypeError("credentials are not pickled; let the other process read its own key")

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Add the key for the time of the attempt, and take it out of an error that repeats it."""
        call.credentials = self._header
        call.withheld = self._withheld
        try:
            reply = await forward(call)
        except DecodeError as error:
            self._keep_out(error)
            raise
        finally:
            call.credentials = NOTHING
        if reply.status >= 300:
            self._take_out(reply)
        return reply

    def _take_out(self, reply: Reply[Any]) -> None:
        """Take the key out of the body, and leave out the headers that repeat it."""
        reply.body = self._withheld.hide_in(reply.body)
        kept = [field for field in reply.headers.items() if not self._is_in(field[1])]
        if len(kept) < len(reply.headers):
            reply.headers = CIMultiDictProxy(CIMultiDict(kept))

    def _keep_out(self, error: DecodeError) -> None:
        """Take the key out of an error that says what came: content types are told in small letters."""
        error.body = self._withheld.hide_in(error.body)
        if Withheld(Secret(self.secret.reveal().lower())).is_in(str(error).lower()):
            error.args = ("the answer repeats the credential in place of what was asked for",)

    def _is_in(self, value: str) -> bool:
        """Look for the key among what can be shown, which is what becomes of an id."""
        return self._withheld.is_in("".join(filter(str.isprintable, value)))


class Bearer(HeaderKey):
    """An API key in the ``Authorization`` header."""

    header = "Authorization"
    scheme = "Bearer "
