"""The loop that repeats a call, as an ordinary middleware of the call ring."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from flexsdk.core.call import Call, Reply
from flexsdk.core.hooks import RetryScheduled
from flexsdk.errors import ConfigError, ConnectFailed, ConnectionLost, Timeout, TransportError
from flexsdk.protocol.backoff import full_jitter, upward_jitter
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.retry import Budget, Replay, may_repeat_failure, may_repeat_status
from flexsdk.types import Handler

__all__ = ["Retry"]


class Retry:
    """Repeats what may be repeated, after the wait that the platform asked for, else with full jitter.

    Args:
        attempts: most HTTP attempts of a call, the first one included; 1 switches repeats off.
        max_retry_after: longest wait in seconds that a platform may ask for; a longer wish is not waited
            out, the error is raised at once and carries ``retry_after``.
        base: seconds; the first wait without a hint is between 0 and this, doubling with each attempt.
        cap: seconds; upper end of the longest wait without a hint.
        budget: repeats as a share of calls, shared by all who use this object; by default one repeat for
            ten calls and a reserve of ten, ``None`` for no limit. Answers with 429 draw nothing from it:
            the platform has set their pace. Nor does the first repeat after a kept connection had ended:
            it has served a call before, so there are fewer of these than good answers.
        rng: gives numbers in [0, 1).

    Repeating never passes the call's deadline.
    """

    def __init__(
        self,
        *,
        attempts: int = 4,
        max_retry_after: float = 60.0,
        base: float = 0.5,
        cap: float = 8.0,
        budget: Budget | UnsetType | None = UNSET,
        rng: Callable[[], float] = random.random,
    ) -> None:
        if attempts < 1:
            raise ConfigError(f"attempts must be 1 or more, not {attempts!r}")
        self.attempts = attempts
        self.max_retry_after = check_seconds("max_retry_after", max_retry_after)
        self._base = check_seconds("base", base)
        self._cap = check_seconds("cap", cap)
        self._budget = Budget() if budget is UNSET else budget
        self._rng = rng

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Forward the call until it succeeds, may not be repeated, or has used its attempts or its time."""
        call.retry = self
        if self._budget:
            self._budget.deposit()
        while True:
            call.attempt += 1
            failure: TransportError | None = None
            reply: Reply[Any] | None = None
            try:
                reply = await forward(call)
                if reply.status < 400:
                    return reply
            except TransportError as error:
                failure = error
            wait = self._wait_after(call, reply, failure)
            if wait is None:
                return _give_up(reply, failure)
            await self._rest(call, wait, reply, failure)

    def left(self, call: Call) -> int:
        """Tell how many HTTP attempts of the call are left."""
        return (call.max_attempts or self.attempts) - call.attempt

    async def pause(self, call: Call, failure: TransportError) -> bool:
        """Wait before a repeat that the caller makes itself, after an answer that broke while it was read.

        False, without a wait, when the call may not be repeated or has used its attempts, budget or time.
        """
        wait = self._wait_after(call, None, failure)
        if wait is not None:
            await self._rest(call, wait, None, failure)
        return wait is not None

    async def _rest(
        self, call: Call, wait: float, reply: Reply[Any] | None, failure: TransportError | None
    ) -> None:
        try:
            await _sleep(call, wait, reply, failure)
        except BaseException:  # cancelled: the repeat is not made
            if self._budget and not _is_free(call, reply, failure):
                self._budget.give_back()
            raise

    def _wait_after(
        self, call: Call, reply: Reply[Any] | None, failure: TransportError | None
    ) -> float | None:
        """Seconds to wait before the next attempt; ``None`` when there is none."""
        if self.left(call) <= 0:
            return None
        hint = reply.retry_after if reply else None
        wait = self._hinted(hint) if hint is not None else self._jittered(call, failure)
        if wait is None or wait >= call.time_left():
            return None
        if not _may_repeat(call, reply, failure, hinted=reply is not None and reply.refused):
            return None
        if self._budget and not _is_free(call, reply, failure) and not self._budget.withdraw():
            return None
        return wait

    def _hinted(self, hint: float) -> float | None:
        return None if hint > self.max_retry_after else upward_jitter(hint, random=self._rng())

    def _jittered(self, call: Call, failure: TransportError | None) -> float:
        # A kept connection that drops before the answer is common and says nothing about load: again at once.
        if isinstance(failure, ConnectionLost) and call.attempt == 1 and call.op.repeats is Replay.SAFE:
            return 0.0
        return full_jitter(call.attempt, random=self._rng(), base=self._base, cap=self._cap)


def _may_repeat(
    call: Call, reply: Reply[Any] | None, failure: TransportError | None, *, hinted: bool
) -> bool:
    if failure is not None:
        return may_repeat_failure(failure, call.op.repeats) and (call.replayable or _unsent(failure))
    assert reply is not None
    repeat = may_repeat_status(reply.status, call.op.repeats, hinted=hinted)
    return repeat and call.replayable and not reply.quota_exceeded


def _is_free(call: Call, reply: Reply[Any] | None, failure: TransportError | None) -> bool:
    """Tell whether a repeat draws nothing from the budget, for it is no answer to an outage."""
    if reply is not None:
        return reply.status == 429
    return isinstance(failure, ConnectionLost) and failure.kept and call.attempt == 1


def _unsent(failure: TransportError) -> bool:
    return isinstance(failure, ConnectFailed) or (isinstance(failure, Timeout) and failure.phase == "connect")


def _give_up(reply: Reply[Any] | None, failure: TransportError | None) -> Reply[Any]:
    if failure is not None:
        raise failure
    assert reply is not None
    return reply


async def _sleep(call: Call, wait: float, reply: Reply[Any] | None, failure: TransportError | None) -> None:
    if call.history:
        call.history[-1] = msgspec.structs.replace(call.history[-1], waited=wait)
    if call.hooks:
        cause = str(reply.status) if reply else type(failure).__name__
        hint = reply.retry_after if reply else None
        call.emit(
            RetryScheduled(
                op=call.op.id, call=call.ref, attempt=call.attempt, cause=cause, wait=wait, hint=hint
            )
        )
    await call.clock.sleep(wait)
