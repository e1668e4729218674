"""What a Flapjack plan is made of. Source: the vendor's skill document; most names are inferred."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from flexsdk.structs import UNSET, CamelParams, Model, UnsetType

__all__ = ["Plan", "Todo", "TodoCreate", "TodoStatus"]

TodoStatus: TypeAlias = Literal["pending", "in_progress", "done", "skipped"] | str
"""``done`` and ``skipped`` are the end of a todo."""


class Todo(Model, frozen=True, kw_only=True):
    """A step of a plan; ``parent_id`` names the todo it belongs under."""

    id: str
    content: str
    status: TodoStatus
    plan_id: str | None = None
    parent_id: str | None = None
    position: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class TodoCreate(CamelParams, frozen=True, kw_only=True):
    """A todo to be added."""

    content: str
    status: TodoStatus | UnsetType = UNSET
    parent_id: str | UnsetType | None = UNSET
    position: int | UnsetType = UNSET


class Plan(Model, frozen=True, kw_only=True):
    """A todo list of a thread; lists of plans may leave the todos out."""

    id: str
    title: str
    thread_id: str | None = None
    status: str | None = None
    todos: list[Todo] = []
    created_at: datetime | None = None
    updated_at: datetime | None = None
