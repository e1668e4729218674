"""OAuth 2.0, authorization code: from the login in a browser to tokens that renew themselves.

Sources: RFC 6749 (code, refresh), RFC 7636 (PKCE, S256), RFC 7009 (revocation). Credentials of the client go
in the body.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from flexsdk.codec import decoder
from flexsdk.core.body import Form
from flexsdk.core.call import Call, Reply
from flexsdk.core.client import Client
from flexsdk.core.clock import SystemClock
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.core.op import Op
from flexsdk.core.tokens import MemoryStore, Token, TokenAuth, TokenStore
from flexsdk.errors import APIError, ConfigError, DecodeError, LoginRequired
from flexsdk.protocol.redact import Secret, Withheld
from flexsdk.protocol.urls import check_base_url, encode_query
from flexsdk.types import Clock, Handler

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Authorization", "OAuth2", "TokenAnswer"]

TOKEN_SECONDS = 30.0
"""Time for one attempt of a token request."""
RENEWAL_SECONDS = 60.0
"""Time for a token request with all its waits and attempts."""

T = TypeVar("T")

_Fields: TypeAlias = Mapping[str, "str | Secret"]


class Authorization(NamedTuple):
    """One login: where to send the browser, and what to keep until it comes back."""

    url: str
    state: str
    verifier: str | None

    def __repr__(self) -> str:
        """Show nothing by which somebody else could end this login."""
        return "Authorization(…)"


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a token endpoint; ``expires_in`` is in seconds."""

    access_token: Secret
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: float | None = None
    refresh_token: Secret | None = None
    scope: str | None = None


