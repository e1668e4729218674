"""The way between a limiter and the store that it shares with other processes."""

from __future__ import annotations

import asyncio

from flexsdk.core.logs import report
from flexsdk.protocol.fleet import Fleet, Job
from flexsdk.protocol.stock import Delivery, LimitStore

__all__ = ["Courier"]

IDLE_SECONDS = 2.0
"""Most time that closing waits for the store."""


class Courier:
    """Carries one order at a time; what comes up meanwhile goes with the next one."""

    def __init__(self, store: LimitStore, scope: str, fleet: Fleet) -> None:
        self._store = store
        self._scope = scope
        self._fleet = fleet
        self._loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[None] | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, now: float) -> Job | None:
        """Give the next job to this loop, if no loop is at work and there is something to do."""
        if self._loop is not None and not self._loop.is_closed():
            return None
        self._loop = loop
        return self.next_job(now)

    def next_job(self, now: float) -> Job | None:
        """Give the next job, or rest."""
        job = self._fleet.next_job(now)
        if job is None:
            self._loop = None
        return job

    async def carry(self, job: Job) -> Delivery | None:
        """Ask the store; ``None`` when it is away."""
        try:
            return await self._store.book(self._scope, job.order)
        except Exception as error:  # noqa: BLE001 - whatever a store raises, it is away
            if not self._fleet.away:  # the name only: the text may hold the store's address and password
                kind = type(error).__name__
                report(f"the shared limiter is away ({kind}); going on without it", error=kind)
            return None

    def take(self, job: Job, delivery: Delivery | None, now: float) -> None:
        """Take what the store answered."""
        if delivery is None:
            self._fleet.failed(job, now)
        else:
            self._fleet.delivered(job, delivery, now)

    def abandon(self, job: Job) -> None:
        """Stop work, because the task is cancelled."""
        self._fleet.dropped(job)
        self._loop = None

    async def idle(self) -> None:
        """Wait for the work of this loop to end, but not for long: places booked end with their lease."""
        if self.task is not None and self.task.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([self.task], timeout=IDLE_SECONDS)
