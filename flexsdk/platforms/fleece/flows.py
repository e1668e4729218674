"""Fleece flows. Source: seed 003, "Flows"."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.fleece.dialect import LIST
from flexsdk.platforms.fleece.runs import FlowRun, Runs
from flexsdk.structs import CamelModel, Page
from flexsdk.types import CallOptions

__all__ = ["GET", "LIST_FLOWS", "TRIGGER", "Flow", "Flows"]


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


LIST_FLOWS = Op("flows_list", "GET", "/flows", Page[Flow], envelope=LIST)
GET = Op("flows_get", "GET", "/flows/{flow_id}", Flow)
TRIGGER = Op("flows_trigger", "POST", "/flows/{flow_id}/trigger", FlowRun)


class Flows(Resource):
    """Scheduled workflows; reached as ``client.flows``."""

    @cached_property
    def runs(self) -> Runs:
        """The runs of flows."""
        return Runs(self._client)

    async def get(self, flow_id: str, **options: Unpack[CallOptions]) -> Flow:
        """Read one flow. Safe to repeat."""
        return await self._call(GET, flow_id, **options)

    async def trigger(self, flow_id: str, **options: Unpack[CallOptions]) -> FlowRun:
        """Start a run outside the schedule; wait for it with ``flows.runs.wait(run)``.

        The run costs what the flow costs. Not repeated after an ambiguous failure: read ``is_running`` of the
        flow and its newest run before you decide.

        Raises:
            Conflict: a run is in progress already.
            BadRequest: the flow is not active; the status for that is inferred.
        """
        return await self._call(TRIGGER, flow_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[Flow]:
        """List all flows of the user; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_FLOWS, **options)
