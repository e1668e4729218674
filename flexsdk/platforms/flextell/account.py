"""The signed-in user: tenants, roles, permissions. Source: endpoint pages; tenants from third-party apps."""

from __future__ import annotations

from functools import cached_property
from typing import Unpack

from msgspec.structs import force_setattr

from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA, LIST
from flexsdk.platforms.flextell.values import Map, as_map
from flexsdk.structs import Model, Page
from flexsdk.types import CallOptions

__all__ = ["GET_ROLES", "LIST_TENANTS", "Account", "Roles", "RolesAndPermissions", "Tenant", "Tenants"]


class Tenant(Model, frozen=True, kw_only=True):
    """A business that the user works for; its id goes into ``client.with_tenant(…)``. Inferred."""

    id: int
    name: str | None = None


class RolesAndPermissions(Model, frozen=True, kw_only=True):
    """What the user may do in the tenant; the maps are not documented further."""

    roles: Map = {}
    permissions: Map = {}

    def __post_init__(self) -> None:
        """Settle the empty maps."""
        force_setattr(self, "roles", as_map(self.roles))
        force_setattr(self, "permissions", as_map(self.permissions))


LIST_TENANTS = Op(
    "account_tenants_list",
    "GET",
    "/v1/account/tenants",
    Page[Tenant],
    envelope=LIST,
    certainty=Certainty.INFERRED,
)
GET_ROLES = Op("account_roles_get", "GET", "/v1/account/roles", RolesAndPermissions, envelope=DATA)


class Tenants(Resource):
    """Tenants; reached as ``client.account.tenants``."""

    def list(self, **options: Unpack[CallOptions]) -> Pages[Tenant]:
        """List the tenants of the user; needs no tenant itself. Safe to repeat. Inferred."""
        return self._pages(LIST_TENANTS, **options)


class Roles(Resource):
    """Roles and permissions; reached as ``client.account.roles``."""

    async def get(self, **options: Unpack[CallOptions]) -> RolesAndPermissions:
        """Read what the user may do in the tenant. Safe to repeat."""
        return await self._call(GET_ROLES, **options)


class Account(Resource):
    """The signed-in user; reached as ``client.account``."""

    @cached_property
    def tenants(self) -> Tenants:
        """Tenants of the user."""
        return Tenants(self._client)

    @cached_property
    def roles(self) -> Roles:
        """Roles and permissions in the tenant."""
        return Roles(self._client)
