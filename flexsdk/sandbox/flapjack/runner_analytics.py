"""Figures of Flapjack runners, counted from their runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flexsdk.sandbox.exchange import Call
from flexsdk.sandbox.flapjack.runner_models import Item, Run, Shelf, Usage, find
from flexsdk.sandbox.flapjack.runner_runs import RunnerRuns
from flexsdk.sandbox.state import Maker

__all__ = ["RunnerAnalytics"]

_DAY = 86_400


class RunnerAnalytics:
    """Counts, costs and durations."""

    def __init__(self, make: Maker, shelf: Shelf, runs: RunnerRuns) -> None:
        self._make = make
        self._shelf = shelf
        self._runs = runs

    async def runners_analytics(self, call: Call) -> Item:
        """Answer with the figures of the last 7, 30 or 90 days."""
        runner = find(self._shelf, call)
        days = int(call.query["period"].removesuffix("d"))
        runs = [run for run in self._runs.settle(runner) if run.ago < days * _DAY]
        return {
            "runner": {"id": runner.shown["id"], "name": runner.shown["name"]},
            "period": {"days": days, "since": self._make.time(days * _DAY)},
            "summary": _summary(runs),
            "daily": _daily(runs),
            "by_model": _by_model(runs),
        }


def _summary(runs: Sequence[Run]) -> Item:
    counts = Counter(run.status for run in runs)
    durations = [_milliseconds(run) for run in runs if run.completed]
    return {
        "total_runs": len(runs),
        "completed": counts["completed"],
        "failed": counts["failed"],
        "cancelled": counts["cancelled"],
        "pending": counts["pending"],
        "success_rate": round(100 * counts["completed"] / len(runs), 2) if runs else 0,
        "avg_duration_ms": sum(durations) / len(durations) if durations else 0,
        **_totals(usage for run in runs for usage in run.usages),
    }


def _milliseconds(run: Run) -> float:
    begun, ended = run.started or run.completed, run.completed
    assert begun is not None
    assert ended is not None
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds() * 1000


def _totals(usages: Iterable[Usage]) -> dict[str, Any]:
    found = list(usages)
    return {
        "total_input_tokens": sum(usage.input_tokens for usage in found),
        "total_output_tokens": sum(usage.output_tokens for usage in found),
        "total_cost_usd": round(sum(usage.cost_usd for usage in found), 6),
    }


def _daily(runs: Sequence[Run]) -> list[Item]:
    days = sorted({run.created[:10] for run in runs})
    return [
        {"date": day, "total_runs": len(of_day), **_totals(usage for run in of_day for usage in run.usages)}
        for day in days
        if (of_day := [run for run in runs if run.created.startswith(day)])
    ]


def _by_model(runs: Sequence[Run]) -> list[Item]:
    usages = [usage for run in runs for usage in run.usages]
    models = sorted({usage.model for usage in usages})
    return [
        {"model": model, **_totals(usage for usage in usages if usage.model == model)} for model in models
    ]
