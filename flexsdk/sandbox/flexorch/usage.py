"""FlexOrch usage: credits, days, quality, and the state of the rate limit."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from typing import Any

from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Call
from flexsdk.sandbox.flexorch.executions import scaled
from flexsdk.sandbox.flexorch.models import Run
from flexsdk.sandbox.flexorch.pipeline import grade
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["Usage"]

_MINUTE = 60


class Usage:
    """What the tenant has used."""

    def __init__(self, space: Workspace, emulator: Emulator) -> None:
        self._space = space
        self._emulator = emulator

    async def usage_get(self, call: Call) -> dict[str, Any]:
        """Answer with the plan of the key and its credits."""
        plan, used = plan_of(call), self._space.used()
        limit = self._space.terms.limit(plan)
        remaining = None if limit is None else max(0, limit - used)
        if self._space.terms.form("usage-shape") == "A":
            left = {} if remaining is None else {"credits_remaining": remaining}
            return {"plan": plan, "credits_used": used} | left
        is_trial = plan == "trial"
        return {
            "plan": plan,
            "trial": {
                "is_trial": is_trial,
                "trial_ends_at": self._space.trial_ends() if is_trial else None,
                "trial_days_remaining": self._space.trial_days() if is_trial else None,
            },
            "usage": {"credits": {"used": used, "limit": limit, "remaining": remaining}},
        }

    async def usage_history(self, call: Call) -> list[dict[str, Any]]:
        """Answer with every day of the period, oldest first."""
        spent = self._space.spent
        jobs = Counter(self._space.day(job.created) for job in self._space.jobs.values())
        return [
            {"date": day.isoformat(), "credits_used": spent[day], "jobs_count": jobs[day]}
            for day in self._days(call)
        ]

    async def usage_quality_trend(self, call: Call) -> list[dict[str, Any]]:
        """Answer with the days of the period on which a run completed, oldest first."""
        runs: dict[date, list[Run]] = {}
        for run in self._space.executions.values():
            if self._space.status(run) == "completed":
                runs.setdefault(self._space.day(run.created), []).append(run)
        return [self._quality(day, runs[day]) for day in self._days(call) if day in runs]

    def _quality(self, day: date, runs: list[Run]) -> dict[str, Any]:
        findings = [run.finding for run in runs]
        average = sum(finding.score for finding in findings) / len(findings)
        return {
            "date": day.isoformat(),
            "avg_quality_score": scaled(self._space, average),
            "grade_distribution": dict(Counter(grade(finding.score) for finding in findings)),
            "avg_field_fill_rate": sum(not finding.degraded for finding in findings) / len(findings),
            "job_count": len(runs),
        }

    def _days(self, call: Call) -> list[date]:
        today = self._space.day(self._space.now())
        days = int(call.query["period"].removesuffix("d"))
        return [today - timedelta(days=ago) for ago in range(days - 1, -1, -1)]

    async def usage_rate_limits(self, call: Call) -> dict[str, Any]:
        """Answer with the current minute; this request is not counted."""
        verdict = self._emulator.left(call.key) if call.key else None
        nested = self._space.terms.form("rate-limit-shape") == "A"
        state: dict[str, Any] = {}
        if verdict is not None:
            state = {
                "rpm" if nested else "limit": verdict.limit,
                "used": verdict.limit - verdict.remaining,
                "remaining": verdict.remaining,
                "reset_in_seconds": math.ceil(verdict.reset - self._space.now()),
            }
        if nested:
            return {"plan": plan_of(call), "rate_limit": state}
        empty = dict.fromkeys(("limit", "used", "remaining", "reset_in_seconds"))
        flat = {"plan": plan_of(call), "unlimited": verdict is None, "window_seconds": _MINUTE}
        return flat | empty | state
