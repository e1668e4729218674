"""FlexOrch schedules: cron times, syncs that run by the clock, and their logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.connectors import Connector, Connectors
from flexsdk.sandbox.flexorch.terms import PLANS, at_least
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["Schedules", "cron_minutes"]

_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""Minute, hour, day of the month, month, day of the week."""
_DAY = 24 * 60
_HOURS = {"1h": "0 * * * *", "6h": "0 */6 * * *", "12h": "0 */12 * * *", "24h": "0 0 * * *"}
_FOUND = 2
"""Files that every sync finds; the first one finds them new."""


@dataclass(slots=True, eq=False)
class _Sync:
    id: int
    begun: float
    stamps: tuple[str, str]
    new: int


@dataclass(slots=True, eq=False)
class _Schedule:
    id: int
    connector: Connector
    cron: str
    prefix: str | None
    stamp: str
    active: bool
    syncs: list[_Sync] = field(default_factory=list)


class Schedules:
    """The schedules of all connectors."""

    def __init__(self, space: Workspace, connectors: Connectors) -> None:
        self._space = space
        self._connectors = connectors
        self._schedules: dict[int, _Schedule] = {}

    def _of(self, call: Call) -> dict[int, _Schedule]:
        connector = self._connectors.find(call.path["connector_id"])
        return {id_: item for id_, item in self._schedules.items() if item.connector is connector}

    def _find(self, call: Call) -> _Schedule:
        return self._space.find("schedule", self._of(call), call.path["schedule_id"])

    async def connectors_schedules_create(self, call: Call) -> dict[str, Any]:
        """Make a schedule; its interval has to be as long as the plan wants it."""
        connector = self._connectors.find(call.path["connector_id"])
        documented = self._space.terms.form("schedules") == "A"
        name, prefix = ("cron", "prefix") if documented else ("cron_expression", "prefix_filter")
        if not isinstance(call.body.get(name), str):
            raise Problem(422, f"{name} is required", param=name)
        return self._create(call, connector, call.body[name], call.body.get(prefix))

    async def scheduler_schedules_create(self, call: Call) -> dict[str, Any]:
        """Make a schedule by an interval."""
        connector = self._connectors.find(call.body["connector_id"])
        cron, prefix = _HOURS[call.body["interval"]], call.body.get("prefix")
        return self._create(call, connector, cron, prefix, active=call.body.get("enabled", True))

    def _create(
        self, call: Call, connector: Connector, cron: str, prefix: str | None, *, active: bool = True
    ) -> dict[str, Any]:
        documented = self._space.terms.form("schedules") == "A"
        at_least(plan_of(call), "starter" if documented else "pro")
        least = PLANS[plan_of(call)].sync_minutes
        if least is not None and _interval(cron_minutes(cron)) < least:
            raise Problem(429, f"The shortest interval of this plan is {least} minutes")
        number = self._space.number("schedule")
        self._schedules[number] = _Schedule(number, connector, cron, prefix, self._space.make.time(), active)
        return self._shown(self._schedules[number])

    async def connectors_schedules_list(self, call: Call) -> list[dict[str, Any]]:
        """Answer with a bare array."""
        return list(map(self._shown, self._of(call).values()))

    async def connectors_schedules_delete(self, call: Call) -> dict[str, bool]:
        """Delete a schedule with its logs."""
        del self._schedules[self._find(call).id]
        return {"deleted": True}

    async def connectors_schedules_trigger(self, call: Call) -> dict[str, Any]:
        """Begin a sync; it only counts files, no document comes of it."""
        schedule = self._find(call)
        stamps = (self._space.make.time(), self._space.make.time())
        new = 0 if schedule.syncs else _FOUND
        schedule.syncs.append(_Sync(self._space.number("log"), self._space.now(), stamps, new))
        return self._log(schedule, schedule.syncs[-1])

    async def connectors_schedules_logs(self, call: Call) -> list[dict[str, Any]]:
        """Answer with a bare array, newest first."""
        schedule = self._find(call)
        return [self._log(schedule, sync) for sync in reversed(schedule.syncs)]

    def _shown(self, schedule: _Schedule) -> dict[str, Any]:
        return {
            "id": self._space.shown("schedule", schedule.id),
            "connector_id": self._space.shown("connector", schedule.connector.id),
            "cron_expression": schedule.cron,
            "prefix_filter": schedule.prefix,
            "is_active": schedule.active,
            "last_run_at": schedule.syncs[-1].stamps[0] if schedule.syncs else None,
            "next_run_at": self._next(schedule.cron) if schedule.active else None,
            "created_at": schedule.stamp,
        }

    def _next(self, cron: str) -> str:
        """Return the first time of tomorrow, as if the schedule ran on every day."""
        today = self._space.day(self._space.now())
        tomorrow = datetime.combine(today, time(), UTC) + timedelta(days=1)
        return (tomorrow + timedelta(minutes=cron_minutes(cron)[0])).isoformat().replace("+00:00", "Z")

    def _log(self, schedule: _Schedule, sync: _Sync) -> dict[str, Any]:
        done = self._space.share(sync.begun) >= 1
        log = {
            "id": self._space.shown("log", sync.id),
            "schedule_id": self._space.shown("schedule", schedule.id),
            "started_at": sync.stamps[0],
            "completed_at": sync.stamps[1] if done else None,
            "files_found": _FOUND if done else 0,
        }
        if self._space.terms.form("sync-log-fields") == "A":
            status = "success" if done else "running"
            return log | {"files_processed": sync.new if done else 0, "status": status, "error": None}
        return log | {
            "files_new": sync.new if done else 0,
            "files_skipped": _FOUND - sync.new if done else 0,
            "files_failed": 0,
            "status": "completed" if done else "running",
            "error_message": None,
        }


def cron_minutes(cron: str) -> list[int]:
    """Return the minutes of a day at which a cron expression fires, whatever the day.

    Raises:
        Problem: 422 when it has not five fields of numbers within their ranges.
    """
    fields = cron.split()
    try:
        if len(fields) != len(_RANGES):
            raise ValueError("five fields are wanted")
        values = [sorted(set(_values(text, *range_))) for text, range_ in zip(fields, _RANGES, strict=True)]
    except ValueError as error:
        raise Problem(422, f"cron_expression: {error}", param="cron_expression") from None
    return [hour * 60 + minute for hour in values[1] for minute in values[0]]


def _values(text: str, low: int, high: int) -> Iterator[int]:
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        values = range(int(first), int(last or first) + 1, int(step or 1))
        if not values or values[0] < low or values[-1] > high:
            raise ValueError(f"{part} is not within {low} to {high}")
        yield from values


def _interval(minutes: list[int]) -> int:
    """Return the shortest time between two runs, midnight included."""
    following = [*minutes[1:], minutes[0] + _DAY]
    return min(later - sooner for sooner, later in zip(minutes, following, strict=True))
