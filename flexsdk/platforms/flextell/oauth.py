"""Flextell's login. Source: guides "OAuth flow", "Authentication"; PKCE and revocation are not documented."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flexsdk.core.oauth import OAuth2, TokenAnswer
from flexsdk.core.op import Op
from flexsdk.core.tokens import TokenStore
from flexsdk.errors import ConfigError
from flexsdk.platforms.flextell.dialect import DIALECT
from flexsdk.protocol.redact import Secret
from flexsdk.types import Clock

if TYPE_CHECKING:
    import aiohttp

__all__ = ["AUTHORIZE", "TOKEN", "FlextellOAuth"]

AUTHORIZE: Op[None] = Op(
    "oauth_authorize",
    "GET",
    "/oauth/authorize",
    None,
    query=(
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    ),
)
TOKEN = Op("oauth_exchange_code", "POST", "/oauth/token", TokenAnswer)


class FlextellOAuth(OAuth2):
    """The login of a Flextell user; pass it as ``Flextell(auth=…)``.

    Args:
        redirect_uri: where the browser comes back; exactly as registered.
        client_id: by default from ``FLEXTELL_CLIENT_ID``.
        client_secret: by default from ``FLEXTELL_CLIENT_SECRET``.
        base_url: as of the client; the login is at the root of the same host.
        scope: words such as ``customers:read`` with spaces between; which there are is not published.
        store: where the token is kept; by default in memory.
        pkce: send a challenge; not documented, but seen to be accepted.
        revoke_url: told of a logout; Flextell documents no such endpoint.
        session: an aiohttp session of your own for token requests; never closed here.
        clock: time, for tests.
    """

    def __init__(
        self,
        *,
        redirect_uri: str,
        client_id: str | None = None,
        client_secret: str | Secret | None = None,
        base_url: str | None = None,
        scope: str = "",
        store: TokenStore | None = None,
        pkce: bool = False,
        revoke_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
    ) -> None:
        parts = urlsplit(DIALECT.address(base_url))
        root = f"{parts.scheme}://{parts.netloc}"
        super().__init__(
            client_id=client_id or _setting("FLEXTELL_CLIENT_ID", "client_id"),
            client_secret=client_secret or _setting("FLEXTELL_CLIENT_SECRET", "client_secret"),
            redirect_uri=redirect_uri,
            authorize_url=root + AUTHORIZE.path,
            token_url=root + TOKEN.path,
            scope=scope,
            store=store,
            pkce=pkce,
            revoke_url=revoke_url,
            session=session,
            clock=clock,
        )


def _setting(variable: str, name: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise ConfigError(f"no {name}: pass {name}= or set the environment variable {variable}")
    return value
