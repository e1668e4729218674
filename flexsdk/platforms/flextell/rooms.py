"""Rooms. Source: endpoint pages, "Rooms"."""

from __future__ import annotations

from typing import Literal, TypeAlias, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA, LIST, PAGES, check_limit
from flexsdk.platforms.flextell.values import SortOrder, Text255, checked
from flexsdk.structs import Model, Page, Params
from flexsdk.types import CallOptions

__all__ = ["CREATE", "LIST_ROOMS", "Room", "RoomCreate", "RoomStatus", "Rooms"]

RoomStatus: TypeAlias = Literal["active", "inactive", "maintenance"]


class Room(Model, frozen=True, kw_only=True):
    """A room for appointments."""

    id: int
    name: str = ""
    status: RoomStatus | str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class RoomCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    name: Text255
    status: RoomStatus


LIST_ROOMS = Op(
    "rooms_list",
    "GET",
    "/v1/rooms",
    Page[Room],
    query=("per_page", "page", "sort_by", "sort_order", "status", "trashed"),
    envelope=LIST,
    pages=PAGES,
)
CREATE = Op("rooms_create", "POST", "/v1/rooms", Room, body=RoomCreate, envelope=DATA)


class Rooms(Resource):
    """Rooms; reached as ``client.rooms``."""

    async def create(self, name: str, status: RoomStatus = "active", **options: Unpack[CallOptions]) -> Room:
        """Create a room; its name has up to 255 characters. Not repeated after an ambiguous failure."""
        return await self._call(CREATE, body=checked(RoomCreate(name=name, status=status)), **options)

    def list(
        self,
        *,
        status: RoomStatus | None = None,
        trashed: bool | None = None,
        sort_by: Literal["name", "status", "created_at", "updated_at"] | None = None,
        sort_order: SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Room]:
        """List rooms. Safe to repeat.

        Args:
            status: keep only this status.
            trashed: take deleted rooms in, too; they have a ``deleted_at``.
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        query = {"status": status, "trashed": trashed, "sort_by": sort_by, "sort_order": sort_order}
        return self._pages(LIST_ROOMS, query=query, limit=check_limit(limit), cursor=cursor, **options)
