"""Accounts and tokens of FlexOrch. Source: seed 002, "Authentication"; docs-repo "Authentication"."""

from __future__ import annotations

from typing import Any, Unpack

from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.wire import UNDOCUMENTED, Endpoint, plain
from flexsdk.protocol.redact import Secret
from flexsdk.structs import Model, Params
from flexsdk.types import CallOptions

__all__ = ["LOGIN", "REFRESH", "SIGNUP", "Auth", "Credentials", "RefreshRequest", "TokenPair"]


class Credentials(Params, frozen=True, kw_only=True):
    """The body of a login and of a new account."""

    email: str
    password: str


class RefreshRequest(Params, frozen=True, kw_only=True):
    """The body of a refresh."""

    refresh_token: str


class TokenPair(Model, frozen=True, kw_only=True):
    """An access token that lives ``expires_in`` seconds, and the token that gets the next one.

    A refresh may answer without ``refresh_token``: the old one then stays good. Inferred.
    """

    access_token: Secret
    refresh_token: Secret | None = None
    token_type: str | None = None
    expires_in: int | None = None


SIGNUP: Endpoint[Any] = Endpoint("auth_signup", "POST", "/auth/signup", UNDOCUMENTED, body=Credentials)
LOGIN = Endpoint("auth_login", "POST", "/auth/login", TokenPair, body=Credentials)
REFRESH = Endpoint("auth_refresh", "POST", "/auth/refresh", TokenPair, body=RefreshRequest)


class Auth(Resource):
    """Accounts and tokens; reached as ``client.auth``.

    To use tokens with a client, pass ``auth=Login(email, password)`` to it; it renews them by itself.
    """

    async def signup(self, email: str, password: str | Secret, **options: Unpack[CallOptions]) -> None:
        """Make an account. A mail has to be confirmed before the first login.

        Not repeated after an ambiguous failure. The answer is inferred.
        """
        await self._call(SIGNUP, body=Credentials(email=email, password=plain(password)), **options)

    async def login(self, email: str, password: str | Secret, **options: Unpack[CallOptions]) -> TokenPair:
        """Get a pair of tokens. Not repeated after an ambiguous failure.

        Raises:
            Unauthorized: wrong address or password.
            Forbidden: the address is not confirmed; the status for that is inferred.
        """
        return await self._call(LOGIN, body=Credentials(email=email, password=plain(password)), **options)

    async def refresh(self, refresh_token: str | Secret, **options: Unpack[CallOptions]) -> TokenPair:
        """Get a new access token. Not repeated: the old refresh token may be used up. The answer is inferred.

        Raises:
            Unauthorized: the refresh token is no longer good; log in again.
        """
        return await self._call(REFRESH, body=RefreshRequest(refresh_token=plain(refresh_token)), **options)
