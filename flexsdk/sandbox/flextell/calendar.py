"""Flextell appointments, their reminders and the calendar; treatments."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.customers import shown_customer
from flexsdk.sandbox.flextell.house import Clinic, House, Row, moment

__all__ = ["Calendar", "Treatments", "shown_treatment"]

_LENGTH = 1800.0
"""Seconds of an appointment."""


class Calendar:
    """Appointments and reminders."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def appointments_list(self, call: Call) -> Row:
        """Answer with one page of appointments."""
        clinic = self._house.clinic(call)
        rows = clinic.rows("appointments")
        return self._house.listed(call, rows, lambda row: self._shown(clinic, row))

    async def appointments_get(self, call: Call) -> Answer:
        """Answer with one appointment."""
        clinic = self._house.clinic(call)
        row = clinic.find("appointments", call.path["id"])
        return self._house.one(call, self._shown(clinic, row))

    async def appointments_create(self, call: Call) -> Answer:
        """Make an appointment; a doctor has one at a time."""
        clinic, body = self._house.clinic(call), call.body
        for field, table in (("customer_id", "customers"), ("user_id", "users"), ("room_id", "rooms")):
            clinic.linked(table, body, field)
        clinic.linked("appointments", body, "parent_appointment_id")
        clinic.linked("users", body, "assistant_id")
        for treatment in body.get("treatments", ()):
            clinic.linked("treatments", {"treatments": treatment}, "treatments")
        start = moment(body["scheduled_at"])
        taken = clinic.rows("appointments", user_id=body["user_id"])
        if any(abs(moment(row["scheduled_at"]) - start) < _LENGTH for row in taken):
            raise Problem(409, "The doctor has another appointment at this time")
        row = clinic.add("appointments", **{"room_id": None, "status": "scheduled", "treatments": []} | body)
        clinic.add("reminders", appointment_id=row["id"], sent_at=None)
        return self._house.one(call, self._shown(clinic, row))

    async def appointments_calendar(self, call: Call) -> Answer:
        """Answer with what lies between two moments."""
        clinic = self._house.clinic(call)
        start, end = moment(call.query["from"]), moment(call.query["to"])
        if end < start:
            raise Problem(422, "to must not be before from.", param="to")
        rows = clinic.rows("appointments")
        items = [self._item(clinic, row) for row in rows if start <= moment(row["scheduled_at"]) <= end]
        span = {"from": call.query["from"], "to": call.query["to"], "timezone": "UTC"}
        return self._house.one(call, {**span, "items": items})

    async def appointment_reminders_send(self, call: Call) -> Answer:
        """Send a reminder now; it may be sent again."""
        clinic = self._house.clinic(call)
        row = clinic.find("reminders", call.path["id"])
        clinic.change(row, {"sent_at": self._house.make.time()})
        return self._house.one(call, {**row, "status": "sent"})

    def _item(self, clinic: Clinic, row: Row) -> Row:
        names = [clinic.find("treatments", id_)["name"] for id_ in row["treatments"]]
        start = moment(row["scheduled_at"])
        return {
            "kind": "appointment",
            "reason": None,
            "start_at": self._house.stamp(start),
            "end_at": self._house.stamp(start + _LENGTH),
            "doctor_name": clinic.find("users", row["user_id"])["name"],
            "treatment_name": ", ".join(names) or None,
            "time_label": row["scheduled_at"][11:16],
            "appointment_id": row["id"],
            "show_details": True,
            "meta": {
                "status": row["status"],
                "status_label": row["status"].capitalize(),
                "is_old_slot": False,
            },
        }

    def _shown(self, clinic: Clinic, row: Row) -> Row:
        customer = clinic.find("customers", row["customer_id"])
        room = clinic.linked("rooms", row, "room_id")
        parent = clinic.linked("appointments", row, "parent_appointment_id")
        fields = ("id", "customer_id", "room_id", "status", "scheduled_at", "created_at", "updated_at")
        treatments = [clinic.find("treatments", id_) for id_ in row["treatments"]]
        return {
            **{name: row[name] for name in fields},
            "deleted_at": None,
            "parent_appointment_id": parent and parent["id"],
            "code": f"A-{row['id']:05d}",
            "relation_type": "follow_up" if parent else None,
            "description": row.get("description"),
            "cancellation_reason": row.get("cancellation_reason"),
            "creation_type": "manual",
            "assistants": _people(clinic, row.get("assistant_id")),
            "customer": shown_customer(self._house, clinic, customer),
            "doctor": _people(clinic, row["user_id"])[0],
            "room": room,
            "parent_appointment": parent and {"id": parent["id"], "scheduled_at": parent["scheduled_at"]},
            "child_appointments": [
                {"id": child["id"], "scheduled_at": child["scheduled_at"]}
                for child in clinic.rows("appointments")
                if child.get("parent_appointment_id") == row["id"]
            ],
            "treatments": [shown_treatment(self._house, treatment) for treatment in treatments],
        }


def _people(clinic: Clinic, id_: int | None) -> list[dict[str, Any]]:
    user = clinic.linked("users", {"user_id": id_}, "user_id")
    return [{"id": user["id"], "name": user["name"]}] if user else []


def shown_treatment(house: House, row: Row) -> Row:
    """Return a treatment as it is answered."""
    price = house.wire.money(row.get("price", 0))
    return {**row, "price": price, "extra_info": house.wire.map(row.get("extra_info"))}


class Treatments:
    """What the clinic offers."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def treatments_list(self, call: Call) -> Row:
        """Answer with one page of treatments."""
        rows = self._house.clinic(call).rows("treatments")
        return self._house.listed(call, rows, lambda row: shown_treatment(self._house, row))

    async def treatments_create(self, call: Call) -> Answer:
        """Add a treatment; it is active unless the body says otherwise."""
        row = self._house.clinic(call).add("treatments", **{"session": 1, "is_active": True} | call.body)
        return self._house.one(call, shown_treatment(self._house, row))

    async def treatments_get(self, call: Call) -> Answer:
        """Answer with one treatment."""
        row = self._house.clinic(call).find("treatments", call.path["id"])
        return self._house.one(call, shown_treatment(self._house, row))
