from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from clinic import Clinic, Status

from flexsdk import errors
from flexsdk.errors import APIError, DecodeError
from flexsdk.platforms.flextell import (
    AgentState,
    BlacklistEntry,
    Conversation,
    Flextell,
    MessageAck,
    OpenObject,
    RolesAndPermissions,
)
from flexsdk.structs import Model


def read(kind: type[Any], data: dict[str, Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode({"id": 1, **data}), type=kind)


# --- loose types


@pytest.mark.parametrize(
    ("sent", "seen"),
    [("3", 3), (3, 3), (3.0, 3), (None, None), ("", None), ("many", None), ("-1", -1)],
    ids=["text", "number", "with-a-point", "null", "empty", "word", "negative"],
)
def test_a_count_is_a_number_however_it_was_sent(sent: Any, seen: int | None) -> None:
    assert read(Conversation, {"unread_count": sent}).unread_count == seen
    assert read(MessageAck, {"message_id": sent}).message_id == seen


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (True, True),
        (False, False),
        ("1", True),
        ("true", True),
        ("0", False),
        ("", False),
        (1, True),
        (None, None),
    ],
    ids=["true", "false", "text-1", "text-true", "text-0", "empty", "number", "null"],
)
def test_a_truth_is_a_bool_however_it_was_sent(sent: Any, seen: bool | None) -> None:
    assert read(Conversation, {"last_message_is_customer": sent}).last_message_is_customer is seen


@pytest.mark.parametrize(
    ("sent", "seen"), [("12.5", 12.5), (12, 12.0), (None, None), ("soon", None)], ids=str
)
def test_minutes_are_a_number_however_they_were_sent(sent: Any, seen: float | None) -> None:
    assert read(AgentState, {"remaining_minutes": sent}).remaining_minutes == seen


@pytest.mark.parametrize(("sent", "seen"), [([], {}), ({"a": 1}, {"a": 1})], ids=["php", "map"])
def test_an_empty_map_may_be_a_list(sent: Any, seen: dict[str, Any]) -> None:
    access = read(RolesAndPermissions, {"roles": sent, "permissions": sent})

    assert (access.roles, access.permissions) == (seen, seen)
    assert read(BlacklistEntry, {"metadata": sent}).metadata == seen


def test_settled_objects_pickle_copy_and_compare() -> None:
    conversation = read(Conversation, {"unread_count": "3"})

    assert pickle.loads(pickle.dumps(conversation)) == conversation == copy.deepcopy(conversation)


@pytest.mark.parametrize("day", ["2026-04-08", "2026-04-08 12:00:00", "2026-04-08T12:00:00Z"])
async def test_dates_stay_the_text_they_are(clinic: Clinic, flextell: Flextell, day: str) -> None:
    clinic.answers = [{"success": "true", "data": {"id": 9, "date_of_birth": day, "deleted_at": day}}]

    customer = await flextell.customers.get(9)

    assert (customer.date_of_birth, customer.deleted_at) == (day, day)


@pytest.mark.parametrize("answer", [{"success": True}, {"success": "true"}, {}], ids=["bool", "text", "none"])
async def test_the_status_tells_of_success_and_not_the_flag(
    clinic: Clinic, flextell: Flextell, answer: dict[str, Any]
) -> None:
    clinic.answers = [Status(201, {**answer, "data": {"id": 3, "name": "Room 1"}})]

    assert (await flextell.rooms.create("Room 1")).id == 3


# --- objects that are not documented


class Sale(Model, frozen=True, kw_only=True):
    id: int
    price: Decimal


@pytest.mark.parametrize("price", ['"12.50"', "12.50"], ids=["text", "number"])
def test_money_is_exact_as_text_and_as_number(price: str) -> None:
    sale = OpenObject(b'{"id": 1, "price": %b}' % price.encode())

    assert sale.decode(Sale) == Sale(id=1, price=Decimal("12.50"))
    assert Decimal(sale["price"]) == Decimal("12.50")


async def test_an_undocumented_object_is_a_mapping_of_what_came(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": {"id": 11, "lines": [{"amount": 0.1}]}}]

    sale = await flextell.sales.get(11)

    assert dict(sale) == {"id": 11, "lines": [{"amount": Decimal("0.1")}]}
    assert sale.raw == b'{"id":11,"lines":[{"amount":0.1}]}'
    assert sale == pickle.loads(pickle.dumps(sale)) == copy.deepcopy(sale)
    assert "lines" in repr(sale)


async def test_a_preview_stands_without_an_envelope(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"total": "99.90", "lines": []}]

    preview = await flextell.invoices.preview(11, 2, "A", "2026-04-08")

    assert preview["total"] == "99.90"


async def test_an_empty_undocumented_object_may_be_a_list(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": []}]

    reminder = await flextell.appointment_reminders.send(6)

    assert reminder.get("id") is None


def test_an_undocumented_object_of_another_shape_says_so() -> None:
    with pytest.raises(DecodeError, match="price"):
        OpenObject(b'{"id": 1}').decode(Sale)


# --- errors


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        (
            401,
            {"error": "invalid_token", "message": "expired"},
            errors.Unauthorized,
            "invalid_token",
            "expired",
        ),
        (400, {"error": "invalid_request", "message": "odd"}, errors.BadRequest, "invalid_request", "odd"),
        (403, {"error": "x", "message": "no"}, errors.Forbidden, "x", "no"),
        (404, {"message": "No query results"}, errors.NotFound, None, "No query results"),
        (409, {"error": "conflict", "message": "taken"}, errors.Conflict, "conflict", "taken"),
        (400, {"error": "a", "error_description": "b"}, errors.BadRequest, "a", "b"),
        (400, {"error": "a", "hint": "c"}, errors.BadRequest, "a", "c"),
        (500, "<html>", errors.ServerError, None, "no explanation"),
        (400, {"error": ["odd"]}, errors.BadRequest, None, "no explanation"),
        (400, [], errors.BadRequest, None, "no explanation"),
    ],
    ids=["401", "400", "403", "framework", "409", "oauth", "hint", "proxy", "odd", "list"],
)
async def test_every_form_of_error_is_understood(
    clinic: Clinic,
    flextell: Flextell,
    status: int,
    body: Any,
    kind: type[APIError],
    code: str | None,
    message: str,
) -> None:
    clinic.answers = [Status(status, body, {"X-Request-Id": "req_1"})]

    with pytest.raises(kind, match=message) as caught:
        await flextell.rooms.create("Room 1")

    assert (type(caught.value), caught.value.code, caught.value.request_id) == (kind, code, "req_1")


async def test_an_invalid_field_is_named(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [
        Status(422, {"error": "validation_error", "message": "bad", "errors": {"name": ["too long"]}})
    ]

    with pytest.raises(errors.Unprocessable) as caught:
        await flextell.rooms.create("Room 1")

    assert caught.value.param == "name"


async def test_a_limit_is_waited_out_also_for_what_is_never_repeated_otherwise(
    clinic: Clinic, flextell: Flextell
) -> None:
    limited = Status(429, {"error": "rate_limit_exceeded", "message": "slow"}, {"Retry-After": "3"})
    clinic.answers = [limited, Status(201, {"data": {"id": 3}})]

    assert (await flextell.rooms.create("Room 1")).id == 3
    assert len(clinic.requests) == 2
