"""Flextell customers with notes and ledger, tags, rooms, and the person's own tenants and roles."""

from __future__ import annotations

from typing import Any

import msgspec

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.house import Clinic, House, Row

__all__ = ["Account", "Customers", "Rooms", "shown_customer"]

_PERSONAL = ("email", "date_of_birth", "gender", "identity_number", "job", "address", "default_channel_id")
_STAMPS = ("created_at", "updated_at", "deleted_at")
_ROLES = {"admin": "Administrator", "doctor": "Doctor"}
_PERMISSIONS = {"customers": ["read", "write"], "appointments": ["read", "write"]}


def shown_customer(house: House, clinic: Clinic, row: Row) -> Row:
    """Return a customer as it is answered."""
    user = clinic.linked("users", row, "user_id")
    tags = [tag for tag in clinic.rows("tags") if tag["id"] in (row.get("tags") or ())]
    return {
        **{name: row[name] for name in ("id", "first_name", "last_name", "phone_number", *_STAMPS)},
        **{name: row.get(name) for name in _PERSONAL},
        "date_of_birth": house.wire.day(row.get("date_of_birth")),
        "country_name": "Türkiye" if row.get("country_id") else None,
        "avatar_url": None,
        "related_user": user and {"id": user["id"], "name": user["name"]},
        "tags": tags,
    }


class Account:
    """The signed-in person."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def account_tenants_list(self, _call: Call) -> Row:
        """Answer with the tenants, whose ids the header takes."""
        return {"data": [{"id": each.tenant, "name": each.name} for each in self._house.clinics.values()]}

    async def account_roles_get(self, call: Call) -> Answer:
        """Answer with roles and permissions; there are none in the second tenant."""
        first = next(iter(self._house.clinics.values()))
        here = self._house.clinic(call) is first
        maps: Row = {"roles": _ROLES if here else {}, "permissions": _PERMISSIONS if here else {}}
        answer = self._house.one(call, {name: self._house.wire.map(each) for name, each in maps.items()})
        # As bytes, which are not held against the contract: it has maps, and an empty one comes as a list.
        return Answer(answer.status, body=msgspec.json.encode(answer.data))


class Customers:
    """Customers and what belongs to one."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def customers_list(self, call: Call) -> Row:
        """Answer with one page of customers."""
        clinic = self._house.clinic(call)
        search = ("first_name", "last_name", "phone_number", "email")
        return self._house.listed(
            call,
            clinic.rows("customers"),
            lambda row: shown_customer(self._house, clinic, row),
            search=search,
            equal=("gender",),
        )

    async def customers_create(self, call: Call) -> Answer:
        """Add a customer; the phone number has to be new."""
        clinic = self._house.clinic(call)
        self._check(clinic, call.body)
        row = clinic.add("customers", **{"email": None, "date_of_birth": None, "gender": None} | call.body)
        return self._house.one(call, shown_customer(self._house, clinic, row))

    async def customers_get(self, call: Call) -> Answer:
        """Answer with one customer."""
        clinic = self._house.clinic(call)
        row = clinic.find("customers", call.path["id"])
        return self._house.one(call, shown_customer(self._house, clinic, row))

    async def customers_update(self, call: Call) -> Answer:
        """Change the fields that were sent, although it is a PUT."""
        clinic = self._house.clinic(call)
        row = clinic.find("customers", call.path["id"])
        self._check(clinic, call.body, row)
        clinic.change(row, call.body)
        return self._house.one(call, shown_customer(self._house, clinic, row))

    def _check(self, clinic: Clinic, body: Row, own: Row | None = None) -> None:
        same = clinic.rows("customers", phone_number=body.get("phone_number"))
        if any(row is not own for row in same):
            raise Problem(422, "The phone_number has already been taken.", param="phone_number")
        for field, table in (("user_id", "users"), ("default_channel_id", "channels")):
            clinic.linked(table, body, field)
        for tag in body.get("tags") or ():
            clinic.linked("tags", {"tags": tag}, "tags")

    async def customers_notes_list(self, call: Call) -> Row:
        """Answer with one page of notes; deleted ones instead with ``trashed``."""
        clinic = self._house.clinic(call)
        customer = clinic.find("customers", call.path["id"])
        trashed = call.query.get("trashed") is True
        notes = clinic.rows("notes", trashed=trashed, customer_id=customer["id"])
        return self._house.listed(call, notes, lambda row: _shown_note(clinic, row), search=("content",))

    async def customers_notes_create(self, call: Call) -> Answer:
        """Add a note; the signed-in person is its author unless another is named."""
        clinic = self._house.clinic(call)
        customer = clinic.find("customers", call.path["id"])
        user = clinic.linked("users", call.body, "user_id") or clinic.rows("users")[0]
        row = clinic.add(
            "notes", customer_id=customer["id"], content=call.body["content"], user_id=user["id"]
        )
        return self._house.one(call, _shown_note(clinic, row))

    async def customers_transactions_create(self, call: Call) -> Answer:
        """Add to the ledger; which words ``type`` takes is not published, so any is taken."""
        clinic = self._house.clinic(call)
        customer = clinic.find("customers", call.path["id"])
        row = clinic.add("transactions", **call.body | {"customer_id": customer["id"]})
        money = self._house.wire.money
        paid = {name: money(row[name]) for name in ("amount", "exchange_rate") if row.get(name) is not None}
        parts = [part | {"amount": money(part.get("amount", 0))} for part in row.get("installments", ())]
        return self._house.one(call, {**row, **paid, "installments": parts})

    async def tags_create(self, call: Call) -> Answer:
        """Add a tag; the case of its name does not make it another one."""
        clinic = self._house.clinic(call)
        name = call.body["name"]
        if any(name.lower() == tag["name"].lower() for tag in clinic.rows("tags")):
            raise Problem(422, "The name has already been taken.", param="name")
        return self._house.one(call, clinic.add("tags", tenant_id=clinic.tenant, **call.body))


def _shown_note(clinic: Clinic, row: Row) -> Row:
    user = clinic.linked("users", row, "user_id")
    author = user and {"id": user["id"], "name": user["name"]}
    note: dict[str, Any] = {name: row[name] for name in ("id", "content", "user_id", *_STAMPS)}
    return note | {"author": author}


class Rooms:
    """Rooms of the clinic."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def rooms_list(self, call: Call) -> Row:
        """Answer with one page of rooms; deleted ones instead with ``trashed``."""
        rooms = self._house.clinic(call).rows("rooms", trashed=call.query.get("trashed") is True)
        return self._house.listed(call, rooms, dict, equal=("status",))

    async def rooms_create(self, call: Call) -> Answer:
        """Add a room."""
        return self._house.one(call, self._house.clinic(call).add("rooms", **call.body))
