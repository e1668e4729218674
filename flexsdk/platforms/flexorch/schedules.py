"""Schedules of FlexOrch connectors.

Source: the vendor's packages; docs-repo "Scheduler", which names the fields differently.
"""

from __future__ import annotations

from typing import Any, Literal, Unpack

from msgspec.structs import force_setattr

from flexsdk.core.pages import Pages
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import LIST, UNDOCUMENTED, Answer, Endpoint, Id, first
from flexsdk.structs import UNSET, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "CREATE_INTERVAL",
    "DELETE",
    "LIST_SCHEDULES",
    "LOGS",
    "TRIGGER",
    "IntervalScheduleCreate",
    "Schedule",
    "ScheduleCreate",
    "Schedules",
    "SyncLog",
]


class ScheduleCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    cron_expression: str | UnsetType = UNSET
    prefix_filter: str | UnsetType | None = UNSET


class IntervalScheduleCreate(Params, frozen=True, kw_only=True):
    """The body of ``CREATE_INTERVAL``."""

    connector_id: int
    interval: Literal["1h", "6h", "12h", "24h"]
    prefix: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class Schedule(Answer, frozen=True, kw_only=True):
    """When a connector fetches new files; ``cron_expression`` has five fields, in UTC."""

    id: Id = ""
    connector_id: Id | None = None
    cron_expression: str = ""
    prefix_filter: str | None = None
    is_active: bool | None = None
    last_run_at: str | None = None
    next_run_at: str | None = None
    created_at: str | None = None


class SyncLog(Answer, frozen=True, kw_only=True):
    """One fetch. The sources name the counters differently; ``error_message`` holds ``error`` too."""

    id: Id = ""
    schedule_id: Id | None = None
    started_at: str | None = None
    completed_at: str | None = None
    files_found: int | None = None
    files_new: int | None = None
    files_skipped: int | None = None
    files_failed: int | None = None
    files_processed: int | None = None
    status: Literal["running", "completed", "success", "failed"] | str = "unknown"
    error_message: str | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        """Take the reason under either name."""
        super().__post_init__()
        force_setattr(self, "error_message", first(self.error_message, self.error))


_OF_CONNECTOR = "/connectors/{connector_id}/schedules"

CREATE = Endpoint("connectors_schedules_create", "POST", _OF_CONNECTOR, Schedule, body=ScheduleCreate)
LIST_SCHEDULES = Endpoint("connectors_schedules_list", "GET", _OF_CONNECTOR, Page[Schedule], envelope=LIST)
DELETE: Endpoint[None] = Endpoint(
    "connectors_schedules_delete", "DELETE", f"{_OF_CONNECTOR}/{{schedule_id}}", None
)
TRIGGER = Endpoint(
    "connectors_schedules_trigger", "POST", f"{_OF_CONNECTOR}/{{schedule_id}}/trigger", SyncLog
)
LOGS = Endpoint(
    "connectors_schedules_logs", "GET", f"{_OF_CONNECTOR}/{{schedule_id}}/logs", Page[SyncLog], envelope=LIST
)
CREATE_INTERVAL: Endpoint[Any] = Endpoint(
    "scheduler_schedules_create", "POST", "/scheduler/schedules", UNDOCUMENTED, body=IntervalScheduleCreate
)
"""A route that only the rendered documentation shows, and no vendor package calls: use ``Schedules.create``.

To try it: ``await client.call(CREATE_INTERVAL, body=IntervalScheduleCreate(...))``; its answer stays raw.
"""


class Schedules(FlexOrchResource):
    """Automatic fetches; reached as ``client.connectors.schedules``."""

    async def create(
        self,
        connector_id: str | int,
        cron_expression: str,
        *,
        prefix_filter: str | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Schedule:
        """Let a connector fetch new files by itself, which costs credits for each new file.

        Sent once, unless ``attempts`` says otherwise: a 429 here mostly means that the interval is too short
        for the plan, and waiting does not help.

        Args:
            cron_expression: five fields in UTC, such as ``0 2 * * *``.
            prefix_filter: only files whose names begin with this.

        Raises:
            RateLimited: the interval is below the least of the plan.
            Forbidden: the plan has no schedules.
        """
        body = ScheduleCreate(cron_expression=cron_expression, prefix_filter=prefix_filter)
        once: CallOptions = {"attempts": 1, **options}
        return await self._call(CREATE, connector_id, body=body, **once)

    async def delete(
        self, connector_id: str | int, schedule_id: str | int, **options: Unpack[CallOptions]
    ) -> None:
        """Delete a schedule. Safe to repeat."""
        await self._remove(DELETE, connector_id, schedule_id, **options)

    async def trigger(
        self, connector_id: str | int, schedule_id: str | int, **options: Unpack[CallOptions]
    ) -> SyncLog:
        """Fetch now, which costs credits for each new file; follow it with :meth:`logs`.

        Not repeated after an ambiguous failure: look at the logs first.
        """
        return await self._call(TRIGGER, connector_id, schedule_id, **options)

    def logs(
        self, connector_id: str | int, schedule_id: str | int, **options: Unpack[CallOptions]
    ) -> Pages[SyncLog]:
        """List recent fetches; the platform sends one page. Safe to repeat."""
        return self._pages(LOGS, connector_id, schedule_id, **options)

    def list(self, connector_id: str | int, **options: Unpack[CallOptions]) -> Pages[Schedule]:
        """List the schedules of a connector; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_SCHEDULES, connector_id, **options)
