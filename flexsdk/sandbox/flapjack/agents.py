"""Flapjack agents: list, get, create, update, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.state import Maker

__all__ = ["Agents", "stored"]

_SEEDED = (
    ("Support Triage", "Sorts incoming tickets and answers the common ones", "gpt-5.4"),
    ("Order Desk", "Looks up orders and shipments", "gpt-5.4"),
    ("Release Notes", "Turns merged changes into notes for customers", "claude-opus-4.6"),
    ("Contract Reader", "Summarizes contracts and flags unusual clauses", "claude-opus-4.6"),
    ("Travel Planner", "Plans trips within a budget", "gpt-5.4"),
    ("Data Analyst", "Answers questions about the warehouse", "claude-opus-4.6"),
    ("Onboarding Guide", "Leads new colleagues through their first week", "gpt-5.4"),
    ("Incident Scribe", "Keeps the timeline of an incident", "gpt-5.4"),
    ("Sales Research", "Gathers background on prospects", "gpt-5.4"),
    ("Translation Desk", "Translates product texts and keeps the glossary", "claude-opus-4.6"),
    ("Code Reviewer", "Reads changes and comments on risks", "claude-opus-4.6"),
    ("Meeting Notes", "Writes minutes and collects action items", "gpt-5.4"),
    ("Invoice Checker", "Compares invoices with purchase orders", "gpt-5.4"),
    ("Weather Watch", "Warns crews of storms along the route", "gpt-5.4"),
)
_SINGLE_ONLY = ("stable_preamble", "temperature")
"""Members that the documents show for a single read only."""
# Requests are camelCase, answers snake_case.
_FIELDS = {
    "name": "name",
    "description": "description",
    "stablePreamble": "stable_preamble",
    "defaultModel": "default_model",
    "temperature": "temperature",
    "toolProfiles": "tool_profiles",
    "defaultProfile": "default_profile",
    "projectId": "project_id",
    "runtimeProvider": "runtime_provider",
    "scheduledTasksEnabled": "scheduled_tasks_enabled",
}

Agent = dict[str, Any]


def stored(call: Call) -> bool:
    """Whether the effects of a call are kept; those of a demo key are not."""
    return call.key is not None and call.key.plan != "demo"


class Agents:
    """The agents of one organization."""

    def __init__(self, make: Maker) -> None:
        self._make = make
        self.org_id = make.id()
        self.agents: dict[str, Agent] = {}
        for name, description, model in _SEEDED:
            self._keep(self._agent({"name": name, "description": description, "defaultModel": model}))

    def _agent(self, body: Mapping[str, Any]) -> Agent:
        agent = {
            "id": self._make.id(),
            "org_id": body.get("orgId", self.org_id),
            "name": "",
            "description": None,
            "stable_preamble": "You are a helpful assistant.",
            "default_model": "gpt-5.4",
            "temperature": 0.7,
            "created_at": self._make.time(),
            "published_chats": [],
            "computer": {"enabled": False},
            "tool_profiles": None,
            "default_profile": None,
            "scheduled_tasks_enabled": False,
            "runtime_provider": "tensorlake",
            "project_id": None,
        }
        return agent | _renamed(body)

    def _keep(self, agent: Agent) -> None:
        self.agents[agent["id"]] = agent

    def find(self, agent_id: str) -> Agent:
        """Return an agent, or raise a 404."""
        try:
            return self.agents[agent_id]
        except KeyError:
            raise Problem(404, "Agent not found") from None

    async def agents_list(self, call: Call) -> list[Agent]:
        """Answer with a bare array, without the members of a single read."""
        org_id = call.query.get("orgId", self.org_id)
        return [
            {name: value for name, value in agent.items() if name not in _SINGLE_ONLY}
            for agent in self.agents.values()
            if agent["org_id"] == org_id
        ]

    async def agents_get(self, call: Call) -> Agent:
        """Answer with the whole agent."""
        return self.find(call.path["agentId"])

    async def agents_create(self, call: Call) -> Agent:
        """Add an agent."""
        return self.add(call, call.body)

    def add(self, call: Call, body: Mapping[str, Any]) -> Agent:
        """Make an agent, and keep it unless the key is a demo key."""
        agent = self._agent(body)
        if stored(call):
            self._keep(agent)
        return agent

    async def agents_update(self, call: Call) -> Agent:
        """Change the members that were sent."""
        agent = self.find(call.path["agentId"]) | _renamed(call.body)
        if stored(call):
            self._keep(agent)
        return agent

    async def agents_delete(self, call: Call) -> dict[str, bool]:
        """Remove an agent; its threads stay, but can no longer be spoken to."""
        agent = self.find(call.path["agentId"])
        if stored(call):
            del self.agents[agent["id"]]
        return {"ok": True}


def _renamed(body: Mapping[str, Any]) -> dict[str, Any]:
    return {_FIELDS[name]: value for name, value in body.items() if name in _FIELDS}
