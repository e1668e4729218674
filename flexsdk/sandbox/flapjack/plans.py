"""Flapjack plans: todo lists of threads, with todos that wait for each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import stored
from flexsdk.sandbox.flapjack.threads import Threads
from flexsdk.sandbox.state import Maker

__all__ = ["Plans"]

_ENDED = ("done", "skipped")
"""States of a todo that no longer block; that a skipped one does not is inferred."""

Item = dict[str, Any]


@dataclass(slots=True)
class _Plan:
    head: Item
    todos: dict[str, Item] = field(default_factory=dict)
    deps: dict[tuple[str, str], Item] = field(default_factory=dict)
    """By the todo that waits and its blocker."""

    def blockers(self, todo_id: str) -> list[str]:
        """Return what a todo waits for."""
        return [blocker for todo, blocker in self.deps if todo == todo_id]

    def waits_for(self, todo_id: str, other_id: str) -> bool:
        """Whether one todo waits for another, also over further ones; each waits for itself."""
        found, reached = [todo_id], {todo_id}
        while found:
            fresh = set(self.blockers(found.pop())) - reached
            reached |= fresh
            found.extend(fresh)
        return other_id in reached

    def remove(self, todo_id: str) -> None:
        """Remove a todo; nothing waits for it any more, and what was under it moves to the top."""
        del self.todos[todo_id]
        self.deps = {pair: dep for pair, dep in self.deps.items() if todo_id not in pair}
        for todo in self.todos.values():
            if todo["parent_id"] == todo_id:
                todo["parent_id"] = None

    def shown(self) -> Item:
        """Return the plan as it is answered, its todos in their order."""
        todos = sorted(self.todos.values(), key=lambda todo: todo["position"])
        return self.head | {"todos": todos}


class Plans:
    """The plans of one organization."""

    def __init__(self, make: Maker, threads: Threads) -> None:
        self._make = make
        self._threads = threads
        self._plans: dict[str, _Plan] = {}

    async def plans_list(self, call: Call) -> list[Item]:
        """Answer with a bare array, of one thread or of all."""
        thread_id = call.query.get("threadId")
        return [plan.shown() for plan in self._plans.values() if thread_id in (None, plan.head["thread_id"])]

    async def plans_create(self, call: Call) -> Item:
        """Add a plan to a thread, with the todos that came along."""
        if stored(call):
            self._threads.find(call.body["threadId"])
        now = self._make.time()
        plan = _Plan(
            {
                "id": self._make.id(),
                "thread_id": call.body["threadId"],
                "title": call.body["title"],
                "status": "active",
                "created_at": now,
                "updated_at": now,
            }
        )
        self._add(plan, call.body.get("todos", []))
        if stored(call):
            self._plans[plan.head["id"]] = plan
        return plan.shown()

    async def plans_get(self, call: Call) -> Item:
        """Answer with one plan and its todos."""
        return self._find(call).shown()

    async def plans_update(self, call: Call) -> Item:
        """Change title and status."""
        plan = self._find(call)
        sent = {name: call.body[name] for name in ("title", "status") if name in call.body}
        head = plan.head | sent | {"updated_at": self._make.time()}
        if stored(call):
            plan.head = head
        return plan.shown() | head

    async def plans_delete(self, call: Call) -> None:
        """Remove a plan with its todos."""
        plan = self._find(call)
        if stored(call):
            del self._plans[plan.head["id"]]

    async def plans_ready(self, call: Call) -> list[Item]:
        """Answer with the todos that have not ended and wait for nothing that has not."""
        plan = self._find(call)
        open_ = {id_ for id_, todo in plan.todos.items() if todo["status"] not in _ENDED}
        return [
            todo
            for todo in plan.shown()["todos"]
            if todo["id"] in open_ and open_.isdisjoint(plan.blockers(todo["id"]))
        ]

    async def plans_todos_add(self, call: Call) -> list[Item]:
        """Add one todo or several; the answer is an array in both cases."""
        plan = self._find(call)
        bodies = call.body.get("todos", [call.body])
        return self._add(plan if stored(call) else _Plan(plan.head, dict(plan.todos)), bodies)

    async def plans_todos_update(self, call: Call) -> Item:
        """Change the members that were sent."""
        plan = self._find(call)
        sent = {name: call.body[name] for name in ("content", "status", "position") if name in call.body}
        todo = self._todo(plan, call) | sent | {"updated_at": self._make.time()}
        if stored(call):
            plan.todos[todo["id"]] = todo
        return todo

    async def plans_todos_delete(self, call: Call) -> None:
        """Remove a todo, with all that waits for it or that it waits for."""
        plan = self._find(call)
        todo = self._todo(plan, call)
        if stored(call):
            plan.remove(todo["id"])

    async def plans_todos_deps_list(self, call: Call) -> list[Item]:
        """Answer with the blockers of a todo."""
        plan = self._find(call)
        todo = self._todo(plan, call)
        return [dep for (waiting, _), dep in plan.deps.items() if waiting == todo["id"]]

    async def plans_todos_deps_add(self, call: Call) -> Item:
        """Let a todo wait for another of the plan, unless that one waits for it."""
        plan = self._find(call)
        todo, blocker = self._todo(plan, call), self._blocker(plan, call)
        if plan.waits_for(blocker["id"], todo["id"]):
            raise Problem(422, "The two todos would wait for each other", param="dependsOnId")
        dep = {
            "todo_id": todo["id"],
            "depends_on_id": blocker["id"],
            "created_at": self._make.time(),
        }
        if stored(call):
            dep = plan.deps.setdefault((todo["id"], blocker["id"]), dep)
        return dep

    async def plans_todos_deps_remove(self, call: Call) -> None:
        """Let a todo no longer wait for another."""
        plan = self._find(call)
        pair = (self._todo(plan, call)["id"], call.body["dependsOnId"])
        if pair not in plan.deps:
            raise Problem(404, "The todo does not wait for that one")
        if stored(call):
            del plan.deps[pair]

    def _find(self, call: Call) -> _Plan:
        try:
            return self._plans[call.path["planId"]]
        except KeyError:
            raise Problem(404, "Plan not found") from None

    def _todo(self, plan: _Plan, call: Call) -> Item:
        try:
            return plan.todos[call.path["todoId"]]
        except KeyError:
            raise Problem(404, "Todo not found") from None

    def _blocker(self, plan: _Plan, call: Call) -> Item:
        try:
            return plan.todos[call.body["dependsOnId"]]
        except KeyError:
            raise Problem(404, "The blocker is not in this plan") from None

    def _add(self, plan: _Plan, bodies: list[Item]) -> list[Item]:
        """Add all todos or, where one is refused, none."""
        for body in bodies:
            if not body["content"].strip():
                raise Problem(400, "content is required")
            if body.get("parentId") not in (None, *plan.todos):
                raise Problem(404, "The parent is not in this plan")
        return [self._new(plan, body) for body in bodies]

    def _new(self, plan: _Plan, body: Item) -> Item:
        now = self._make.time()
        last = max((todo["position"] for todo in plan.todos.values()), default=-1)
        todo = {
            "id": self._make.id(),
            "plan_id": plan.head["id"],
            "content": body["content"],
            "status": body.get("status", "pending"),
            "parent_id": body.get("parentId"),
            "position": body.get("position", last + 1),
            "created_at": now,
            "updated_at": now,
        }
        plan.todos[todo["id"]] = todo
        return todo
