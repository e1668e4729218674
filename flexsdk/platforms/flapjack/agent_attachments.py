"""What is attached to an agent: skills, MCP servers, database integrations, computers.

Source: seed 004; docs concepts/skills, mcp/connecting, guides/postgres-integration, api/runners. What an
attachment of a server or an integration looks like was not seen: these are plain dicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias, Unpack

from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "ATTACH_INTEGRATION",
    "ATTACH_MCP",
    "ATTACH_SKILL",
    "DETACH_INTEGRATION",
    "DETACH_MCP",
    "LIST_COMPUTER_INSTANCES",
    "LIST_INTEGRATIONS",
    "LIST_MCPS",
    "LIST_SKILLS",
    "AgentComputers",
    "AgentIntegrationAttach",
    "AgentIntegrationDetach",
    "AgentIntegrations",
    "AgentMcpAttach",
    "AgentMcpDetach",
    "AgentMcps",
    "AgentSkill",
    "AgentSkillAttach",
    "AgentSkills",
    "ComputerInstance",
]

Attachment: TypeAlias = dict[str, Any]
"""An attachment, as the platform sends it."""

_SKILLS = "/api/agents/{agent_id}/skills"
_MCPS = "/api/agents/{agent_id}/mcps"
_INTEGRATIONS = "/api/agents/{agent_id}/integrations"


class AgentSkill(Model, frozen=True, kw_only=True):
    """An installed skill, bound to an agent. The names of the fields are inferred."""

    id: str = ""
    agent_id: str | None = None
    skill_id: str | None = None
    enabled: bool | None = None
    prompt_override: str | None = None
    created_at: datetime | None = None
    skill: dict[str, Any] | None = None


class AgentSkillAttach(ConfidentialParams, frozen=True, kw_only=True):
    """The body of ``ATTACH_SKILL``; all names but ``prompt_override`` are inferred."""

    skill_id: str
    enabled: bool | UnsetType = UNSET
    prompt_override: str | UnsetType = UNSET
    credential: Any = UNSET


class AgentMcpAttach(CamelParams, frozen=True, kw_only=True):
    """The body of ``ATTACH_MCP``."""

    mcp_server_id: str
    allowed_tools: Sequence[str] | UnsetType = UNSET


class AgentMcpDetach(CamelParams, frozen=True, kw_only=True):
    """The body of ``DETACH_MCP``."""

    mcp_server_id: str


class AgentIntegrationAttach(CamelParams, frozen=True, kw_only=True):
    """The body of ``ATTACH_INTEGRATION``."""

    integration_id: str
    allowed_tables: Sequence[str] | UnsetType = UNSET


class AgentIntegrationDetach(CamelParams, frozen=True, kw_only=True):
    """The body of ``DETACH_INTEGRATION``."""

    integration_id: str


class ComputerInstance(Model, frozen=True, kw_only=True):
    """A machine at a provider that belongs to an agent. The names of the fields are inferred."""

    id: str = ""
    agent_id: str | None = None
    thread_id: str | None = None
    provider: str | None = None
    status: str | None = None
    size_class: str | None = None
    created_at: datetime | None = None
    last_active_at: str | None = None


LIST_SKILLS = Op("agents_skills_list", "GET", _SKILLS, Page[AgentSkill], envelope=LIST)
ATTACH_SKILL = Op("agents_skills_attach", "POST", _SKILLS, AgentSkill, body=AgentSkillAttach)
LIST_MCPS = Op(
    "agents_mcps_list", "GET", _MCPS, Page[Attachment], envelope=LIST, certainty=Certainty.INFERRED
)
ATTACH_MCP = Op("agents_mcps_attach", "POST", _MCPS, Attachment, body=AgentMcpAttach)
DETACH_MCP: Op[None] = Op(
    "agents_mcps_detach", "DELETE", _MCPS, None, body=AgentMcpDetach, certainty=Certainty.INFERRED
)
LIST_INTEGRATIONS = Op(
    "agents_integrations_list",
    "GET",
    _INTEGRATIONS,
    Page[Attachment],
    envelope=LIST,
    certainty=Certainty.INFERRED,
)
ATTACH_INTEGRATION = Op(
    "agents_integrations_attach", "POST", _INTEGRATIONS, Attachment, body=AgentIntegrationAttach
)
DETACH_INTEGRATION: Op[None] = Op(
    "agents_integrations_detach",
    "DELETE",
    _INTEGRATIONS,
    None,
    body=AgentIntegrationDetach,
    certainty=Certainty.INFERRED,
)
LIST_COMPUTER_INSTANCES = Op(
    "computer_instances_list",
    "GET",
    "/api/agents/{agent_id}/computer-instances",
    Page[ComputerInstance],
    envelope=LIST,
)


class AgentSkills(Resource):
    """Skills of an agent; reached as ``client.agents.skills``."""

    async def attach(
        self,
        agent_id: str,
        skill_id: str,
        *,
        enabled: bool | UnsetType = UNSET,
        prompt_override: str | UnsetType = UNSET,
        credential: Any = UNSET,
        **options: Unpack[CallOptions],
    ) -> AgentSkill:
        """Bind an installed skill to an agent. Not repeated after an ambiguous failure: list them first.

        Args:
            prompt_override: replaces the prompt of the skill, for this agent.
            credential: kept by the platform for this binding; its name and type are inferred, and it may be
                a :class:`~flexsdk.protocol.redact.Secret`.

        Raises:
            NotFound: no such agent or skill.
        """
        body = AgentSkillAttach(
            skill_id=skill_id,
            enabled=enabled,
            prompt_override=prompt_override,
            credential=revealed(credential),
        )
        return await self._call(ATTACH_SKILL, agent_id, body=body, **options)

    def list(self, agent_id: str, **options: Unpack[CallOptions]) -> Pages[AgentSkill]:
        """List the skills of an agent; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_SKILLS, agent_id, **options)


