"""Flextell's blocked customers; a block for a time ends by the clock."""

from __future__ import annotations

import math

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.house import Clinic, House, Row, moment

__all__ = ["Blacklists", "block_of", "shown_block"]


def block_of(house: House, clinic: Clinic, channel: int, customer: int) -> Row | None:
    """Return the block of a customer on a channel that holds at this moment."""
    blocks = clinic.rows("blocks", channel_id=channel, customer_id=customer, is_active=True)
    return next((row for row in blocks if row["until"] > house.now()), None)


def shown_block(house: House, clinic: Clinic, row: Row) -> Row:
    """Return an entry as it is answered."""
    channel = clinic.find("channels", row["channel_id"])
    customer = clinic.find("customers", row["customer_id"])
    permanent, left = math.isinf(row["until"]), row["until"] - house.now()
    stamps = ("created_at", "updated_at", "deleted_at")
    person = ("id", "first_name", "last_name", "phone_number", "email")
    return {
        **{name: row[name] for name in ("id", "reason", "note", "is_active", *stamps)},
        "tenant_id": clinic.tenant,
        "reason_label": row["reason"].replace("_", " ").capitalize(),
        "blocked_at": house.stamp(row["since"]),
        "expires_at": house.stamp(row["until"]),
        "is_permanent": permanent,
        "is_expired": left <= 0,
        "remaining_time": None if permanent else house.wire.count(max(0, math.ceil(left))),
        "metadata": house.wire.map(row["metadata"]),
        "channel": {name: channel[name] for name in ("id", "name", "address")},
        "customer": {name: customer[name] for name in person},
    }


class Blacklists:
    """Blocks of customers, by channel."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def channel_blacklists_create(self, call: Call) -> Answer:
        """Block a customer on a channel, for some seconds or for good; once at a time."""
        clinic, body = self._house.clinic(call), call.body
        clinic.linked("channels", body, "channel_id")
        clinic.linked("customers", body, "customer_id")
        if block_of(self._house, clinic, body["channel_id"], body["customer_id"]):
            raise Problem(409, "This customer is blocked on this channel already")
        seconds = body.get("ttl_seconds")
        row = clinic.add(
            "blocks",
            channel_id=body["channel_id"],
            customer_id=body["customer_id"],
            reason=body["reason"],
            note=body.get("note"),
            metadata=body.get("metadata"),
            is_active=True,
            since=self._house.now(),
            until=math.inf if seconds is None else self._house.now() + seconds,
        )
        return self._house.one(call, shown_block(self._house, clinic, row))

    async def channel_blacklists_update(self, call: Call) -> Answer:
        """Change an entry; ``expires_at`` of null makes it permanent."""
        clinic, changes = self._house.clinic(call), dict(call.body)
        row = clinic.find("blocks", call.path["id"])
        if "expires_at" in changes:
            expires = changes.pop("expires_at")
            changes["until"] = math.inf if expires is None else moment(expires)
        clinic.change(row, changes)
        return self._house.one(call, shown_block(self._house, clinic, row))
