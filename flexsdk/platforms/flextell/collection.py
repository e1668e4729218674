"""Collections of the generic tier, by any name. Source: seed 000; guides "Pagination"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, Unpack

import msgspec

from flexsdk.core.op import Op, Replay
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA, LIST, check_limit
from flexsdk.protocol.cursor import EitherPages
from flexsdk.protocol.urls import quote_segment
from flexsdk.structs import UNSET, Model, Page, Params, UnsetType
from flexsdk.types import CallOptions

if TYPE_CHECKING:
    from flexsdk.core.client import Client

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_RESOURCES",
    "REPLACE",
    "UPDATE",
    "Collection",
    "Item",
    "ItemWrite",
]

T = TypeVar("T")


class Item(Model, frozen=True, kw_only=True):
    """The object of the guides; real collections carry other fields, so bring a struct of your own."""

    id: str
    name: str | None = None
    description: str | None = None
    created_at: str | None = None


class ItemWrite(Params, frozen=True, kw_only=True):
    """What the guides write into it."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class _Ops(NamedTuple, Generic[T]):
    list: Op[Page[T]]
    create: Op[T]
    get: Op[T]
    replace: Op[T]
    update: Op[T]
    delete: Op[None]


def _ops(path: str, item: type[T]) -> _Ops[T]:
    one = f"{path}/{{id}}"
    return _Ops(
        Op(
            "resources_list",
            "GET",
            path,
            Page[item],  # type: ignore[valid-type]  # the caller's type, at run time
            query=("limit", "cursor"),
            envelope=LIST,
            pages=EitherPages(),
        ),
        Op("resources_create", "POST", path, item, body=ItemWrite, envelope=DATA),
        Op("resources_get", "GET", one, item, envelope=DATA),
        Op("resources_replace", "PUT", one, item, body=ItemWrite, envelope=DATA),
        Op("resources_update", "PATCH", one, item, body=ItemWrite, envelope=DATA, replay=Replay.SAFE),
        Op("resources_delete", "DELETE", one, None),
    )


LIST_RESOURCES, CREATE, GET, REPLACE, UPDATE, DELETE = _ops("/resources", Item)
"""The operations on the collection of the guides; other collections have the same under their own name."""


class Collection(Resource, Generic[T]):
    """The objects of one name; reached as ``client.collection("contacts", Contact)``.

    What is sent is a mapping or a struct; fields of a struct that are ``UNSET`` are left out.
    """

    def __init__(self, client: Client, path: str, item: type[T]) -> None:
        super().__init__(client)
        self._ops = _ops(path, item)

    async def create(self, fields: Mapping[str, Any] | msgspec.Struct, **options: Unpack[CallOptions]) -> T:
        """Create an object. Not repeated after an ambiguous failure: there is no idempotency key."""
        return await self._call(self._ops.create, body=fields, **options)

    async def get(self, item_id: str | int, **options: Unpack[CallOptions]) -> T:
        """Read an object. Safe to repeat."""
        return await self._call(self._ops.get, item_id, **options)

    async def replace(
        self, item_id: str | int, fields: Mapping[str, Any] | msgspec.Struct, **options: Unpack[CallOptions]
    ) -> T:
        """Write all fields anew; those left out are lost. Safe to repeat."""
        return await self._call(self._ops.replace, item_id, body=fields, **options)

    async def update(
        self, item_id: str | int, fields: Mapping[str, Any] | msgspec.Struct, **options: Unpack[CallOptions]
    ) -> T:
        """Change the given fields and keep the others. Safe to repeat: all values are absolute."""
        return await self._call(self._ops.update, item_id, body=fields, **options)

    async def delete(self, item_id: str | int, **options: Unpack[CallOptions]) -> None:
        """Delete an object. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(self._ops.delete, item_id, **options)

    def list(
        self,
        *,
        filters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[T]:
        """List the objects. Safe to repeat.

        Args:
            filters: further query parameters; none are documented.
            limit: items of a page, 1 to 100; the platform's default is 20.
            cursor: where to go on, from ``pages.cursor``.
        """
        return self._pages(
            self._ops.list, query=filters or {}, limit=check_limit(limit), cursor=cursor, **options
        )


def collection_path(name: str, prefix: str) -> str:
    """Give the path of a collection; its name is one segment."""
    return f"{prefix.rstrip('/')}/{quote_segment(name, name='collection')}"
