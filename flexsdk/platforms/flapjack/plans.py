"""Flapjack plans: the todo lists of threads. Source: seed 004, "Plans"; the vendor's skill document.

Paths are documented; most names of fields are inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.platforms.flapjack.plan import Plan, Todo, TodoCreate
from flexsdk.platforms.flapjack.todos import Todos
from flexsdk.structs import UNSET, CamelParams, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_PLANS",
    "READY",
    "UPDATE",
    "PlanCreate",
    "Plans",
    "PlanUpdate",
]


class PlanCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    thread_id: str
    title: str
    todos: Sequence[TodoCreate] | UnsetType = UNSET


class PlanUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays."""

    title: str | UnsetType = UNSET
    status: str | UnsetType = UNSET


_PLAN = "/api/plans/{plan_id}"

LIST_PLANS = Op("plans_list", "GET", "/api/plans", Page[Plan], query=("threadId",), envelope=LIST)
CREATE = Op("plans_create", "POST", "/api/plans", Plan, body=PlanCreate)
GET = Op("plans_get", "GET", _PLAN, Plan)
UPDATE = Op("plans_update", "PATCH", _PLAN, Plan, body=PlanUpdate)
DELETE: Op[None] = Op("plans_delete", "DELETE", _PLAN, None)
READY = Op("plans_ready", "GET", f"{_PLAN}/ready", Page[Todo], envelope=LIST)


class Plans(Resource):
    """Todo lists of threads; reached as ``client.plans``.

    The agent of the thread changes its plans, too: read them again after a ``ToolResult`` event of
    ``plan_create``, ``plan_update``, ``todo_add`` or ``todo_update``.
    """

    @cached_property
    def todos(self) -> Todos:
        """The todos of plans, and what blocks them."""
        return Todos(self._client)

    async def create(
        self,
        thread_id: str,
        title: str,
        *,
        todos: Sequence[TodoCreate] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Create a plan for a thread. Not repeated after an ambiguous failure: list the plans first."""
        body = PlanCreate(thread_id=thread_id, title=title, todos=todos)
        return await self._call(CREATE, body=body, **options)

    async def get(self, plan_id: str, **options: Unpack[CallOptions]) -> Plan:
        """Read one plan with its todos. Safe to repeat."""
        return await self._call(GET, plan_id, **options)

    async def update(
        self,
        plan_id: str,
        *,
        title: str | UnsetType = UNSET,
        status: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Change title or status of a plan.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.

        Args:
            status: which words the platform knows is not published.
        """
        return await self._call(UPDATE, plan_id, body=PlanUpdate(title=title, status=status), **options)

    async def delete(self, plan_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a plan with its todos, for good. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, plan_id, **options)

    def ready(self, plan_id: str, **options: Unpack[CallOptions]) -> Pages[Todo]:
        """List the todos that nothing blocks; the platform sends one page. Safe to repeat.

        Whether a skipped blocker still blocks is not documented.
        """
        return self._pages(READY, plan_id, **options)

    def list(self, *, thread_id: str | None = None, **options: Unpack[CallOptions]) -> Pages[Plan]:
        """List plans; the platform sends one page. Safe to repeat.

        Args:
            thread_id: the thread whose plans are wanted; whether it may be left out is not documented.
        """
        return self._pages(LIST_PLANS, query={"threadId": thread_id}, **options)
