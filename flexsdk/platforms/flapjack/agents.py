"""Flapjack agents. Source: seed 004, "Agents"; docs api/agents, api/models, api/projects."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.platforms.flapjack import agent_configs as configs
from flexsdk.platforms.flapjack.agent_attachments import (
    AgentComputers,
    AgentIntegrations,
    AgentMcps,
    AgentSkills,
)
from flexsdk.platforms.flapjack.agent_channels import AgentChannels
from flexsdk.platforms.flapjack.agent_configs import (
    AgentConfig,
    ComputerConfig,
    OpenConfig,
    OpenConfigUpdate,
)
from flexsdk.platforms.flapjack.agent_marketplace import AgentMarketplace
from flexsdk.platforms.flapjack.agent_suggestions import AgentSuggestions
from flexsdk.platforms.flapjack.chats import Publishing
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_AGENTS",
    "UPDATE",
    "Agent",
    "AgentCreate",
    "Agents",
    "AgentUpdate",
]


class PublishedChatRef(Model, frozen=True, kw_only=True):
    """A public chat of an agent."""

    slug: str
    is_active: bool


class Agent(Model, frozen=True, kw_only=True):
    """An agent. Lists leave ``stable_preamble`` (the system prompt) out; ``temperature`` is 0 to 1."""

    id: str
    name: str
    org_id: str | None = None
    description: str | None = None
    stable_preamble: str | None = None
    default_model: str | None = None
    temperature: float | None = None
    created_at: datetime | None = None
    published_chats: list[PublishedChatRef] = []
    computer: ComputerConfig | None = None
    tool_profiles: dict[str, Any] | None = None
    default_profile: str | None = None
    scheduled_tasks_enabled: bool | None = None
    runtime_provider: Literal["tensorlake", "modal"] | str | None = None
    project_id: str | None = None


class AgentCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    description: str | UnsetType = UNSET
    stable_preamble: str | UnsetType = UNSET
    default_model: str | UnsetType = UNSET
    org_id: str | UnsetType = UNSET
    project_id: str | UnsetType | None = UNSET
    temperature: float | UnsetType = UNSET


class AgentUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays, ``None`` clears."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    stable_preamble: str | UnsetType = UNSET
    default_model: str | UnsetType = UNSET
    tool_profiles: dict[str, Any] | UnsetType | None = UNSET
    default_profile: str | UnsetType | None = UNSET
    project_id: str | UnsetType | None = UNSET
    temperature: float | UnsetType = UNSET
    runtime_provider: Literal["tensorlake", "modal"] | UnsetType | None = UNSET
    scheduled_tasks_enabled: bool | UnsetType = UNSET


LIST_AGENTS = Op("agents_list", "GET", "/api/agents", Page[Agent], query=("orgId",), envelope=LIST)
CREATE = Op("agents_create", "POST", "/api/agents", Agent, body=AgentCreate)
GET = Op("agents_get", "GET", "/api/agents/{agent_id}", Agent)
UPDATE = Op("agents_update", "PATCH", "/api/agents/{agent_id}", Agent, body=AgentUpdate)
DELETE: Op[None] = Op("agents_delete", "DELETE", "/api/agents/{agent_id}", None)


class Agents(Publishing):
    """Agents and their configuration; reached as ``client.agents``."""

    @cached_property
    def web(self) -> AgentConfig[OpenConfig, OpenConfigUpdate]:
        """Web tools: search, research, read and crawl; their names on the wire were not seen."""
        return AgentConfig(self._client, configs.GET_WEB, configs.UPDATE_WEB)

    @cached_property
    def memory(self) -> AgentConfig[configs.MemoryConfig, configs.MemoryConfigUpdate]:
        """What an agent remembers by itself."""
        return AgentConfig(self._client, configs.GET_MEMORY, configs.UPDATE_MEMORY)

    @cached_property
    def plan(self) -> AgentConfig[OpenConfig, OpenConfigUpdate]:
        """Plans and todos."""
        return AgentConfig(self._client, configs.GET_PLAN, configs.UPDATE_PLAN)

    @cached_property
    def computer(self) -> AgentConfig[ComputerConfig, configs.ComputerConfigUpdate]:
        """The computer that an agent may use."""
        return AgentConfig(self._client, configs.GET_COMPUTER, configs.UPDATE_COMPUTER)

    @cached_property
    def compaction(self) -> AgentConfig[configs.CompactionConfig, configs.CompactionConfigUpdate]:
        """When a long conversation is summarized."""
        return AgentConfig(self._client, configs.GET_COMPACTION, configs.UPDATE_COMPACTION)

    @cached_property
    def credentials(self) -> AgentConfig[configs.CredentialConfig, configs.CredentialConfigUpdate]:
        """Model keys of your own, handed out by a service of yours."""
        return AgentConfig(self._client, configs.GET_CREDENTIALS, configs.UPDATE_CREDENTIALS)

    @cached_property
    def multiplayer(self) -> AgentConfig[OpenConfig, OpenConfigUpdate]:
        """Threads in several voices."""
        return AgentConfig(self._client, configs.GET_MULTIPLAYER, configs.UPDATE_MULTIPLAYER)

    @cached_property
    def delegated(self) -> AgentConfig[OpenConfig, OpenConfigUpdate]:
        """Delegated tools."""
        return AgentConfig(self._client, configs.GET_DELEGATED, configs.UPDATE_DELEGATED)

    @cached_property
    def scheduled_tasks(self) -> AgentConfig[configs.ScheduledTasksConfig, configs.ConfigSwitch]:
        """Reminders and recurring jobs."""
        return AgentConfig(self._client, configs.GET_SCHEDULED_TASKS, configs.UPDATE_SCHEDULED_TASKS)

    @cached_property
    def marketplace(self) -> AgentMarketplace:
        """The profile by which others find an agent."""
        return AgentMarketplace(self._client)

    @cached_property
    def suggestions(self) -> AgentSuggestions:
        """Ideas how an agent could work better."""
        return AgentSuggestions(self._client)

    @cached_property
    def channels(self) -> AgentChannels:
        """Telegram, Slack and WhatsApp."""
        return AgentChannels(self._client)

    @cached_property
    def skills(self) -> AgentSkills:
        """Skills bound to an agent."""
        return AgentSkills(self._client)

    @cached_property
    def mcps(self) -> AgentMcps:
        """MCP servers whose tools an agent may use."""
        return AgentMcps(self._client)

    @cached_property
    def integrations(self) -> AgentIntegrations:
        """Databases that an agent may use."""
        return AgentIntegrations(self._client)

    @cached_property
    def computer_instances(self) -> AgentComputers:
        """The machines behind an agent."""
        return AgentComputers(self._client)

    async def create(
        self,
        name: str,
        *,
        description: str | UnsetType = UNSET,
        stable_preamble: str | UnsetType = UNSET,
        default_model: str | UnsetType = UNSET,
        org_id: str | UnsetType = UNSET,
        project_id: str | UnsetType | None = UNSET,
        temperature: float | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Agent:
        """Create an agent.

        Not repeated after an ambiguous failure: no idempotency key is documented.

        Args:
            stable_preamble: the system prompt.
            default_model: a model id; the platform's default is ``gpt-5.4``.
            org_id: the organization, for callers in several; its place in the body is inferred.
            project_id: the project to put it in; inferred for creations.
            temperature: 0 to 1; inferred for creations.
        """
        body = AgentCreate(
            name=name,
            description=description,
            stable_preamble=stable_preamble,
            default_model=default_model,
            org_id=org_id,
            project_id=project_id,
            temperature=temperature,
        )
        return await self._call(CREATE, body=body, **options)

    async def get(self, agent_id: str, **options: Unpack[CallOptions]) -> Agent:
        """Read one agent, with its system prompt. Safe to repeat.

        Raises:
            NotFound: no such agent, or it belongs to another organization.
        """
        return await self._call(GET, agent_id, **options)

    async def update(
        self,
        agent_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        stable_preamble: str | UnsetType = UNSET,
        default_model: str | UnsetType = UNSET,
        tool_profiles: dict[str, Any] | UnsetType | None = UNSET,
        default_profile: str | UnsetType | None = UNSET,
        project_id: str | UnsetType | None = UNSET,
        temperature: float | UnsetType = UNSET,
        runtime_provider: Literal["tensorlake", "modal"] | UnsetType | None = UNSET,
        scheduled_tasks_enabled: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Agent:
        """Change the given fields of an agent and keep the others; ``None`` clears a field.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = AgentUpdate(
            name=name,
            description=description,
            stable_preamble=stable_preamble,
            default_model=default_model,
            tool_profiles=tool_profiles,
            default_profile=default_profile,
            project_id=project_id,
            temperature=temperature,
            runtime_provider=runtime_provider,
            scheduled_tasks_enabled=scheduled_tasks_enabled,
        )
        return await self._call(UPDATE, agent_id, body=body, **options)

    async def delete(self, agent_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an agent for good; its threads are not removed with it. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, agent_id, **options)

    def list(self, *, org_id: str | None = None, **options: Unpack[CallOptions]) -> Pages[Agent]:
        """List the agents of an organization, without their system prompts; the platform sends one page.

        Args:
            org_id: the organization, for callers in several; its place in the query is inferred.
        """
        return self._pages(LIST_AGENTS, query={"orgId": org_id}, **options)
