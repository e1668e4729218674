"""Where MCP servers are found. Source: seed 004; docs mcp/overview. Query and answers are inferred."""

from __future__ import annotations

from typing import Any, Unpack

from flexsdk.codec import Envelope
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.checks import check_count
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import CamelModel, Page
from flexsdk.types import CallOptions

__all__ = [
    "LIST_MANAGED",
    "SEARCH",
    "ManagedMcpProvider",
    "McpRegistry",
    "McpRegistryServer",
    "McpRemote",
]


class McpRemote(CamelModel, frozen=True, kw_only=True):
    """One way to reach a server."""

    type: str | None = None
    url: str | None = None


class McpRegistryServer(CamelModel, frozen=True, kw_only=True):
    """An entry of the official MCP registry, which the platform searches for its callers."""

    name: str | None = None
    title: str | None = None
    description: str | None = None
    version: str | None = None
    remotes: list[McpRemote] = []


class ManagedMcpProvider(CamelModel, frozen=True, kw_only=True):
    """A provider whose OAuth the platform takes care of."""

    slug: str | None = None
    name: str | None = None
    description: str | None = None
    icon_url: str | None = None
    url: str | None = None
    auth_type: str | None = None


class _Found(CamelModel, frozen=True, kw_only=True):
    servers: list[McpRegistryServer] = []
    next_cursor: str | None = None


def _peel(found: _Found | list[McpRegistryServer]) -> Page[McpRegistryServer]:
    if isinstance(found, _Found):
        return Page(items=found.servers, next_cursor=found.next_cursor)
    return Page(items=found, total=len(found))


def _wire(_: Any) -> Any:
    return _Found | list[McpRegistryServer]


SEARCH = Op(
    "mcp_registry_search",
    "GET",
    "/api/mcp-registry/search",
    Page[McpRegistryServer],
    query=("q", "limit", "cursor"),
    envelope=Envelope(_wire, _peel),
    pages=CURSOR,
)
LIST_MANAGED = Op(
    "mcp_registry_managed", "GET", "/api/mcp-registry/managed", Page[ManagedMcpProvider], envelope=LIST
)


class McpRegistry(Resource):
    """The registry of MCP servers; reached as ``client.mcp_registry``."""

    def search(
        self,
        query: str | None = None,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[McpRegistryServer]:
        """Search the registry; all servers without ``query``. Safe to repeat.

        The names of the parameters are inferred, and so is whether there is more than one page.

        Args:
            query: words to look for.
            limit: servers of a page, 1 or more.
            cursor: where to go on, from ``pages.cursor``.
        """
        if limit is not None:
            check_count("limit", limit, least=1)
        return self._pages(SEARCH, query={"q": query}, limit=limit, cursor=cursor, **options)

    def managed(self, **options: Unpack[CallOptions]) -> Pages[ManagedMcpProvider]:
        """List the providers with managed OAuth; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_MANAGED, **options)
