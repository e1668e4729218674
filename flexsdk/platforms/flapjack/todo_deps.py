"""Blockers of Flapjack todos. Source: seed 004, "Plans"; names of fields are inferred."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import CamelParams, Model, Page
from flexsdk.types import CallOptions

__all__ = ["ADD", "LIST_DEPS", "REMOVE", "TodoDep", "TodoDeps", "TodoDepWrite"]


class TodoDep(Model, frozen=True, kw_only=True):
    """The todo ``todo_id`` waits for ``depends_on_id``, its blocker."""

    todo_id: str | None = None
    depends_on_id: str | None = None
    created_at: datetime | None = None


class TodoDepWrite(CamelParams, frozen=True, kw_only=True):
    """The body that adds or removes a blocker."""

    depends_on_id: str


_DEPS = "/api/plans/{plan_id}/todos/{todo_id}/deps"

LIST_DEPS = Op("plans_todos_deps_list", "GET", _DEPS, Page[TodoDep], envelope=LIST)
ADD = Op("plans_todos_deps_add", "POST", _DEPS, TodoDep, body=TodoDepWrite)
REMOVE: Op[None] = Op("plans_todos_deps_remove", "DELETE", _DEPS, None, body=TodoDepWrite)


class TodoDeps(Resource):
    """What blocks todos; reached as ``client.plans.todos.deps``."""

    async def add(
        self, plan_id: str, todo_id: str, depends_on_id: str, **options: Unpack[CallOptions]
    ) -> TodoDep:
        """Let a todo wait for another one of its plan.

        Not repeated after an ambiguous failure: list the blockers first.

        Raises:
            Unprocessable, BadRequest: the two would wait for each other; which of them is inferred.
        """
        if todo_id == depends_on_id:
            raise ConfigError(f"todo {todo_id} cannot wait for itself")
        return await self._call(
            ADD, plan_id, todo_id, body=TodoDepWrite(depends_on_id=depends_on_id), **options
        )

    async def remove(
        self, plan_id: str, todo_id: str, depends_on_id: str, **options: Unpack[CallOptions]
    ) -> None:
        """Let a todo no longer wait for another. Safe to repeat.

        Raises:
            NotFound: it does not wait for it, or no longer: after a repeated attempt this means success.
        """
        await self._call(REMOVE, plan_id, todo_id, body=TodoDepWrite(depends_on_id=depends_on_id), **options)

    def list(self, plan_id: str, todo_id: str, **options: Unpack[CallOptions]) -> Pages[TodoDep]:
        """List the blockers of a todo; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_DEPS, plan_id, todo_id, **options)
