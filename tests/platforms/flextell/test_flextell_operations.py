"""Every operation, called once with all its arguments and held against the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from clinic import CONTRACT, Clinic, Status, complaints, sample

from flexsdk.core.body import Upload
from flexsdk.core.op import Replay
from flexsdk.errors import ConfigError, ServerError
from flexsdk.platforms import operations
from flexsdk.platforms.flextell import (
    Flextell,
    Installment,
    InvoiceLine,
    Item,
    PlannedProduct,
    PlannedSession,
    TreatmentProduct,
    TreatmentSession,
    TreatmentSessionPlan,
)

Ask = Callable[[Flextell], Awaitable[Any]]

PICTURE = Upload(b"\x89PNG", name="skin.png")
NOON = datetime(2026, 4, 8, 12, 0, tzinfo=UTC)

CALLS: dict[str, Ask] = {
    "resources_list": lambda c: c.collection("resources", Item).list(limit=100).first(),
    "resources_create": lambda c: c.collection("resources", Item).create({"name": "Ada"}),
    "resources_get": lambda c: c.collection("resources", Item).get("res_123"),
    "resources_replace": lambda c: c.collection("resources", Item).replace("res_123", {"name": "Ada"}),
    "resources_update": lambda c: c.collection("resources", Item).update("res_123", {"description": "x"}),
    "resources_delete": lambda c: c.collection("resources", Item).delete("res_123"),
    "account_tenants_list": lambda c: c.account.tenants.list().first(),
    "account_roles_get": lambda c: c.account.roles.get(),
    "conversations_list": lambda c: c.conversations.list(
        search="Ada", channel_type="whatsapp", limit=20
    ).first(),
    "conversations_create": lambda c: c.conversations.create(
        7, "+905550001122", first_name="Ada", last_name=None
    ),
    "conversations_messages_list": lambda c: c.conversations.messages.list(5, limit=20).first(),
    "conversations_messages_send": lambda c: c.conversations.messages.send(5, "Hello", quoted_message_id=3),
    "conversations_messages_send_media": lambda c: c.conversations.messages.send_media(
        5, PICTURE, message="Look"
    ),
    "conversations_messages_update": lambda c: c.conversations.messages.update(5, 3, "Hello again"),
    "conversations_agent_get": lambda c: c.conversations.agent.get(5),
    "conversations_agent_enable": lambda c: c.conversations.agent.enable(5),
    "conversations_agent_disable": lambda c: c.conversations.agent.disable(5, duration_minutes=30),
    "conversations_ai_suggestion_get": lambda c: c.conversations.suggestions.get(5),
    "conversations_ai_suggestion_send": lambda c: c.conversations.suggestions.send(
        5, message="Edited", take_over_agent=True
    ),
    "customers_list": lambda c: c.customers.list(
        search="Ada", gender="female", sort_by="last_name", sort_order="desc", limit=20
    ).first(),
    "customers_create": lambda c: c.customers.create(
        "Ada",
        "Lovelace",
        "+905550001122",
        email="ada@example.com",
        date_of_birth=NOON,
        gender="female",
        country_id=90,
        identity_number="1",
        job="Analyst",
        address="London",
        default_channel_id=7,
        user_id=None,
        tags=[1, 2],
    ),
    "customers_get": lambda c: c.customers.get(9),
    "customers_update": lambda c: c.customers.update(9, email=None, tags=[]),
    "customers_notes_list": lambda c: c.customers.notes.list(
        9, search="x", trashed=True, sort_by="created_at", sort_order="asc", limit=20
    ).first(),
    "customers_notes_create": lambda c: c.customers.notes.create(9, "Likes mornings", user_id=1),
    "customers_transactions_create": lambda c: c.customers.transactions.create(
        9,
        "payment",
        transaction_date=NOON,
        amount=Decimal("12.50"),
        currency_id=1,
        exchange_rate="1.0375",
        description=None,
        invoice_number="A1",
        account_id=2,
        is_installment=True,
        installment_count=1,
        first_due_date=NOON,
        installments=[Installment(amount=Decimal("12.50"), due_date="2026-05-08T00:00:00Z")],
    ),
    "tags_create": lambda c: c.tags.create("Regular", "#A0b1C2"),
    "rooms_list": lambda c: c.rooms.list(
        status="active", trashed=False, sort_by="name", sort_order="asc", limit=20
    ).first(),
    "rooms_create": lambda c: c.rooms.create("Room 1", "maintenance"),
    "files_upload": lambda c: c.files.upload(
        PICTURE, "image", fileable_type="customer", fileable_id=9, description="Left arm"
    ),
    "channel_blacklists_create": lambda c: c.channel_blacklists.create(
        7, 9, "manual", ttl_seconds=60, note="rude", metadata={"by": "desk"}
    ),
    "channel_blacklists_update": lambda c: c.channel_blacklists.update(
        4, reason="llm_spam", note=None, expires_at=None, is_active=False, metadata=None
    ),
    "appointments_list": lambda c: c.appointments.list(limit=20).first(),
    "appointments_create": lambda c: c.appointments.create(
        9,
        1,
        NOON,
        treatments=[3],
        assistant_id=2,
        parent_appointment_id=None,
        description="First visit",
        cancellation_reason=None,
        room_id=4,
        status="pending",
        treatment_session_plans=[
            TreatmentSessionPlan(
                treatment_id=3,
                sessions=[
                    PlannedSession(
                        session_order=1,
                        offset_days=0,
                        next_gap_days=14,
                        products=[PlannedProduct(product_id=5, warehouse_id=1, quantity=0.5)],
                    )
                ],
            )
        ],
    ),
    "appointments_calendar": lambda c: c.appointments.calendar(NOON, "2026-04-09T00:00:00Z"),
    "appointments_get": lambda c: c.appointments.get(8),
    "appointment_reminders_send": lambda c: c.appointment_reminders.send(6),
    "treatments_list": lambda c: c.treatments.list(limit=20).first(),
    "treatments_create": lambda c: c.treatments.create(
        "Peeling",
        price="99.90",
        session=3,
        is_active=True,
        group_id=None,
        description="Mild",
        tax_rate="20",
        extra_info={"colour": "blue"},
        keywords=["skin"],
        sessions=[
            TreatmentSession(
                session_order=1,
                next_gap_days=14,
                offset_days=0,
                session_type="first",
                products=[TreatmentProduct(product_id=5, min_quantity=0.5)],
            )
        ],
    ),
    "treatments_get": lambda c: c.treatments.get(3),
    "products_list": lambda c: c.products.list(
        search="cream", sort_by="price", sort_order="asc", limit=20
    ).first(),
    "products_update": lambda c: c.products.update(
        5,
        name="Cream",
        barcode=None,
        description=None,
        product_category_id=1,
        product_brand_id=1,
        product_type_id=1,
        base_unit_code_id=1,
        stock_tracking_mode="base_unit",
        inner_unit_count=1,
        base_unit_per_inner=2.5,
        critical_stock_level=0,
        invoice_name="Cream",
        price=0.1,
        tax_rate="20",
        is_active=True,
    ),
    "sales_list": lambda c: c.sales.list(limit=20).first(),
    "sales_get": lambda c: c.sales.get(11),
    "stocks_transfer": lambda c: c.stocks.transfer(5, 1, 2, 0.5, notes="for Monday"),
    "invoices_list": lambda c: c.invoices.list(limit=20).first(),
    "invoices_accounts_list": lambda c: c.invoices.accounts.list(
        search="Ada",
        document_type="einvoice",
        party_type="company",
        integration_id=1,
        sort_by="name",
        sort_order="asc",
        limit=20,
    ).first(),
    "invoices_preview": lambda c: c.invoices.preview(
        11,
        2,
        "A",
        "2026-04-08T00:00:00Z",
        global_withholding_rate=0.2,
        use_passport_number=False,
        notes="Thank you",
        custom_line_items=[
            InvoiceLine(name="Peeling", quantity=1, unit_price=Decimal("99.90"), vat_rate_percent="20")
        ],
    ),
    "invoices_email": lambda c: c.invoices.email(12, ["ada@example.com"]),
}

each_call = pytest.mark.parametrize(("name", "ask"), CALLS.items(), ids=list(CALLS))


def test_every_operation_but_the_two_of_the_login_is_called_here() -> None:
    known = {op.id for op in operations()["flextell"]}

    assert known - set(CALLS) == {"oauth_authorize", "oauth_exchange_code"}
    assert known == set(CONTRACT.operations)


@each_call
async def test_a_call_is_sent_as_documented_and_its_answer_understood(
    clinic: Clinic, flextell: Flextell, name: str, ask: Ask
) -> None:
    operation = CONTRACT.operations[name]
    body = sample(operation)
    clinic.answers = [Status(204)] if body is None else [body]

    value = await ask(flextell.with_tenant(42))

    (asked,) = clinic.requests
    assert complaints(asked, operation) == []
    assert asked.headers["X-Tenant"] == "42"
    assert asked.headers["Authorization"].startswith("Bearer flc_test_")
    assert asked.headers["Accept"] == "application/json"
    assert (value is None) == (body is None)


@each_call
async def test_a_call_that_may_have_arrived_is_repeated_only_where_that_is_safe(
    clinic: Clinic, flextell: Flextell, name: str, ask: Ask
) -> None:
    (op,) = (op for op in operations()["flextell"] if op.id == name)
    clinic.answers = [Status(500, {"error": "server_error", "message": "later"})]

    with pytest.raises(ServerError):
        await ask(flextell)

    assert len(clinic.requests) == (1 if op.repeats is Replay.NEVER else 4)


@pytest.mark.parametrize("name", ["customers_get", "conversations_agent_enable", "resources_delete"])
async def test_a_request_without_a_body_names_its_content_type_too(
    clinic: Clinic, flextell: Flextell, name: str
) -> None:
    clinic.answers = [sample(CONTRACT.operations[name])]

    await CALLS[name](flextell)

    assert clinic.requests[0].headers["Content-Type"] == "application/json"
    assert clinic.requests[0].body == b""


async def test_a_file_keeps_the_type_of_its_form(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [sample(CONTRACT.operations["files_upload"])]

    await flextell.files.upload(PICTURE, "image", fileable_type="customer", fileable_id=9)

    assert clinic.requests[0].headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert clinic.requests[0].form == {
        "file": "skin.png",
        "type": "image",
        "fileable_type": "customer",
        "fileable_id": "9",
    }


async def test_a_tenant_is_a_view_that_leaves_the_client_alone(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [sample(CONTRACT.operations["customers_get"])]
    one, two = flextell.with_tenant(1), flextell.with_tenant(2)

    for view in (one, two, flextell):
        await view.customers.get(9)

    assert [each.headers.get("X-Tenant") for each in clinic.requests] == ["1", "2", None]


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda c: c.with_tenant(0), "tenant"),
        (lambda c: c.customers.list(limit=101), "limit"),
        (lambda c: c.collection("contacts", Item).list(limit=0), "limit"),
        (lambda c: c.collection("..", Item), "collection"),
        (lambda c: c.collection("", Item), "collection"),
    ],
    ids=["tenant", "long-page", "empty-page", "dots", "no-name"],
)
def test_an_argument_that_cannot_be_right_is_refused_at_once(
    flextell: Flextell, ask: Callable[[Flextell], object], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        ask(flextell)


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda c: c.customers.create("A" * 256, "B", "1"), "first_name"),
        (lambda c: c.customers.create("A", "B", "1" * 21), "phone_number"),
        (lambda c: c.customers.update(9, gender="unknown"), "gender"),
        (lambda c: c.customers.update(9), "nothing to change"),
        (lambda c: c.customers.update(9, date_of_birth=datetime(1815, 12, 10)), "time zone"),  # noqa: DTZ001
        (lambda c: c.conversations.messages.send(5, "x" * 5001), "message"),
        (lambda c: c.conversations.messages.send_media(5, PICTURE, message="x" * 5001), "message"),
        (lambda c: c.conversations.agent.disable(5, duration_minutes=525_601), "duration_minutes"),
        (lambda c: c.conversations.create(0, "+90"), "channel_id"),
        (lambda c: c.tags.create("Regular", "red"), "color"),
        (lambda c: c.files.upload(PICTURE, "video"), "type"),
        (lambda c: c.stocks.transfer(5, 1, 2, 0), "quantity"),
        (lambda c: c.invoices.email(12, []), "emails"),
        (lambda c: c.invoices.email(12, ["a@example.com"] * 21), "emails"),
        (lambda c: c.treatments.create("Peeling", price="ten"), "sum of money"),
        (lambda c: c.treatments.create("Peeling", price=float("nan")), "sum of money"),
        (lambda c: c.treatments.create("Peeling", extra_info={"a": object()}), "TreatmentCreate"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_the_platform_would_refuse_is_not_sent(
    clinic: Clinic, flextell: Flextell, ask: Ask, text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        await ask(flextell)

    assert clinic.requests == []


@pytest.mark.parametrize(
    ("sum_of_money", "sent"),
    [
        (Decimal("12.50"), b"12.50"),
        ("12.50", b"12.50"),
        (0.1, b"0.1"),
        (7, b"7"),
        (Decimal("12345678901234567.89"), b"12345678901234567.89"),
    ],
    ids=["decimal", "text", "float", "whole", "beyond-float"],
)
async def test_a_sum_of_money_is_sent_as_an_exact_number(
    clinic: Clinic, flextell: Flextell, sum_of_money: Any, sent: bytes
) -> None:
    await flextell.products.update(5, price=sum_of_money)

    assert clinic.requests[0].body == b'{"price":%b}' % sent


async def test_only_the_given_fields_are_sent_and_none_is_null(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [sample(CONTRACT.operations["customers_update"])]

    await flextell.customers.update(9, email=None, job="Analyst", date_of_birth=date(1815, 12, 10))

    assert clinic.requests[0].json == {"email": None, "job": "Analyst", "date_of_birth": "1815-12-10"}


@pytest.mark.parametrize(
    ("message", "source"),
    [
        (None, {"send_source": "suggestion_as_is"}),
        ("Hi", {"send_source": "suggestion_edited", "message": "Hi"}),
    ],
    ids=["as-it-is", "edited"],
)
async def test_a_suggestion_is_sent_as_it_is_or_edited(
    clinic: Clinic, flextell: Flextell, message: str | None, source: dict[str, str]
) -> None:
    await flextell.conversations.suggestions.send(5, message=message)

    assert clinic.requests[0].json == source


async def test_a_file_can_be_named_by_its_path(clinic: Clinic, flextell: Flextell, tmp_path: Any) -> None:
    path = tmp_path / "skin.png"
    path.write_bytes(b"\x89PNG")
    clinic.answers = [sample(CONTRACT.operations["files_upload"])]

    await flextell.files.upload(path, "image")

    assert clinic.requests[0].form["file"] == "skin.png"
