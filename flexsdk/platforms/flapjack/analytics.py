"""Usage of a Flapjack organization. Source: seed 004, "Analytics"; docs api/analytics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.structs import Model
from flexsdk.types import CallOptions

__all__ = [
    "GET",
    "AgentUsage",
    "Analytics",
    "AnalyticsReport",
    "DayUsage",
    "ModelUsage",
    "ToolUsage",
    "UsageSummary",
]


class ReportPeriod(Model, frozen=True, kw_only=True):
    """The window that the figures are about."""

    start: datetime | None = None
    end: datetime | None = None
    days: int | None = None


class UsageSummary(Model, frozen=True, kw_only=True):
    """Sums over the window. ``unique_users`` and ``unique_sessions`` count the labels that callers gave."""

    unique_users: int = 0
    unique_sessions: int = 0
    total_threads: int = 0
    total_turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    tool_calls: int = 0
    estimated_cost_usd: float = 0.0
    avg_response_time_ms: float | None = None


class DayUsage(Model, frozen=True, kw_only=True):
    """Sums over one day."""

    day: date | None = None
    unique_users: int = 0
    total_threads: int = 0
    total_turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated_cost_usd: float = 0.0


class AgentUsage(Model, frozen=True, kw_only=True):
    """The share of one agent."""

    agent_id: str | None = None
    total_turns: int = 0
    estimated_cost_usd: float = 0.0


class ModelUsage(Model, frozen=True, kw_only=True):
    """The share of one model."""

    model: str | None = None
    total_turns: int = 0
    estimated_cost_usd: float = 0.0


class ToolUsage(Model, frozen=True, kw_only=True):
    """How often a tool was called."""

    tool_name: str | None = None
    call_count: int = 0


class AnalyticsReport(Model, frozen=True, kw_only=True):
    """Usage over a window: in all, by day, by agent, by model, and the tools used most."""

    period: ReportPeriod
    summary: UsageSummary
    daily: list[DayUsage]
    by_agent: list[AgentUsage]
    by_model: list[ModelUsage]
    top_tools: list[ToolUsage]


GET = Op("analytics_get", "GET", "/api/analytics", AnalyticsReport, query=("period", "agentId"))


class Analytics(Resource):
    """Usage of the organization; reached as ``client.analytics``."""

    async def get(
        self,
        *,
        period: Literal["7d", "30d", "90d"] | None = None,
        agent_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AnalyticsReport:
        """Read usage and estimated cost. Safe to repeat.

        Args:
            period: the days up to now; the platform's default is ``30d``.
            agent_id: only the usage of this agent.
        """
        return await self._call(GET, query={"period": period, "agentId": agent_id}, **options)
