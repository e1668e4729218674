"""Flextell: the OAuth server, collections of any name, and the clinic tier under ``/v1``.

The tenants are 42 and 43. What a test may change stands in ``terms``: lifetimes, rotation, whether a
person is asked, and the loose types of the clinic tier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from aiohttp import web

from flexsdk.sandbox.auth import Key, Kind
from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Problem, Recorded
from flexsdk.sandbox.flextell.blacklists import Blacklists
from flexsdk.sandbox.flextell.calendar import Calendar, Treatments
from flexsdk.sandbox.flextell.collections import Collections, any_collection
from flexsdk.sandbox.flextell.conversations import Conversations
from flexsdk.sandbox.flextell.customers import Account, Customers, Rooms
from flexsdk.sandbox.flextell.files import Files
from flexsdk.sandbox.flextell.house import House
from flexsdk.sandbox.flextell.oauth import CLIENT_ID, CLIENT_SECRET, EMAIL, PASSWORD, OAuth, open_operations
from flexsdk.sandbox.flextell.seed import furnish
from flexsdk.sandbox.flextell.terms import Terms
from flexsdk.sandbox.flextell.trade import Invoices, Trade
from flexsdk.sandbox.forms import receive_form
from flexsdk.sandbox.limits import Window
from flexsdk.sandbox.options import Options

__all__ = ["Flextell"]

_CODES = {
    400: "invalid_request",
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    422: "validation_error",
    429: "rate_limit_exceeded",
    503: "unavailable",
}
_UPLOADS = frozenset({"files_upload", "conversations_messages_send_media"})
_CUSTOMERS = (40, 3)
"""How many customers each tenant has at the start."""


class Flextell(Emulator):
    """One account; ``key`` is an access token of it that does not expire."""

    name: ClassVar[str] = "flextell"
    key_prefix: ClassVar[str] = "flt_"
    client_id: ClassVar[str] = CLIENT_ID
    client_secret: ClassVar[str] = CLIENT_SECRET
    """With the id, the registered application."""
    email: ClassVar[str] = EMAIL
    password: ClassVar[str] = PASSWORD
    """With the address, the person who can sign in."""

    def __init__(self, options: Options) -> None:
        self.terms = Terms()
        """What a test may change; a reset leaves it alone."""
        super().__init__(options)

    def begin(self) -> None:
        """Set all but the terms to the start."""
        self.redirect_uris = {"https://app.example.com/callback", "http://localhost:8000/callback"}
        """Where the browser may be sent back to; add the address of a test."""
        super().begin()
        self.behaviours |= {
            "oauth_consent_page": self._oauth.oauth_consent_page,
            "oauth_consent": self._oauth.oauth_consent,
        }

    def sections(self) -> Sequence[object]:
        """Return the OAuth server and both tiers, made anew."""
        self._oauth = OAuth(
            self.options, self.terms, self.make, self.redirect_uris, issue=self.issue, revoke=self.revoke
        )
        house = House(self.options, self.terms, self.make, lambda: self.origin)
        for clinic, customers in zip(house.clinics.values(), _CUSTOMERS, strict=True):
            furnish(clinic, self.make, customers=customers)
        clinics = (Account, Customers, Rooms, Conversations, Files, Blacklists)
        offers = (Calendar, Treatments, Trade, Invoices)
        return self._oauth, Collections(self.make), *(section(house) for section in (*clinics, *offers))

    # What a test uses.

    @property
    def grants(self) -> Counter[str]:
        """Requests to the token endpoint by grant type; those in vain count as ``refused``."""
        return self._oauth.grants

    def end_logins(self) -> None:
        """Revoke all refresh tokens, as a person does who withdraws the consent."""
        self._oauth.end_logins()

    # What the engine asks.

    def extra_operations(self) -> Sequence[Operation]:
        """Return the pages of the login, and collections of any name."""
        return open_operations(self.contract.operations) + any_collection(self.contract.operations)

    def new_key(self, prefix: str, kind: Kind, plan: str) -> Key:
        """Make a token that is valid from now on; all tokens share the limit of the account."""
        key = super().new_key(prefix, kind, plan)
        self._limiters[key.text] = next(iter(self._limiters.values()))
        return key

    def find_key(self, text: str) -> Key | None:
        """Return a valid token by its text.

        Raises:
            Problem: 401 for one that is too old.
        """
        if self._oauth.is_expired(text):
            raise Problem(401, "The access token has expired")
        return super().find_key(text)

    def error_body(self, problem: Problem) -> Any:
        """Return ``{error, message}``, for an invalid field with the framework's ``errors``."""
        code = problem.code or _CODES.get(problem.status, "server_error")
        body = {"error": code, "message": problem.message, **problem.extra}
        if problem.status == self.invalid and problem.param:
            body["errors"] = {problem.param: [problem.message]}
        return body

    def windows(self, plan: str) -> Sequence[Window]:
        """Return a minute of our own: the figures vary by account and are not published."""
        return ((600, 60.0),)

    async def receive(self, request: web.BaseRequest, record: Recorded) -> None:
        """Measure an upload while it arrives; a form that cannot be read is refused like an empty one."""
        if record.operation not in _UPLOADS or request.content_type != "multipart/form-data":
            await super().receive(request, record)
            return
        try:
            record.form = await receive_form(request)
        except ValueError:
            record.form = None
