"""Webhooks that wake, and waits that are left in every way, in virtual time."""

from __future__ import annotations

import asyncio
import gc

import pytest
from clock import VirtualClock
from poll_kit import FakeClient, Job, Jobs, Platform, many, quiet

from flexsdk.core.jobs import Completed
from flexsdk.errors import (
    ConfigError,
    JobTimeout,
)

# --- webhooks


async def test_a_webhook_wakes_a_waiter(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_030.0
    waiting = asyncio.create_task(jobs.wait("a"))
    while platform.clock.now < 1_030.0:
        await platform.clock.sleep(1.5)
    jobs.notify("a")
    jobs.notify("nobody waits for this")

    assert (await waiting).status == "done"
    assert platform.clock.now < 1_032.0


async def test_a_webhook_that_overtakes_an_answer_is_not_lost(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_000.2
    platform.latency = 0.1
    waiting = asyncio.create_task(jobs.wait("a"))
    await platform.clock.sleep(0.05)
    jobs.notify("a")

    assert (await waiting).status == "done"
    assert platform.clock.now < 1_001.0


# --- nothing is left behind


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.05, 1.0, 2.0, 2.5])
async def test_a_cancelled_wait_leaves_nothing(platform: Platform, listed: Jobs, seconds: float) -> None:
    ids = many(platform, 10)
    waiting = asyncio.create_task(listed.wait_all(ids))
    await platform.clock.sleep(seconds)
    waiting.cancel()
    await asyncio.wait([waiting])

    assert waiting.cancelled()
    await quiet()


async def test_a_loop_that_is_left_early_leaves_nothing(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 1_000)
    async for _ in listed.as_completed(ids):
        break
    asked = platform.requests
    await platform.clock.sleep(60.0)

    assert platform.requests <= asked + 10  # the list that was being read
    await quiet()


async def test_closing_gives_up_what_is_under_way(platform: Platform, listed: Jobs) -> None:
    ended = listed.as_completed(many(platform, 1_000))
    await anext(ended)
    asked = platform.requests
    await ended.aclose()
    await platform.clock.sleep(60.0)

    assert platform.requests == asked
    await ended.aclose()


async def test_nothing_is_asked_while_the_consumer_works(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 100, over=10.0)
    ended: Completed[Job] = listed.as_completed(ids)
    first = await anext(ended)
    await platform.clock.sleep(60.0)
    asked = platform.requests
    await platform.clock.sleep(60.0)
    rest = [job async for job in ended]

    assert platform.requests <= asked + 1
    assert len({first.id, *(job.id for job in rest)}) == 100


async def test_answers_under_way_count_when_the_consumer_comes_back(platform: Platform, listed: Jobs) -> None:
    ids = many(platform, 1_000, over=0.01)
    ended = listed.as_completed(ids)
    await platform.clock.sleep(1.0)
    await anext(ended)
    await platform.clock.sleep(5.0)
    rest = [job async for job in ended]

    assert len(rest) == 999
    assert [number for _, number in platform.pages] == list(range(1, 11))


async def test_a_wait_that_ran_out_leaves_nothing(platform: Platform, listed: Jobs) -> None:
    platform.latency = 500.0
    ended = listed.as_completed(many(platform, 10), timeout=3)
    with pytest.raises(JobTimeout, match="10 jobs go on after 3 s"):
        await anext(ended)

    assert len(ended.pending) == 10
    await quiet()


async def test_one_of_two_who_leaves_does_not_disturb_the_other(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_020.0
    first, second = (asyncio.create_task(jobs.wait("a")) for _ in range(2))
    await platform.clock.sleep(0.02)
    first.cancel()

    assert (await second).status == "done"


async def test_an_update_that_raises_leaves_nothing(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_020.0

    def broken(job: Job) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await jobs.wait("a", on_update=broken)
    await quiet()


async def test_two_tasks_cannot_share_an_iterator(platform: Platform, jobs: Jobs) -> None:
    platform.ends["a"] = 1_020.0
    ended = jobs.as_completed(["a"])
    first = asyncio.create_task(anext(ended))  # type: ignore[arg-type]  # an awaitable of the builtin
    await asyncio.sleep(0)
    with pytest.raises(ConfigError, match="two tasks"):
        await anext(ended)

    assert (await first).status == "done"


def test_each_loop_has_its_own_rounds() -> None:
    async def wait(jobs: Jobs) -> str:
        return (await jobs.wait("a")).status

    platform = Platform(VirtualClock(now=1_000.0), {"a": 1_005.0, "b": 0.0})
    jobs = Jobs(FakeClient(platform, lists=False))  # type: ignore[arg-type]  # all that it needs

    assert [asyncio.run(wait(jobs)) for _ in range(2)] == ["done", "done"]
    gc.collect()
