"""Databases that agents may query. Source: seed 004; docs guides/postgres-integration."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.redact import Secret
from flexsdk.structs import Model, Page
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_INTEGRATIONS",
    "Integration",
    "IntegrationCreate",
    "IntegrationKind",
    "Integrations",
]

IntegrationKind = Literal["postgres", "supabase"] | str


class Integration(Model, frozen=True, kw_only=True):
    """A database; its connection string is never given back.

    ``schema_cache`` holds the tables and columns that the platform found (the name is inferred).
    """

    id: str
    name: str
    kind: IntegrationKind
    org_id: str | None = None
    status: str | None = None
    schema_cache: Any = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class IntegrationCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    kind: str
    connection_string: str


LIST_INTEGRATIONS = Op("integrations_list", "GET", "/api/integrations", Page[Integration], envelope=LIST)
CREATE = Op("integrations_create", "POST", "/api/integrations", Integration, body=IntegrationCreate)
GET = Op("integrations_get", "GET", "/api/integrations/{integration_id}", Integration)
DELETE: Op[None] = Op("integrations_delete", "DELETE", "/api/integrations/{integration_id}", None)


class Integrations(Resource):
    """Databases of the organization; reached as ``client.integrations``."""

    async def create(
        self,
        name: str,
        kind: IntegrationKind,
        connection_string: str | Secret,
        **options: Unpack[CallOptions],
    ) -> Integration:
        """Connect a database. The platform keeps the connection string and never shows it again.

        Not repeated after an ambiguous failure: list the integrations first.

        Args:
            kind: the known ones are completed, but other words go through.
            connection_string: ``postgresql://user:password@host/database``.
        """
        body = IntegrationCreate(name=name, kind=kind, connection_string=revealed(connection_string))
        return await self._call(CREATE, body=body, **options)

    async def get(self, integration_id: str, **options: Unpack[CallOptions]) -> Integration:
        """Read one integration. Safe to repeat."""
        return await self._call(GET, integration_id, **options)

    async def delete(self, integration_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove an integration; the database itself is not touched. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, integration_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[Integration]:
        """List all integrations; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_INTEGRATIONS, **options)
