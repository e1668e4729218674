"""A person's login at FlexOrch, as a credential. Source: seed 002, "Authentication"; docs-repo."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from flexsdk.core.call import Call, Reply
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth, TokenStore
from flexsdk.errors import Unauthorized
from flexsdk.platforms.flexorch.auth import TokenPair
from flexsdk.platforms.flexorch.client import FlexOrch
from flexsdk.protocol.redact import Secret
from flexsdk.types import Clock, Handler

__all__ = ["Login"]

RENEWAL_SECONDS = 60.0
"""Time for a login or a refresh with all its attempts."""


class Login(TokenAuth):
    """Mail address and password in place of an API key: ``FlexOrch(auth=Login(email, password))``.

    Logs in at the first call, refreshes a minute before the token expires and once when it is refused, and
    logs in again when the refresh token is no longer good. One renewal serves all tasks and clients.

    Args:
        base_url: where to log in; the same choice of addresses as on :class:`FlexOrch`. A client with an
            address of its own needs the same here.
        store: where the tokens are kept; by default in memory.
        clock: time, for tests.
    """

    def __init__(
        self,
        email: str,
        password: str | Secret,
        *,
        base_url: str | None = None,
        store: TokenStore | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(self._fetch, store or MemoryStore())
        self._email = email
        self._password = password if isinstance(password, Secret) else Secret(password)
        self._base_url = base_url
        self._clock = clock

    async def _fetch(self, stale: Token | None) -> Token:
        """Refresh; log in where there is nothing to refresh with, or it is refused."""
        async with FlexOrch(auth=_nobody, base_url=self._base_url, clock=self._clock) as client:
            if stale is not None and stale.refresh is not None:
                try:
                    pair = await client.auth.refresh(stale.refresh, deadline=RENEWAL_SECONDS)
                    return _token(pair, client.clock.time(), refresh=stale.refresh)
                except Unauthorized:
                    pass  # the refresh token has expired, or was used already
            pair = await client.auth.login(self._email, self._password, deadline=RENEWAL_SECONDS)
            return _token(pair, client.clock.time(), refresh=None)


def _nobody(call: Call, forward: Handler) -> Awaitable[Reply[Any]]:
    """Send no credential: these operations are public."""
    return forward(call)


def _token(pair: TokenPair, now: float, *, refresh: str | None) -> Token:
    renewing = pair.refresh_token.reveal() if pair.refresh_token else refresh
    lifetime = None if pair.expires_in is None else float(pair.expires_in)
    return Token(
        access=pair.access_token.reveal(),
        refresh=renewing,
        expires_at=None if lifetime is None else now + lifetime,
        lifetime=lifetime,
    )
