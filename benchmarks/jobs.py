"""Many waits through one poller, beside one loop of reads for each job, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from benchmarks.harness import Report, Result, judge
from flexsdk import FlexOrch
from flexsdk.platforms.flexorch import Job
from flexsdk.testing import VirtualClock

QUESTION = "What do waits for 1,000 jobs cost, and how soon is each end noticed?"

PATIENCE = 20
"""Turns of the loop that have to be idle before time jumps, so that no byte on its way is overtaken."""

JOBS = 1_000
SECONDS = 60.0
"""Over which the jobs end, one after the other."""
QUICK_SECONDS = 30.0
LATENCY = 0.1
"""Seconds until a request is answered."""
FIRST, SLOWEST = 2.0, 10.0
"""How often a job is looked at: after 2, 4, 8 and then every 10 seconds."""
KEY = "dfx_test_0123456789abcdef"


class Server:
    """Answers for jobs that end by the clock alone, and counts its requests."""

    def __init__(self, clock: VirtualClock, seconds: float) -> None:
        self._clock = clock
        self.ends = {str(number): seconds * number / JOBS for number in range(1, JOBS + 1)}
        self._newest = list(reversed(self.ends))
        self.requests = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        self.requests += 1
        await self._clock.sleep(LATENCY)
        job_id = request.path.removeprefix("/v1/jobs").strip("/")
        data = self._job(job_id) if job_id else self._page(request.query)
        return web.json_response({"status": "success", "data": data, "error": None})

    def _job(self, job_id: str) -> dict[str, Any]:
        if self._clock.monotonic() < self.ends[job_id]:
            return {"job_id": int(job_id), "status": "running"}
        return {"job_id": int(job_id), "status": "completed", "execution_id": int(job_id)}

    def _page(self, query: Any) -> dict[str, Any]:
        page, size = int(query["page"]), int(query["page_size"])
        ids = self._newest[(page - 1) * size : page * size]
        return {
            "items": [self._job(job_id) for job_id in ids],
            "total": JOBS,
            "page": page,
            "page_size": size,
        }


def run(*, quick: bool) -> Report:
    return Report(asyncio.run(_run(QUICK_SECONDS if quick else SECONDS)))


async def _run(seconds: float) -> list[Result]:
    alone, _ = await _measure(seconds, _one_by_one)
    together, late = await _measure(seconds, _together)
    case = f"{JOBS:,} jobs over {seconds:g} s"
    return [
        _result(f"{case}: not noticed", JOBS - len(late), "", goal=0, least=0),
        _result(f"{case}: requests", together / alone, "x one by one", goal=0.025, least=0.05),
        _result(f"{case}: end noticed after", max(late, default=0.0), "intervals", goal=1.3, least=1.5),
    ]


def _result(case: str, value: float, unit: str, *, goal: float, least: float) -> Result:
    return judge("jobs", case, value, unit, better="lower", goal=goal, least=least)


async def _measure(seconds: float, wait: Any) -> tuple[int, list[float]]:
    """Give how many requests were made, and how late each end was noticed, in intervals."""
    clock = VirtualClock(now=0.0, patience=PATIENCE)
    server = Server(clock, seconds)
    runner = web.ServerRunner(web.Server(server.answer, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with FlexOrch(KEY, base_url=_url(runner), clock=clock, limits=None) as flexorch:
            late = [late async for late in wait(flexorch, clock, server.ends)]
    finally:
        await runner.cleanup()
    return server.requests, late


def _url(runner: web.ServerRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _together(flexorch: FlexOrch, clock: VirtualClock, ends: dict[str, float]) -> Any:
    handles = [Job(id=job_id, status="queued") for job_id in ends]
    async for job in flexorch.jobs.as_completed(handles):
        interval = min(SLOWEST, FIRST + ends[job.id])
        yield (clock.monotonic() - ends[job.id]) / interval


async def _one_by_one(flexorch: FlexOrch, clock: VirtualClock, ends: Iterable[str]) -> Any:
    async def look(job_id: str) -> None:
        wait, ended = FIRST, False
        while not ended:
            await clock.sleep(wait * (1 - random.random() / 5))
            ended = (await flexorch.jobs.get(job_id)).ended
            wait = min(SLOWEST, wait * 2)

    await asyncio.gather(*map(look, ends))
    for _ in ends:
        yield 0.0
