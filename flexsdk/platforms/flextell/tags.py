"""Labels for customers. Source: endpoint pages, "Tags"; how to list them could not be read."""

from __future__ import annotations

from typing import Annotated, Unpack

from msgspec import Meta

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA
from flexsdk.platforms.flextell.values import Text255, checked
from flexsdk.structs import Model, Params
from flexsdk.types import CallOptions

__all__ = ["CREATE", "Tag", "TagCreate", "Tags"]


class Tag(Model, frozen=True, kw_only=True):
    """A label; ``color`` is ``#RRGGBB``."""

    id: int
    tenant_id: int | None = None
    name: str = ""
    color: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class TagCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    name: Text255
    color: Annotated[str, Meta(pattern="^#[0-9A-Fa-f]{6}$")]


CREATE = Op("tags_create", "POST", "/v1/tags", Tag, body=TagCreate, envelope=DATA)


class Tags(Resource):
    """Labels; reached as ``client.tags``."""

    async def create(self, name: str, color: str, **options: Unpack[CallOptions]) -> Tag:
        """Create a tag. Not repeated after an ambiguous failure.

        Args:
            name: up to 255 characters, unique in the tenant without regard to case.
            color: ``#RRGGBB``.
        """
        return await self._call(CREATE, body=checked(TagCreate(name=name, color=color)), **options)
