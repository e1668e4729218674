"""Waiting for one job, in virtual time."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from poll_kit import Job, Jobs, Platform

from flexsdk import deadline
from flexsdk.errors import (
    ConfigError,
    JobFailed,
    JobPaused,
    JobTimeout,
)

# --- one job


async def test_a_wait_gives_every_reading_and_ends_with_the_job(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_009.0
    updates: list[Job] = []

    job = await jobs.wait("a", on_update=updates.append)

    assert job == Job("a", "done", "result")
    assert [update.status for update in updates] == ["running", "running", "running", "done"]


async def test_looks_less_and_less_often(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_100.0
    await jobs.wait(Job("a"))

    moments = [1_000.0, *(moment for moment, _ in platform.reads)]
    waits = [after - before for before, after in pairwise(moments)]
    bounds = [(1.6, 2.0), (2.8, 4.1), (5.0, 8.3), (9.0, 15.1), (12.0, 15.1), (12.0, 15.1)]
    for wait, (least, most) in zip(waits[:6], bounds, strict=True):
        assert least <= wait <= most


async def test_a_job_that_is_done_already_is_not_looked_at(platform: Platform, jobs: Jobs) -> None:
    assert await jobs.wait(Job("a", "done")) == Job("a", "done")
    ended = [Job("a", "done"), Job("b", "failed")]
    assert await jobs.wait_all(ended) == ended
    assert platform.requests == 0


@pytest.mark.parametrize(("result", "text"), [("no disk", "no disk"), (None, "no reason given")])
async def test_a_failed_job_is_an_error_with_the_job_and_its_reason(
    platform: Platform, jobs: Jobs, result: str | None, text: str
) -> None:
    with pytest.raises(JobFailed, match=f"the job ended as failed: {text}") as raised:
        await jobs.wait(Job("a", "failed", result))

    assert raised.value.job == Job("a", "failed", result)


@pytest.mark.parametrize("state", ["paused", "budget_exceeded", "Budget-Paused"])
async def test_a_paused_job_is_an_outcome_of_its_own(platform: Platform, jobs: Jobs, state: str) -> None:
    platform.ends["a"] = 1_100.0
    platform.states["a"] = state
    with pytest.raises(JobPaused, match="resume it") as raised:
        await jobs.wait("a")

    assert raised.value.job.status == state
    assert [job.status async for job in jobs.as_completed(["a"])] == [state]


async def test_a_job_handed_in_as_paused_may_have_been_resumed(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_005.0

    assert (await jobs.wait(Job("a", "paused"))).status == "done"


async def test_a_wait_that_ran_out_has_the_last_state_and_says_that_the_job_goes_on(
    platform: Platform, jobs: Jobs
) -> None:
    platform.ends["a"] = 2_000.0
    with pytest.raises(JobTimeout, match="the job is still running after 30 s; it goes on") as raised:
        await jobs.wait("a", timeout=30)

    assert raised.value.job == Job("a")
    assert platform.clock.now == 1_030.0


async def test_a_job_that_is_done_shortly_before_the_end_is_found(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_009.0

    assert (await jobs.wait("a", timeout=10)).status == "done"


async def test_the_deadline_around_ends_the_wait_as_well(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 2_000.0
    with deadline(5, clock=platform.clock), pytest.raises(JobTimeout, match="after 5 s"):
        await jobs.wait("a")

    assert platform.clock.now == 1_005.0


async def test_the_deadline_of_one_is_not_that_of_others(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_040.0

    async def hasty() -> None:
        with deadline(5, clock=platform.clock), pytest.raises(JobTimeout):
            await jobs.wait("a")

    first, second = await asyncio.gather(hasty(), jobs.wait("a"))

    assert (first, second.status) == (None, "done")
    assert platform.deadlines == {None}


async def test_a_wait_ends_in_time_while_an_answer_is_slow(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_001.0
    platform.latency = 500.0
    with pytest.raises(JobTimeout, match="the job is not known after 10 s"):
        await jobs.wait("a", timeout=10)

    assert platform.clock.now == 1_010.0


@pytest.mark.parametrize("seconds", [0, -1, float("inf")])
async def test_an_impossible_timeout_is_refused(platform: Platform, jobs: Jobs, seconds: float) -> None:
    with pytest.raises(ConfigError, match="timeout must be"):
        await jobs.wait("a", timeout=seconds)


async def test_a_watch_gives_each_state_once_and_ends_with_the_job(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_030.0
    platform.states["a"] = "queued"
    seen = []
    async for job in jobs.watch("a"):
        seen.append(job.status)
        platform.states["a"] = "a new word"

    assert seen == ["queued", "a new word", "done"]


async def test_a_watch_of_a_known_state_begins_with_the_next(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_010.0

    assert [job.status async for job in jobs.watch(Job("a", "running"))] == ["done"]
    assert [job.status async for job in jobs.watch(Job("a", "done"))] == ["done"]


async def test_an_end_that_is_doubted_counts_once_the_job_was_seen_going(
    platform: Platform, jobs: Jobs
) -> None:
    jobs._client.doubt = 100.0
    platform.ends["a"] = 1_007.0
    platform.states["a"] = "done"
    waiting = asyncio.create_task(jobs.wait(Job("a", "done")))
    await platform.clock.sleep(1.0)
    platform.states["a"] = "running"

    assert (await waiting).result == "result"
    assert platform.clock.now < 1_020.0


async def test_an_end_that_stays_counts_when_the_doubt_is_over(platform: Platform, jobs: Jobs) -> None:
    jobs._client.doubt = 10.0
    platform.ends["a"] = 0.0

    assert (await jobs.wait("a")).status == "done"
    assert 1_010.0 <= platform.clock.now <= 1_015.0
    assert [job.status async for job in jobs.watch(Job("a", "done"))] == ["done"]