class AgentMcps(Resource):
    """MCP servers of an agent; reached as ``client.agents.mcps``."""

    async def attach(
        self,
        agent_id: str,
        mcp_server_id: str,
        *,
        allowed_tools: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Attachment:
        """Let an agent use the tools of a server. Not repeated after an ambiguous failure.

        Args:
            allowed_tools: names of tools; every tool of the server when left out.

        Raises:
            NotFound: no such agent or server.
        """
        body = AgentMcpAttach(mcp_server_id=mcp_server_id, allowed_tools=allowed_tools)
        return await self._call(ATTACH_MCP, agent_id, body=body, **options)

    async def detach(self, agent_id: str, mcp_server_id: str, **options: Unpack[CallOptions]) -> None:
        """Take a server from an agent; the endpoint is inferred. Safe to repeat.

        Raises:
            NotFound: it is not attached, or no longer: after a repeated attempt this means success.
        """
        await self._call(DETACH_MCP, agent_id, body=AgentMcpDetach(mcp_server_id=mcp_server_id), **options)

    def list(self, agent_id: str, **options: Unpack[CallOptions]) -> Pages[Attachment]:
        """List the servers of an agent; the endpoint is inferred. Safe to repeat."""
        return self._pages(LIST_MCPS, agent_id, **options)


class AgentIntegrations(Resource):
    """Database integrations of an agent; reached as ``client.agents.integrations``."""

    async def attach(
        self,
        agent_id: str,
        integration_id: str,
        *,
        allowed_tables: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Attachment:
        """Let an agent use a database. Not repeated after an ambiguous failure.

        Args:
            allowed_tables: names of tables; documented for runners, inferred for agents.

        Raises:
            NotFound: no such agent or integration.
        """
        body = AgentIntegrationAttach(integration_id=integration_id, allowed_tables=allowed_tables)
        return await self._call(ATTACH_INTEGRATION, agent_id, body=body, **options)

    async def detach(self, agent_id: str, integration_id: str, **options: Unpack[CallOptions]) -> None:
        """Take a database from an agent; the endpoint is inferred. Safe to repeat.

        Raises:
            NotFound: it is not attached, or no longer: after a repeated attempt this means success.
        """
        body = AgentIntegrationDetach(integration_id=integration_id)
        await self._call(DETACH_INTEGRATION, agent_id, body=body, **options)

    def list(self, agent_id: str, **options: Unpack[CallOptions]) -> Pages[Attachment]:
        """List the integrations of an agent; the endpoint is inferred. Safe to repeat."""
        return self._pages(LIST_INTEGRATIONS, agent_id, **options)


class AgentComputers(Resource):
    """The lasting computers of an agent; reached as ``client.agents.computer_instances``."""

    def list(self, agent_id: str, **options: Unpack[CallOptions]) -> Pages[ComputerInstance]:
        """List the machines behind an agent; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_COMPUTER_INSTANCES, agent_id, **options)
