"""Flapjack plans: what the client's tests do not see."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_kit import Ask, bearer

from flexsdk.sandbox.flapjack import Flapjack


@pytest.fixture
async def plan(flapjack: Flapjack, ask: Ask) -> dict[str, Any]:
    """A plan with the todos A and B."""
    agent = (await ask(flapjack, "GET", "/api/agents")).json()[0]
    thread = (await ask(flapjack, "POST", "/api/threads", json={"agentId": agent["id"]})).json()
    body = {"threadId": thread["id"], "title": "Release", "todos": [{"content": "A"}, {"content": "B"}]}
    made: dict[str, Any] = (await ask(flapjack, "POST", "/api/plans", json=body)).json()
    return made


async def test_one_todo_is_added_without_a_list_too(
    flapjack: Flapjack, ask: Ask, plan: dict[str, Any]
) -> None:
    reply = await ask(flapjack, "POST", f"/api/plans/{plan['id']}/todos", json={"content": "C"})

    assert reply.status == 201
    assert [(todo["content"], todo["position"]) for todo in reply.json()] == [("C", 2)]


async def test_todos_stand_in_the_order_of_their_positions(
    flapjack: Flapjack, ask: Ask, plan: dict[str, Any]
) -> None:
    first = plan["todos"][0]["id"]
    await ask(flapjack, "PATCH", f"/api/plans/{plan['id']}/todos/{first}", json={"position": 7})

    read = (await ask(flapjack, "GET", f"/api/plans/{plan['id']}")).json()

    assert [todo["content"] for todo in read["todos"]] == ["B", "A"]


@pytest.mark.parametrize(
    ("todo", "status"),
    [({"content": " "}, 400), ({"content": "D", "parentId": "none"}, 404)],
    ids=["no words", "unknown parent"],
)
async def test_of_several_todos_none_is_added_when_one_is_refused(
    flapjack: Flapjack, ask: Ask, plan: dict[str, Any], todo: dict[str, Any], status: int
) -> None:
    path = f"/api/plans/{plan['id']}"

    reply = await ask(flapjack, "POST", f"{path}/todos", json={"todos": [{"content": "C"}, todo]})

    assert reply.status == status
    assert (await ask(flapjack, "GET", path)).json()["todos"] == plan["todos"]


async def test_a_deleted_todo_blocks_nothing_and_leaves_no_child_behind(
    flapjack: Flapjack, ask: Ask, plan: dict[str, Any]
) -> None:
    path = f"/api/plans/{plan['id']}"
    a, b = (todo["id"] for todo in plan["todos"])
    await ask(flapjack, "POST", f"{path}/todos/{b}/deps", json={"dependsOnId": a})
    await ask(flapjack, "POST", f"{path}/todos", json={"content": "Child", "parentId": a})

    deleted = await ask(flapjack, "DELETE", f"{path}/todos/{a}")

    ready = (await ask(flapjack, "GET", f"{path}/ready")).json()
    assert deleted.status == 204
    assert [(todo["content"], todo["parent_id"]) for todo in ready] == [("B", None), ("Child", None)]
    assert (await ask(flapjack, "GET", f"{path}/todos/{b}/deps")).json() == []


async def test_a_blocker_added_twice_is_one(flapjack: Flapjack, ask: Ask, plan: dict[str, Any]) -> None:
    a, b = (todo["id"] for todo in plan["todos"])
    path = f"/api/plans/{plan['id']}/todos/{b}/deps"

    first = await ask(flapjack, "POST", path, json={"dependsOnId": a})
    second = await ask(flapjack, "POST", path, json={"dependsOnId": a})

    assert first.json() == second.json()
    assert (await ask(flapjack, "GET", path)).json() == [first.json()]


@pytest.mark.parametrize("index", [0, 1], ids=["the other", "itself"])
async def test_a_circle_of_blockers_is_refused(
    flapjack: Flapjack, ask: Ask, plan: dict[str, Any], index: int
) -> None:
    a, b = (todo["id"] for todo in plan["todos"])
    path = f"/api/plans/{plan['id']}/todos"
    await ask(flapjack, "POST", f"{path}/{a}/deps", json={"dependsOnId": b})

    reply = await ask(flapjack, "POST", f"{path}/{b}/deps", json={"dependsOnId": plan["todos"][index]["id"]})

    assert (reply.status, reply.json()["error"]) == (422, "VALIDATION_FAILED")


async def test_a_blocker_of_another_plan_is_not_found(
    flapjack: Flapjack, ask: Ask, plan: dict[str, Any]
) -> None:
    path = f"/api/plans/{plan['id']}/todos/{plan['todos'][0]['id']}/deps"

    assert (await ask(flapjack, "POST", path, json={"dependsOnId": "none"})).status == 404


@pytest.mark.parametrize(
    ("method", "tail", "options"),
    [
        pytest.param("PATCH", "", {"json": {}}, id="update"),
        pytest.param("DELETE", "", {}, id="delete"),
        pytest.param("GET", "/ready", {}, id="ready"),
        pytest.param("POST", "/todos", {"json": {"content": "C"}}, id="add"),
        pytest.param("GET", "/todos/t/deps", {}, id="deps"),
    ],
)
async def test_an_unknown_plan_is_not_found(
    flapjack: Flapjack, ask: Ask, method: str, tail: str, options: dict[str, Any]
) -> None:
    reply = await ask(flapjack, method, "/api/plans/none" + tail, **options)

    assert (reply.status, reply.json()["detail"]) == (404, "Plan not found")


async def test_what_a_demo_key_writes_is_not_kept(flapjack: Flapjack, ask: Ask, plan: dict[str, Any]) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    path, (a, b) = f"/api/plans/{plan['id']}", (todo["id"] for todo in plan["todos"])
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/api/plans", {"threadId": "any", "title": "Stub"}),
        ("PATCH", path, {"title": "New"}),
        ("POST", f"{path}/todos", {"content": "C"}),
        ("PATCH", f"{path}/todos/{a}", {"content": "C"}),
        ("POST", f"{path}/todos/{b}/deps", {"dependsOnId": a}),
        ("DELETE", f"{path}/todos/{a}", None),
        ("DELETE", path, None),
    ]

    replies = [await ask(flapjack, method, at, json=body, headers=demo) for method, at, body in writes]

    assert [reply.status for reply in replies] == [201, 200, 201, 200, 201, 204, 204]
    assert (await ask(flapjack, "GET", "/api/plans")).json() == [plan]
    assert (await ask(flapjack, "GET", f"{path}/todos/{b}/deps")).json() == []
