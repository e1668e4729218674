"""Runs of Fleece flows. Source: seed 003, "Flow runs"; what the states mean is inferred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Unpack

from flexsdk.core.jobs import Handle, JobKind, Listing, LongWork, Reading, Ref, States
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.errors import ApprovalRequired, ConfigError
from flexsdk.platforms.fleece.dialect import LIST
from flexsdk.platforms.fleece.flow import GET as GET_FLOW
from flexsdk.protocol.cursor import SinglePage
from flexsdk.structs import CamelModel, Page
from flexsdk.types import CallOptions

__all__ = ["GET", "LIST_RUNS", "MOST_RUNS", "RUN", "FlowRun", "Runs"]

MOST_RUNS = 100
"""Runs that can be reached; older ones are counted in ``total`` only."""


class FlowRun(CamelModel, frozen=True, kw_only=True):
    """One run of a flow. ``duration_ms`` is in milliseconds; ``result_data`` varies by flow and stays raw.

    ``pending`` waits to start, on an ``always_ask`` flow for a person; ``skipped`` ended without running.
    """

    id: str
    status: Literal["pending", "approved", "running", "completed", "failed", "skipped"] | str
    flow_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    duration_ms: int | None = None
    result_summary: str | None = None
    result_data: dict[str, Any] | None = None
    tool_calls: list[Any] = []
    tokens_used: int | None = None
    error_message: str | None = None
    created_at: datetime | None = None


LIST_RUNS = Op(
    "flows_runs_list",
    "GET",
    "/flows/{flow_id}/runs",
    Page[FlowRun],
    query=("limit",),
    envelope=LIST,
    pages=SinglePage(limit="limit"),
)
GET = Op("flows_runs_get", "GET", "/flows/{flow_id}/runs/{run_id}", FlowRun)

RUN: JobKind[FlowRun] = JobKind(
    name="run",
    status=lambda run: run.status,
    reason=lambda run: run.error_message,
    states=States(succeeded=frozenset({"completed"}), failed=frozenset({"failed", "skipped"})),
    patience=600.0,
)


class Runs(LongWork[FlowRun, FlowRun]):
    """Runs of flows; reached as ``client.flows.runs``.

    Many runs of one flow are read through its list, which tells of the newest 100.
    """

    kind = RUN

    async def get(self, flow_id: str, run_id: str, **options: Unpack[CallOptions]) -> FlowRun:
        """Read one run. Safe to repeat."""
        return await self._call(GET, flow_id, run_id, **options)

    async def wait(
        self,
        job: FlowRun,
        *,
        timeout: float | None = None,
        on_update: Callable[[FlowRun], None] | None = None,
        on_pending: Literal["wait", "raise"] = "wait",
    ) -> FlowRun:
        """Wait until a run has completed: look after 2 s, 4 s, 8 s and so on up to 15 s.

        Cancelling the wait leaves the run alone; no endpoint can cancel a run. A run of an ``always_ask``
        flow stays ``pending`` until somebody approves it in the dashboard.

        Args:
            timeout: seconds to wait in all; by default 600.
            on_update: called with every new reading of the run.
            on_pending: ``raise`` reads the flow once when the run is ``pending``, and does not wait for a
                person.

        Raises:
            JobFailed: the run failed or was skipped.
            JobTimeout: it was not done in time; it goes on.
            ApprovalRequired: with ``on_pending="raise"``, somebody has to approve the run first.
        """
        if on_pending == "raise" and job.status == "pending":
            await self._check_approval(job, _flow_of(job))
        return await super().wait(job, timeout=timeout, on_update=on_update)

    async def _check_approval(self, run: FlowRun, flow_id: str) -> None:
        flow = await self._call(GET_FLOW, flow_id)
        if flow.mode == "always_ask":
            raise ApprovalRequired(
                f"a run of {flow.title!r} waits for approval in the dashboard; wait again afterwards", job=run
            )

    def list(
        self, flow_id: str, *, limit: int | None = None, **options: Unpack[CallOptions]
    ) -> Pages[FlowRun]:
        """List the newest runs of a flow, newest first; older than the newest 100 cannot be reached.

        A page whose ``truncated`` is true tells that there are more.

        Args:
            limit: 1 to 100; the platform's default is 50.
        """
        if limit is not None and not 1 <= limit <= MOST_RUNS:
            raise ConfigError(f"limit must be 1 to {MOST_RUNS}, not {limit!r}")
        return self._pages(LIST_RUNS, flow_id, limit=limit, **options)

    def _handle(self, job: FlowRun) -> Handle[FlowRun]:
        return Handle(Ref(job.id, _flow_of(job)), job)

    async def _look(self, ref: Ref) -> Reading[FlowRun]:
        return await self._read(GET, ref.group, ref.id)

    def _listing(self) -> Listing[FlowRun]:
        return Listing(
            lambda flow_id: self.list(flow_id, limit=MOST_RUNS),
            id=lambda run: run.id,
            whole=lambda run: run.result_data is not None or run.error_message is not None,
        )


def _flow_of(run: FlowRun) -> str:
    if run.flow_id is None:
        raise ConfigError("this run does not tell its flow; read it with runs.get(flow_id, run_id) first")
    return run.flow_id
