"""What the clinics of a Flextell sandbox hold at the start."""

from __future__ import annotations

from flexsdk.sandbox.flextell.house import Clinic
from flexsdk.sandbox.state import Maker

__all__ = ["furnish"]

_FIRST = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Katherine", "Linus")
_LAST = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov")
_DELETED = "2026-01-04T09:00:00.000Z"


def furnish(clinic: Clinic, make: Maker, *, customers: int) -> None:
    """Fill a clinic: people, chats, appointments and goods."""
    for name in ("Dr. Meryem Kaya", "Dr. Jonas Berg"):
        clinic.add("users", name=name)
    for name, color in (("VIP", "#336699"), ("New", "#99cc66")):
        clinic.add("tags", tenant_id=clinic.tenant, name=name, color=color)
    for name, status in (("Room 1", "active"), ("Room 2", "active"), ("Laser", "maintenance")):
        clinic.add("rooms", name=name, status=status)
    clinic.add("rooms", name="Old wing", status="inactive")["deleted_at"] = _DELETED
    _people(clinic, make, customers)
    _chats(clinic)
    _goods(clinic)
    _appointments(clinic)


def _people(clinic: Clinic, make: Maker, count: int) -> None:
    for number in range(count + 1):
        first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
        clinic.add(
            "customers",
            first_name=first,
            last_name=last,
            phone_number=f"+9055500{make.random.randrange(10**5):05d}",
            email=f"{first}.{last}.{number}@example.com".lower(),
            date_of_birth=f"{1950 + number % 50}-04-{1 + number % 28:02d}",
            gender=("female", "male", "other", None)[number % 4],
            tags=[clinic.rows("tags")[number % 2]["id"]],
        )
    clinic.rows("customers")[-1]["deleted_at"] = _DELETED
    customer, user = clinic.rows("customers")[0], clinic.rows("users")[0]
    for content in ("Prefers mornings", "Asked for an invoice", "Mistake"):
        note = clinic.add("notes", customer_id=customer["id"], content=content, user_id=user["id"])
    note["deleted_at"] = _DELETED


def _chats(clinic: Clinic) -> None:
    for name, kind in (("Front desk", "whatsapp"), ("Page", "instagram")):
        clinic.add("channels", name=name, type=kind, address=f"{kind}:{clinic.tenant}")
    channels = clinic.rows("channels")
    for number, customer in enumerate(clinic.rows("customers")[:3]):
        chat = clinic.add(
            "conversations",
            channel_id=channels[number % 2]["id"],
            customer_id=customer["id"],
            address=customer["phone_number"],
            unread=number,
            agent_until=None,
        )
        for turn in range(20 - 8 * number):
            clinic.add(
                "messages",
                conversation_id=chat["id"],
                message=f"Message {turn + 1}",
                user_id=None if turn % 2 == 0 else clinic.rows("users")[0]["id"],
            )
    text = "We are open until six."
    clinic.add("suggestions", conversation_id=clinic.rows("conversations")[0]["id"], text=text, sent=None)


def _goods(clinic: Clinic) -> None:
    for name, price in (("Consultation", 500.0), ("Laser session", 1200.0), ("Check-up", 350.0)):
        clinic.add("treatments", name=name, price=price, session=1, is_active=True, extra_info={})
    warehouses = [clinic.add("warehouses", name=name) for name in ("Main store", "Room 1")]
    for name, price in (("Serum", 249.9), ("Gauze", 12.5), ("Gloves", 80.0), ("Cream", 160.0)):
        product = clinic.add("products", name=name, price=price, tax_rate="20", is_active=True)
        for warehouse, quantity in zip(warehouses, (100, 5), strict=True):
            clinic.add("stocks", product_id=product["id"], warehouse_id=warehouse["id"], quantity=quantity)
    for number, customer in enumerate(clinic.rows("customers")[:3]):
        product = clinic.rows("products")[number]
        lines = [{"name": product["name"], "quantity": number + 1, "unit_price": product["price"]}]
        sale = clinic.add("sales", customer_id=customer["id"], status="completed", lines=lines)
        clinic.add(
            "invoices", sale_id=sale["id"], number=f"FLT{number + 1:09d}", issue_date="2026-01-05", emails=[]
        )
    for name, kind, party in (("Clinic Ltd.", "einvoice", "company"), ("Dr. Kaya", "evoucher", "individual")):
        clinic.add(
            "accounts",
            name=name,
            document_type=kind,
            party_type=party,
            tax_number=f"1234567{clinic.tenant}",
            default_series="FLT",
            integration_id=1,
        )


def _appointments(clinic: Clinic) -> None:
    people = zip(clinic.rows("customers")[:3], clinic.rows("treatments"), strict=True)
    for number, (customer, treatment) in enumerate(people):
        appointment = clinic.add(
            "appointments",
            customer_id=customer["id"],
            user_id=clinic.rows("users")[number % 2]["id"],
            room_id=clinic.rows("rooms")[number % 2]["id"],
            scheduled_at=f"2026-02-0{number + 2}T10:00:00.000Z",
            status="scheduled",
            treatments=[treatment["id"]],
        )
        clinic.add("reminders", appointment_id=appointment["id"], sent_at=None)
