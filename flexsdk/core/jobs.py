"""Waiting for work that a platform does in its own time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from flexsdk.core.deadline import ambient, deadline
from flexsdk.errors import JobFailed, JobTimeout, Timeout
from flexsdk.protocol.checks import check_seconds
from flexsdk.types import Clock

__all__ = ["JobKind", "wait_for"]

J = TypeVar("J")

LAST_LOOK_SECONDS = 1.0
"""How long before the end of a wait the last look begins, at most."""


@dataclass(frozen=True)
class JobKind(Generic[J]):
    """What the states of a kind of job mean, and how often to look.

    Args:
        name: what such a job is called.
        status: reads the state of a job.
        succeeded, failed: the terminal states; any other word, also a new one, means that it goes on.
        reason: reads why a job failed.
        pace: seconds before the second look; doubling from look to look up to ``slowest``.
    """

    name: str
    status: Callable[[J], str]
    succeeded: frozenset[str]
    failed: frozenset[str]
    reason: Callable[[J], str | None]
    pace: float = 2.0
    slowest: float = 15.0


async def wait_for(
    kind: JobKind[J],
    job: J,
    read: Callable[[], Awaitable[J]],
    *,
    timeout: float,
    on_update: Callable[[J], None] | None,
    clock: Clock,
) -> J:
    """Look until the job is done; cancelling the wait leaves the job alone.

    Raises:
        JobFailed: it ended in one of the failed states.
        JobTimeout: it was not done after ``timeout`` seconds, or at the deadline of the block around.
    """
    began = clock.monotonic()
    ends = min(began + check_seconds("timeout", timeout), ambient.get() or float("inf"))
    last = ends - min(LAST_LOOK_SECONDS, (ends - began) / 10)
    pace = kind.pace
    while (status := kind.status(job)) not in kind.succeeded:
        if status in kind.failed:
            why = kind.reason(job) or "no reason given"
            raise JobFailed(f"the {kind.name} ended as {status}: {why}", job=job)
        now = clock.monotonic()
        if now >= last:
            raise JobTimeout(
                f"the {kind.name} is still {status} after {now - began:.3g} s; it goes on", job=job
            )
        # Up to a fifth less, so that many waiters do not look in step.
        wait = pace * (1 - random.random() / 5)  # noqa: S311 - spreading load, not secrets
        await clock.sleep(min(wait, last - now))
        job = await _look(read, job, ends, clock)
        pace = min(kind.slowest, pace * 2)
        if on_update:
            on_update(job)
    return job


async def _look(read: Callable[[], Awaitable[J]], job: J, ends: float, clock: Clock) -> J:
    """Read the job; a look ends with the wait."""
    left = ends - clock.monotonic()
    try:
        if left > 0:
            with deadline(left, clock=clock):
                return await read()
    except Timeout as error:
        if error.phase != "deadline":
            raise
    raise JobTimeout("the wait ran out during the last look; the job goes on", job=job)
