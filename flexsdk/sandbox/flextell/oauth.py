"""Flextell's OAuth server: codes, PKCE, token pairs, renewal. Sources: guides; RFC 6749, RFC 7636."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flexsdk.sandbox.contract import Operation, Schema
from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.pages import CONSENT_PATH, consent_page, refusal_page
from flexsdk.sandbox.flextell.terms import Terms
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "EMAIL", "PASSWORD", "OAuth", "open_operations"]

CLIENT_ID = "flt_client_test"
CLIENT_SECRET = "flt_secret_test"  # noqa: S105 - for tests only
EMAIL = "ada@example.com"
PASSWORD = "flt_password_test"  # noqa: S105 - for tests only

_FORM = "application/x-www-form-urlencoded"
_HTML = "text/html"
_ANY: Schema = {"type": "object"}
_FIELDS = {
    "authorization_code": ("client_id", "client_secret", "code", "redirect_uri"),
    "refresh_token": ("client_id", "client_secret", "refresh_token"),
}
_CHALLENGE_LENGTH = 43
"""Characters of a SHA-256 in base64url without padding."""


def open_operations(operations: Mapping[str, Operation]) -> list[Operation]:
    """Return the OAuth operations as a server has them: it judges requests itself, in words of RFC 6749.

    ``oauth_consent_page`` and ``oauth_consent`` are what a person sees between them.
    """
    authorize, token = operations["oauth_authorize"], operations["oauth_exchange_code"]
    optional = tuple(replace(each, required=False, schema={}) for each in authorize.parameters)
    page: Mapping[str, Mapping[str, Any]] = {
        "200": {_HTML: {}},
        "302": {},
        "400": {_HTML: {}},
        "422": {_HTML: {}},
    }
    consent = replace(authorize, template=CONSENT_PATH, parameters=optional, answers=page)
    return [
        replace(authorize, parameters=optional, answers={**authorize.answers, "400": {_HTML: {}}}),
        replace(token, bodies={_FORM: _ANY}),
        replace(consent, id="oauth_consent_page"),
        replace(consent, id="oauth_consent", method="POST", parameters=(), bodies={_FORM: _ANY}),
    ]


@dataclass(slots=True)
class _Code:
    request: Mapping[str, str]
    expires: float
    pair: _Pair | None = None
    """What it was exchanged for."""


@dataclass(slots=True)
class _Pair:
    access: str
    refresh: str
    scope: str


class OAuth:
    """One registered application, one person, and the tokens between them."""

    def __init__(
        self,
        options: Options,
        terms: Terms,
        make: Maker,
        redirect_uris: Set[str],
        *,
        issue: Callable[[], str],
        revoke: Callable[[str], None],
    ) -> None:
        self._options = options
        self._terms = terms
        self._make = make
        self._redirect_uris = redirect_uris
        self._issue = issue
        self._revoke = revoke
        self._codes: dict[str, _Code] = {}
        self._pairs: dict[str, _Pair] = {}
        """Refresh token to its pair."""
        self._expiries: dict[str, float] = {}
        self.grants: Counter[str] = Counter()
        """Requests to the token endpoint by grant type, and ``refused``."""

    def is_expired(self, access: str) -> bool:
        """Whether an access token is too old; those that did not come from the endpoint never are."""
        return self._expiries.get(access, self._options.clock() + 1) <= self._options.clock()

    # In the browser.

    async def oauth_authorize(self, call: Call) -> Answer:
        """Send the browser to the page, or back at once where nobody is to be asked."""
        refusal = self._distrusted(call.query)
        if refusal:
            # The contract knows no body here; only a browser gets the reason as a page.
            wanted = _HTML in call.headers.get("Accept", "")
            return _html(400, refusal_page(refusal)) if wanted else Answer(400, body=b"")
        if fault := _fault(call.query):
            return self._back(call.query, error=fault)
        match self._terms.consent:
            case "allow":
                return self._back(call.query, code=self._code(call.query))
            case "deny":
                return self._back(call.query, error="access_denied")
        return _redirect(f"{CONSENT_PATH}?{urlencode(call.query)}")

    async def oauth_consent_page(self, call: Call) -> Answer:
        """Show the form to sign in and to agree."""
        refusal = self._distrusted(call.query)
        if refusal:
            return _html(400, refusal_page(refusal))
        return _html(200, consent_page(call.query, email=EMAIL, password=PASSWORD))

    async def oauth_consent(self, call: Call) -> Answer:
        """Take the decision of the person, and send the browser back with it."""
        request = {name: parts[-1].text for name, parts in call.form.items()}
        given = [request.pop(name, "") for name in ("email", "password", "decision")]
        refusal = self._distrusted(request) or _fault(request)
        if refusal:
            return _html(400, refusal_page(refusal))
        if given[2] != "allow":
            return self._back(request, error="access_denied")
        if given[:2] != [EMAIL, PASSWORD]:
            notice = "Email or password is wrong."
            return _html(422, consent_page(request, email=given[0], password="", notice=notice))
        return self._back(request, code=self._code(request))

    def _distrusted(self, request: Mapping[str, str]) -> str | None:
        """Tell why the browser must not be sent to where the request says (RFC 6749, 4.1.2.1)."""
        if request.get("client_id") != CLIENT_ID:
            return "No application has this client_id."
        if request.get("redirect_uri") not in self._redirect_uris:
            return "The redirect_uri is not registered for this application."
        return None

    def _back(self, request: Mapping[str, str], **members: str) -> Answer:
        if "state" in request:
            members["state"] = request["state"]
        uri = request["redirect_uri"]
        return _redirect(f"{uri}{'&' if '?' in uri else '?'}{urlencode(members)}")

    def _code(self, request: Mapping[str, str]) -> str:
        code = f"flt_code_test_{self._make.random.getrandbits(160):040x}"
        self._codes[code] = _Code(dict(request), self._options.clock() + self._terms.code_seconds)
        return code

    # At the token endpoint.

    async def oauth_exchange_code(self, call: Call) -> Answer:
        """Turn a code or a refresh token into tokens."""
        try:
            answer = self._grant({name: [part.text for part in parts] for name, parts in call.form.items()})
        except Problem:
            self.grants["refused"] += 1
            raise
        return Answer(200, answer, headers={"Cache-Control": "no-store"})

    def _grant(self, form: Mapping[str, list[str]]) -> dict[str, Any]:
        grant = form.get("grant_type", [""])[0]
        if "grant_type" in form and grant not in _FIELDS:
            raise _refusal("unsupported_grant_type", f"This server does not know {grant}")
        for name in ("grant_type", *_FIELDS.get(grant, ())):
            if len(form.get(name, ())) != 1:
                raise _refusal("invalid_request", f"{name} has to be sent once")
        fields = {name: values[0] for name, values in form.items()}
        if (fields["client_id"], fields["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            raise _refusal("invalid_client", "Client authentication failed", status=401)
        answer = self._exchange(fields) if grant == "authorization_code" else self._renew(fields)
        self.grants[grant] += 1
        return answer

    def _exchange(self, fields: Mapping[str, str]) -> dict[str, Any]:
        code = self._codes.get(fields["code"])
        if code is None or code.expires <= self._options.clock():
            raise _refusal("invalid_grant", "The code is unknown or expired")
        if code.pair is not None:
            # Somebody else may have the code: what it brought is ended (RFC 6749, 4.1.2).
            self._end(code.pair)
            raise _refusal("invalid_grant", "The code was used before")
        if fields["redirect_uri"] != code.request["redirect_uri"]:
            raise _refusal("invalid_grant", "The redirect_uri is not that of the login")
        challenge = code.request.get("code_challenge")
        if challenge is not None and not _fits(challenge, fields.get("code_verifier", "")):
            raise _refusal("invalid_grant", "The code_verifier does not fit the code_challenge")
        code.pair = self._pair(code.request.get("scope", ""))
        return self._answer(code.pair)

    def _renew(self, fields: Mapping[str, str]) -> dict[str, Any]:
        pair = self._pairs.get(fields["refresh_token"])
        if pair is None:
            raise _refusal("invalid_grant", "The refresh token is unknown, used or revoked")
        scope = fields.get("scope") or pair.scope
        if not set(scope.split()) <= set(pair.scope.split()):
            raise _refusal("invalid_scope", "A renewal cannot ask for more")
        if self._terms.rotate:
            self._end(pair)
            return self._answer(self._pair(scope))
        pair.access, pair.scope = self._access(), scope
        answer = self._answer(pair)
        del answer["refresh_token"]
        return answer

    def _pair(self, scope: str) -> _Pair:
        refresh = f"flt_refresh_test_{self._make.random.getrandbits(160):040x}"
        pair = self._pairs[refresh] = _Pair(self._access(), refresh, scope)
        return pair

    def _access(self) -> str:
        access = self._issue()
        self._expiries[access] = self._options.clock() + self._terms.token_seconds
        return access

    def _end(self, pair: _Pair) -> None:
        self._revoke(pair.access)
        self._pairs.pop(pair.refresh, None)

    def end_logins(self) -> None:
        """Revoke all refresh tokens, as a person does who withdraws the consent."""
        self._pairs.clear()

    def _answer(self, pair: _Pair) -> dict[str, Any]:
        return {
            "access_token": pair.access,
            "token_type": "Bearer",
            "expires_in": self._terms.token_seconds,
            "refresh_token": pair.refresh,
            "scope": pair.scope,
        }


def _fault(request: Mapping[str, str]) -> str | None:
    """Return the error that goes back to the application (RFC 6749, 4.1.2.1; RFC 7636, 4.4.1)."""
    if request.get("response_type") != "code":
        return "unsupported_response_type" if "response_type" in request else "invalid_request"
    challenge, method = request.get("code_challenge"), request.get("code_challenge_method")
    if challenge is None:
        return None if method is None else "invalid_request"
    return None if method == "S256" and len(challenge) == _CHALLENGE_LENGTH else "invalid_request"


def _fits(challenge: str, verifier: str) -> bool:
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())


def _refusal(code: str, description: str, *, status: int = 400) -> Problem:
    return Problem(status, description, code=code, extra={"error_description": description})


def _redirect(url: str) -> Answer:
    return Answer(302, body=b"", headers={"Location": url})


def _html(status: int, page: bytes) -> Answer:
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    return Answer(status, body=page, content_type="text/html; charset=utf-8", headers=headers)
