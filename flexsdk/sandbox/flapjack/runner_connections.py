"""What Flapjack runners are connected to: MCP servers, integrations, custom tools and skills."""

from __future__ import annotations

from dataclasses import dataclass

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import stored
from flexsdk.sandbox.flapjack.runner_models import Item, Shelf, find, renamed
from flexsdk.sandbox.state import Maker

__all__ = ["RunnerConnections"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Names in requests to names in answers; the first is the id of what is connected."""

    word: str
    fields: dict[str, str]

    @property
    def key(self) -> str:
        return next(iter(self.fields))


_MCP = _Kind("MCP server", {"mcpServerId": "mcp_server_id", "allowedTools": "allowed_tools"})
_INTEGRATION = _Kind("Integration", {"integrationId": "integration_id", "allowedTables": "allowed_tables"})
_TOOL = _Kind("Tool", {"toolId": "tool_id"})
# The credential of a skill is kept by the platform and never answered.
_SKILL = _Kind("Skill", {"skillId": "skill_id", "promptOverride": "prompt_override", "enabled": "enabled"})


class RunnerConnections:
    """The bindings of runners; whether what they name exists elsewhere is not looked up."""

    def __init__(self, make: Maker, shelf: Shelf) -> None:
        self._make = make
        self._shelf = shelf

    async def runners_mcps_list(self, call: Call) -> list[Item]:
        """Answer with the attached MCP servers."""
        return self._list(call, _MCP)

    async def runners_mcps_attach(self, call: Call) -> Item:
        """Attach an MCP server."""
        return self._attach(call, _MCP)

    async def runners_mcps_detach(self, call: Call) -> None:
        """Detach an MCP server."""
        self._detach(call, _MCP)

    async def runners_integrations_list(self, call: Call) -> list[Item]:
        """Answer with the attached integrations."""
        return self._list(call, _INTEGRATION)

    async def runners_integrations_attach(self, call: Call) -> Item:
        """Attach an integration."""
        return self._attach(call, _INTEGRATION)

    async def runners_integrations_detach(self, call: Call) -> None:
        """Detach an integration."""
        self._detach(call, _INTEGRATION)

    async def runners_tools_list(self, call: Call) -> list[Item]:
        """Answer with the attached custom tools."""
        return self._list(call, _TOOL)

    async def runners_tools_attach(self, call: Call) -> Item:
        """Attach a custom tool."""
        return self._attach(call, _TOOL)

    async def runners_tools_detach(self, call: Call) -> None:
        """Detach a custom tool."""
        self._detach(call, _TOOL)

    async def runners_skills_list(self, call: Call) -> list[Item]:
        """Answer with the skills of the runner."""
        return self._list(call, _SKILL)

    async def runners_skills_attach(self, call: Call) -> Item:
        """Attach a skill, switched on unless the request says otherwise."""
        return self._attach(call, _SKILL, enabled=True, prompt_override=None)

    async def runners_skills_detach(self, call: Call) -> None:
        """Detach a skill."""
        self._detach(call, _SKILL)

    def _bindings(self, call: Call, kind: _Kind) -> dict[str, Item]:
        return find(self._shelf, call).connections.setdefault(kind.word, {})

    def _list(self, call: Call, kind: _Kind) -> list[Item]:
        return list(self._bindings(call, kind).values())

    def _attach(self, call: Call, kind: _Kind, **defaults: object) -> Item:
        """Add a binding; a second one to the same thing takes the place of the first."""
        bindings = self._bindings(call, kind)
        binding = {
            "id": self._make.id(),
            "runner_id": call.path["runnerId"],
            **defaults,
            **renamed(call.body, kind.fields),
            "created_at": self._make.time(),
        }
        if stored(call):
            bindings[call.body[kind.key]] = binding
        return binding

    def _detach(self, call: Call, kind: _Kind) -> None:
        bindings = self._bindings(call, kind)
        if call.body[kind.key] not in bindings:
            raise Problem(404, f"{kind.word} is not attached")
        if stored(call):
            del bindings[call.body[kind.key]]
