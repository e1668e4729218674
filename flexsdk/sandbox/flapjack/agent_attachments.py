"""What is attached to Flapjack agents: skills, MCP servers and integrations; and their lasting computers.

Attaching something again replaces its attachment and answers 200 in place of 201.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.state import Maker

__all__ = ["AgentAttachments"]

Record = dict[str, Any]


class AgentAttachments:
    """The attachments of all agents."""

    def __init__(self, make: Maker, agents: Agents) -> None:
        self._make = make
        self._agents = agents
        self._records: dict[tuple[str, str, str], Record] = {}
        """By agent, kind and id of what is attached."""
        self._computers: dict[str, Record] = {}

    async def agents_skills_list(self, call: Call) -> list[Record]:
        """Answer with the skills of an agent."""
        return self._list(call, "skill")

    async def agents_skills_attach(self, call: Call) -> Answer:
        """Bind a skill; its credential is never shown."""
        body = call.body
        members = {
            "skill_id": body["skillId"],
            "enabled": body.get("enabled", True),
            "prompt_override": body.get("promptOverride"),
        }
        return self._attach(call, "skill", body["skillId"], members)

    async def agents_mcps_list(self, call: Call) -> list[Record]:
        """Answer with the servers of an agent."""
        return self._list(call, "mcp")

    async def agents_mcps_attach(self, call: Call) -> Answer:
        """Attach a server with some of its tools, or with all."""
        body = call.body
        members = {"mcp_server_id": body["mcpServerId"], "allowed_tools": body.get("allowedTools")}
        return self._attach(call, "mcp", body["mcpServerId"], members)

    async def agents_mcps_detach(self, call: Call) -> dict[str, bool]:
        """Take a server away."""
        return self._detach(call, "mcp", call.body["mcpServerId"])

    async def agents_integrations_list(self, call: Call) -> list[Record]:
        """Answer with the integrations of an agent."""
        return self._list(call, "integration")

    async def agents_integrations_attach(self, call: Call) -> Answer:
        """Attach an integration with some of its tables, or with all."""
        body = call.body
        members = {"integration_id": body["integrationId"], "allowed_tables": body.get("allowedTables")}
        return self._attach(call, "integration", body["integrationId"], members)

    async def agents_integrations_detach(self, call: Call) -> dict[str, bool]:
        """Take an integration away."""
        return self._detach(call, "integration", call.body["integrationId"])

    async def computer_instances_list(self, call: Call) -> list[Record]:
        """Answer with the machine of an agent whose computer lasts; others have none."""
        agent = self._agents.find(call.path["agentId"])
        computer = agent["computer"]
        if not computer["enabled"] or computer.get("mode", "ephemeral") == "ephemeral":
            return []
        made = self._computers.setdefault(
            agent["id"], {"id": self._make.id(), "created_at": self._make.time()}
        )
        return [
            {
                **made,
                "agent_id": agent["id"],
                "thread_id": None,
                "provider": computer["provider"],
                "status": "running",
                "size_class": computer.get("size_class"),
                "last_active_at": None,
            }
        ]

    def _list(self, call: Call, kind: str) -> list[Record]:
        agent_id = self._agents.find(call.path["agentId"])["id"]
        return [record for key, record in self._records.items() if key[:2] == (agent_id, kind)]

    def _attach(self, call: Call, kind: str, id_: str, members: Mapping[str, Any]) -> Answer:
        agent_id = self._agents.find(call.path["agentId"])["id"]
        key = (agent_id, kind, id_)
        status = 200 if key in self._records else 201
        record = {
            "id": self._make.id(),
            "agent_id": agent_id,
            **members,
            "created_at": self._make.time(),
        }
        if stored(call):
            self._records[key] = record
        return Answer(status, record)

    def _detach(self, call: Call, kind: str, id_: str) -> dict[str, bool]:
        agent_id = self._agents.find(call.path["agentId"])["id"]
        if (agent_id, kind, id_) not in self._records:
            raise Problem(404, f"This {kind} is not attached")
        if stored(call):
            del self._records[agent_id, kind, id_]
        return {"ok": True}
