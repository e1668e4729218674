"""Flextell's clinic tier in the sandbox: tenants, pages, customers, rooms, chats and blocks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flextell_kit import NOBODY, Send, fault, listed, one, sender
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flextell import Flextell


@pytest.fixture
def flextell(sandbox: Sandbox) -> Flextell:
    return sandbox.flextell


@pytest.fixture
def send(flextell: Flextell, ask: Ask) -> Send:
    return sender(flextell, ask)


# Tenants and pages.


async def test_the_tenants_need_no_header_and_name_its_values(flextell: Flextell, ask: Ask) -> None:
    reply = await ask(flextell, "GET", "/api/v1/account/tenants")

    assert reply.json() == {"data": [{"id": 42, "name": "Ada Clinic"}, {"id": 43, "name": "Grace Practice"}]}


async def test_a_tenant_of_others_is_forbidden(send: Send) -> None:
    assert (await send("GET", "customers", tenant=7)).status == 403


async def test_tenants_share_nothing(send: Send) -> None:
    mine = {item["id"] for item in await listed(send, "customers?per_page=100")}
    theirs = {item["id"] for item in await listed(send, "customers?per_page=100", tenant=43)}

    assert (len(mine), len(theirs), mine & theirs) == (40, 3, set())
    assert (await send("GET", f"customers/{min(theirs)}")).status == 404


async def test_pages_have_the_links_and_counts_of_the_framework(flextell: Flextell, send: Send) -> None:
    pages = [(await send("GET", f"customers?page={number}")).json() for number in (1, 2, 3, 4)]

    path = flextell.base_url + "/v1/customers"
    assert [len(page["data"]) for page in pages] == [15, 15, 10, 0]
    assert pages[1]["links"] == {
        "first": f"{path}?page=1",
        "last": f"{path}?page=3",
        "prev": f"{path}?page=1",
        "next": f"{path}?page=3",
    }
    assert (pages[0]["links"]["prev"], pages[2]["links"]["next"]) == (None, None)
    members = ("current_page", "from", "to", "last_page", "per_page", "total", "path")
    shown = [tuple(page["meta"][name] for name in members) for page in pages]
    assert shown[1] == (2, 16, 30, 3, 15, 40, path)
    assert shown[3] == (4, None, None, 3, 15, 40, path)
    assert [link["active"] for link in pages[1]["meta"]["links"]] == [False, True, False]


async def test_a_page_may_have_another_size(send: Send) -> None:
    page = (await send("GET", "customers?per_page=40&page=1")).json()

    assert (len(page["data"]), page["meta"]["last_page"], page["links"]["next"]) == (40, 1, None)


@pytest.mark.parametrize("query", ["per_page=0", "per_page=101", "page=0", "page=a", "gender=x", "sort_by=x"])
async def test_an_impossible_page_is_refused(send: Send, query: str) -> None:
    assert (await send("GET", f"customers?{query}")).status == 400


async def test_a_list_can_be_searched_filtered_and_sorted(send: Send) -> None:
    found = await listed(send, "customers?search=HOPPER&per_page=100")
    women = await listed(send, "customers?gender=female&per_page=100")
    names = [item["last_name"] for item in await listed(send, "customers?sort_by=last_name&sort_order=desc")]

    genders = [item["gender"] for item in await listed(send, "customers?sort_by=gender&per_page=100")]

    assert (genders[0], genders[-1]) == ("female", None)
    assert {item["last_name"] for item in found} == {"Hopper"}
    assert len(women) == 10
    assert names == sorted(names, reverse=True)


# The quirks.


async def test_loose_types_are_as_the_reference_warns(send: Send) -> None:
    chat = (await listed(send, "conversations"))[1]
    customer = (await listed(send, "customers"))[0]
    roles = (await send("GET", "account/roles", tenant=43)).json()
    product = (await listed(send, "products"))[0]
    message = (await listed(send, f"conversations/{chat['id']}/messages"))[0]

    assert chat["unread_count"] == "1"
    assert chat["last_message_id"].isdecimal()
    assert chat["last_message_is_customer"] in ("true", "false")
    assert customer["date_of_birth"] == "1950-04-01"
    assert roles == {"success": "true", "data": {"roles": [], "permissions": []}}
    assert product["price"] == "249.90"
    assert message["metadata"] == []


async def test_strict_types_can_be_had(flextell: Flextell, send: Send) -> None:
    flextell.terms.quirks = False
    chat = (await listed(send, "conversations"))[1]
    customer = (await listed(send, "customers"))[0]
    roles = (await send("GET", "account/roles", tenant=43)).json()
    product = (await listed(send, "products"))[0]
    message = (await listed(send, f"conversations/{chat['id']}/messages"))[0]

    assert chat["unread_count"] == 1
    assert isinstance(chat["last_message_id"], int)
    assert isinstance(chat["last_message_is_customer"], bool)
    assert customer["date_of_birth"] == "1950-04-01T00:00:00.000Z"
    assert roles == {"success": True, "data": {"roles": {}, "permissions": {}}}
    assert product["price"] == 249.9
    assert message["metadata"] == {}


async def test_roles_are_those_of_the_tenant(send: Send) -> None:
    assert set((one(await send("GET", "account/roles")))["roles"]) == {"admin", "doctor"}


# Customers, notes, ledger, tags, rooms.


async def test_a_customer_can_be_made_read_and_changed_in_part(send: Send) -> None:
    person = {
        "first_name": "Mary",
        "last_name": "Jackson",
        "phone_number": "+1",
        "country_id": 1,
        "user_id": 1,
    }
    made = one(await send("POST", "customers", person | {"tags": [1, 2]}), 201)
    changed = one(await send("PUT", f"customers/{made['id']}", {"job": "Engineer", "email": None}))

    assert (made["first_name"], made["country_name"]) == ("Mary", "Türkiye")
    assert [tag["name"] for tag in made["tags"]] == ["VIP", "New"]
    assert made["related_user"] == {"id": 1, "name": "Dr. Meryem Kaya"}
    assert changed == made | {"job": "Engineer", "updated_at": changed["updated_at"]}
    assert one(await send("GET", f"customers/{made['id']}")) == changed


async def test_a_deleted_customer_is_not_found(send: Send) -> None:
    last = (await listed(send, "customers?per_page=100"))[-1]["id"]

    assert [(await send("GET", f"customers/{id_}")).status for id_ in (last, last + 1)] == [200, 404]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"phone_number": None}, "phone_number"),
        ({"email": "no address"}, "email"),
        ({"gender": "x"}, "gender"),
        ({"user_id": NOBODY}, "user_id"),
        ({"tags": [NOBODY]}, "tags"),
        ({"default_channel_id": NOBODY}, "default_channel_id"),
        ({"first_name": "x" * 256}, "first_name"),
    ],
)
async def test_an_invalid_customer_is_refused_with_its_field(
    send: Send, members: dict[str, Any], param: str
) -> None:
    person = {"first_name": "Mary", "last_name": "Jackson", "phone_number": "+1"}

    assert fault(await send("POST", "customers", person | members)) == (422, param)


async def test_a_phone_number_belongs_to_one_customer(send: Send) -> None:
    first, second = (await listed(send, "customers"))[:2]
    taken = {"phone_number": first["phone_number"]}

    assert fault(await send("PUT", f"customers/{second['id']}", taken)) == (422, "phone_number")
    assert (await send("PUT", f"customers/{first['id']}", taken)).status == 200


async def test_notes_are_added_and_deleted_ones_shown_apart(send: Send) -> None:
    customer = (await listed(send, "customers"))[0]["id"]
    note = one(await send("POST", f"customers/{customer}/notes", {"content": "Called"}), 201)

    contents = [item["content"] for item in await listed(send, f"customers/{customer}/notes")]
    trashed = await listed(send, f"customers/{customer}/notes?trashed=1")
    assert note["author"]["name"] == "Dr. Meryem Kaya"
    assert contents == ["Prefers mornings", "Asked for an invoice", "Called"]
    assert [(item["content"], item["deleted_at"] is None) for item in trashed] == [("Mistake", False)]
    assert (await send("POST", f"customers/{NOBODY}/notes", {"content": "x"})).status == 404


async def test_a_transaction_keeps_its_sums(send: Send) -> None:
    body = {"type": "debit", "amount": 10.1, "installments": [{"amount": 5}, {"amount": 5.1}]}
    made = one(await send("POST", "customers/1/transactions", body), 201)

    assert made["amount"] == "10.10"
    assert [part["amount"] for part in made["installments"]] == ["5.00", "5.10"]


async def test_the_name_of_a_tag_is_unique_in_any_case(send: Send) -> None:
    made = one(await send("POST", "tags", {"name": "Late", "color": "#ff0000"}), 201)

    assert made["tenant_id"] == 42
    assert fault(await send("POST", "tags", {"name": "LATE", "color": "#ff0000"})) == (422, "name")
    assert (await send("POST", "tags", {"name": "Late", "color": "#ff0000"}, tenant=43)).status == 201
    assert fault(await send("POST", "tags", {"name": "B", "color": "red"})) == (422, "color")


async def test_rooms_are_made_and_listed_by_status(send: Send) -> None:
    one(await send("POST", "rooms", {"name": "Sauna", "status": "maintenance"}), 201)

    assert [room["name"] for room in await listed(send, "rooms?status=maintenance")] == ["Laser", "Sauna"]
    assert [room["name"] for room in await listed(send, "rooms?trashed=true")] == ["Old wing"]


# Chats.


async def test_a_message_is_sent_and_shows_in_its_chat(send: Send) -> None:
    chat = (await listed(send, "conversations"))[1]
    path = f"conversations/{chat['id']}/messages"
    quoted = (await listed(send, path))[0]
    body = {"message": "Hello", "quoted_message_id": quoted["id"]}
    ack = one(await send("POST", path, body), 201)

    assert ack["conversation_id"] == str(chat["id"])
    last = (await listed(send, path + "?per_page=100"))[-1]
    assert (str(last["id"]), last["message"]) == (ack["message_id"], "Hello")
    assert (last["is_customer"], last["quoted_text"]) == (False, quoted["message"])
    shown = (await listed(send, "conversations"))[1]
    assert (shown["last_message"], shown["unread_count"]) == ("Hello", "0")


async def test_only_a_message_of_the_same_chat_is_quoted(send: Send) -> None:
    chats = await listed(send, "conversations")
    other = (await listed(send, f"conversations/{chats[1]['id']}/messages"))[0]["id"]
    for quoted in (other, NOBODY):
        body = {"message": "Hello", "quoted_message_id": quoted}
        reply = await send("POST", f"conversations/{chats[0]['id']}/messages", body)
        assert fault(reply) == (422, "quoted_message_id")


async def test_own_messages_can_be_edited_and_those_of_customers_not(send: Send) -> None:
    path = "conversations/1/messages"
    theirs, own = (await listed(send, path))[:2]
    edited = one(await send("PUT", f"{path}/{own['id']}", {"message": "New"}))

    assert (edited["message"], edited["is_edited"]) == ("New", True)
    assert edited["edited_by_user_name"] == own["user_name"]
    assert (await send("PUT", f"{path}/{theirs['id']}", {"message": "New"})).status == 403
    assert (await send("PUT", f"conversations/2/messages/{own['id']}", {"message": "x"})).status == 404


async def test_a_chat_is_opened_once_for_an_address(send: Send) -> None:
    body = {"channel_id": 1, "address": "+90", "first_name": "Mary"}
    made = one(await send("POST", "conversations", body), 201)

    assert (made["display_name"], made["last_message"]) == ("Mary", None)
    assert (await send("GET", f"customers/{made['customer']['id']}")).status == 200
    assert (await send("POST", "conversations", body)).status == 409
    assert fault(await send("POST", "conversations", body | {"channel_id": 99})) == (422, "channel_id")


async def test_chats_are_found_by_name_and_channel(send: Send) -> None:
    assert [chat["id"] for chat in await listed(send, "conversations?search=grace")] == [2]
    assert [chat["id"] for chat in await listed(send, "conversations?channel_type=whatsapp")] == [1, 3]


async def test_the_agent_is_silent_for_its_minutes(send: Send, clock: Clock) -> None:
    path = "conversations/1/agent"
    one(await send("POST", f"{path}/disable", {"duration_minutes": 10}))
    clock.now += 61
    silent = one(await send("GET", path))
    clock.now += 9 * 60
    after = one(await send("GET", path))

    assert (silent["agent_disabled"], silent["remaining_minutes"]) == (True, "9")
    assert silent["agent_expires_at"]
    assert (after["agent_disabled"], after["remaining_minutes"], after["agent_expires_at"]) == (
        False,
        None,
        None,
    )


async def test_the_agent_is_silent_until_it_is_enabled(send: Send, clock: Clock) -> None:
    path = "conversations/1/agent"
    one(await send("POST", f"{path}/disable"))
    clock.now += 1e9
    silent = one(await send("GET", path))
    one(await send("POST", f"{path}/enable"))

    assert (silent["agent_disabled"], silent["remaining_minutes"]) == (True, None)
    assert not (one(await send("GET", path)))["agent_disabled"]


async def test_a_suggestion_is_sent_once(send: Send) -> None:
    path = "conversations/1/ai-suggestion"
    suggested = one(await send("GET", path))
    unedited = await send("POST", f"{path}/send", {"send_source": "suggestion_edited"})
    body = {"send_source": "suggestion_as_is", "take_over_agent": True}
    ack = one(await send("POST", f"{path}/send", body))

    assert fault(unedited) == (422, "message")
    last = (await listed(send, "conversations"))[0]
    assert (last["last_message"], last["last_message_id"]) == (suggested["original_text"], ack["message_id"])
    assert last["agent_disabled"]
    assert [(await send(*each)).status for each in (("GET", path), ("POST", f"{path}/send", body))] == [
        404
    ] * 2


# Blocks.


async def test_a_block_ends_by_the_clock(send: Send, clock: Clock) -> None:
    body = {"channel_id": 1, "customer_id": 1, "reason": "llm_spam", "ttl_seconds": 60}
    made = one(await send("POST", "channel-blacklists", body), 201)
    again = await send("POST", "channel-blacklists", body)
    blocked = (await listed(send, "conversations"))[0]["blacklist"]
    clock.now += 60
    ended = (await listed(send, "conversations"))[0]["blacklist"]
    after = one(await send("PUT", f"channel-blacklists/{made['id']}", {"note": "over"}))

    assert (made["reason_label"], made["remaining_time"], made["metadata"]) == ("Llm spam", "60", [])
    assert again.status == 409
    assert (blocked["id"], ended) == (made["id"], None)
    assert (after["is_expired"], after["is_permanent"], after["remaining_time"]) == (True, False, "0")
    assert (await send("POST", "channel-blacklists", body)).status == 201


async def test_a_block_can_be_made_permanent_and_lifted(send: Send) -> None:
    body = {"channel_id": 1, "customer_id": 1, "reason": "manual", "ttl_seconds": 60, "metadata": {"a": 1}}
    path = f"channel-blacklists/{(one(await send('POST', 'channel-blacklists', body), 201))['id']}"
    change = partial(send, "PUT", path)
    permanent = one(await change({"expires_at": None}))
    dated = one(await change({"expires_at": "2099-01-01"}))
    lifted = one(await change({"is_active": False}))

    assert (permanent["is_permanent"], permanent["expires_at"], permanent["metadata"]) == (
        True,
        None,
        {"a": 1},
    )
    assert dated["expires_at"] == "2099-01-01T00:00:00.000Z"
    assert not lifted["is_active"]
    assert (await listed(send, "conversations"))[0]["blacklist"] is None


@pytest.mark.parametrize("name", ["channel_id", "customer_id"])
async def test_only_what_is_there_is_blocked(send: Send, name: str) -> None:
    body = {"channel_id": 1, "customer_id": 1, "reason": "manual"} | {name: NOBODY}

    assert fault(await send("POST", "channel-blacklists", body)) == (422, name)
