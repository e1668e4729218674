"""Flextell's files, appointments, treatments, stock, sales and invoices in the sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from flextell_kit import NOBODY, Send, fault, listed, one, sender
from sandbox_kit import Ask, Reply, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flextell import Flextell

MIB = 1 << 20
FUTURE = "2027-03-01T10:00:00Z"
PREVIEW = {"sale_id": 2, "invoice_account_id": 1, "series_name": "FLT", "issue_date": "2026-04-08"}


@pytest.fixture
def flextell(sandbox: Sandbox) -> Flextell:
    return sandbox.flextell


@pytest.fixture
def send(flextell: Flextell, ask: Ask) -> Send:
    return sender(flextell, ask)


# Files.


async def upload(
    flextell: Flextell,
    ask: Ask,
    data: Any,
    path: str = "files",
    filename: str | None = "a.pdf",
    **fields: str,
) -> Reply:
    form = aiohttp.FormData(fields, default_to_multipart=True)
    form.add_field("file", data, filename=filename, content_type="application/pdf")
    headers = bearer(flextell.key) | {"X-Tenant": "42"}
    return await ask(flextell, "POST", f"/api/v1/{path}", data=form, headers=headers)


async def pieces(mib: int, more: bytes = b"") -> AsyncIterator[bytes]:
    for _ in range(mib):
        yield bytes(MIB)
    yield more


async def test_a_file_is_kept_with_its_owner(flextell: Flextell, ask: Ask) -> None:
    fields = {"type": "image", "fileable_type": "customer", "fileable_id": "1", "description": "Scan"}
    file = one(await upload(flextell, ask, b"data", **fields), 201)

    assert (file["name"], file["mime_type"], file["size"]) == ("a.pdf", "application/pdf", 4)
    assert file["sha256"] == hashlib.sha256(b"data").hexdigest()
    assert (file["fileable_type"], file["fileable_id"], file["description"]) == ("customer", 1, "Scan")
    assert file["temporary_url"]


@pytest.mark.parametrize(("more", "status"), [(b"", 201), (b"x", 422)])
async def test_a_file_of_51200_kib_is_the_largest(
    flextell: Flextell, ask: Ask, more: bytes, status: int
) -> None:
    reply = await upload(flextell, ask, pieces(50, more), type="other")

    assert reply.status == status
    # It was measured, not kept.
    assert len(flextell.requests[0].body) == 0
    assert (
        sum(len(part.data) for parts in (flextell.requests[0].form or {}).values() for part in parts)
        < 2 * MIB
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        pytest.param({}, "type", id="no type"),
        pytest.param({"type": "new"}, "type", id="unknown type"),
        pytest.param(
            {"type": "other", "fileable_type": "customer", "fileable_id": "999"}, "fileable_id", id="owner"
        ),
        pytest.param({"type": "other", "fileable_id": "0"}, "fileable_id", id="impossible owner"),
        pytest.param({"type": "other", "extra": "1"}, None, id="extra field"),
    ],
)
async def test_an_invalid_upload_is_refused(
    flextell: Flextell, ask: Ask, fields: dict[str, str], param: str | None
) -> None:
    assert fault(await upload(flextell, ask, b"data", **fields)) == (422, param)


async def test_a_field_without_a_name_of_a_file_is_no_file(flextell: Flextell, ask: Ask) -> None:
    form = aiohttp.FormData({"type": "other", "file": "data"}, default_to_multipart=True)
    headers = bearer(flextell.key) | {"X-Tenant": "42"}

    reply = await ask(flextell, "POST", "/api/v1/files", data=form, headers=headers)

    assert fault(reply) == (422, "file")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/form-data"])
async def test_a_broken_form_is_refused(flextell: Flextell, ask: Ask, kind: str) -> None:
    headers = bearer(flextell.key) | {"X-Tenant": "42", "Content-Type": kind}

    assert (await ask(flextell, "POST", "/api/v1/files", data=b"--y", headers=headers)).status == 400


async def test_a_file_can_be_sent_into_a_chat(flextell: Flextell, ask: Ask, send: Send) -> None:
    path = "conversations/3/messages"
    one(await upload(flextell, ask, b"data", f"{path}/media", message="See"), 201)

    last = (await listed(send, path))[-1]
    assert (last["message"], last["message_type"], last["file"]["name"]) == ("See", "document", "a.pdf")
    assert last["file_temporary_url"] == last["file"]["temporary_url"]


# Appointments and treatments.


async def test_an_appointment_is_made_read_and_in_the_calendar(send: Send) -> None:
    body = {"customer_id": 1, "user_id": 1, "scheduled_at": FUTURE, "treatments": [1], "room_id": 1}
    made = one(
        await send("POST", "appointments", body | {"parent_appointment_id": 1, "assistant_id": 2}), 201
    )
    read = one(await send("GET", f"appointments/{made['id']}"))
    feed = one(await send("GET", "appointments/calendar?from=2027-03-01&to=2027-03-02"))
    parent = one(await send("GET", "appointments/1"))

    assert read == made
    assert (made["customer"]["id"], made["doctor"]["id"], made["room"]["name"]) == (1, 1, "Room 1")
    assert (made["assistants"][0]["id"], made["parent_appointment"]["id"]) == (2, 1)
    assert [treatment["name"] for treatment in made["treatments"]] == ["Consultation"]
    assert [child["id"] for child in parent["child_appointments"]] == [made["id"]]
    assert [item["appointment_id"] for item in feed["items"]] == [made["id"]]
    assert (feed["items"][0]["time_label"], feed["items"][0]["end_at"]) == (
        "10:00",
        "2027-03-01T10:30:00.000Z",
    )
    assert [item["id"] for item in await listed(send, "appointments")] == [1, 2, 3, made["id"]]


async def test_a_doctor_has_one_appointment_at_a_time(send: Send) -> None:
    body = {"customer_id": 1, "user_id": 1, "scheduled_at": FUTURE}
    later = "2027-03-01T11:29:00+01:00"
    one(await send("POST", "appointments", body), 201)

    assert (await send("POST", "appointments", body | {"scheduled_at": later})).status == 409
    assert (await send("POST", "appointments", body | {"user_id": 2})).status == 201


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"customer_id": NOBODY}, "customer_id"),
        ({"user_id": NOBODY}, "user_id"),
        ({"room_id": 4}, "room_id"),
        ({"treatments": [NOBODY]}, "treatments"),
        ({"parent_appointment_id": NOBODY}, "parent_appointment_id"),
        ({"assistant_id": NOBODY}, "assistant_id"),
        ({"scheduled_at": "soon"}, "scheduled_at"),
    ],
)
async def test_an_appointment_needs_what_it_names(send: Send, members: dict[str, Any], param: str) -> None:
    body = {"customer_id": 1, "user_id": 1, "scheduled_at": FUTURE}

    assert fault(await send("POST", "appointments", body | members)) == (422, param)


async def test_a_calendar_does_not_end_before_it_begins(send: Send) -> None:
    path = "appointments/calendar?from=2026-02-03&to=2026-02-01"

    assert fault(await send("GET", path)) == (422, "to")
    assert (await send("GET", "appointments/calendar?from=2026-02-03")).status == 400


async def test_a_reminder_is_sent(send: Send) -> None:
    assert one(await send("POST", "appointment-reminders/1/send"))["sent_at"]
    assert (await send("POST", f"appointment-reminders/{NOBODY}/send")).status == 404


async def test_treatments_are_made_and_read(send: Send) -> None:
    made = one(await send("POST", "treatments", {"name": "Peeling", "price": 99.9}), 201)

    assert (made["price"], made["is_active"], made["extra_info"]) == ("99.90", True, [])
    assert one(await send("GET", f"treatments/{made['id']}")) == made
    assert (await listed(send, "treatments"))[-1] == made


async def test_what_is_ours_cannot_be_sent(send: Send) -> None:
    ours = {"id": "x", "created_at": "x", "deleted_at": "x"}
    bodies: dict[str, dict[str, Any]] = {
        "treatments": {"name": "Peeling"},
        "customers/1/transactions": {"type": "debit", "customer_id": 2},
    }
    for path, body in bodies.items():
        made = one(await send("POST", path, body | ours), 201)
        assert (isinstance(made["id"], int), made["deleted_at"]) == (True, None)
    assert made["customer_id"] == 1

    changed = one(await send("PUT", "products/1", ours))
    assert (changed["id"], changed["deleted_at"]) == (1, None)
    assert len(await listed(send, "treatments")) == 4


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_times_at_the_end_of_time_are_taken(send: Send, moment: str) -> None:
    block = {"channel_id": 1, "customer_id": 1, "reason": "manual", "ttl_seconds": 10**15}
    made = one(await send("POST", "channel-blacklists", block), 201)
    changed = one(await send("PUT", f"channel-blacklists/{made['id']}", {"expires_at": moment}))
    body = {"customer_id": 1, "user_id": 1, "scheduled_at": moment}
    one(await send("POST", "appointments", body), 201)
    feed = await send(
        "GET", "appointments/calendar?from=0001-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59-14:00"
    )

    assert made["expires_at"].startswith("9999")
    assert changed["expires_at"][:4] in ("1970", "9999")
    assert len(one(feed)["items"]) == 4


# Stock, sales, invoices.


async def test_a_product_can_be_changed_in_part_and_sorted_by_price(send: Send) -> None:
    changed = one(await send("PUT", "products/2", {"price": 1000}))
    names = [item["name"] for item in await listed(send, "products?sort_by=price&sort_order=desc&search=g")]

    assert (changed["name"], changed["price"]) == ("Gauze", "1000.00")
    assert names == ["Gauze", "Gloves"]


async def test_stock_moves_between_warehouses(send: Send) -> None:
    body = {"product_id": 1, "source_warehouse_id": 1, "destination_warehouse_id": 2, "quantity": 30}
    moved = one(await send("POST", "stocks/transfer", body), 201)

    assert (moved["source"]["quantity"], moved["destination"]["quantity"]) == (70, 35)
    assert one(await send("PUT", "products/1", {}))["total_stock"] == 105


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"quantity": 101}, "quantity"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"product_id": NOBODY}, "product_id"),
        ({"source_warehouse_id": NOBODY}, "source_warehouse_id"),
        ({"destination_warehouse_id": 1}, "destination_warehouse_id"),
    ],
)
async def test_stock_that_is_not_there_does_not_move(send: Send, members: dict[str, int], param: str) -> None:
    body = {"product_id": 1, "source_warehouse_id": 1, "destination_warehouse_id": 2, "quantity": 30}

    assert fault(await send("POST", "stocks/transfer", body | members)) == (422, param)


async def test_a_sale_is_listed_with_its_sum(send: Send) -> None:
    sale = one(await send("GET", "sales/2"))

    assert sale["total"] == "25.00"
    assert (await listed(send, "sales"))[1] == sale
    assert (await send("GET", f"sales/{NOBODY}")).status == 404


async def test_a_preview_has_no_envelope_and_stores_nothing(send: Send) -> None:
    reply = await send("POST", "invoices/preview", PREVIEW)
    line = {"name": "x", "quantity": 3, "unit_price": 0.1, "vat_rate_percent": "10"}
    own = (await send("POST", "invoices/preview", PREVIEW | {"custom_line_items": [line]})).json()

    sums = {"net": "25.00", "vat": "5.00", "total": "30.00"}
    assert reply.json() == {
        **{name: PREVIEW[name] for name in ("sale_id", "invoice_account_id", "series_name", "issue_date")},
        **sums,
    }
    assert (own["net"], own["vat"], own["total"]) == ("0.30", "0.03", "0.33")
    assert len(await listed(send, "invoices")) == 3


@pytest.mark.parametrize("name", ["sale_id", "invoice_account_id"])
async def test_a_preview_needs_what_it_names(send: Send, name: str) -> None:
    assert fault(await send("POST", "invoices/preview", PREVIEW | {name: NOBODY})) == (422, name)


async def test_an_invoice_is_mailed(send: Send) -> None:
    body = {"id": 1, "emails": ["ada@example.com"]}

    assert "1 addresses" in one(await send("POST", "invoices/1/email", body))["message"]
    assert (await listed(send, "invoices"))[0]["emails"] == ["ada@example.com"]
    assert fault(await send("POST", "invoices/2/email", body)) == (422, "id")
    assert fault(await send("POST", "invoices/1/email", body | {"emails": ["x"]})) == (422, "emails.0")


async def test_accounts_are_listed_without_pages(send: Send) -> None:
    reply = await send("GET", "invoices/accounts?party_type=company&sort_by=name")

    assert set(reply.json()) == {"data"}
    assert [account["name"] for account in reply.json()["data"]] == ["Clinic Ltd."]


async def test_equal_seeds_give_equal_answers(ask: Ask) -> None:
    seen = []
    for seed in (1, 1, 2):
        async with Sandbox(platforms=("flextell",), seed=seed, clock=lambda: 0.0) as sandbox:
            send = sender(sandbox.flextell, ask)
            made = await send("POST", "customers", {"first_name": "a", "last_name": "b", "phone_number": "1"})
            seen.append([made.json(), await listed(send, "customers"), sandbox.flextell.key])

    assert seen[0] == seen[1] != seen[2]


def test_every_operation_of_flextell_and_platform_has_behaviour() -> None:
    coverage = Sandbox().coverage()

    for name, count in (("flextell", 51), ("platform", 6)):
        assert (len(coverage[name].behaviour), coverage[name].default) == (count, ())
