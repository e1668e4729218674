"""One workspace of Platform: its resources and jobs; a job moves on by the clock alone."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flexsdk.sandbox.exchange import Problem
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.platform.repeats import Repeats
from flexsdk.sandbox.platform.terms import Terms
from flexsdk.sandbox.platform.webhooks import Courier
from flexsdk.sandbox.state import Maker

__all__ = ["Job", "Row", "Space"]

Row = Mapping[str, Any]
"""A resource as it is answered; a change makes a new one."""

_SEEDED = (
    ("Welcome", "active"),
    ("Quarterly report", "active"),
    ("Import of May", "paused"),
    ("Import of April", "archived"),
)
_PENDING = 0.25
"""Share of a job's time that it waits before it starts."""
_MARGIN = 0.01
"""Seconds between the end of a job and its event: the loop's clock is not the sandbox's."""


@dataclass(slots=True)
class Job:
    """A creation that goes on as a job."""

    id: str
    body: Row
    began: float
    """On the clock of the sandbox."""
    created: str
    completed: str | None = None
    resource: Row | None = None
    """What was made; None before the end, and after a failure."""

    @property
    def fails(self) -> bool:
        """Whether it comes to nothing: its metadata say so."""
        return bool(self.body.get("metadata", {}).get("sandbox") == "job fails")


class Space:
    """The data that the keys of one workspace see."""

    def __init__(self, options: Options, terms: Terms, make: Maker, courier: Courier) -> None:
        self._options = options
        self._terms = terms
        self._make = make
        self._courier = courier
        self._timers: set[asyncio.TimerHandle] = set()
        self._jobs: dict[str, Job] = {}
        self._resources: dict[str, Row] = {}
        self._places: dict[str, int] = {}
        """Id to its number in the order of creation."""
        self.repeats = Repeats(options.clock)
        for name, status in _SEEDED:
            self._make_resource({"name": name}, status)

    # Resources.

    def create(self, body: Row) -> Row:
        """Make a resource; it starts active."""
        row = self._make_resource(body, "active")
        self._courier.tell("resource.created", row)
        return row

    def find(self, id_: str) -> Row:
        """Return a resource, or raise a 404."""
        self.settle()
        try:
            return self._resources[id_]
        except KeyError:
            raise Problem(404, "No such resource") from None

    def change(self, id_: str, changes: Row) -> Row:
        """Put fields over a resource; the metadata are replaced whole."""
        before = self.find(id_)
        row = self._resources[id_] = {**before, **changes, "updatedAt": self._make.time()}
        archived = row["status"] == "archived" != before["status"]
        self._courier.tell("resource.archived" if archived else "resource.updated", row)
        return row

    def remove(self, id_: str) -> None:
        """Delete a resource for good."""
        self.find(id_)
        del self._resources[id_]

    def page(self, status: str | None, limit: int, cursor: str | None) -> tuple[list[Row], str | None]:
        """Return the newest resources before the cursor, and the cursor of the next page."""
        self.settle()
        before = self._read_cursor(cursor) if cursor is not None else len(self._places)
        rows = [
            row
            for id_, row in reversed(self._resources.items())
            if self._places[id_] < before and _is_listed(row, status)
        ]
        rows, more = rows[:limit], len(rows) > limit
        return rows, self._cursor(rows[-1]) if more else None

    def _make_resource(self, body: Row, status: str) -> Row:
        id_ = f"res_{self._make.random.getrandbits(48):012x}"
        self._places[id_] = len(self._places)
        stamp = self._make.time()
        own = {"description": None, "metadata": {}, **body, "status": status}
        row = {"id": id_, "object": "resource", **own, "createdAt": stamp, "updatedAt": stamp}
        self._resources[id_] = row
        return row

    def _cursor(self, row: Row) -> str:
        return urlsafe_b64encode(b"before:%d" % self._places[row["id"]]).decode()

    def _read_cursor(self, cursor: str) -> int:
        try:
            word, _, place = urlsafe_b64decode(cursor.encode()).partition(b":")
            if word == b"before":
                return int(place)
        except ValueError:
            pass
        raise Problem(422, "cursor: not one of this list", param="cursor")

    # Jobs.

    def is_job(self, body: Row) -> bool:
        """Whether a creation goes on as a job."""
        return self._terms.jobs or body.get("metadata", {}).get("sandbox") in ("job", "job fails")

    def start(self, body: Row) -> Job:
        """Accept a creation as a job."""
        id_ = f"job_{self._make.random.getrandbits(48):012x}"
        job = self._jobs[id_] = Job(id_, body, self._options.clock(), self._make.time())
        # Whoever waits for the event asks for nothing meanwhile.
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._options.run_seconds + _MARGIN, self.settle)
        self._timers = {timer for timer in self._timers if timer.when() > loop.time()} | {timer}
        return job

    def find_job(self, id_: str) -> Job:
        """Return a job, or raise a 404."""
        self.settle()
        try:
            return self._jobs[id_]
        except KeyError:
            raise Problem(404, "No such job") from None

    def settle(self) -> None:
        """End the jobs whose time is over."""
        for job in self._jobs.values():
            if job.completed is None and self._passed(job) >= self._options.run_seconds:
                job.completed = self._make.time()
                if not job.fails:
                    job.resource = self.create(job.body)
                    self._courier.tell("job.completed", self.shown(job))

    def cancel(self) -> None:
        """Forget the timers."""
        for timer in self._timers:
            timer.cancel()

    def shown(self, job: Job) -> Row:
        """Return a job as it is answered."""
        failed = job.completed is not None and job.fails
        return {
            "id": job.id,
            "object": "job",
            "status": self._status(job),
            "result": job.resource,
            "error": self._reason() if failed else None,
            "createdAt": job.created,
            "completedAt": job.completed,
        }

    def _status(self, job: Job) -> str:
        if job.completed is not None:
            return "failed" if job.fails else "completed"
        waits = self._passed(job) < self._options.run_seconds * _PENDING
        return "pending" if waits else "running"

    def _passed(self, job: Job) -> float:
        return self._options.clock() - job.began

    def _reason(self) -> str | dict[str, str]:
        message = "The resource could not be made"
        return message if self._terms.job_error == "text" else {"code": "job_failed", "message": message}


def _is_listed(row: Row, status: str | None) -> bool:
    return bool(row["status"] != "archived" if status is None else row["status"] == status)