class OAuth2(TokenAuth):
    """A middleware that sends the access token of a login and renews it; pass it to clients as ``auth=``.

    One object serves one user; an application with many makes one for each, with a store of its own.
    Tokens are renewed a minute before they expire and once after a 401, with one request for any number of
    tasks, clients and processes that share this object or its store. A refresh token that comes back is
    stored before any caller goes on; when none comes, the old one stays.

    Args:
        redirect_uri: where the browser comes back; exactly as registered.
        authorize_url: the page of the login.
        token_url: where codes and refresh tokens are turned into tokens.
        scope: words with spaces between; empty for what the server grants by default.
        store: where the token is kept; by default in memory.
        pkce: send a challenge, so that a stolen code is of no use.
        revoke_url: told of a logout, where the server has such an endpoint.
        session: an aiohttp session of your own for token requests, as for a proxy; never closed here.
        clock: time, for tests.

    Raises:
        LoginRequired: from every call, when the token can no longer be renewed.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str | Secret,
        redirect_uri: str,
        authorize_url: str,
        token_url: str,
        scope: str = "",
        store: TokenStore | None = None,
        pkce: bool = False,
        revoke_url: str | None = None,
        session: aiohttp.ClientSession | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(self._refresh, store or MemoryStore())
        self._client_id = _given(client_id, "client_id")
        self._secret = client_secret if isinstance(client_secret, Secret) else Secret(client_secret)
        _given(self._secret.reveal(), "client_secret")
        self._redirect_uri = _given(redirect_uri, "redirect_uri")
        self._authorize_url = _checked(authorize_url, "authorize_url")
        self._token_url = _checked(token_url, "token_url")
        self._revoke_url = revoke_url and _checked(revoke_url, "revoke_url")
        self._scope = scope
        self._pkce = pkce
        self._session = session
        self._clock: Clock = clock or SystemClock()
        self._spent: Secret | None = None

    def __repr__(self) -> str:
        """Show the application, never a credential."""
        return f"<{type(self).__name__} {self._client_id} at {self._token_url}>"

    def authorization_url(self) -> Authorization:
        """Begin a login: send the browser to ``url``, keep ``state`` and ``verifier`` for its return."""
        state = secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(64) if self._pkce else None
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._scope or None,
            "state": state,
            "code_challenge": _challenge(verifier) if verifier else None,
            "code_challenge_method": "S256" if verifier else None,
        }
        return Authorization(self._authorize_url + encode_query(query), state, verifier)

    async def exchange(self, redirected: str, state: str, verifier: str | None = None) -> Token:
        """End a login: turn the address that the browser came back to into a token, and store it.

        A code serves once, so this is not repeated after an ambiguous failure: begin a new login then.

        Args:
            redirected: the whole address with its query; its state is checked before the code is used.
            state: what :meth:`authorization_url` gave for this very user.
            verifier: the same; needed with ``pkce``.

        Raises:
            LoginRequired: the user refused, the state is another one, or the code is no longer good.
        """
        if self._pkce and not verifier:
            raise ConfigError("with pkce= the verifier of the login is needed to exchange its code")
        fields: dict[str, str | Secret] = {
            "grant_type": "authorization_code",
            "code": _code(redirected, _given(state, "state")),
            "redirect_uri": self._redirect_uri,
        }
        if verifier:
            fields["code_verifier"] = Secret(verifier)
        token = self._token_of(await self._ask(self._token_url, TokenAnswer, fields))
        await self.keep(token)
        return token

    async def logout(self) -> None:
        """Forget the token here; with ``revoke_url``, have the server forget it, too.

        The first happens also when the second fails.
        """
        token = await self.forget()
        if token and self._revoke_url:
            await self._ask(self._revoke_url, None, {"token": Secret(token.refresh or token.access)})

    async def _refresh(self, stale: Token | None) -> Token:
        """Get a new token; one that the server has refused for good is not asked for again."""
        if stale is None or stale.refresh is None:
            raise LoginRequired("there is no token to renew; send the user to authorization_url()", status=0)
        refresh = Secret(stale.refresh)
        if refresh == self._spent:
            raise LoginRequired("the server has ended this login; begin a new one", status=0)
        fields: _Fields = {"grant_type": "refresh_token", "refresh_token": refresh}
        try:
            answer = await self._ask(self._token_url, TokenAnswer, fields, Secret(stale.access))
        except LoginRequired:
            self._spent = refresh
            raise
        token = self._token_of(answer)
        return msgspec.structs.replace(
            token, refresh=token.refresh or stale.refresh, scope=token.scope or stale.scope
        )

    async def _ask(self, url: str, answer: type[T] | None, fields: _Fields, *known: Secret) -> T:
        """Send one form, on a connection of its own: there is one an hour, and nothing is left open.

        ``known`` are credentials that are not sent, and that the server may repeat as well.
        """
        sent = {**fields, "client_id": self._client_id, "client_secret": self._secret}
        parts = urlsplit(url)
        op = Op("oauth_token", "POST", parts.path, answer)
        failure: APIError | DecodeError
        server = _AuthorizationServer(
            base_url=f"{parts.scheme}://{parts.netloc}",
            auth=_no_credential,
            limits=None,
            timeout=TOKEN_SECONDS,
            deadline=RENEWAL_SECONDS,
            session=self._session,
            clock=self._clock,
        )
        async with server:
            try:
                return await server.call(op, body=Form({name: _plain(value) for name, value in sent.items()}))
            except (APIError, DecodeError) as error:
                failure = error
        raise _without_secrets(failure, *sent.values(), *known)

    def _token_of(self, answer: TokenAnswer) -> Token:
        if answer.token_type.lower() != "bearer":
            raise DecodeError("the token is of a type that is not supported", expected="a Bearer token")
        return Token(
            access=answer.access_token.reveal(),
            refresh=answer.refresh_token.reveal() if answer.refresh_token else None,
            expires_at=self._clock.time() + answer.expires_in if answer.expires_in is not None else None,
            lifetime=answer.expires_in,
            scope=answer.scope,
        )


class _Error(msgspec.Struct, frozen=True):
    error: str | None = None
    message: str | None = None
    error_description: str | None = None
    hint: str | None = None


_decode_error = decoder(_Error)


def _problem(body: bytes) -> Problem:
    try:
        error = _decode_error(body)
    except DecodeError:
        return Problem()
    return Problem(code=error.error, message=error.message or error.error_description or error.hint or "")


class _AuthorizationServer(Client):
    """The end point of token requests, with the transport and the repeats of any other client."""

    dialect = Dialect(
        name="The authorization server",
        base_url="",
        problem=_problem,
        codes={"invalid_grant": LoginRequired},
    )


def _no_credential(call: Call, forward: Handler) -> Awaitable[Reply[Any]]:
    return forward(call)


def _without_secrets(error: APIError | DecodeError, *known: str | Secret) -> APIError | DecodeError:
    """Take everything out of an error that could hold a token: the body, an id and a message with one."""
    error.body = b""
    hidden = [Withheld(value) for value in known if isinstance(value, Secret)]
    if isinstance(error, APIError) and any(secret.is_in(error.request_id or "") for secret in hidden):
        error.request_id = None
    if any(secret.is_in(str(error)) for secret in hidden):
        error.args = ("the authorization server repeats a credential; its message is left out",)
        if isinstance(error, APIError):
            error.message, error.code = error.args[0], None
    return error.with_traceback(None)


def _code(redirected: str, state: str) -> Secret:
    """Take the code out of the address, once its state is the one that was sent."""
    query = parse_qs(redirected.partition("?")[2].partition("#")[0])
    returned = query.get("state", [])
    if len(returned) != 1 or not hmac.compare_digest(returned[0].encode(), state.encode()):
        raise LoginRequired(
            "the state is not that of this login; do not use the code, begin a new login",
            status=0,
            code="state_mismatch",
        )
    if "error" in query:
        reason = query.get("error_description", ["no reason given"])[0]
        raise LoginRequired(f"the login was refused: {reason}", status=0, code=query["error"][0])
    if len(query.get("code", [])) != 1:
        raise LoginRequired("the address holds no code; begin a new login", status=0)
    return Secret(query["code"][0])


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _given(value: str, name: str) -> str:
    if not value:
        raise ConfigError(f"{name}: empty")
    return value


def _checked(url: str, name: str) -> str:
    """Check an address as a base URL is checked, and keep a slash at its end."""
    try:
        checked = check_base_url(url)
    except ConfigError as error:
        reason = str(error).replace("base_url", name)
    else:
        return f"{checked}/" if url.endswith("/") else checked
    raise ConfigError(reason)
