from __future__ import annotations

from typing import Any

import pytest
from clinic import Clinic, Status

from flexsdk.errors import DecodeError
from flexsdk.platforms.flextell import Customer, Flextell, Item
from flexsdk.structs import Model

ELSEWHERE = "https://elsewhere.example/v1/customers"


class Contact(Model, frozen=True, kw_only=True):
    id: str
    phone: str = ""


def people(*ids: int) -> list[dict[str, int]]:
    return [{"id": each} for each in ids]


def numbered(page: int, last: int, *ids: int, link: str | None = "") -> dict[str, Any]:
    following = f"{ELSEWHERE}?page={page + 1}" if page < last else None
    return {
        "data": people(*ids),
        "links": {"first": None, "last": None, "prev": None, "next": following if link == "" else link},
        "meta": {"current_page": page, "last_page": last, "per_page": 2, "total": 5},
    }


# --- collections of any name


async def test_a_collection_is_walked_by_its_cursor(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [
        {"data": [{"id": "a"}, {"id": "b"}], "meta": {"cursor": "eyJ9==", "has_more": True, "total": 3}},
        {"data": [{"id": "c", "phone": "1"}], "meta": {"cursor": None, "has_more": False, "total": 3}},
    ]
    contacts = flextell.collection("contacts", Contact)

    found = await contacts.list(limit=2).collect()

    assert found == [Contact(id="a"), Contact(id="b"), Contact(id="c", phone="1")]
    assert [each.path for each in clinic.requests] == ["/api/contacts"] * 2
    assert [each.query for each in clinic.requests] == [{"limit": "2"}, {"limit": "2", "cursor": "eyJ9=="}]


async def test_a_list_goes_on_from_its_cursor(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": [{"id": "c"}], "meta": {"cursor": None, "has_more": False}}]

    await flextell.collection("contacts", Contact).list(cursor="eyJ9==", filters={"tag": "x"}).collect()

    assert clinic.requests[0].query == {"cursor": "eyJ9==", "tag": "x"}


async def test_a_cursor_that_the_platform_says_leads_nowhere_is_not_followed(
    clinic: Clinic, flextell: Flextell
) -> None:
    clinic.answers = [{"data": [{"id": "a"}], "meta": {"cursor": "again", "has_more": False}}]

    assert len(await flextell.collection("contacts", Contact).list().collect()) == 1
    assert len(clinic.requests) == 1


async def test_a_list_that_leads_in_a_circle_ends_with_an_error(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": [{"id": "a"}], "meta": {"cursor": "same", "has_more": True}}]

    with pytest.raises(DecodeError, match=r"circle|same page"):
        await flextell.collection("contacts", Contact).list().collect(limit=10)

    assert len(clinic.requests) == 2


@pytest.mark.parametrize(
    ("prefix", "path"),
    [("", "/api/contacts"), ("/v0.0.1", "/api/v0.0.1/contacts"), ("/v1/", "/api/v1/contacts")],
    ids=["none", "version", "slash-at-its-end"],
)
async def test_the_version_in_front_of_the_path_is_a_setting(
    clinic: Clinic, flextell: Flextell, prefix: str, path: str
) -> None:
    clinic.answers = [{"data": []}]

    await flextell.collection("contacts", Contact, prefix=prefix).list().collect()

    assert clinic.requests[0].path == path


async def test_the_name_of_a_collection_is_one_segment(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": {"id": "7"}}]

    await flextell.collection("a/b", Contact).get("../x")

    assert clinic.requests[0].path == "/api/a%2Fb/..%2Fx"


async def test_objects_can_be_plain_data(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": {"id": "7", "more": [1]}}]

    assert await flextell.collection("contacts", dict).get("7") == {"id": "7", "more": [1]}


async def test_a_struct_is_sent_without_its_unset_fields(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [{"data": {"id": "7"}}]

    await flextell.collection("contacts", Item).create(Contact(id="7", phone="1"))

    assert clinic.requests[0].json == {"id": "7", "phone": "1"}


async def test_a_deleted_object_answers_with_nothing(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [Status(204)]

    await flextell.collection("contacts", Contact).delete("7")

    assert (clinic.requests[0].method, clinic.requests[0].path) == ("DELETE", "/api/contacts/7")


# --- lists under /v1


async def test_a_list_is_walked_by_the_number_in_its_links_and_never_on_their_host(
    clinic: Clinic, flextell: Flextell
) -> None:
    clinic.answers = [numbered(1, 3, 1, 2), numbered(2, 3, 3, 4), numbered(3, 3, 5)]

    found = await flextell.customers.list(search="Ada", limit=2).collect()

    assert [each.id for each in found] == [1, 2, 3, 4, 5]
    assert [each.query for each in clinic.requests] == [
        {"search": "Ada", "per_page": "2"},
        {"search": "Ada", "per_page": "2", "page": "2"},
        {"search": "Ada", "per_page": "2", "page": "3"},
    ]


@pytest.mark.parametrize(
    ("answer", "cursor"),
    [
        pytest.param(numbered(1, 3, 1), "page=2", id="link"),
        pytest.param(numbered(1, 3, 1, link=None), "page=2", id="counts-without-link"),
        pytest.param(numbered(3, 3, 1), None, id="last-by-count-and-link"),
        pytest.param(numbered(1, 3), None, id="empty"),
        pytest.param({"data": people(1), "links": {"next": "?page=2&per_page=1"}}, "page=2", id="bare-query"),
        pytest.param({"data": people(1), "links": {"next": "/x?cursor=abc"}}, "abc", id="link-with-cursor"),
        pytest.param({"data": people(1), "meta": {"cursor": "abc", "has_more": True}}, "abc", id="cursor"),
        pytest.param({"data": people(1)}, None, id="nothing-said"),
        pytest.param(people(1), None, id="bare-list"),
    ],
)
async def test_the_answer_tells_where_a_list_goes_on(
    clinic: Clinic, flextell: Flextell, answer: Any, cursor: str | None
) -> None:
    clinic.answers = [answer]
    pages = flextell.customers.list()

    first = await anext(pages.pages())

    assert [type(each) for each in first.items] == [Customer] * len(first.items)
    assert pages.cursor == cursor


async def test_a_list_goes_on_at_a_page_by_number(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [numbered(3, 3, 5)]

    await flextell.customers.list(cursor="page=3").collect()

    assert clinic.requests[0].query == {"page": "3"}


async def test_a_link_that_cannot_be_followed_is_an_error_and_not_the_end(
    clinic: Clinic, flextell: Flextell
) -> None:
    clinic.answers = [{"data": people(1), "links": {"next": f"{ELSEWHERE}?offset=20"}}]

    with pytest.raises(DecodeError, match="neither number nor cursor"):
        await flextell.customers.list().collect()


async def test_a_page_knows_how_many_there_are(clinic: Clinic, flextell: Flextell) -> None:
    clinic.answers = [numbered(1, 3, 1, 2)]

    page = await anext(flextell.sales.list().pages())

    assert (page.total, page.size, len(page.items)) == (5, 2, 2)


@pytest.mark.parametrize("answer", [{"data": "none"}, {"items": []}, "<html>"], ids=["text", "other", "page"])
async def test_an_odd_answer_is_never_an_empty_list(
    clinic: Clinic, flextell: Flextell, answer: object
) -> None:
    clinic.answers = [answer]

    with pytest.raises(DecodeError):
        await flextell.customers.list().collect()
