"""Notes on customers. Source: endpoint pages, "Customers"."""

from __future__ import annotations

from typing import Annotated, Literal, Unpack

from msgspec import Meta

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA, LIST, PAGES, check_limit
from flexsdk.platforms.flextell.people import Person
from flexsdk.platforms.flextell.values import SortOrder, checked
from flexsdk.structs import UNSET, Model, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["CREATE", "LIST_NOTES", "Note", "NoteCreate", "Notes"]


class Note(Model, frozen=True, kw_only=True):
    """A note on a customer."""

    id: int
    content: str = ""
    user_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    author: Person | None = None


class NoteCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    content: Annotated[str, Meta(max_length=65_535)]
    user_id: int | UnsetType | None = UNSET


LIST_NOTES = Op(
    "customers_notes_list",
    "GET",
    "/v1/customers/{id}/notes",
    Page[Note],
    query=("search", "per_page", "page", "sort_by", "sort_order", "trashed"),
    envelope=LIST,
    pages=PAGES,
)
CREATE = Op(
    "customers_notes_create", "POST", "/v1/customers/{id}/notes", Note, body=NoteCreate, envelope=DATA
)


class Notes(Resource):
    """Notes on customers; reached as ``client.customers.notes``."""

    async def create(
        self,
        customer_id: int,
        content: str,
        *,
        user_id: int | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Note:
        """Add a note. Not repeated after an ambiguous failure.

        Args:
            content: up to 65,535 characters.
            user_id: the author; by default the signed-in user.
        """
        body = checked(NoteCreate(content=content, user_id=user_id))
        return await self._call(CREATE, customer_id, body=body, **options)

    def list(
        self,
        customer_id: int,
        *,
        search: str | None = None,
        trashed: bool | None = None,
        sort_by: Literal["content", "created_at", "updated_at"] | None = None,
        sort_order: SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Note]:
        """List the notes on a customer. Safe to repeat.

        Args:
            search: up to 255 characters.
            trashed: take deleted notes in, too; they have a ``deleted_at``.
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        query = {"search": search, "trashed": trashed, "sort_by": sort_by, "sort_order": sort_order}
        return self._pages(
            LIST_NOTES, customer_id, query=query, limit=check_limit(limit), cursor=cursor, **options
        )
