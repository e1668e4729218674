"""Waits that share their requests, on the platforms that have lists, and in several processes."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from clock import VirtualClock
from servers import Peer, RawServer, Request, answer
from service import KEY

from flexsdk import Fleece, FlexOrch, Platform
from flexsdk.core.body import Upload
from flexsdk.errors import ConfigError, NotFound
from flexsdk.platforms.fleece.runs import FlowRun
from flexsdk.platforms.platform import Job, JobAccepted
from flexsdk.sandbox import Fault, Sandbox


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(patience=20)


@pytest.fixture
async def sandbox(clock: VirtualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(platforms=("flexorch", "platform"), clock=clock.time, run_seconds=9) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
async def flexorch(sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[FlexOrch]:
    platform = sandbox.flexorch
    async with FlexOrch(platform.key, base_url=platform.base_url, clock=clock, limits=None) as client:
        yield client


@pytest.fixture
async def platform(sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[Platform]:
    emulated = sandbox.platform
    async with Platform(emulated.key, base_url=emulated.base_url, clock=clock, limits=None) as client:
        yield client


def documents(count: int) -> list[Upload]:
    return [Upload(f"Invoice {number}".encode(), name=f"{number}.txt") for number in range(count)]


async def start(platform: Platform) -> str:
    accepted = await platform.resources.create("A", metadata={"sandbox": "job"})
    assert isinstance(accepted, JobAccepted)
    return accepted.job_id


# --- FlexOrch


@pytest.mark.parametrize("form", ["A", "B"])
async def test_many_jobs_are_read_through_the_list(flexorch: FlexOrch, sandbox: Sandbox, form: Any) -> None:
    upload = await flexorch.documents.process(*documents(30))
    sandbox.flexorch.terms.variants["pagination"] = form
    done = await flexorch.jobs.wait_all(upload.jobs)

    assert [job.id for job in done] == [job.id for job in upload.jobs]
    assert all(job.status == "completed" and job.execution_id for job in done)
    assert len(sandbox.flexorch.calls("jobs_get")) <= 2
    assert len(sandbox.flexorch.calls("jobs_list")) <= 16


async def test_a_list_that_cannot_be_decoded_is_given_up_for_single_reads(
    flexorch: FlexOrch, sandbox: Sandbox
) -> None:
    upload = await flexorch.documents.process(*documents(5))
    sandbox.flexorch.faults.add(Fault.status(200, body=b'{"items":[{"id":[]}]}'), operation="jobs_list")
    done = [job.id async for job in flexorch.jobs.as_completed(upload.jobs)]

    assert sorted(done) == sorted(job.id for job in upload.jobs)
    assert len(sandbox.flexorch.calls("jobs_list")) == 1


async def test_a_job_that_nobody_knows_is_an_error_of_its_own(flexorch: FlexOrch) -> None:
    upload = await flexorch.documents.process(*documents(3))
    ended = flexorch.jobs.as_completed([*upload.jobs, 999_999])
    with pytest.raises(NotFound):
        await anext(ended)

    assert {job.id async for job in ended} == {job.id for job in upload.jobs}


async def test_a_webhook_of_a_job_wakes_its_waiter(flexorch: FlexOrch, clock: VirtualClock) -> None:
    (handle,) = (await flexorch.documents.process(*documents(1))).jobs
    began = clock.now
    waiting = asyncio.create_task(flexorch.jobs.wait(handle))
    await clock.sleep(9.1)
    flexorch.jobs.notify(int(handle.id))

    assert (await waiting).status == "completed"
    assert clock.now <= began + 9.5


# --- Fleece


async def test_runs_of_one_flow_are_read_through_its_list(clock: VirtualClock) -> None:
    ends = clock.now + 30

    async def serve(request: Request, peer: Peer) -> None:
        status = "completed" if clock.now >= ends else "running"
        rows: list[dict[str, Any]] = [
            {"id": f"r{number}", "flowId": "f", "status": status} for number in range(50)
        ]
        if status == "completed":
            rows = [rows[0], *(row | {"resultData": {}} for row in rows[1:])]
        single = request.target == "/flows/f/runs/r0"
        body = rows[0] if single else {"data": rows, "total": 50, "flowId": "f"}
        await peer.send(answer(200, msgspec.json.encode(body)))

    runs = [FlowRun(id=f"r{number}", flow_id="f", status="pending") for number in range(50)]
    async with (
        RawServer(serve) as server,
        Fleece(KEY, base_url=server.url, clock=clock, limits=None) as fleece,
    ):
        done = await fleece.flows.runs.wait_all(runs)

    assert {run.status for run in done} == {"completed"}
    # The list did not tell the result of one run.
    assert [line for line in server.lines if "runs?" not in line] == ["GET /flows/f/runs/r0 HTTP/1.1"]
    assert len(server.lines) <= 8


# --- one poller


async def test_views_share_the_poller_of_their_client(platform: Platform, sandbox: Sandbox) -> None:
    job_id = await start(platform)
    views = [platform, platform.with_options(timeout=5), platform.with_options(attempts=1)]
    done = await asyncio.gather(*(view.jobs.wait(job_id) for view in views))

    assert len({job.id for job in done}) == 1
    assert len(sandbox.platform.calls("jobs_get")) <= 6


async def test_a_view_with_other_headers_asks_for_itself(platform: Platform, sandbox: Sandbox) -> None:
    job_id = await start(platform)
    tenant = platform.with_options(headers={"X-Tenant": "b"})
    await asyncio.gather(platform.jobs.wait(job_id), tenant.jobs.wait(job_id))

    tenants = [record.headers.get("X-Tenant") for record in sandbox.platform.calls("jobs_get")]
    assert set(tenants) == {None, "b"}


async def test_an_idempotency_key_of_a_view_is_no_matter_of_its_waits(platform: Platform) -> None:
    job_id = await start(platform)
    keyed = platform.with_options(idempotency_key="k")

    assert (await keyed.jobs.wait(job_id)).status == "completed"


async def test_a_closed_client_ends_its_waits(platform: Platform, clock: VirtualClock) -> None:
    waiting = asyncio.create_task(platform.jobs.wait(await start(platform)))
    await clock.sleep(1.0)
    await platform.aclose()
    with pytest.raises(ConfigError, match="closed"):
        await waiting


_ELSEWHERE = """
import asyncio, pickle, sys
from flexsdk import Platform

async def main():
    async with Platform(sys.argv[1], base_url=sys.argv[2], limits=None) as platform:
        return (await platform.jobs.wait(pickle.load(sys.stdin.buffer))).status

print(asyncio.run(main()))
"""


async def test_a_pickled_job_is_waited_for_in_another_process() -> None:
    async with Sandbox(platforms=("platform",), run_seconds=0.1) as sandbox:
        emulated = sandbox.platform
        async with Platform(emulated.key, base_url=emulated.base_url) as platform:
            job = await platform.jobs.get(await start(platform))
        handle = pickle.dumps(job)
        command = [sys.executable, "-c", _ELSEWHERE, emulated.key, emulated.base_url]
        done = await asyncio.to_thread(
            subprocess.run, command, input=handle, capture_output=True, check=True, timeout=60
        )

    assert isinstance(job, Job)
    assert done.stdout.strip() == b"completed"
