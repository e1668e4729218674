"""Runs of Flapjack runners. Source: seed 004, "Runners"; docs overview/runners.

Only creation and resume are documented, and of the run its id and status; all else is inferred. A documented
way to watch a run is its trace, with the run id as filter of the logs: it is taken where the inferred paths
are not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack

from flexsdk.core.jobs import Handle, JobKind, Listing, LongWork, Reading, Ref, Rhythm, States
from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.errors import APIError, ConfigError
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.platforms.flapjack.logs import LIST_TRACES, MAX_TRACES
from flexsdk.platforms.flapjack.traces import TraceSummary
from flexsdk.protocol.checks import check_count
from flexsdk.protocol.cursor import CURSOR, SinglePage
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

if TYPE_CHECKING:
    from flexsdk.core.client import Client

__all__ = [
    "CANCEL",
    "CREATE",
    "GET",
    "LIST_RUNS",
    "RESUME",
    "RUN",
    "RunnerRun",
    "RunnerRunCreate",
    "RunnerRuns",
    "RunnerRunStep",
]

RunStatus: TypeAlias = Literal["pending", "running", "completed", "failed", "cancelled", "paused"] | str


STATES = States(
    succeeded=frozenset({"completed"}), failed=frozenset({"failed", "cancelled"}), paused=("paus", "budget")
)


class RunnerRunStep(Model, frozen=True, kw_only=True):
    """What one step of a run has come to."""

    id: str | None = None
    run_id: str | None = None
    step_id: str | None = None
    status: str | None = None
    input: Any = None
    output: Any = None
    error: Any = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class RunnerRun(Model, frozen=True, kw_only=True):
    """One run of a pipeline. It has ended when ``completed``, ``failed`` or ``cancelled``.

    ``output`` is any JSON, ``error`` a text or an object; ``steps`` may come with a single read only.
    """

    id: str
    status: RunStatus
    runner_id: str | None = None
    trigger_id: str | None = None
    input: dict[str, Any] | None = None
    output: Any = None
    error: Any = None
    steps: list[RunnerRunStep] = []
    total_input_tokens: int | None = None
    total_output_tokens: int | None = None
    total_cost_usd: float | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    created_at: datetime | None = None

    @property
    def paused(self) -> bool:
        """Whether the budget holds the run, which then waits for ``runs.resume``.

        The platform does not publish its word for this state; any that speaks of a pause or a budget counts.
        """
        return STATES.meaning(self.status) == "paused"


class RunnerRunCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    input: Mapping[str, Any] | UnsetType = UNSET


_RUNS = "/api/runners/{runner_id}/runs"
_RUN = f"{_RUNS}/{{run_id}}"

LIST_RUNS = Op(
    "runners_runs_list",
    "GET",
    _RUNS,
    Page[RunnerRun],
    query=("limit", "status"),
    envelope=LIST,
    pages=SinglePage(limit="limit"),
    certainty=Certainty.INFERRED,
)
CREATE = Op("runners_runs_create", "POST", _RUNS, RunnerRun, body=RunnerRunCreate)
GET = Op("runners_runs_get", "GET", _RUN, RunnerRun, certainty=Certainty.INFERRED)
CANCEL = Op("runners_runs_cancel", "POST", f"{_RUN}/cancel", RunnerRun, certainty=Certainty.INFERRED)
RESUME = Op("runners_runs_resume", "POST", f"{_RUN}/resume", RunnerRun)


RUN: JobKind[RunnerRun] = JobKind(
    name="run",
    status=lambda run: run.status,
    reason=lambda run: None if run.error is None else str(run.error),
    states=STATES,
    rhythm=Rhythm(first=1.0, slowest=10.0),
    patience=600.0,
)


class RunnerRuns(LongWork[RunnerRun, RunnerRun]):
    """Runs of runners; reached as ``client.runners.runs``.

    A wait looks after 1 s, 2 s, 4 s and so on up to 10 s, for 600 s in all; 45 s are usual. A run over its
    budget ends it as :class:`~flexsdk.errors.JobPaused`: raise the budget, resume the run, wait again. Many
    runs of one runner are read through its list.

    Reading and listing runs is inferred. Where the platform answers 404 or 405 to that, waits read the traces
    of the runs, which do not tell of a pause and may call a cancelled run failed.
    """

    kind = RUN

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._readable: bool | None = None
        self._listable = True

    async def create(
        self,
        runner_id: str,
        input: Mapping[str, Any] | UnsetType = UNSET,  # noqa: A002 - the platform's word
        **options: Unpack[CallOptions],
    ) -> RunnerRun:
        """Start a run, which costs model tokens; the answer comes at once, with the status ``pending``.

        Not repeated after an ambiguous failure, for it may have started a run: list the runs first.

        Args:
            input: should satisfy the ``input_schema`` of the runner.

        Raises:
            Unprocessable: the input does not satisfy the schema; that the platform checks it is inferred.
        """
        return await self._call(CREATE, runner_id, body=RunnerRunCreate(input=input), **options)

    async def get(self, runner_id: str, run_id: str, **options: Unpack[CallOptions]) -> RunnerRun:
        """Read one run. Inferred. Safe to repeat."""
        return await self._call(GET, runner_id, run_id, **options)

    async def cancel(self, runner_id: str, run_id: str, **options: Unpack[CallOptions]) -> RunnerRun:
        """End a run before its time; what it has cost stays spent. Inferred.

        Not repeated after an ambiguous failure: read the run, then decide.

        Raises:
            BadRequest: the run has ended already; the status for that is inferred.
        """
        return await self._call(CANCEL, runner_id, run_id, **options)

    async def resume(self, runner_id: str, run_id: str, **options: Unpack[CallOptions]) -> RunnerRun:
        """Let a run go on that its budget has paused; raise the budget first, or it pauses again.

        Not repeated after an ambiguous failure: read the run, then decide.

        Raises:
            Conflict: the run is not paused; the status for that is inferred.
        """
        return await self._call(RESUME, runner_id, run_id, **options)

    def list(
        self,
        runner_id: str,
        *,
        status: RunStatus | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[RunnerRun]:
        """List runs of a runner; the platform sends one page. Inferred. Safe to repeat.

        Args:
            status: only runs in this state; inferred.
            limit: 1 or more; whether the platform reads it is inferred.
        """
        if limit is not None:
            check_count("limit", limit, least=1)
        return self._pages(LIST_RUNS, runner_id, query={"status": status}, limit=limit, **options)

    def _handle(self, job: RunnerRun) -> Handle[RunnerRun]:
        if job.runner_id is None:
            raise ConfigError("this run does not tell its runner; read it with runs.get first")
        return Handle(Ref(job.id, job.runner_id), job)

    async def _look(self, ref: Ref) -> Reading[RunnerRun]:
        if self._readable is not False:
            try:
                reading = await self._read(GET, ref.group, ref.id)
            except APIError as error:
                if self._readable or error.status not in _NO_PATH:
                    raise
            else:
                self._readable = True
                return reading
        return Reading(await self._by_trace(ref))

    async def _by_trace(self, ref: Ref) -> RunnerRun:
        """Read a run by its newest trace; right after the start there may be none yet."""
        page = await self._call(LIST_TRACES, query={"run_id": ref.id, "limit": 1})
        if not page.items:
            return RunnerRun(id=ref.id, runner_id=ref.group, status="pending")
        self._readable = False
        return _run_of(page.items[0], ref)

    def _listing(self) -> Listing[RunnerRun]:
        return Listing(
            lambda runner_id: Pages(lambda place: self._page(runner_id, place), CURSOR, limit=MAX_TRACES),
            id=lambda run: run.id,
            whole=lambda run: self._readable is False or run.output is not None or run.error is not None,
        )

    async def _page(self, runner_id: str, place: Mapping[str, object]) -> Page[RunnerRun]:
        if self._listable:
            try:
                return await self._call(LIST_RUNS, runner_id)
            except APIError as error:
                if error.status not in _NO_PATH:
                    raise
                self._listable = False
        page = await self._call(LIST_TRACES, query={"runner_id": runner_id, **place})
        return Page(items=_runs_of(page.items, runner_id), next_cursor=page.next_cursor)


_NO_PATH = (404, 405)
_STATUS = {"ok": "completed", "error": "failed"}
"""State of a trace that has ended to that of its run."""


def _run_of(trace: TraceSummary, ref: Ref) -> RunnerRun:
    return RunnerRun(
        id=ref.id,
        status=_STATUS.get(trace.status, trace.status),
        runner_id=ref.group,
        total_input_tokens=trace.total_input_tokens,
        total_output_tokens=trace.total_output_tokens,
        total_cost_usd=trace.total_cost_usd,
        started_at=trace.started_at,
        completed_at=trace.ended_at,
    )


def _runs_of(traces: Iterable[TraceSummary], runner_id: str) -> list[RunnerRun]:
    """Give the runs of traces, newest first; of several traces of a run the newest counts."""
    runs: dict[str, RunnerRun] = {}
    for trace in traces:
        if trace.run_id and trace.run_id not in runs:
            runs[trace.run_id] = _run_of(trace, Ref(trace.run_id, runner_id))
    return list(runs.values())
