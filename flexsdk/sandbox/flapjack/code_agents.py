"""Flapjack code agents: templates of coding sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.state import Maker

__all__ = ["CodeAgents"]

_SEEDED = (
    {"name": "Fixer", "defaultRepoUrl": "https://git.example.com/shop", "autoCreatePr": True},
    {"name": "Explainer", "modelId": "claude-opus-4.6", "preamble": "Change nothing."},
)
_FIELDS = {
    "name": "name",
    "description": "description",
    "modelId": "model_id",
    "modelParams": "model_params",
    "defaultRepoUrl": "default_repo_url",
    "defaultStartingRef": "default_starting_ref",
    "autoCreatePr": "auto_create_pr",
    "workOnCurrentBranch": "work_on_current_branch",
    "skipReviewerRequest": "skip_reviewer_request",
    "preamble": "preamble",
}

CodeAgent = dict[str, Any]


class CodeAgents:
    """The templates of one organization."""

    def __init__(self, make: Maker, agents: Agents) -> None:
        self._make = make
        self._org_id = agents.org_id
        self._code_agents: dict[str, CodeAgent] = {}
        for body in _SEEDED:
            self._keep(self._code_agent(body))

    def _code_agent(self, body: Mapping[str, Any]) -> CodeAgent:
        now = self._make.time()
        code_agent = {
            "id": self._make.id(),
            "org_id": body.get("orgId", self._org_id),
            "description": None,
            "model_id": "auto",
            "model_params": None,
            "default_repo_url": None,
            "default_starting_ref": None,
            "auto_create_pr": False,
            "work_on_current_branch": False,
            "skip_reviewer_request": False,
            "preamble": None,
            "created_by": None,
            "created_at": now,
            "updated_at": now,
        }
        return code_agent | _renamed(body)

    def _keep(self, code_agent: CodeAgent) -> None:
        self._code_agents[code_agent["id"]] = code_agent

    def find(self, code_agent_id: str) -> CodeAgent:
        """Return a template, or raise a 404."""
        try:
            return self._code_agents[code_agent_id]
        except KeyError:
            raise Problem(404, "Code agent not found") from None

    async def code_agents_list(self, call: Call) -> list[CodeAgent]:
        """Answer with a bare array."""
        org_id = call.query.get("orgId", self._org_id)
        return [each for each in self._code_agents.values() if each["org_id"] == org_id]

    async def code_agents_get(self, call: Call) -> CodeAgent:
        """Answer with one template."""
        return self.find(call.path["codeAgentId"])

    async def code_agents_create(self, call: Call) -> CodeAgent:
        """Add a template."""
        code_agent = self._code_agent(call.body)
        if stored(call):
            self._keep(code_agent)
        return code_agent

    async def code_agents_update(self, call: Call) -> CodeAgent:
        """Change the members that were sent."""
        code_agent = self.find(call.path["codeAgentId"])
        code_agent = code_agent | _renamed(call.body) | {"updated_at": self._make.time()}
        if stored(call):
            self._keep(code_agent)
        return code_agent

    async def code_agents_delete(self, call: Call) -> None:
        """Remove a template; its sessions stay."""
        code_agent = self.find(call.path["codeAgentId"])
        if stored(call):
            del self._code_agents[code_agent["id"]]


def _renamed(body: Mapping[str, Any]) -> dict[str, Any]:
    return {_FIELDS[name]: value for name, value in body.items() if name in _FIELDS}
