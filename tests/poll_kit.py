"""A platform whose jobs end in virtual time, and a resource that waits for them without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from clock import VirtualClock

from flexsdk.core.deadline import ambient
from flexsdk.core.jobkind import Handle, JobKind, Listing, Reading
from flexsdk.core.jobs import LongWork
from flexsdk.core.pages import Pages
from flexsdk.core.poller import Poller
from flexsdk.protocol.cursor import NumberedPages
from flexsdk.protocol.poll import Ref, States
from flexsdk.structs import Page


@dataclass(frozen=True)
class Job:
    id: str
    status: str = "running"
    result: str | None = None


KIND: JobKind[Job] = JobKind(
    name="job",
    status=lambda job: job.status,
    reason=lambda job: job.result,
    states=States(succeeded=frozenset({"done"}), failed=frozenset({"failed"}), paused=("paus", "budget")),
    patience=600.0,
)


@dataclass
class Platform:
    """Works on jobs in virtual time; answers after ``latency`` seconds and counts what it was asked."""

    clock: VirtualClock
    ends: dict[str, float] = field(default_factory=dict)
    """When each job is done; the newest last."""
    latency: float = 0.05
    slim: bool = False
    """Whether the list leaves out results."""
    wish: float | None = None
    outcome: str = "done"
    states: dict[str, str] = field(default_factory=dict)
    """States that do not follow from the time."""
    reads: list[tuple[float, str]] = field(default_factory=list)
    pages: list[tuple[float, int]] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    """What the next reads of a job, or of the ``list``, fail with."""
    deadlines: set[float | None] = field(default_factory=set)
    """Of the blocks in which the reads were made."""
    under_way: int = 0
    most_under_way: int = 0

    @property
    def requests(self) -> int:
        return len(self.reads) + len(self.pages)

    def job(self, job_id: str) -> Job:
        if self.clock.now < self.ends[job_id]:
            return Job(job_id, self.states.get(job_id, "running"))
        return Job(job_id, self.outcome, "result")

    async def read(self, ref: Ref) -> Reading[Job]:
        self.deadlines.add(ambient.get())
        self.reads.append((self.clock.now, ref.id))
        await self._answer(ref.id)
        return Reading(self.job(ref.id), self.wish)

    async def _answer(self, what: str) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.clock.sleep(self.latency)
        finally:
            self.under_way -= 1
        if self.failures.get(what):
            raise self.failures[what].pop(0)

    async def _page(self, place: dict[str, Any]) -> Page[Job]:
        number, size = place["page"], place["page_size"]
        self.pages.append((self.clock.now, number))
        await self._answer("list")
        ids = list(reversed(self.ends))[(number - 1) * size : number * size]
        jobs = [self.job(each) for each in ids]
        if self.slim:
            jobs = [replace(job, result=None) for job in jobs]
        return Page(items=jobs, total=len(self.ends), size=size)

    def list(self, group: str) -> Pages[Job]:
        return Pages(self._page, NumberedPages(), limit=100)


class FakeClient:
    """What a resource needs of its client, and no HTTP."""

    call = stream = send = None

    def __init__(self, platform: Platform, *, lists: bool) -> None:
        self.platform = platform
        self.clock = platform.clock
        self.lists = lists
        self.doubt = 0.0
        self.kept: dict[object, Poller[Any]] = {}

    def poller(self, kind: object, make: Callable[[Any], Poller[Any]]) -> Poller[Any]:
        if kind not in self.kept:
            self.kept[kind] = make(self)
        return self.kept[kind]

    def pollers(self, kind: object) -> list[Poller[Any]]:
        return list(self.kept.values())


class Jobs(LongWork[Job, Job | str]):
    kind = KIND
    _client: Any

    def _handle(self, job: Job | str) -> Handle[Job]:
        doubt = self._client.doubt
        return Handle(Ref(job), None, doubt) if isinstance(job, str) else Handle(Ref(job.id), job, doubt)

    async def _look(self, ref: Ref) -> Reading[Job]:
        reading: Reading[Job] = await self._client.platform.read(ref)
        return reading

    def _listing(self) -> Listing[Job] | None:
        if not self._client.lists:
            return None
        return Listing(
            self._client.platform.list, id=lambda job: job.id, whole=lambda job: job.result is not None
        )


def others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def quiet() -> None:
    """Let the loop turn until no task but this one is left."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert others() == set()


def many(platform: Platform, count: int, *, over: float = 30.0) -> list[str]:
    """Start jobs that end one after the other over some seconds."""
    now = platform.clock.now
    ids = [f"j{number}" for number in range(count)]
    platform.ends.update({each: now + over * (number + 1) / count for number, each in enumerate(ids)})
    return ids
