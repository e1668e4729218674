"""Fleece AI: agents that execute tasks, flows with runs, API keys and plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flexsdk.sandbox.auth import Key
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.fleece.agents import Agents
from flexsdk.sandbox.fleece.flows import Flows
from flexsdk.sandbox.limits import Window

__all__ = ["Fleece"]

_DAY = 86_400.0
# Plan to requests a minute, requests a day, keys. Enterprise figures are agreed one by one; these are ours.
_PLANS = {
    "free": (60, 5_000, 0),
    "pro": (60, 5_000, 5),
    "business": (300, 50_000, 10),
    "enterprise": (3_000, 500_000, 25),
}


class Fleece(Emulator):
    """Agents, flows, runs and keys; ``issue(plan="free")`` makes a key without API access."""

    name: ClassVar[str] = "fleece"
    key_prefix: ClassVar[str] = "flc_"
    invalid: ClassVar[int] = 400

    def sections(self) -> Sequence[object]:
        """Return agents, flows and keys, made anew."""
        self._agents = Agents(self.options, self.make)
        return self._agents, Flows(self.options, self.make), Keys(self)

    @property
    def credits_used(self) -> int:
        """What all executions have cost so far."""
        return self._agents.credits_used

    def error_body(self, problem: Problem) -> Any:
        """Return the flat ``{error}``; a 401 has one text, whatever was wrong."""
        return {"error": "Unauthorized" if problem.status == 401 else problem.message, **problem.extra}

    def windows(self, plan: str) -> Sequence[Window]:
        """Return the minute and the day of a plan."""
        minute, day, _keys = _PLANS[plan]
        return ((minute, 60.0), (day, _DAY))

    def admit(self, key: Key) -> None:
        """Refuse the free plan."""
        if key.plan == "free":
            raise Problem(403, "API access requires Pro plan or higher", extra={"upgrade": True})

    def most_keys(self, plan: str) -> int:
        """Return how many keys a plan allows."""
        return _PLANS[plan][2]


class Keys:
    """Key management: what is made here works, what is deleted here does not."""

    def __init__(self, fleece: Fleece) -> None:
        self._fleece = fleece
        self._keys: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, str] = {}
        self._keep("Sandbox", fleece.key)

    def _keep(self, name: str, text: str) -> dict[str, Any]:
        id_ = self._fleece.make.id()
        self._texts[id_] = text
        self._keys[id_] = {
            "id": id_,
            "name": name,
            "keyPrefix": text[:12],
            "isActive": True,
            "lastUsedAt": None,
            "expiresAt": None,
            "createdAt": self._fleece.make.time(),
        }
        return self._keys[id_]

    async def keys_list(self, _call: Call) -> list[dict[str, Any]]:
        """Answer with a bare array, without the secrets."""
        return list(self._keys.values())

    async def keys_create(self, call: Call) -> dict[str, Any]:
        """Make a key; the text is shown this once."""
        plan = call.key.plan if call.key else "pro"
        if len(self._keys) >= self._fleece.most_keys(plan):
            raise Problem(403, "API key limit of your plan reached", extra={"upgrade": True})
        text = self._fleece.new_key("flc_test_", "api", plan).text
        key = self._keep(call.body["name"], text)
        return {"key": text} | {name: key[name] for name in ("id", "name", "keyPrefix", "createdAt")}

    async def keys_delete(self, call: Call) -> dict[str, bool]:
        """Revoke a key at once."""
        if self._keys.pop(call.path["keyId"], None) is None:
            raise Problem(404, "Not found")
        self._fleece.revoke(self._texts.pop(call.path["keyId"]))
        return {"success": True}
