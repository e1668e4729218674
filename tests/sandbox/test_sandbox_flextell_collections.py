"""Flextell's generic tier in the sandbox."""

from __future__ import annotations

import pytest
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flextell import Flextell


@pytest.fixture
def flextell(sandbox: Sandbox) -> Flextell:
    return sandbox.flextell


@pytest.mark.parametrize("collection", ["resources", "contacts", "Ümläute", "conversations"])
async def test_an_object_lives_in_a_collection_of_any_name(
    flextell: Flextell, ask: Ask, collection: str
) -> None:
    base = f"/api/{collection}"
    made = await ask(flextell, "POST", base, json={"name": "A", "size": 3, "id": "mine"})
    item = made.json()["data"]
    path = f"{base}/{item['id']}"
    read = await ask(flextell, "GET", path)
    changed = await ask(flextell, "PATCH", path, json={"description": "d"})
    replaced = await ask(flextell, "PUT", path, json={"name": "B"})
    deleted = await ask(flextell, "DELETE", path)
    gone = await ask(flextell, "GET", path)

    assert (made.status, read.json()) == (201, made.json())
    assert item["id"] != "mine"
    assert changed.json()["data"] == item | {"description": "d"}
    assert replaced.json()["data"] == {"name": "B", "id": item["id"], "created_at": item["created_at"]}
    assert (deleted.status, deleted.body) == (204, b"")
    assert (gone.status, gone.json()["error"]) == (404, "not_found")
    assert [record.operation for record in flextell.requests] == [
        "resources_create",
        "resources_get",
        "resources_update",
        "resources_replace",
        "resources_delete",
        "resources_get",
    ]


async def test_collections_do_not_share_objects(flextell: Flextell, ask: Ask) -> None:
    item = (await ask(flextell, "POST", "/api/contacts", json={})).json()["data"]

    assert (await ask(flextell, "GET", f"/api/resources/{item['id']}")).status == 404
    assert (await ask(flextell, "GET", "/api/contacts")).json()["meta"]["total"] == 1
    assert (await ask(flextell, "GET", "/api/leads")).json() == {
        "data": [],
        "meta": {"cursor": None, "has_more": False, "total": 0},
    }


async def test_pages_follow_their_cursor_and_count_all(flextell: Flextell, ask: Ask) -> None:
    sizes, seen, query = [], set(), ""
    for _ in range(5):
        page = (await ask(flextell, "GET", f"/api/resources?{query}")).json()
        sizes.append(len(page["data"]))
        seen |= {item["id"] for item in page["data"]}
        if not page["meta"]["has_more"]:
            break
        query = f"cursor={page['meta']['cursor']}"

    assert sizes == [20, 20, 5]
    assert page["meta"] == {"cursor": None, "has_more": False, "total": 45}
    assert len(seen) == 45
    assert len((await ask(flextell, "GET", "/api/resources?limit=100")).json()["data"]) == 45


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=a", "cursor=abc", "cursor=", "cursor=YTow"])
async def test_an_impossible_page_is_refused(flextell: Flextell, ask: Ask, query: str) -> None:
    reply = await ask(flextell, "GET", f"/api/resources?{query}")

    assert (reply.status, reply.json()["error"]) == (400, "invalid_request")


async def test_a_body_of_the_wrong_type_names_its_field(flextell: Flextell, ask: Ask) -> None:
    reply = await ask(flextell, "POST", "/api/contacts", json={"name": 1})

    message = "name: 1 is not of type 'string'"
    assert reply.status == 422
    assert reply.json() == {"error": "validation_error", "message": message, "errors": {"name": [message]}}


@pytest.mark.parametrize("path", ["/api/v1", "/api/v2", "/api/v0.0.1", "/api/oauth"])
async def test_versions_are_no_collections(flextell: Flextell, ask: Ask, path: str) -> None:
    replies = [
        await ask(flextell, "GET", path),
        await ask(flextell, "POST", path, json={}),
        await ask(flextell, "GET", path + "/x"),
    ]

    assert [reply.status for reply in replies] == [400, 400, 404]
    assert {reply.json()["message"] for reply in replies} == {"No such path"}


async def test_a_limit_is_told_on_every_answer_and_kept(ask: Ask, clock: Clock) -> None:
    async with Sandbox(platforms=("flextell",), clock=clock, limits={"flextell": [(2, 60.0)]}) as sandbox:
        replies = [await ask(sandbox.flextell, "GET", f"/api/resources/{n}") for n in range(3)]

    assert [reply.status for reply in replies] == [404, 404, 429]
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["1", "0", "0"]
    assert replies[2].json()["error"] == "rate_limit_exceeded"
    assert replies[2].headers["Retry-After"]
