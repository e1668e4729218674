"""The FlexOrch workspace: how things are numbered and dated, what they cost, what a job is at a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeVar

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.models import Build, Dataset, Document, Job, Run
from flexsdk.sandbox.flexorch.pipeline import examine
from flexsdk.sandbox.flexorch.terms import PLANS, Terms
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Workspace", "page", "plan_of"]

Status = Literal["queued", "running", "completed", "failed"]
_T = TypeVar("_T")

_DAY = 86_400.0
_EPOCH = datetime(2026, 1, 5, 9, tzinfo=UTC)
_TRIAL_DAYS = 30
_QUEUED = 0.25
"""Share of a job's time that it waits before it starts."""
_STAGES = ("extract", "privacy", "quality", "dataset")
_NEARLY = 0.8
"""Share of the credits whose use is told by quota.warning."""

# Kind to the prefix of the documented ids, and the number before the first.
_IDS = {
    "document": ("doc_", 500),
    "execution": ("exec_", 700),
    "job": ("job_", 1000),
    "dataset": ("ds_", 300),
    "connector": ("conn_", 10),
    "schedule": ("sch_", 20),
    "log": ("log_", 50),
    "webhook": ("wh_", 30),
    "user": ("usr_", 40),
    "feedback": ("fb_", 60),
    "fine-tune": ("ft_", 80),
}
_DIGITS = 18


class Workspace:
    """The data of one tenant; the keys of all plans see the same."""

    def __init__(self, options: Options, terms: Terms, make: Maker) -> None:
        self.options = options
        self.terms = terms
        self.make = make
        self.born = options.clock()
        self.documents: dict[int, Document] = {}
        self.jobs: dict[int, Job] = {}
        self.executions: dict[int, Run] = {}
        """By the number of the execution."""
        self.datasets: dict[int, Dataset] = {}
        self.audit: list[dict[str, Any]] = []
        self.spent: Counter[date] = Counter()
        """Credits by day."""
        self._counters = {kind: start for kind, (_, start) in _IDS.items()}

    # Ids.

    def number(self, kind: str) -> int:
        """Return the next number of a kind."""
        self._counters[kind] += 1
        return self._counters[kind]

    def shown(self, kind: str, number: int) -> int | str:
        """Return a number as the id of an answer."""
        return f"{_IDS[kind][0]}{number}" if self.terms.form("ids") == "A" else number

    def find(self, kind: str, items: Mapping[int, _T], id_: object, code: str = "NOT_FOUND") -> _T:
        """Return an object by the id of a request, in either form.

        Raises:
            Problem: 404.
        """
        digits = str(id_).removeprefix(_IDS[kind][0])
        item = items.get(int(digits)) if digits.isdecimal() and len(digits) <= _DIGITS else None
        if item is None:
            raise Problem(404, f"No such {kind}", code=code)
        return item

    # Time.

    def now(self) -> float:
        """Return the time on the clock of the sandbox."""
        return self.options.clock()

    def day(self, moment: float) -> date:
        """Return the day of a moment on the clock of the sandbox; the workspace begins on a fixed one."""
        return (_EPOCH + timedelta(seconds=moment - self.born)).date()

    def trial_ends(self) -> str:
        """Return when the trial ends."""
        return (_EPOCH + timedelta(days=_TRIAL_DAYS)).isoformat().replace("+00:00", "Z")

    def trial_days(self) -> int:
        """Return the whole days that are left of the trial."""
        return max(0, int(_TRIAL_DAYS - (self.now() - self.born) / _DAY))

    def is_kept(self, document: Document, plan: str) -> bool:
        """Return whether a plan still keeps the bytes of a document."""
        return self.now() - document.created < PLANS[plan].kept_days * _DAY

    # Credits.

    def used(self) -> int:
        """Return the credits used so far."""
        return self.spent.total()

    def charge(self, plan: str, number: int) -> bool:
        """Take credits; return whether this passes the mark at which a warning is due.

        Raises:
            Problem: 402 after the trial, 429 (402 in form B) without enough credits.
        """
        self.refuse_ended_trial(plan)
        limit, used = self.terms.limit(plan), self.used()
        if limit is not None and used + number > limit:
            status = 402 if self.terms.form("quota-status") == "B" else 429
            raise Problem(status, "The credits of this period are used up", code="QUOTA_EXCEEDED")
        self.spent[self.day(self.now())] += number
        return limit is not None and used < limit * _NEARLY <= used + number

    def refuse_ended_trial(self, plan: str) -> None:
        """Refuse work after the trial.

        Raises:
            Problem: 402 with TRIAL_EXPIRED.
        """
        if plan == "trial" and self.now() - self.born >= _TRIAL_DAYS * _DAY:
            raise Problem(402, "The trial is over", code="TRIAL_EXPIRED")

    # Jobs.

    def run(self, document: Document, locale: str, config: Mapping[str, Any]) -> Run:
        """Send a document through the pipeline, from now on."""
        run = Run(
            id=self.number("job"),
            created=self.now(),
            stamps=(self.make.time(), self.make.time()),
            execution_id=self.number("execution"),
            document=document,
            finding=examine(document.filename, document.head, document.sha256, locale, config),
        )
        self.jobs[run.id] = self.executions[run.execution_id] = run
        document.runs.append(run)
        return run

    def build(self, dataset: Dataset) -> Build:
        """Build a dataset, from now on."""
        stamps = (self.make.time(), self.make.time())
        build = Build(id=self.number("job"), created=self.now(), stamps=stamps, dataset=dataset)
        self.jobs[build.id] = build
        dataset.builds.append(build)
        return build

    def status(self, job: Job) -> Status:
        """Return the state of a job by the time since it was made."""
        share = self.share(job.created)
        if share < _QUEUED:
            return "queued"
        if share < 1:
            return "running"
        return "failed" if job.failure else "completed"

    def stage(self, job: Job) -> str | None:
        """Return the stage of a running job."""
        if self.status(job) != "running":
            return None
        share = (self.share(job.created) - _QUEUED) / (1 - _QUEUED)
        return _STAGES[int(share * len(_STAGES))]

    def is_ready(self, dataset: Dataset) -> bool:
        """Return whether the last build of a dataset has ended well."""
        return self.status(dataset.builds[-1]) == "completed"

    def share(self, created: float) -> float:
        """Return which part of a run's time has passed since a moment; 1 is its end."""
        seconds = self.options.run_seconds
        return (self.now() - created) / seconds if seconds > 0 else 1.0

    def record(
        self,
        event: str,
        document: Document | None = None,
        *,
        success: bool = True,
        stamp: str | None = None,
    ) -> None:
        """Add a line to the audit log."""
        self.audit.append(
            {
                "timestamp": stamp or self.make.time(),
                "event_type": event,
                "tenant_id": 1,
                "document_id": document and self.shown("document", document.id),
                "outcome": "success" if success else "failure",
            }
        )


def plan_of(call: Call) -> str:
    """Return the plan of the key that a request carries."""
    return call.key.plan if call.key else "trial"


def page(
    terms: Terms, call: Call, items: Sequence[_T], show: Callable[[_T], dict[str, Any]]
) -> dict[str, Any]:
    """Return one page of a list, ``total`` and the size that was used beside it."""
    size = min(call.query["page_size"], terms.max_page_size)
    start = 0 if terms.ignore_page else (call.query["page"] - 1) * size
    body = {
        "items": [show(item) for item in items[start : start + size]],
        "total": len(items),
        "page": call.query["page"],
        "page_size": size,
    }
    if terms.omit_total:
        del body["total"]
    return body
