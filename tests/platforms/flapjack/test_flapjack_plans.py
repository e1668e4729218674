"""Plans, their todos and what blocks them, through the client."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import ConfigError, DecodeError, NotFound, Unprocessable
from flexsdk.platforms.flapjack import Plan, Todo, TodoCreate
from flexsdk.platforms.flapjack.todos import ADD, Added
from flexsdk.sandbox import Sandbox


@pytest.fixture
async def plan(flapjack: Flapjack) -> Plan:
    """A plan with the todos A, B and C."""
    agent = await flapjack.agents.list().first()
    assert agent is not None
    thread = await flapjack.threads.create(agent.id)
    todos = [TodoCreate(content=content) for content in "ABC"]
    return await flapjack.plans.create(thread.id, "Release", todos=todos)


async def ready(flapjack: Flapjack, plan: Plan) -> str:
    return "".join([todo.content async for todo in flapjack.plans.ready(plan.id)])


async def test_plans_are_made_read_changed_listed_and_deleted(
    flapjack: Flapjack, sandbox: Sandbox, plan: Plan
) -> None:
    assert last_body(sandbox) == {
        "threadId": plan.thread_id,
        "title": "Release",
        "todos": [{"content": "A"}, {"content": "B"}, {"content": "C"}],
    }
    assert [(todo.content, todo.status, todo.position) for todo in plan.todos] == [
        ("A", "pending", 0),
        ("B", "pending", 1),
        ("C", "pending", 2),
    ]
    assert await flapjack.plans.get(plan.id) == plan

    changed = await flapjack.plans.update(plan.id, title="Release 2", status="done")
    assert last_body(sandbox) == {"title": "Release 2", "status": "done"}
    assert (changed.title, changed.status, changed.todos) == ("Release 2", "done", plan.todos)
    assert await flapjack.plans.list(thread_id=plan.thread_id).collect() == [changed]
    assert await flapjack.plans.list(thread_id="other").collect() == []

    await flapjack.plans.delete(plan.id)
    assert await flapjack.plans.list().collect() == []
    with pytest.raises(NotFound, match="Plan not found"):
        await flapjack.plans.get(plan.id)


async def test_a_plan_needs_a_thread_that_exists(flapjack: Flapjack) -> None:
    with pytest.raises(NotFound, match="Thread not found"):
        await flapjack.plans.create("none", "Release")


async def test_todos_are_added_changed_and_deleted(flapjack: Flapjack, sandbox: Sandbox, plan: Plan) -> None:
    todos = flapjack.plans.todos
    parent = plan.todos[0].id
    added = await todos.add(
        plan.id,
        [TodoCreate(content="D", parent_id=parent), TodoCreate(content="E", status="done", position=9)],
    )
    assert last_body(sandbox) == {
        "todos": [{"content": "D", "parentId": parent}, {"content": "E", "status": "done", "position": 9}]
    }
    assert isinstance(added, list)
    assert [(todo.content, todo.parent_id, todo.status) for todo in added] == [
        ("D", parent, "pending"),
        ("E", None, "done"),
    ]

    changed = await todos.update(plan.id, added[0].id, status="in_progress", position=20)
    assert last_body(sandbox) == {"status": "in_progress", "position": 20}
    assert (changed.content, changed.status) == ("D", "in_progress")

    await todos.delete(plan.id, added[1].id)
    left = (await flapjack.plans.get(plan.id)).todos
    assert [todo.content for todo in left] == ["A", "B", "C", "D"]
    with pytest.raises(NotFound, match="Todo not found"):
        await todos.update(plan.id, added[1].id, content="x")


async def test_nothing_to_add_is_refused_before_anything_is_sent(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    with pytest.raises(ConfigError, match="todos is empty"):
        await flapjack.plans.todos.add("p", [])

    assert sandbox.flapjack.requests == []


async def test_a_todo_is_ready_once_its_blockers_have_ended(
    flapjack: Flapjack, sandbox: Sandbox, plan: Plan
) -> None:
    a, b, c = (todo.id for todo in plan.todos)
    deps = flapjack.plans.todos.deps
    dep = await deps.add(plan.id, b, a)
    assert last_body(sandbox) == {"dependsOnId": a}
    assert (dep.todo_id, dep.depends_on_id) == (b, a)
    await deps.add(plan.id, c, a)
    await deps.add(plan.id, c, b)
    assert await ready(flapjack, plan) == "A"

    await flapjack.plans.todos.update(plan.id, a, status="done")
    assert await ready(flapjack, plan) == "B"

    await flapjack.plans.todos.update(plan.id, b, status="skipped")
    assert await ready(flapjack, plan) == "C"


async def test_blockers_are_listed_and_removed(flapjack: Flapjack, sandbox: Sandbox, plan: Plan) -> None:
    a, b, _ = (todo.id for todo in plan.todos)
    deps = flapjack.plans.todos.deps
    dep = await deps.add(plan.id, b, a)
    assert await deps.list(plan.id, b).collect() == [dep]
    assert await deps.list(plan.id, a).collect() == []

    await deps.remove(plan.id, b, a)
    sent = sandbox.flapjack.requests[-1]
    assert (sent.method, msgspec.json.decode(sent.body)) == ("DELETE", {"dependsOnId": a})
    assert await ready(flapjack, plan) == "ABC"
    with pytest.raises(NotFound):
        await deps.remove(plan.id, b, a)


async def test_todos_cannot_wait_for_each_other(flapjack: Flapjack, sandbox: Sandbox, plan: Plan) -> None:
    a, b, c = (todo.id for todo in plan.todos)
    deps = flapjack.plans.todos.deps
    await deps.add(plan.id, b, a)
    await deps.add(plan.id, c, b)

    with pytest.raises(Unprocessable, match="wait for each other"):
        await deps.add(plan.id, a, c)

    count = len(sandbox.flapjack.requests)
    with pytest.raises(ConfigError, match="wait for itself"):
        await deps.add(plan.id, a, a)
    assert len(sandbox.flapjack.requests) == count


TODO: dict[str, Any] = {"id": "t", "content": "A", "status": "pending"}
ADDED = Todo(id="t", content="A", status="pending")
ANSWERS: dict[str, tuple[Any, Added]] = {
    "one todo": (TODO, [ADDED]),
    "an array": ([TODO, TODO], [ADDED, ADDED]),
    "the plan": (
        {"id": "p", "title": "Release", "todos": [TODO]},
        Plan(id="p", title="Release", todos=[ADDED]),
    ),
}


@pytest.mark.parametrize(("raw", "value"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_all_three_answers_to_an_addition_are_read(raw: Any, value: Added) -> None:
    async with (
        RawServer(answer(201, msgspec.json.encode(raw))) as server,
        Flapjack(KEY, base_url=server.url) as client,
    ):
        assert await client.plans.todos.add("p", [TodoCreate(content="A")]) == value


@pytest.mark.parametrize("body", [b"{}", b'[{"id":"t"}]', b'"t"', b'{"title":"x"}', b'{"title":1}'])
def test_another_answer_to_an_addition_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        ADD.decode(body)
