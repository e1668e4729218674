"""What Flapjack runners are connected to: MCP servers, integrations and custom tools.

Source: seed 004, "Runners"; docs api/runners. The answers are inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "INTEGRATION_ATTACH",
    "INTEGRATION_DETACH",
    "LIST_INTEGRATIONS",
    "LIST_MCPS",
    "LIST_TOOLS",
    "MCP_ATTACH",
    "MCP_DETACH",
    "TOOL_ATTACH",
    "TOOL_DETACH",
    "RunnerConnection",
    "RunnerIntegrationAttach",
    "RunnerIntegrationDetach",
    "RunnerIntegrations",
    "RunnerMcpAttach",
    "RunnerMcpDetach",
    "RunnerMcps",
    "RunnerToolAttach",
    "RunnerToolDetach",
    "RunnerTools",
]


class RunnerConnection(Model, frozen=True, kw_only=True):
    """A connection of a runner; only the fields of its kind are there. ``None`` allows all of its parts."""

    id: str | None = None
    runner_id: str | None = None
    mcp_server_id: str | None = None
    integration_id: str | None = None
    tool_id: str | None = None
    allowed_tools: list[str] | None = None
    allowed_tables: list[str] | None = None
    created_at: datetime | None = None


class RunnerMcpAttach(CamelParams, frozen=True, kw_only=True):
    """The body that attaches an MCP server."""

    mcp_server_id: str
    allowed_tools: Sequence[str] | UnsetType = UNSET


class RunnerMcpDetach(CamelParams, frozen=True, kw_only=True):
    """The body that detaches an MCP server."""

    mcp_server_id: str


class RunnerIntegrationAttach(CamelParams, frozen=True, kw_only=True):
    """The body that attaches an integration."""

    integration_id: str
    allowed_tables: Sequence[str] | UnsetType = UNSET


class RunnerIntegrationDetach(CamelParams, frozen=True, kw_only=True):
    """The body that detaches an integration."""

    integration_id: str


class RunnerToolAttach(CamelParams, frozen=True, kw_only=True):
    """The body that attaches a custom tool; the name is inferred."""

    tool_id: str


class RunnerToolDetach(CamelParams, frozen=True, kw_only=True):
    """The body that detaches a custom tool; the name is inferred."""

    tool_id: str


_MCPS = "/api/runners/{runner_id}/mcps"
_INTEGRATIONS = "/api/runners/{runner_id}/integrations"
_TOOLS = "/api/runners/{runner_id}/tools"

LIST_MCPS = Op("runners_mcps_list", "GET", _MCPS, Page[RunnerConnection], envelope=LIST)
MCP_ATTACH = Op("runners_mcps_attach", "POST", _MCPS, RunnerConnection, body=RunnerMcpAttach)
MCP_DETACH: Op[None] = Op("runners_mcps_detach", "DELETE", _MCPS, None, body=RunnerMcpDetach)
LIST_INTEGRATIONS = Op(
    "runners_integrations_list", "GET", _INTEGRATIONS, Page[RunnerConnection], envelope=LIST
)
INTEGRATION_ATTACH = Op(
    "runners_integrations_attach", "POST", _INTEGRATIONS, RunnerConnection, body=RunnerIntegrationAttach
)
INTEGRATION_DETACH: Op[None] = Op(
    "runners_integrations_detach", "DELETE", _INTEGRATIONS, None, body=RunnerIntegrationDetach
)
LIST_TOOLS = Op("runners_tools_list", "GET", _TOOLS, Page[RunnerConnection], envelope=LIST)
TOOL_ATTACH = Op("runners_tools_attach", "POST", _TOOLS, RunnerConnection, body=RunnerToolAttach)
TOOL_DETACH: Op[None] = Op("runners_tools_detach", "DELETE", _TOOLS, None, body=RunnerToolDetach)


class RunnerMcps(Resource):
    """MCP servers of runners; reached as ``client.runners.mcps``."""

    async def attach(
        self,
        runner_id: str,
        mcp_server_id: str,
        *,
        allowed_tools: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerConnection:
        """Let the steps of a runner use an MCP server.

        Not repeated after an ambiguous failure: list the connections first.

        Args:
            allowed_tools: only these tools, for this runner; left out allows all of them.
        """
        body = RunnerMcpAttach(mcp_server_id=mcp_server_id, allowed_tools=allowed_tools)
        return await self._call(MCP_ATTACH, runner_id, body=body, **options)

    async def detach(self, runner_id: str, mcp_server_id: str, **options: Unpack[CallOptions]) -> None:
        """Take an MCP server away from a runner; the server stays. Safe to repeat.

        Raises:
            NotFound: it is not attached, or no longer: after a repeated attempt this means success.
        """
        body = RunnerMcpDetach(mcp_server_id=mcp_server_id)
        await self._call(MCP_DETACH, runner_id, body=body, **options)

    def list(self, runner_id: str, **options: Unpack[CallOptions]) -> Pages[RunnerConnection]:
        """List the MCP servers of a runner; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_MCPS, runner_id, **options)


class RunnerIntegrations(Resource):
    """Integrations of runners; reached as ``client.runners.integrations``."""

    async def attach(
        self,
        runner_id: str,
        integration_id: str,
        *,
        allowed_tables: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerConnection:
        """Let the steps of a runner use an integration.

        Not repeated after an ambiguous failure: list the connections first.

        Args:
            allowed_tables: only these tables; left out allows all of them.
        """
        body = RunnerIntegrationAttach(integration_id=integration_id, allowed_tables=allowed_tables)
        return await self._call(INTEGRATION_ATTACH, runner_id, body=body, **options)

    async def detach(self, runner_id: str, integration_id: str, **options: Unpack[CallOptions]) -> None:
        """Take an integration away from a runner; the integration stays. Safe to repeat.

        Raises:
            NotFound: it is not attached, or no longer: after a repeated attempt this means success.
        """
        body = RunnerIntegrationDetach(integration_id=integration_id)
        await self._call(INTEGRATION_DETACH, runner_id, body=body, **options)

    def list(self, runner_id: str, **options: Unpack[CallOptions]) -> Pages[RunnerConnection]:
        """List the integrations of a runner; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_INTEGRATIONS, runner_id, **options)


class RunnerTools(Resource):
    """Custom tools of runners; reached as ``client.runners.tools``."""

    async def attach(self, runner_id: str, tool_id: str, **options: Unpack[CallOptions]) -> RunnerConnection:
        """Let the steps of a runner use a custom tool. The name in the body is inferred.

        Not repeated after an ambiguous failure: list the connections first.
        """
        return await self._call(TOOL_ATTACH, runner_id, body=RunnerToolAttach(tool_id=tool_id), **options)

    async def detach(self, runner_id: str, tool_id: str, **options: Unpack[CallOptions]) -> None:
        """Take a custom tool away from a runner; the tool stays. Safe to repeat.

        Raises:
            NotFound: it is not attached, or no longer: after a repeated attempt this means success.
        """
        await self._call(TOOL_DETACH, runner_id, body=RunnerToolDetach(tool_id=tool_id), **options)

    def list(self, runner_id: str, **options: Unpack[CallOptions]) -> Pages[RunnerConnection]:
        """List the custom tools of a runner; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_TOOLS, runner_id, **options)
