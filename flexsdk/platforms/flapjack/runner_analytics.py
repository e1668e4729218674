"""Figures of Flapjack runners. Source: docs api/analytics; the vendor's skill file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flexsdk.core.op import Op
from flexsdk.structs import Model

__all__ = ["ANALYTICS", "RunnerAnalytics", "RunnerModelCost", "RunnerSummary"]


class RunnerRef(Model, frozen=True, kw_only=True):
    """The runner that the figures are about."""

    id: str | None = None
    name: str | None = None


class AnalyticsPeriod(Model, frozen=True, kw_only=True):
    """The time that the figures are about, in days up to now."""

    days: int | None = None
    since: datetime | None = None


class RunnerSummary(Model, frozen=True, kw_only=True):
    """Sums over the period. ``success_rate`` is completed of all, in percent: 93.33, not 0.9333."""

    total_runs: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    pending: int = 0
    success_rate: float | None = None
    avg_duration_ms: float | None = None
    total_input_tokens: int = 0
    total_output_tokens: int = 0
    total_cost_usd: float = 0.0


class RunnerModelCost(Model, frozen=True, kw_only=True):
    """What one model has cost; all names are inferred."""

    model: str | None = None
    total_cost_usd: float | None = None
    total_input_tokens: int | None = None
    total_output_tokens: int | None = None


class RunnerAnalytics(Model, frozen=True, kw_only=True):
    """Figures of one runner. The names ``daily`` and ``by_model`` are inferred; the days stay raw."""

    runner: RunnerRef
    period: AnalyticsPeriod
    summary: RunnerSummary
    daily: list[dict[str, Any]] = []
    by_model: list[RunnerModelCost] = []


ANALYTICS = Op(
    "runners_analytics",
    "GET",
    "/api/runners/{runner_id}/analytics",
    RunnerAnalytics,
    query=("period",),
)
