"""Waiting for work that a platform does in its own time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from service import FakeClock

from flexsdk import deadline
from flexsdk.core.jobs import JobKind, wait_for
from flexsdk.errors import ConfigError, ConnectionLost, FlexError, JobFailed, JobTimeout


@dataclass(frozen=True)
class Job:
    status: str
    reason: str | None = None


KIND: JobKind[Job] = JobKind(
    name="job",
    status=lambda job: job.status,
    succeeded=frozenset({"done"}),
    failed=frozenset({"failed"}),
    reason=lambda job: job.reason,
)


class Work:
    """Goes through its states, one at a look; or is done at a time of its clock."""

    def __init__(self, clock: FakeClock, *states: str, done_at: float = float("inf")) -> None:
        self.clock = clock
        self.states = list(states)
        self.done_at = done_at
        self.looks: list[float] = []

    async def read(self) -> Job:
        self.looks.append(self.clock.now)
        if self.clock.now >= self.done_at:
            return Job("done")
        return Job(self.states.pop(0) if self.states else "running", "no disk")


async def wait(
    work: Work, job: Job | None = None, *, timeout: float = 600, updates: list[Job] | None = None
) -> Job:
    return await wait_for(
        KIND,
        job or Job("pending"),
        work.read,
        timeout=timeout,
        on_update=None if updates is None else updates.append,
        clock=work.clock,
    )


async def test_looks_until_the_job_is_done_and_tells_of_each_look(clock: FakeClock) -> None:
    updates: list[Job] = []
    job = await wait(Work(clock, "running", "a new word", "done"), updates=updates)

    assert job.status == "done"
    assert [update.status for update in updates] == ["running", "a new word", "done"]


async def test_looks_after_two_seconds_and_then_less_and_less_often(clock: FakeClock) -> None:
    await wait(Work(clock, *["running"] * 6, "done"))

    for slept, pace in zip(clock.slept, [2, 4, 8, 15, 15, 15, 15], strict=True):
        assert 0.8 * pace <= slept <= pace


async def test_a_job_that_is_done_already_is_not_looked_at(clock: FakeClock) -> None:
    work = Work(clock)

    assert await wait(work, Job("done")) == Job("done")
    assert work.looks == []


@pytest.mark.parametrize(("reason", "text"), [("no disk", "no disk"), (None, "no reason given")])
async def test_a_failed_job_is_an_error_with_the_job_and_its_reason(
    clock: FakeClock, reason: str | None, text: str
) -> None:
    with pytest.raises(JobFailed, match=f"the job ended as failed: {text}") as raised:
        await wait(Work(clock), Job("failed", reason))

    assert raised.value.job == Job("failed", reason)


async def test_a_wait_that_ran_out_has_the_last_state_and_says_that_the_job_goes_on(clock: FakeClock) -> None:
    with pytest.raises(JobTimeout, match="still running") as raised:
        await wait(Work(clock), timeout=30)

    assert raised.value.job.status == "running"
    assert isinstance(raised.value, TimeoutError)
    assert clock.now <= 30


async def test_a_job_that_is_done_within_the_time_is_found(clock: FakeClock) -> None:
    assert (await wait(Work(clock, done_at=9), timeout=10)).status == "done"


async def test_the_deadline_around_ends_the_wait_as_well(clock: FakeClock) -> None:
    with deadline(5, clock=clock), pytest.raises(JobTimeout) as raised:
        await wait(Work(clock))

    assert clock.now <= 5
    assert "600" not in str(raised.value)


async def test_an_error_while_looking_is_told_and_the_wait_can_begin_again(clock: FakeClock) -> None:
    async def lost() -> Job:
        raise ConnectionLost("lost")

    with pytest.raises(ConnectionLost):
        await wait_for(KIND, Job("running"), lost, timeout=60, on_update=None, clock=clock)


async def test_a_cancelled_wait_ends_at_once() -> None:
    class Endless(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.get_running_loop().create_future()

    work = Work(Endless())
    task = asyncio.create_task(wait(work))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert work.looks == []


@pytest.mark.parametrize("seconds", [0, -1, float("inf")])
async def test_an_impossible_timeout_is_refused(clock: FakeClock, seconds: float) -> None:
    with pytest.raises(ConfigError, match="timeout must be") as raised:
        await wait(Work(clock), timeout=seconds)
    assert isinstance(raised.value, FlexError)
