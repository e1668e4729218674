"""Jobs of Platform, against the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from clock import VirtualClock, standing_still
from servers import RawServer, answer

from flexsdk import Platform
from flexsdk.errors import JobFailed, JobTimeout, NotFound, ServerError
from flexsdk.platforms.platform import Job, JobAccepted, JobError, Resource
from flexsdk.sandbox import Fault
from flexsdk.sandbox.platform import Platform as Emulated


async def start(platform: Platform, metadata: str = "job") -> str:
    accepted = await platform.resources.create("A", metadata={"sandbox": metadata})
    assert isinstance(accepted, JobAccepted)
    return accepted.job_id


async def test_a_job_is_waited_for_with_its_updates(platform: Platform, clock: VirtualClock) -> None:
    updates: list[Job] = []
    job = await platform.jobs.wait(await start(platform), on_update=updates.append)

    assert job.status == "completed"
    assert updates[-1] == job
    assert {update.status for update in updates[:-1]} <= {"pending", "running"}
    assert 9 <= clock.now <= 20
    assert job.completed_at is not None
    made = msgspec.convert(job.result, Resource)
    assert await platform.resources.get(made.id) == made


@pytest.mark.parametrize("form", ["body", "text"])
async def test_a_failed_job_is_an_error_with_its_reason(
    platform: Platform, emulated: Emulated, form: Any
) -> None:
    emulated.terms.job_error = form
    job_id = await start(platform, "job fails")
    with pytest.raises(JobFailed, match="The resource could not be made") as raised:
        await platform.jobs.wait(job_id)

    job: Job = raised.value.job
    assert (job.id, job.status) == (job_id, "failed")
    assert isinstance(job.error, str if form == "text" else JobError)


async def test_a_wait_that_runs_out_tells_the_last_state(platform: Platform) -> None:
    with pytest.raises(JobTimeout, match="the job is still running") as raised:
        await platform.jobs.wait(await start(platform), timeout=5)

    assert (await platform.jobs.wait(raised.value.job)).status == "completed"


async def test_a_wait_outlives_short_failures(platform: Platform, emulated: Emulated) -> None:
    job_id = await start(platform)
    emulated.faults.add(Fault.status(503), operation="jobs_get", requests=[1, 3])
    emulated.faults.add(Fault.reset(), operation="jobs_get", requests=[4])

    assert (await platform.jobs.wait(job_id)).status == "completed"


async def test_a_wait_ends_with_a_failure_that_stays(platform: Platform, emulated: Emulated) -> None:
    job_id = await start(platform)
    emulated.faults.add(Fault.status(500), operation="jobs_get")
    with pytest.raises(ServerError):
        await platform.jobs.wait(job_id)


async def test_a_cancelled_wait_leaves_the_job_alone(platform: Platform, emulated: Emulated) -> None:
    job_id = await start(platform)
    emulated.faults.add(Fault.silence(), operation="jobs_get", requests=[1])
    task = asyncio.create_task(platform.jobs.wait(job_id))
    await standing_still(lambda: emulated.calls("jobs_get"))
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert (await platform.jobs.wait(job_id)).status == "completed"


async def test_an_unknown_job_is_not_found(platform: Platform) -> None:
    with pytest.raises(NotFound):
        await platform.jobs.wait("job_1")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"job_id":"job_1"}', "job_1"),
        (b'{"jobId":"job_1"}', "job_1"),
        (b'{"object":"job","id":"job_1","status":"pending"}', "job_1"),
        (b'{"object":"resource","id":"res_1","name":"A"}', None),
    ],
    ids=["job_id", "jobId", "inline", "resource"],
)
async def test_a_job_may_be_named_in_several_ways(body: bytes, expected: str | None) -> None:
    async with (
        RawServer(answer(202, body)) as server,
        Platform("sk_test_" + "0" * 8, base_url=server.url) as client,
    ):
        made = await client.resources.create("A")

    assert (made.job_id if isinstance(made, JobAccepted) else None) == expected


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"job_1","status":"completed"}',
        b'{"id":"job_1","object":"job","status":"completed","result":[1,"a"],"new":1}',
        b'{"id":"job_1","status":"completed","error":null,"completedAt":null}',
    ],
)
async def test_a_job_is_read_leniently(body: bytes) -> None:
    async with (
        RawServer(answer(200, body)) as server,
        Platform("sk_test_" + "0" * 8, base_url=server.url) as client,
    ):
        assert (await client.jobs.wait("job_1")).status == "completed"
