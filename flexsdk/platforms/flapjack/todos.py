"""Todos of Flapjack plans. Source: seed 004, "Plans"; names of fields are inferred."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias, Unpack, cast

import msgspec

from flexsdk.codec import Envelope, decoder
from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.plan import Plan, Todo, TodoCreate, TodoStatus
from flexsdk.platforms.flapjack.todo_deps import TodoDeps
from flexsdk.structs import UNSET, CamelParams, UnsetType
from flexsdk.types import CallOptions

__all__ = ["ADD", "DELETE", "UPDATE", "Added", "TodoAdd", "Todos", "TodoUpdate"]


class TodoAdd(CamelParams, frozen=True, kw_only=True):
    """The body that adds todos; one todo alone may stand without the list, too (inferred)."""

    todos: Sequence[TodoCreate]


class TodoUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays."""

    content: str | UnsetType = UNSET
    status: TodoStatus | UnsetType = UNSET
    position: int | UnsetType = UNSET


Added: TypeAlias = list[Todo] | Plan
"""What an addition answers: the new todos, or the whole plan with them. No source tells which."""


class _Titled(msgspec.Struct, frozen=True):
    """Only a plan has a title."""

    title: str | None = None


_list = decoder(list[Todo])
_todo = decoder(Todo)
_plan = decoder(Plan)
_titled = decoder(_Titled)


def _peel(raw: Any) -> Added:
    body = bytes(raw)
    if body.startswith(b"["):
        return _list(body)
    return _plan(body) if _titled(body).title is not None else [_todo(body)]


ADDED = Envelope(lambda _: msgspec.Raw, _peel)
"""A todo, an array of todos, or a plan."""

_TODOS = "/api/plans/{plan_id}/todos"
_TODO = f"{_TODOS}/{{todo_id}}"

ADD: Op[Added] = Op(
    "plans_todos_add", "POST", _TODOS, cast("type[Added]", Added), body=TodoAdd, envelope=ADDED
)
UPDATE = Op("plans_todos_update", "PATCH", _TODO, Todo, body=TodoUpdate)
DELETE: Op[None] = Op("plans_todos_delete", "DELETE", _TODO, None)


class Todos(Resource):
    """Todos of plans; reached as ``client.plans.todos``."""

    @cached_property
    def deps(self) -> TodoDeps:
        """What blocks todos."""
        return TodoDeps(self._client)

    async def add(self, plan_id: str, todos: Sequence[TodoCreate], **options: Unpack[CallOptions]) -> Added:
        """Add todos to a plan; the answer holds the new todos, or is the plan with all of them.

        Not repeated after an ambiguous failure: read the plan first.
        """
        if not todos:
            raise ConfigError("todos is empty; give at least one TodoCreate")
        return await self._call(ADD, plan_id, body=TodoAdd(todos=todos), **options)

    async def update(
        self,
        plan_id: str,
        todo_id: str,
        *,
        content: str | UnsetType = UNSET,
        status: TodoStatus | UnsetType = UNSET,
        position: int | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Todo:
        """Change the given fields of a todo and keep the others.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = TodoUpdate(content=content, status=status, position=position)
        return await self._call(UPDATE, plan_id, todo_id, body=body, **options)

    async def delete(self, plan_id: str, todo_id: str, **options: Unpack[CallOptions]) -> None:
        """Take a todo out of its plan, for good. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, plan_id, todo_id, **options)
