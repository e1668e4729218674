"""Numbered pages of FlexOrch stay whole when they are fetched ahead, at the same time, or twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from servers import RawServer, answer
from service import until

from flexsdk.core.body import Upload
from flexsdk.platforms.flexorch import FlexOrch
from flexsdk.sandbox import Sandbox


@pytest.mark.parametrize("variant", ["by page", "by offset"])
@pytest.mark.parametrize("ahead", [0, 1, 4])
async def test_all_jobs_come_once_however_many_pages_are_ahead(
    sandbox: Sandbox, flexorch: FlexOrch, ahead: int, variant: str
) -> None:
    if variant == "by offset":
        sandbox.flexorch.terms.variants["pagination"] = "A"
    await flexorch.documents.process(*[Upload(b"%d" % n, name=f"{n}.txt") for n in range(9)])

    jobs = await flexorch.jobs.list(page_size=2).ahead(ahead).collect()

    assert len({job.id for job in jobs}) == len(jobs) == 9


def on_their_way() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if "_Guarded" in repr(task.get_coro())]


def page(*ids: int) -> bytes:
    return answer(200, msgspec.json.encode({"data": {"items": [{"id": number} for number in ids]}}))


async def test_a_page_that_is_fetched_a_second_time_is_not_taken_for_a_repeated_one(
    to: Callable[[Any], FlexOrch],
) -> None:
    async with RawServer(page(1, 2), page(3, 4), page(3, 4), page()) as server:
        jobs = to(server).jobs.list()
        async for _ in jobs.pages():
            await until(lambda: len(server.requests) == 2 and not on_their_way())
            break  # the second page has arrived, and is thrown away
        rest = await jobs.collect()

    assert [job.id for job in rest] == ["3", "4"]
    assert len(server.requests) == 4
