"""Customers. Source: endpoint pages, "Customers"; which fields are required is inferred."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal, TypeAlias, Unpack

from msgspec import Meta

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA, LIST, PAGES, check_limit
from flexsdk.platforms.flextell.notes import Notes
from flexsdk.platforms.flextell.people import Person
from flexsdk.platforms.flextell.tags import Tag
from flexsdk.platforms.flextell.transactions import Transactions
from flexsdk.platforms.flextell.values import Moment, SortOrder, Text255, Text1000, checked, moment
from flexsdk.structs import UNSET, Model, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "GET",
    "LIST_CUSTOMERS",
    "UPDATE",
    "Customer",
    "CustomerCreate",
    "CustomerUpdate",
    "Customers",
    "Gender",
]

Gender: TypeAlias = Literal["male", "female", "other"]
Phone: TypeAlias = Annotated[str, Meta(max_length=20)]


class Customer(Model, frozen=True, kw_only=True):
    """A customer; ``deleted_at`` is set on one that was deleted, dates are text with or without a time."""

    id: int
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    email: str | None = None
    date_of_birth: str | None = None
    gender: Gender | str | None = None
    country_name: str | None = None
    identity_number: str | None = None
    job: str | None = None
    address: str | None = None
    default_channel_id: int | None = None
    avatar_url: str | None = None
    related_user: Person | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    tags: list[Tag] = []


class CustomerUpdate(Params, frozen=True, kw_only=True):
    """The body of a change: what is left out stays."""

    first_name: Text255 | UnsetType = UNSET
    last_name: Text255 | UnsetType = UNSET
    phone_number: Phone | UnsetType = UNSET
    email: Text255 | UnsetType | None = UNSET
    date_of_birth: str | UnsetType | None = UNSET
    gender: Gender | UnsetType | None = UNSET
    country_id: int | UnsetType | None = UNSET
    identity_number: str | UnsetType | None = UNSET
    job: Text255 | UnsetType | None = UNSET
    address: Text1000 | UnsetType | None = UNSET
    default_channel_id: int | UnsetType | None = UNSET
    user_id: int | UnsetType | None = UNSET
    tags: Sequence[int] | UnsetType | None = UNSET


class CustomerCreate(CustomerUpdate, frozen=True, kw_only=True):
    """The body of a creation."""

    first_name: Text255
    last_name: Text255
    phone_number: Phone


LIST_CUSTOMERS = Op(
    "customers_list",
    "GET",
    "/v1/customers",
    Page[Customer],
    query=("search", "per_page", "page", "sort_by", "sort_order", "gender"),
    envelope=LIST,
    pages=PAGES,
)
CREATE = Op("customers_create", "POST", "/v1/customers", Customer, body=CustomerCreate, envelope=DATA)
GET = Op("customers_get", "GET", "/v1/customers/{id}", Customer, envelope=DATA)
UPDATE = Op("customers_update", "PUT", "/v1/customers/{id}", Customer, body=CustomerUpdate, envelope=DATA)


class Customers(Resource):
    """Customers; reached as ``client.customers``."""

    @cached_property
    def notes(self) -> Notes:
        """Notes on customers."""
        return Notes(self._client)

    @cached_property
    def transactions(self) -> Transactions:
        """Ledger transactions of customers."""
        return Transactions(self._client)

    async def create(
        self,
        first_name: str,
        last_name: str,
        phone_number: str,
        *,
        email: str | UnsetType | None = UNSET,
        date_of_birth: Moment | UnsetType | None = UNSET,
        gender: Gender | UnsetType | None = UNSET,
        country_id: int | UnsetType | None = UNSET,
        identity_number: str | UnsetType | None = UNSET,
        job: str | UnsetType | None = UNSET,
        address: str | UnsetType | None = UNSET,
        default_channel_id: int | UnsetType | None = UNSET,
        user_id: int | UnsetType | None = UNSET,
        tags: Sequence[int] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """Create a customer. Not repeated after an ambiguous failure: look for the phone number then.

        Names, ``email`` and ``job`` have up to 255 characters, ``phone_number`` 20, ``address`` 1,000.

        Args:
            user_id: the user who looks after the customer.
            tags: ids of tags; the name of the field is inferred.
        """
        body = CustomerCreate(
            first_name=first_name,
            last_name=last_name,
            phone_number=phone_number,
            email=email,
            date_of_birth=moment(date_of_birth),
            gender=gender,
            country_id=country_id,
            identity_number=identity_number,
            job=job,
            address=address,
            default_channel_id=default_channel_id,
            user_id=user_id,
            tags=tags,
        )
        return await self._call(CREATE, body=checked(body), **options)

    async def get(self, customer_id: int, **options: Unpack[CallOptions]) -> Customer:
        """Read a customer. Safe to repeat."""
        return await self._call(GET, customer_id, **options)

    async def update(
        self,
        customer_id: int,
        *,
        first_name: str | UnsetType = UNSET,
        last_name: str | UnsetType = UNSET,
        phone_number: str | UnsetType = UNSET,
        email: str | UnsetType | None = UNSET,
        date_of_birth: Moment | UnsetType | None = UNSET,
        gender: Gender | UnsetType | None = UNSET,
        country_id: int | UnsetType | None = UNSET,
        identity_number: str | UnsetType | None = UNSET,
        job: str | UnsetType | None = UNSET,
        address: str | UnsetType | None = UNSET,
        default_channel_id: int | UnsetType | None = UNSET,
        user_id: int | UnsetType | None = UNSET,
        tags: Sequence[int] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Customer:
        """Change the given fields and keep the others, although this is a PUT. Safe to repeat.

        The limits are those of :meth:`create`; ``None`` clears a field.
        """
        body = CustomerUpdate(
            first_name=first_name,
            last_name=last_name,
            phone_number=phone_number,
            email=email,
            date_of_birth=moment(date_of_birth),
            gender=gender,
            country_id=country_id,
            identity_number=identity_number,
            job=job,
            address=address,
            default_channel_id=default_channel_id,
            user_id=user_id,
            tags=tags,
        )
        return await self._call(UPDATE, customer_id, body=checked(body), **options)

    def list(
        self,
        *,
        search: str | None = None,
        gender: Gender | None = None,
        sort_by: Literal["first_name", "last_name", "date_of_birth", "gender", "created_at", "updated_at"]
        | None = None,
        sort_order: SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Customer]:
        """List customers. Safe to repeat.

        Args:
            search: up to 255 characters.
            gender: keep only this one.
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        query = {"search": search, "gender": gender, "sort_by": sort_by, "sort_order": sort_order}
        return self._pages(LIST_CUSTOMERS, query=query, limit=check_limit(limit), cursor=cursor, **options)
