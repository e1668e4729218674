"""People and channels as they stand inside other objects. Source: endpoint pages."""

from __future__ import annotations

from flexsdk.structs import Model

__all__ = ["Channel", "CustomerSummary", "Person"]


class Person(Model, frozen=True, kw_only=True):
    """A user of the tenant: author, doctor, assistant."""

    id: int | None = None
    name: str | None = None


class CustomerSummary(Model, frozen=True, kw_only=True):
    """A customer inside a conversation or a block; read the whole one with ``customers.get(id)``."""

    id: int | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone_number: str | None = None
    email: str | None = None
    avatar_url: str | None = None


class Channel(Model, frozen=True, kw_only=True):
    """A way to reach customers; ``address`` is the tenant's own number or name there."""

    id: int | None = None
    name: str | None = None
    type: str | None = None
    address: str | None = None
