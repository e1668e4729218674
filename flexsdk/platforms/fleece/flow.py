"""One Fleece flow. Source: seed 003, "Flows"."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flexsdk.core.op import Op
from flexsdk.structs import CamelModel

__all__ = ["GET", "Flow"]


class Flow(CamelModel, frozen=True, kw_only=True):
    """A scheduled workflow. Only ``active`` flows can be triggered; ``always_ask`` flows wait for a person.

    ``estimated_human_minutes`` is the time saved per run; the items of ``integrations`` stay raw.
    """

    id: str
    title: str = ""
    description: str | None = None
    icon: str | None = None
    cron_expression: str | None = None
    schedule_description: str | None = None
    timezone: str | None = None
    mode: Literal["auto", "always_ask"] | str = "auto"
    status: Literal["active", "paused", "error", "draft"] | str = "active"
    model: str | None = None
    integrations: list[Any] = []
    is_running: bool = False
    estimated_human_minutes: int | None = None
    last_run_at: datetime | None = None
    next_run_at: datetime | None = None
    total_runs: int = 0
    total_failures: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None


GET = Op("flows_get", "GET", "/flows/{flow_id}", Flow)
