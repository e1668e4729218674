"""Waiting for many jobs through one poller, in virtual time."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from poll_kit import FakeClient, Job, Jobs, Platform, many

from flexsdk.errors import (
    ConnectionLost,
    FlexError,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)

# --- many jobs


async def test_jobs_come_in_the_order_in_which_they_end(platform: Platform, listed: Jobs) -> None:
    platform.ends = {"late": 1_050.0, "early": 1_005.0}
    ended = [job.id async for job in listed.as_completed(["late", "early", "late"])]

    assert ended == ["early", "late"]


async def test_wait_all_gives_them_in_the_order_asked_for(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 20)

    assert [job.id for job in await listed.wait_all([*ids, "j3"])] == [*ids, "j3"]


async def test_a_thousand_jobs_cost_a_twentieth_of_single_reads(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 1_000, over=60.0)
    ended = [job.id async for job in listed.as_completed(ids)]
    together, platform.reads, platform.pages = platform.requests, [], []
    alone = Jobs(FakeClient(platform, lists=False))  # type: ignore[arg-type]  # all that it needs
    platform.ends.clear()
    await alone.wait_all(many(platform, 1_000, over=60.0))

    assert sorted(ended) == sorted(ids)
    assert together <= platform.requests / 20


async def test_a_thousand_waits_share_their_requests(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 1_000)
    await asyncio.gather(*(listed.wait(Job(each)) for each in ids))

    assert platform.requests <= 100


async def test_an_end_is_noticed_within_one_and_a_half_intervals(platform: Platform, listed: Jobs) -> None:
    began = platform.clock.now
    ids = many(platform, 1_000, over=60.0)
    late = []
    async for job in listed.as_completed(ids):
        interval = min(15.0, 2.0 + platform.ends[job.id] - began)
        late.append((platform.clock.now - platform.ends[job.id]) / interval)

    assert max(late) <= 1.5


async def test_jobs_that_the_list_does_not_reach_are_read_singly(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 10)
    platform.ends.update({f"foreign {number}": 9_999.0 for number in range(5_000)})

    assert len(await listed.wait_all(ids)) == 10
    assert 10 <= len(platform.reads) <= 60
    assert len(platform.pages) <= len(platform.reads) / 3


async def test_no_page_is_fetched_that_tells_of_no_job(platform: Platform, listed: Jobs) -> None:
    platform.ends.update({f"foreign {number}": 9_999.0 for number in range(1_000)})
    await listed.wait_all(many(platform, 5, over=0.01))

    assert [number for _, number in platform.pages] == [1]


async def test_few_single_reads_are_made_at_a_time(platform: Platform, jobs: Jobs) -> None:
    await jobs.wait_all(many(platform, 100, over=1.0))

    assert platform.most_under_way == 16


async def test_a_list_that_leaves_out_the_result_is_followed_by_one_read_of_each(
    platform: Platform, listed: Jobs
) -> None:
    platform.slim = True
    ids = many(platform, 50, over=20.0)
    ended = await listed.wait_all(ids)

    assert all(job.result == "result" for job in ended)
    assert sorted(job_id for _, job_id in platform.reads) == sorted(ids)


@pytest.mark.parametrize("status", [404, 405, 403])
async def test_a_platform_without_the_list_is_asked_one_by_one(
    platform: Platform, listed: Jobs, status: int
) -> None:
    platform.failures["list"] = [NotFound("no such path", status=status)]
    ids = many(platform, 10)

    assert len(await listed.wait_all(ids)) == 10
    assert len(platform.pages) == 1


async def test_a_list_that_cannot_be_read_for_a_reason_of_its_own_is_an_error_for_all(
    platform: Platform, listed: Jobs
) -> None:
    platform.failures["list"] = [Unauthorized("who?", status=401)]
    ids = many(platform, 10)
    ended = listed.as_completed(ids)
    for _ in range(10):
        with pytest.raises(Unauthorized):
            await anext(ended)

    assert ended.pending == ()
    assert platform.reads == []


async def test_a_page_that_fails_concerns_the_jobs_that_were_not_read(
    platform: Platform, listed: Jobs
) -> None:
    ended = listed.as_completed(many(platform, 150))
    told: list[str] = []

    async def collect() -> None:
        while ended.pending:
            try:
                told.append((await anext(ended)).status)
            except ConnectionLost:
                told.append("lost")

    collecting = asyncio.create_task(collect())
    await platform.clock.sleep(1.5 * platform.latency)
    platform.failures["list"] = [ConnectionLost("cut")]
    await collecting
    told += [job.status async for job in ended]

    # The first page has told of the newest 100.
    assert (told.count("done"), told.count("lost")) == (100, 50)


# --- errors, refusals, hints


async def test_an_error_concerns_its_job_and_the_others_go_on(platform: Platform, jobs: Jobs) -> None:
    platform.ends = {"a": 1_005.0, "b": 1_005.0}
    platform.failures["b"] = [NotFound("no such job", status=404)]
    ended = jobs.as_completed(["a", "b"])
    with pytest.raises(NotFound):
        await anext(ended)

    assert [job.id async for job in ended] == ["a"]


async def test_an_error_that_is_none_of_ours_is_told_as_well(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_005.0
    platform.failures["a"] = [ZeroDivisionError("a bug in a middleware")]
    with pytest.raises(ZeroDivisionError):
        await jobs.wait("a")


async def test_after_an_error_the_wait_can_begin_again(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_005.0
    platform.failures["a"] = [ServerError("down", status=500)]
    with pytest.raises(ServerError):
        await jobs.wait("a")

    assert (await jobs.wait("a")).status == "done"


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("slow down", status=429, retry_after=40.0),
        ServerError("busy", status=503, retry_after=40.0),
    ],
    ids=["429", "503"],
)
async def test_nothing_is_asked_before_the_time_that_a_refusal_names(
    platform: Platform, jobs: Jobs, error: FlexError
) -> None:
    platform.ends = {"a": 1_001.0, "b": 1_001.0}
    platform.failures["a"] = [error]
    ended = await jobs.wait_all(["a", Job("b")])

    assert [job.status for job in ended] == ["done", "done"]
    assert [job_id for moment, job_id in platform.reads if moment < 1_040.0] == ["a"]


async def test_a_refusal_beyond_the_end_of_the_wait_is_told_at_once(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_001.0
    platform.failures["a"] = [RateLimited("tomorrow", status=429, retry_after=9_999.0)]
    with pytest.raises(RateLimited):
        await jobs.wait("a", timeout=60)

    assert platform.clock.now < 1_001.0


async def test_the_platform_may_say_when_to_look_again(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_050.0
    platform.wish = 20.0
    await jobs.wait("a")

    moments = [moment for moment, _ in platform.reads]
    assert all(20 <= after - before <= 25 for before, after in pairwise(moments))
    assert len(moments) == 4
