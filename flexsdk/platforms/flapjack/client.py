"""The client of Flapjack."""

from __future__ import annotations

from functools import cached_property

from flexsdk.core.client import Client
from flexsdk.platforms.flapjack.agents import Agents
from flexsdk.platforms.flapjack.analytics import Analytics
from flexsdk.platforms.flapjack.chats import PublicChats
from flexsdk.platforms.flapjack.code_agents import CodeAgents
from flexsdk.platforms.flapjack.code_sessions import CodeSessions
from flexsdk.platforms.flapjack.computers import Computers
from flexsdk.platforms.flapjack.dialect import DIALECT
from flexsdk.platforms.flapjack.integrations import Integrations
from flexsdk.platforms.flapjack.keys import Keys
from flexsdk.platforms.flapjack.knowledge import Knowledge
from flexsdk.platforms.flapjack.logs import Logs
from flexsdk.platforms.flapjack.marketplace import Marketplace
from flexsdk.platforms.flapjack.mcp_registry import McpRegistry
from flexsdk.platforms.flapjack.mcps import Mcps
from flexsdk.platforms.flapjack.plans import Plans
from flexsdk.platforms.flapjack.projects import Projects
from flexsdk.platforms.flapjack.runners import Runners
from flexsdk.platforms.flapjack.skills import Skills
from flexsdk.platforms.flapjack.threads import Threads
from flexsdk.platforms.flapjack.tools import CustomTools

__all__ = ["Flapjack"]


class Flapjack(Client):
    """AI agents, their threads, and answers as streams.

    The key comes from ``FLAPJACK_API_KEY``, another address from ``FLAPJACK_BASE_URL``. Everything else is as
    on :class:`~flexsdk.core.client.Client`.
    """

    dialect = DIALECT

    @cached_property
    def agents(self) -> Agents:
        """Agents and their configuration."""
        return Agents(self)

    @cached_property
    def threads(self) -> Threads:
        """Conversations and their streams."""
        return Threads(self)

    @cached_property
    def runners(self) -> Runners:
        """Pipelines of steps, their triggers and their runs."""
        return Runners(self)

    @cached_property
    def projects(self) -> Projects:
        """Folders of agents and runners."""
        return Projects(self)

    @cached_property
    def skills(self) -> Skills:
        """Installed skills and the marketplace."""
        return Skills(self)

    @cached_property
    def plans(self) -> Plans:
        """The todo lists of threads."""
        return Plans(self)

    @cached_property
    def code_agents(self) -> CodeAgents:
        """Templates of coding sessions."""
        return CodeAgents(self)

    @cached_property
    def code_sessions(self) -> CodeSessions:
        """Coding sessions and their timelines."""
        return CodeSessions(self)

    @cached_property
    def logs(self) -> Logs:
        """Traces of turns and runs."""
        return Logs(self)

    @cached_property
    def analytics(self) -> Analytics:
        """Usage of the organization."""
        return Analytics(self)

    @cached_property
    def computers(self) -> Computers:
        """Persistent computers: templates, status, commands."""
        return Computers(self)

    @cached_property
    def integrations(self) -> Integrations:
        """Databases that agents may query."""
        return Integrations(self)

    @cached_property
    def keys(self) -> Keys:
        """API keys; for user tokens only."""
        return Keys(self)

    @cached_property
    def knowledge(self) -> Knowledge:
        """Documents that agents look things up in."""
        return Knowledge(self)

    @cached_property
    def marketplace(self) -> Marketplace:
        """Official templates of agents."""
        return Marketplace(self)

    @cached_property
    def mcp_registry(self) -> McpRegistry:
        """Where MCP servers are found."""
        return McpRegistry(self)

    @cached_property
    def mcps(self) -> Mcps:
        """MCP servers, whose tools agents may call."""
        return Mcps(self)

    @cached_property
    def public_chats(self) -> PublicChats:
        """Published agents as their visitors see them."""
        return PublicChats(self)

    @cached_property
    def tools(self) -> CustomTools:
        """Tools at addresses of your own."""
        return CustomTools(self)
