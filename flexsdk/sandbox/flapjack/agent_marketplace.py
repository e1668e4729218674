"""Marketplace profiles of Flapjack agents, and their avatars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored

__all__ = ["AgentMarketplace"]

_FIELDS = {
    "handle": "handle",
    "displayName": "display_name",
    "description": "description",
    "capabilities": "capabilities",
    "isPublished": "is_published",
}
_EMPTY: dict[str, Any] = {
    "display_name": None,
    "description": None,
    "capabilities": [],
    "is_published": False,
}
_SCORED = ("handle", "display_name", "description", "avatar_url", "capabilities")
_SEEDED = {
    "handle": "support-triage",
    "displayName": "Support Triage",
    "description": "Sorts incoming tickets and answers the common ones",
    "capabilities": ["triage", "answers"],
    "isPublished": True,
}


class AgentMarketplace:
    """The profiles of the agents that have one; the first agent does."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        first = next(iter(agents.agents))
        self._profiles: dict[str, dict[str, Any]] = {first: _profile(_SEEDED)}
        self._avatars: dict[str, str] = {}

    async def agents_marketplace_get(self, call: Call) -> dict[str, Any]:
        """Answer with the profile."""
        agent_id = self._owner(call)
        return self._shown(agent_id, self._profiles[agent_id])

    async def agents_marketplace_update(self, call: Call) -> dict[str, Any]:
        """Create the profile, or replace it."""
        agent_id = self._agents.find(call.path["agentId"])["id"]
        profile = _profile(call.body)
        if stored(call):
            self._profiles[agent_id] = profile
        return self._shown(agent_id, profile)

    async def agents_marketplace_delete(self, call: Call) -> dict[str, bool]:
        """Remove the profile; its avatar stays with the agent."""
        agent_id = self._owner(call)
        if stored(call):
            del self._profiles[agent_id]
        return {"ok": True}

    async def agents_marketplace_avatar_upload(self, call: Call) -> dict[str, str]:
        """Take a picture that is not empty, and answer with its address."""
        agent_id = self._agents.find(call.path["agentId"])["id"]
        picture = call.form["file"][-1]
        if not picture.data:
            raise Problem(400, "file is empty", param="file")
        url = f"https://files.example.com/avatars/{agent_id}/{picture.filename}"
        if stored(call):
            self._avatars[agent_id] = url
        return {"avatar_url": url}

    def _owner(self, call: Call) -> str:
        """Return the id of an agent that has a profile."""
        agent_id: str = self._agents.find(call.path["agentId"])["id"]
        if agent_id not in self._profiles:
            raise Problem(404, "The agent has no marketplace profile")
        return agent_id

    def _shown(self, agent_id: str, profile: Mapping[str, Any]) -> dict[str, Any]:
        """Return the profile with its avatar and its score, the share of members that are filled."""
        shown = {**profile, "avatar_url": self._avatars.get(agent_id)}
        return {**shown, "readiness_score": sum(bool(shown.get(name)) for name in _SCORED) / len(_SCORED)}


def _profile(body: Mapping[str, Any]) -> dict[str, Any]:
    return _EMPTY | {_FIELDS[name]: value for name, value in body.items() if name in _FIELDS}
