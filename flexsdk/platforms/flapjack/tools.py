"""Tools at addresses of your own, which the platform calls for agents. Source: seed 004; docs concepts/tools.

The names of the fields on the wire are inferred from the dashboard's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, filled, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_TOOLS",
    "UPDATE",
    "CustomTool",
    "CustomToolCreate",
    "CustomToolUpdate",
    "CustomTools",
]


class CustomTool(Model, frozen=True, kw_only=True):
    """A tool; ``parameters`` is the JSON Schema of its input.

    The platform sends the arguments to ``url`` by POST, signed with HMAC.
    """

    id: str
    name: str
    org_id: str | None = None
    description: str | None = None
    url: str | None = None
    parameters: dict[str, Any] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CustomToolCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    description: str
    url: str
    parameters: Mapping[str, Any]
    method: str | UnsetType = UNSET
    headers: Mapping[str, Any] | UnsetType = UNSET


class CustomToolUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    parameters: Mapping[str, Any] | UnsetType = UNSET


LIST_TOOLS = Op("tools_list", "GET", "/api/tools", Page[CustomTool], envelope=LIST)
CREATE = Op("tools_create", "POST", "/api/tools", CustomTool, body=CustomToolCreate)
GET = Op("tools_get", "GET", "/api/tools/{tool_id}", CustomTool)
UPDATE = Op("tools_update", "PATCH", "/api/tools/{tool_id}", CustomTool, body=CustomToolUpdate)
DELETE: Op[None] = Op("tools_delete", "DELETE", "/api/tools/{tool_id}", None)


class CustomTools(Resource):
    """Custom tools of the organization; reached as ``client.tools``."""

    async def create(
        self,
        name: str,
        description: str,
        url: str,
        parameters: Mapping[str, Any],
        *,
        method: str | UnsetType = UNSET,
        tool_headers: Mapping[str, str | Secret] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> CustomTool:
        """Register a tool. Not repeated after an ambiguous failure: list the tools first.

        Args:
            name: what agents see.
            description: tells the model when to use it.
            url: where the platform sends the arguments.
            parameters: the JSON Schema of the arguments.
            method: not confirmed by any source; calls are POST.
            tool_headers: not confirmed by any source.
        """
        body = CustomToolCreate(
            name=name,
            description=description,
            url=url,
            parameters=parameters,
            method=method,
            headers=revealed(tool_headers),
        )
        return await self._call(CREATE, body=body, **options)

    async def get(self, tool_id: str, **options: Unpack[CallOptions]) -> CustomTool:
        """Read one tool. Safe to repeat."""
        return await self._call(GET, tool_id, **options)

    async def update(
        self,
        tool_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        url: str | UnsetType = UNSET,
        parameters: Mapping[str, Any] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> CustomTool:
        """Change the given fields of a tool and keep the others; ``parameters`` as a whole.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = CustomToolUpdate(name=name, description=description, url=url, parameters=parameters)
        return await self._call(UPDATE, tool_id, body=filled(body), **options)

    async def delete(self, tool_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a tool from the organization and its agents. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, tool_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[CustomTool]:
        """List all custom tools; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_TOOLS, **options)
