"""Fleece flows. Source: seed 003, "Flows"."""

from __future__ import annotations

from functools import cached_property
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.fleece.dialect import LIST
from flexsdk.platforms.fleece.flow import GET, Flow
from flexsdk.platforms.fleece.runs import FlowRun, Runs
from flexsdk.structs import Page
from flexsdk.types import CallOptions

__all__ = ["LIST_FLOWS", "TRIGGER", "Flows"]


LIST_FLOWS = Op("flows_list", "GET", "/flows", Page[Flow], envelope=LIST)
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
