"""MCP servers, whose tools agents may call. Source: seed 004; docs api/mcps, mcp/connecting, mcp/oauth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, filled, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, CamelModel, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_MCPS",
    "START_OAUTH",
    "TEST",
    "UPDATE",
    "McpCredentials",
    "McpOAuthStart",
    "McpOAuthStarted",
    "McpServer",
    "McpServerCreate",
    "McpServerUpdate",
    "McpTestResult",
    "McpTool",
    "Mcps",
    "Transport",
]

Transport = Literal["streamable_http", "sse", "stdio"]
Secrets = Mapping[str, str | Secret]


class McpTool(CamelModel, frozen=True, kw_only=True):
    """A tool of a server."""

    name: str
    description: str | None = None


class McpServer(CamelModel, frozen=True, kw_only=True):
    """A server; its tools appear to agents as ``slug__tool``. Its credentials are never shown."""

    id: str
    name: str
    slug: str
    transport: Transport | str
    url: str | None = None
    command: str | None = None
    args: list[str] = []
    status: Literal["active"] | str | None = None
    has_credentials: bool | None = None
    allowed_tools: list[str] | None = None
    tools_cache: list[McpTool] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class McpCredentials(ConfidentialParams, frozen=True, kw_only=True):
    """What the platform needs to reach a server; stored encrypted and never given back."""

    headers: Mapping[str, str] | UnsetType = UNSET
    env: Mapping[str, str] | UnsetType = UNSET


class McpServerCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    transport: Transport
    url: str | UnsetType = UNSET
    command: str | UnsetType = UNSET
    args: Sequence[str] | UnsetType = UNSET
    credentials: McpCredentials | UnsetType = UNSET
    allowed_tools: Sequence[str] | UnsetType = UNSET


class McpServerUpdate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays. Inferred from the creation."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    command: str | UnsetType = UNSET
    args: Sequence[str] | UnsetType = UNSET
    credentials: McpCredentials | UnsetType = UNSET
    allowed_tools: Sequence[str] | UnsetType = UNSET


class McpTestResult(CamelModel, frozen=True, kw_only=True):
    """The result of a test: the tools found, or what went wrong (inferred)."""

    ok: bool
    tools: list[McpTool] = []
    error: str | None = None


class McpOAuthStart(ConfidentialParams, frozen=True, kw_only=True):
    """The body that starts an authorization; which fields must be there is inferred."""

    client_id: str
    authorize_url: str
    token_url: str
    scope: str | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET


class McpOAuthStarted(CamelModel, frozen=True, kw_only=True):
    """Where to send the user. The address carries state: open it, do not log it."""

    authorization_url: str

    def __repr__(self) -> str:
        """Leave the address out."""
        return "McpOAuthStarted(authorization_url='…')"


LIST_MCPS = Op("mcps_list", "GET", "/api/mcps", Page[McpServer], envelope=LIST)
CREATE = Op("mcps_create", "POST", "/api/mcps", McpServer, body=McpServerCreate)
GET = Op("mcps_get", "GET", "/api/mcps/{mcp_id}", McpServer, certainty=Certainty.INFERRED)
UPDATE = Op(
    "mcps_update",
    "PATCH",
    "/api/mcps/{mcp_id}",
    McpServer,
    body=McpServerUpdate,
    certainty=Certainty.INFERRED,
)
DELETE: Op[None] = Op("mcps_delete", "DELETE", "/api/mcps/{mcp_id}", None, certainty=Certainty.INFERRED)
TEST = Op("mcps_test", "POST", "/api/mcps/{mcp_id}/test", McpTestResult)
START_OAUTH = Op(
    "mcps_oauth_start", "POST", "/api/mcps/{mcp_id}/oauth/start", McpOAuthStarted, body=McpOAuthStart
)


class Mcps(Resource):
    """MCP servers of the organization; reached as ``client.mcps``."""

    async def create(
        self,
        name: str,
        transport: Transport,
        *,
        url: str | UnsetType = UNSET,
        command: str | UnsetType = UNSET,
        args: Sequence[str] | UnsetType = UNSET,
        server_headers: Secrets | UnsetType = UNSET,
        server_env: Secrets | UnsetType = UNSET,
        allowed_tools: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> McpServer:
        """Add a server. The platform makes the slug from its name.

        Not repeated after an ambiguous failure: list the servers first.

        Args:
            transport: how it is reached.
            url: its address, for ``streamable_http`` and ``sse``.
            command: the program, for ``stdio``.
            args: its arguments.
            server_headers: sent to the server, such as ``Authorization``; stored encrypted.
            server_env: variables of the program; stored encrypted.
            allowed_tools: the only tools that agents see; all without it.
        """
        _check_target(transport, url, command)
        body = McpServerCreate(
            name=name,
            transport=transport,
            url=url,
            command=command,
            args=args,
            credentials=_credentials(server_headers, server_env),
            allowed_tools=allowed_tools,
        )
        return await self._call(CREATE, body=body, **options)

    async def get(self, mcp_id: str, **options: Unpack[CallOptions]) -> McpServer:
        """Read one server. Safe to repeat. Inferred."""
        return await self._call(GET, mcp_id, **options)

    async def update(
        self,
        mcp_id: str,
        *,
        name: str | UnsetType = UNSET,
        url: str | UnsetType = UNSET,
        command: str | UnsetType = UNSET,
        args: Sequence[str] | UnsetType = UNSET,
        server_headers: Secrets | UnsetType = UNSET,
        server_env: Secrets | UnsetType = UNSET,
        allowed_tools: Sequence[str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> McpServer:
        """Change the given fields of a server and keep the others. Inferred.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        Whether ``server_headers`` alone leaves ``server_env`` as it was is not known: send both.
        """
        body = McpServerUpdate(
            name=name,
            url=url,
            command=command,
            args=args,
            credentials=_credentials(server_headers, server_env),
            allowed_tools=allowed_tools,
        )
        return await self._call(UPDATE, mcp_id, body=filled(body), **options)

    async def delete(self, mcp_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a server with its credentials. Safe to repeat. Inferred.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, mcp_id, **options)

    async def test(self, mcp_id: str, **options: Unpack[CallOptions]) -> McpTestResult:
        """Connect and list the tools; a failed test is a value with ``ok`` false.

        Not repeated after an ambiguous failure; calling again is harmless.
        """
        return await self._call(TEST, mcp_id, **options)

    async def start_oauth(
        self,
        mcp_id: str,
        *,
        client_id: str,
        authorize_url: str,
        token_url: str,
        scope: str | UnsetType = UNSET,
        client_secret: str | Secret | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> McpOAuthStarted:
        """Begin an OAuth 2.1 authorization (PKCE), and give the address to open in the user's browser.

        The platform takes the user back and keeps the tokens fresh by itself. Not repeated after an ambiguous
        failure; calling again begins anew.

        Args:
            scope: words with spaces between them.
            client_secret: for clients that have one; inferred.

        Raises:
            Forbidden: an API key was used; pass a user token of the dashboard as the client's ``api_key``.
        """
        body = McpOAuthStart(
            client_id=client_id,
            authorize_url=authorize_url,
            token_url=token_url,
            scope=scope,
            client_secret=revealed(client_secret),
        )
        return await self._call(START_OAUTH, mcp_id, body=body, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[McpServer]:
        """List all servers; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_MCPS, **options)


def _check_target(transport: Transport, url: Any, command: Any) -> None:
    wanted, value, other = ("command", command, url) if transport == "stdio" else ("url", url, command)
    if not value or other is not UNSET:
        unwanted = "url" if wanted == "command" else "command"
        raise ConfigError(f"transport {transport!r} needs {wanted}= and takes no {unwanted}=")


def _credentials(headers: Secrets | UnsetType, env: Secrets | UnsetType) -> McpCredentials | UnsetType:
    if headers is UNSET and env is UNSET:
        return UNSET
    return McpCredentials(headers=revealed(headers), env=revealed(env))
