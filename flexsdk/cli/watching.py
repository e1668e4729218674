"""What changes while it is looked at: jobs and rate limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, Final

from flexsdk.cli.output import clean, out
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened, run
from flexsdk.core.client import Client
from flexsdk.core.op import Op
from flexsdk.errors import APIError, JobFailed

__all__ = ["limits", "watch"]

_LOOK: Final = {
    "flapjack": "/api/agents",
    "fleece": "/flows",
    "flextell": "/v1/tenants",
    "platform": "/resources",
}
"""What is read to learn the limits from its headers."""
_WIDTH: Final = 30
_JOB_FAILED: Final = 14


def watch(platform: str, job_ids: Sequence[str], *, timeout: float | None) -> int:
    """Write one line for each change of each job; give 14 when one did not end well."""

    async def work() -> int:
        client: Any = opened(platform, Access())
        printer = Printer("json")
        async with client:
            followed = [_follow(client, each, timeout, printer) for each in dict.fromkeys(job_ids)]
            return max(await asyncio.gather(*followed))

    return run(work)


async def _follow(client: Any, job_id: str, timeout: float | None, printer: Printer) -> int:
    state = None
    async with aclosing(client.jobs.watch(job_id, timeout=timeout)) as changes:
        async for state in changes:
            printer.add({"job": job_id, "status": state.status})
    try:
        await client.jobs.wait(state)
    except JobFailed:
        return _JOB_FAILED
    return 0


def limits(platform: str, *, plan: str | None, every: float | None) -> int:
    """Write one bar for each window, once or again and again."""

    async def work() -> None:
        async with opened(platform, Access(plan=plan)) as client:
            while True:
                await _look(platform, client)
                for line in _bars(client):
                    out(line)
                if every is None:
                    return
                await asyncio.sleep(every)

    return run(work)


async def _look(platform: str, client: Any) -> None:
    """Make one cheap request; an answer without success tells limits, too."""
    if platform == "flexorch":  # tells them in an answer of its own, which is not counted
        told = await client.usage.rate_limits()
        client.limits.learn([told.as_limit])
        return
    try:
        await client.call(Op("limits", "GET", _LOOK[platform], None), attempts=1)
    except APIError as error:
        if error.status in (0, 401):
            raise


def _bars(client: Client) -> list[str]:
    lines = []
    for state in client.limits.snapshot():
        if state.limit is None or state.remaining is None:
            continue
        filled = round(_WIDTH * min(state.remaining / max(state.limit, 1), 1))
        reset = f", all free in {state.reset_after:.0f} s" if state.reset_after else ""
        label = clean(" ".join(filter(None, (state.bucket, state.name))))
        lines.append(
            f"{label} [{'#' * filled:.<{_WIDTH}}] {state.remaining} of {state.limit}{reset}".lstrip()
        )
    return lines or ["the platform tells no limits; name your --plan"]
