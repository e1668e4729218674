"""Waiting for one's turn: one state for all loops and threads, and one alarm in each loop that waits."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from flexsdk.core.call import Call, Reply
from flexsdk.core.courier import Courier
from flexsdk.protocol.fleet import Job
from flexsdk.protocol.headers import Limit, rate_limits
from flexsdk.protocol.ratelimit import SILENT, Limiter, LimitState, Ticket, Verdict, Window
from flexsdk.types import Clock

__all__ = ["Turns"]

_SHORTEST_SLEEP: Final = 1e-4
"""Seconds; timers may ring a little early, and then time must go on before the next look."""


class Turns:
    """A limiter with its lock, which is held for microseconds only, and the loops that wait for it."""

    def __init__(self, limiter: Limiter, courier: Courier | None = None) -> None:
        self._limiter = limiter
        self._courier = courier
        # Reentrant: the garbage collector may close an abandoned call, which gives back its place, anywhere.
        self._lock = threading.RLock()
        self._alarms: dict[asyncio.AbstractEventLoop, _Alarm] = {}

    @property
    def shared(self) -> bool:
        """Whether other processes keep the same limits."""
        return self._courier is not None

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn, in all loops."""
        return sum(alarm.waiting for alarm in tuple(self._alarms.values()))

    @property
    def tasks(self) -> int:
        """How many tasks are at work for those who wait, in all loops."""
        tasks = [alarm.task for alarm in tuple(self._alarms.values())]
        if self._courier is not None:
            tasks.append(self._courier.task)
        return sum(task is not None and not task.done() for task in tasks)

    def declare(self, windows: Sequence[Window], buckets: Mapping[str, Sequence[Window]]) -> None:
        """Add limits to those in force."""
        with self._lock:
            self._limiter.declare(windows, buckets)

    def per(self, bucket: str) -> str:
        """Give the path parameter that has limits of its own in this bucket, else an empty string."""
        return self._limiter.per(bucket)

    def ask(self, call: Call, key: str, max_wait: float, priority: int) -> Ticket:
        """Ask for a turn; a ticket that has an owner is queued, and :meth:`wait` is due at once."""
        limiter = self._limiter
        clock = call.clock
        with self._lock:
            now = clock.monotonic()
            expires = now + max_wait
            if call.deadline is not None and call.deadline < expires:
                expires = call.deadline
            ticket = limiter.ask(call.op.bucket, key, now, expires, priority)
            if not ticket.seq:  # never queued
                return ticket
            if ticket.waiting:
                ticket.owner = asyncio.get_running_loop().create_future()
                self._alarm(clock).waiting += 1
            outcome = limiter.outcome(now)
        self._announce(clock, *outcome)
        return ticket

    async def wait(self, ticket: Ticket, clock: Clock) -> None:
        """Wait until the ticket is granted or refused."""
        future = cast("asyncio.Future[None]", ticket.owner)
        try:
            await future
        except BaseException:  # cancelled, or closed by the garbage collector
            self.lose(ticket, clock, sent=False)
            raise
        finally:
            self._dismiss(future.get_loop())

    def answer(self, ticket: Ticket, call: Call, reply: Reply[Any]) -> None:
        """Take an answer; what a stream holds is given back when it is closed."""
        clock = call.clock
        wall = clock.time()
        limits = rate_limits(reply.headers, now=wall)
        source = reply.source
        if not limits and source is None and reply.status != 429:
            self._settle(ticket, SILENT, clock, wall)
            return
        self._settle(ticket, _verdict(reply, limits), clock, wall)
        if source is not None and ticket.held:
            source.on_close(lambda: self._settle(ticket, SILENT, clock, clock.time()))

    def lose(self, ticket: Ticket, clock: Clock, *, sent: bool) -> None:
        """Take the loss of an answer, or of the wish to send at all."""
        if sent:
            self._settle(ticket, SILENT, clock, clock.time())
            return
        with self._lock:
            now = clock.monotonic()
            self._limiter.cancel(ticket, now=now)
            outcome = self._limiter.outcome(now)
        self._announce(clock, *outcome)

    def learn(self, bucket: str, limits: Sequence[Limit], clock: Clock) -> None:
        """Take limits that were read elsewhere than in an answer's headers."""
        with self._lock:
            now = clock.monotonic()
            self._limiter.learn(bucket, limits, now=now)
            outcome = self._limiter.outcome(now)
        self._announce(clock, *outcome)

    def pump(self, clock: Clock) -> float:
        """Give everybody their turn whose moment has come; give the moment of the next look."""
        with self._lock:
            now = clock.monotonic()
            self._limiter.pump(now)
            decided, due = self._limiter.outcome(now)
        self._announce(clock, decided, due)
        return due

    def snapshot(self, clock: Clock) -> tuple[LimitState, ...]:
        """Give the state of every limit."""
        with self._lock:
            return self._limiter.snapshot(clock.monotonic())

    def _settle(self, ticket: Ticket, verdict: Verdict, clock: Clock, wall: float) -> None:
        with self._lock:
            now = clock.monotonic()
            if not self._limiter.answer(ticket, verdict, now, wall) and self._courier is None:
                return
            outcome = self._limiter.outcome(now)
        self._announce(clock, *outcome)

    def _announce(self, clock: Clock, decided: Iterable[Ticket], due: float) -> None:
        """Wake those who were decided on, and see that every waiting loop looks again in time."""
        for ticket in decided:
            if not _wake(cast("asyncio.Future[None]", ticket.owner)):
                self.lose(ticket, clock, sent=False)
        for alarm in tuple(self._alarms.values()):
            alarm.set(due)
        if self._courier is not None:
            self._send(self._courier, clock)

    def _send(self, courier: Courier, clock: Clock) -> None:
        """Have the shared store asked for what is wanted, unless that is being done already."""
        loop = _running_loop()
        if loop is None:
            return
        with self._lock:
            job = courier.begin(loop, clock.monotonic())
        if job is not None:
            courier.task = loop.create_task(self._carry(courier, job, clock))

    async def _carry(self, courier: Courier, job: Job | None, clock: Clock) -> None:
        while job is not None:
            try:
                delivery = await courier.carry(job)
            except BaseException:
                with self._lock:
                    courier.abandon(job)
                raise
            with self._lock:
                now = clock.monotonic()
                courier.take(job, delivery, now)
                outcome = self._limiter.outcome(now)
                job = courier.next_job(now)
            self._announce(clock, *outcome)

    async def flush(self, clock: Clock) -> None:
        """Wait until the shared store has been told of everything."""
        if self._courier is not None:
            self._send(self._courier, clock)
            await self._courier.idle()

    def _alarm(self, clock: Clock) -> _Alarm:
        loop = asyncio.get_running_loop()
        if loop not in self._alarms:
            self._alarms[loop] = _Alarm(self, loop, clock)
        return self._alarms[loop]

    def _dismiss(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let one waiting call of a loop go; the last one takes the alarm with it."""
        with self._lock:
            alarm = self._alarms[loop]
            alarm.waiting -= 1
            if alarm.waiting == 0:
                alarm.stop()
                del self._alarms[loop]


class _Alarm:
    """Looks at the limiter again when something is due, for the waiting calls of one loop."""

    def __init__(self, turns: Turns, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self.waiting = 0
        self._turns = turns
        self._loop = loop
        self._clock = clock
        self._due = math.inf
        self.task: asyncio.Task[None] | None = None

    def set(self, due: float) -> None:
        """Ring at ``due``, if that is earlier than planned; from any thread."""
        if _running_loop() is self._loop:
            self._plan(due)
        else:
            _post(self._loop, self._plan, due)

    def stop(self) -> None:
        """Ring no more."""
        if self.task is not None and not self._loop.is_closed():
            self.task.cancel()

    def _plan(self, due: float) -> None:
        if self.waiting and due < self._due:
            self.stop()
            self._due = due
            self.task = self._loop.create_task(self._ring(due))

    async def _ring(self, due: float) -> None:
        while due < math.inf:
            await self._clock.sleep(max(_SHORTEST_SLEEP, due - self._clock.monotonic()))
            # Not changed before the look is over, so that the look does not restart the task it is made by.
            self._due = due = self._turns.pump(self._clock)


def _verdict(reply: Reply[Any], limits: Sequence[Limit]) -> Verdict:
    if reply.status == 429 and not reply.quota_exceeded:
        return Verdict(limits, refused=True, retry_after=reply.retry_after)
    return Verdict(limits, streams=reply.source is not None)


def _wake(future: asyncio.Future[None]) -> bool:
    """Tell a waiting call, wherever it runs; false when its loop is gone."""
    if future.get_loop() is _running_loop():
        _resolve(future)
        return True
    return _post(future.get_loop(), _resolve, future)


def _post(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: Any) -> bool:
    try:
        loop.call_soon_threadsafe(callback, *arguments)
    except RuntimeError:  # the loop is closed
        return False
    return True


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
