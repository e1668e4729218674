"""Fleece agents. Source: seed 003, "Agents"."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import JobFailed
from flexsdk.platforms.fleece.dialect import LIST
from flexsdk.structs import UNSET, CamelModel, CamelParams, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = ["EXECUTE", "GET", "LIST_AGENTS", "Agent", "AgentExecuteRequest", "AgentExecution", "Agents"]

EXECUTE_SECONDS = 300.0
"""Time for one execution; the call lasts as long as the agent works. Inferred."""


class Agent(CamelModel, frozen=True, kw_only=True):
    """An agent. ``average_execution_time`` is in seconds."""

    id: str
    name: str = ""
    description: str | None = None
    type: Literal["general", "email", "calendar", "documents", "data", "social", "custom"] | str = "custom"
    icon: str | None = None
    model: str | None = None
    provider: str | None = None
    capabilities: list[str] = []
    is_active: bool = True
    total_tasks_completed: int = 0
    total_tasks_failed: int = 0
    average_execution_time: float | None = None
    last_active_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class AgentExecuteRequest(CamelParams, frozen=True, kw_only=True):
    """The body of an execution."""

    task: str
    timezone: str | UnsetType = UNSET


class AgentExecution(CamelModel, frozen=True, kw_only=True):
    """A finished execution, successful or not; it cannot be read again later.

    ``duration_ms`` is in milliseconds; the items of ``tool_calls`` are not documented and stay raw.
    """

    id: str
    status: Literal["completed", "failed"] | str
    agent_id: str | None = None
    result: str | None = None
    tool_calls: list[Any] = []
    tokens_used: int | None = None
    duration_ms: int | None = None
    error: str | None = None

    def raise_for_status(self) -> AgentExecution:
        """Give the execution itself when it completed.

        Raises:
            JobFailed: the agent failed; the credits are spent.
        """
        if self.status == "completed":
            return self
        raise JobFailed(f"the execution ended as {self.status}: {self.error or 'no reason given'}", job=self)


LIST_AGENTS = Op("agents_list", "GET", "/agents", Page[Agent], envelope=LIST)
GET = Op("agents_get", "GET", "/agents/{agent_id}", Agent)
EXECUTE = Op(
    "agents_execute",
    "POST",
    "/agents/{agent_id}/execute",
    AgentExecution,
    body=AgentExecuteRequest,
    timeout=EXECUTE_SECONDS,
)


class Agents(Resource):
    """Agents; reached as ``client.agents``."""

    async def get(self, agent_id: str, **options: Unpack[CallOptions]) -> Agent:
        """Read one agent. Safe to repeat."""
        return await self._call(GET, agent_id, **options)

    async def execute(
        self,
        agent_id: str,
        task: str,
        *,
        timezone: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> AgentExecution:
        """Give an agent a task and wait for its answer, up to 300 seconds unless ``timeout`` says otherwise.

        Costs credits by model: 1 for GPT-5.2, 10 for Claude Opus 4.6. Never repeated once the request may
        have arrived, for there is no idempotency key and no way to read the result later. A failed execution
        is a value too: see :meth:`AgentExecution.raise_for_status`.

        Args:
            task: what to do.
            timezone: an IANA zone such as ``Europe/Paris``, for tasks that depend on time.
        """
        body = AgentExecuteRequest(task=task, timezone=timezone)
        return await self._call(EXECUTE, agent_id, body=body, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[Agent]:
        """List all agents of the user; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_AGENTS, **options)
