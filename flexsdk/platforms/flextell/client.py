"""The client of Flextell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self, TypeVar
from uuid import UUID

from flexsdk.core.call import Call
from flexsdk.core.client import Client
from flexsdk.core.op import Op
from flexsdk.errors import ConfigError
from flexsdk.platforms.flextell.account import Account
from flexsdk.platforms.flextell.appointments import AppointmentReminders, Appointments
from flexsdk.platforms.flextell.blacklists import ChannelBlacklists
from flexsdk.platforms.flextell.catalogue import Products, Treatments
from flexsdk.platforms.flextell.collection import Collection, collection_path
from flexsdk.platforms.flextell.conversations import Conversations
from flexsdk.platforms.flextell.customers import Customers
from flexsdk.platforms.flextell.dialect import DIALECT
from flexsdk.platforms.flextell.files import Files
from flexsdk.platforms.flextell.invoices import Invoices
from flexsdk.platforms.flextell.rooms import Rooms
from flexsdk.platforms.flextell.sales import Sales, Stocks
from flexsdk.platforms.flextell.tags import Tags
from flexsdk.types import CallOptions

__all__ = ["Flextell"]

T = TypeVar("T")


class Flextell(Client):
    """Collections of any name, and the clinic under ``/v1``: conversations, customers, appointments, sales.

    Log a user in with ``auth=FlextellOAuth(...)``, or pass an access token as ``api_key``, by default from
    ``FLEXTELL_API_KEY``; another address comes from ``FLEXTELL_BASE_URL``. What is under ``/v1`` belongs to
    a tenant: use the view of :meth:`with_tenant`. Everything else is as on
    :class:`~flexsdk.core.client.Client`.
    """

    dialect = DIALECT

    def with_tenant(self, tenant_id: int) -> Self:
        """Give a view of this client for one tenant; token, session and limits are shared."""
        if tenant_id < 1:
            raise ConfigError(f"the id of a tenant is a number above 0, not {tenant_id!r}")
        return self.with_options(headers={"X-Tenant": str(tenant_id)})

    def collection(self, name: str, item: type[T], *, prefix: str = "") -> Collection[T]:
        """Give the collection of a name, with objects as structs of your own; keep it for further calls.

        Args:
            item: what an object is decoded into; ``dict`` serves, too.
            prefix: a version in front of the path, such as ``/v0.0.1``; pages of the documentation differ.
        """
        return Collection(self, collection_path(name, prefix), item)

    @cached_property
    def account(self) -> Account:
        """The signed-in user."""
        return Account(self)

    @cached_property
    def appointment_reminders(self) -> AppointmentReminders:
        """Reminders of appointments."""
        return AppointmentReminders(self)

    @cached_property
    def appointments(self) -> Appointments:
        """Appointments and the calendar."""
        return Appointments(self)

    @cached_property
    def channel_blacklists(self) -> ChannelBlacklists:
        """Customers who are blocked on a channel."""
        return ChannelBlacklists(self)

    @cached_property
    def conversations(self) -> Conversations:
        """Conversations, their messages and the AI agent."""
        return Conversations(self)

    @cached_property
    def customers(self) -> Customers:
        """Customers, their notes and transactions."""
        return Customers(self)

    @cached_property
    def files(self) -> Files:
        """Files."""
        return Files(self)

    @cached_property
    def invoices(self) -> Invoices:
        """Invoices and the accounts they are written to."""
        return Invoices(self)

    @cached_property
    def products(self) -> Products:
        """Products."""
        return Products(self)

    @cached_property
    def rooms(self) -> Rooms:
        """Rooms."""
        return Rooms(self)

    @cached_property
    def sales(self) -> Sales:
        """Sales."""
        return Sales(self)

    @cached_property
    def stocks(self) -> Stocks:
        """Stock in warehouses."""
        return Stocks(self)

    @cached_property
    def tags(self) -> Tags:
        """Labels for customers."""
        return Tags(self)

    @cached_property
    def treatments(self) -> Treatments:
        """Treatments."""
        return Treatments(self)

    def _prepare(
        self,
        op: Op[Any],
        ids: Sequence[str | int | UUID],
        query: Mapping[str, Any] | None,
        body: Any,
        options: CallOptions,
    ) -> Call:
        """Name the content type also of requests without a body, as the guide asks for."""
        call = super()._prepare(op, ids, query, body, options)
        if body is None:
            call.content_type = "application/json"
        return call
