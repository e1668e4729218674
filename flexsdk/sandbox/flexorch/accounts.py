"""FlexOrch accounts: signup, login, refresh, and the members of the team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.terms import Form, at_least
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["EMAIL", "PASSWORD", "Accounts"]

EMAIL = "ada@example.com"
PASSWORD = "sandbox-password"  # noqa: S105 - of the account that every sandbox has
_SHORTEST = 8
"""Characters of a password."""
_ROLES: dict[Form, tuple[str, ...]] = {"A": ("admin", "member", "viewer"), "B": ("admin", "editor", "viewer")}
"""Roles that can be given; the owner's is fixed."""
_TEAM_PLANS: dict[Form, str] = {"A": "pro", "B": "enterprise"}
_VALID_HOURS: dict[Form, int] = {"A": 7 * 24, "B": 72}
"""How long an invitation is valid."""


@dataclass(slots=True)
class _Account:
    password: str
    plan: str
    verified: bool = False


class Accounts:
    """People who sign in, and people who belong to the team."""

    def __init__(self, space: Workspace, emulator: Emulator) -> None:
        self._space = space
        self._emulator = emulator
        self._accounts = {EMAIL: _Account(PASSWORD, "pro", verified=True)}
        self._refreshes: dict[str, _Account] = {}
        self._expiries: dict[str, float] = {}
        owner, member = self._space.number("user"), self._space.number("user")
        self._members = {owner: "owner", member: "viewer"}

    def verify(self, email: str) -> None:
        """Follow the link of the verification mail; a KeyError tells of an unknown address."""
        self._accounts[email].verified = True

    def is_expired(self, token: str) -> bool:
        """Return whether an access token of a login is too old; other tokens never are."""
        expiry = self._expiries.get(token)
        return expiry is not None and self._space.now() >= expiry

    async def auth_signup(self, call: Call) -> dict[str, Any]:
        """Create an account of the trial, not verified yet."""
        email, password = call.body["email"], call.body["password"]
        if len(password) < _SHORTEST:
            raise Problem(422, f"password: at least {_SHORTEST} characters", param="password")
        if email in self._accounts:
            raise Problem(409, "There is an account with this address", code="CONFLICT")
        self._accounts[email] = _Account(password, "trial")
        return {"email": email, "message": "Follow the link in the mail that was sent to you"}

    async def auth_login(self, call: Call) -> dict[str, Any]:
        """Answer with a pair of tokens."""
        account = self._accounts.get(call.body["email"])
        if account is None or account.password != call.body["password"]:
            raise Problem(401, "Wrong address or password", code="UNAUTHORIZED")
        if not account.verified:
            raise Problem(403, "The address is not verified")
        self._space.record("auth.login")
        return self._tokens(account) | {"refresh_token": self._refresh_token(account)}

    async def auth_refresh(self, call: Call) -> dict[str, Any]:
        """Answer with a new pair; the refresh token that was sent has ended, unless nothing rotates."""
        sent = call.body["refresh_token"]
        account = self._refreshes.get(sent)
        if account is None:
            raise Problem(401, "The refresh token is not valid", code="UNAUTHORIZED")
        if not self._space.terms.rotate:
            return self._tokens(account)
        del self._refreshes[sent]
        return self._tokens(account) | {"refresh_token": self._refresh_token(account)}

    def _tokens(self, account: _Account) -> dict[str, Any]:
        seconds = self._space.terms.token_seconds
        token = self._emulator.issue("user", plan=account.plan)
        self._expiries[token] = self._space.now() + seconds
        return {"access_token": token, "token_type": "bearer", "expires_in": int(seconds)}

    def _refresh_token(self, account: _Account) -> str:
        token = f"dfr_test_{self._space.make.random.getrandbits(128):032x}"
        self._refreshes[token] = account
        return token

    async def team_invite(self, call: Call) -> dict[str, Any]:
        """Invite somebody; the member is there at once, as nobody follows links here."""
        role = self._role(call)
        number = self._space.number("user")
        self._members[number] = role
        return {
            "user_id": self._space.shown("user", number),
            "email": call.body["email"],
            "role": role,
            "valid_hours": _VALID_HOURS[self._space.terms.form("team-roles")],
        }

    async def team_members_set_role(self, call: Call) -> dict[str, Any]:
        """Change a role."""
        role, number = self._role(call), self._member(call)
        self._members[number] = role
        return {"user_id": self._space.shown("user", number), "role": role}

    async def team_members_remove(self, call: Call) -> None:
        """Remove a member."""
        self._admit(call)
        del self._members[self._member(call)]

    def _admit(self, call: Call) -> None:
        at_least(plan_of(call), _TEAM_PLANS[self._space.terms.form("team-roles")])

    def _role(self, call: Call) -> str:
        self._admit(call)
        role: str = call.body["role"]
        known = _ROLES[self._space.terms.form("team-roles")]
        if role not in known:
            raise Problem(422, f"role has to be one of: {', '.join(known)}", param="role")
        return role

    def _member(self, call: Call) -> int:
        numbers = {number: number for number in self._members}
        number = self._space.find("user", numbers, call.path["user_id"])
        if self._members[number] == "owner":
            raise Problem(403, "The role of the owner is fixed")
        return number
