"""The rate limiter, as an ordinary middleware of the attempt ring; decisions are in protocol/ratelimit.py."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final
from weakref import WeakValueDictionary

from flexsdk.core.call import Call, Reply
from flexsdk.core.clock import SystemClock
from flexsdk.core.courier import Courier
from flexsdk.core.hooks import LimiterRefused, LimiterWaited
from flexsdk.core.logs import report
from flexsdk.core.turns import Turns
from flexsdk.errors import ConfigError, ConnectFailed, RateLimited, Timeout
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.fleet import Fleet
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.ratelimit import AT_ONCE, Limiter, LimitState, Refusal, Ticket, Window
from flexsdk.protocol.stock import LimitStore
from flexsdk.types import Clock, Handler

__all__ = ["AT_ONCE", "LimitState", "LimitStore", "RateLimit", "Window"]

MAX_WAIT_SECONDS: Final = 65.0
"""A minute's window refills a minute after its answers, so a bound of 60 s would refuse the second burst."""
_SYSTEM_CLOCK: Final = SystemClock()
_PRIORITIES: Final = {"interactive": 0, "normal": 1, "bulk": 2}

_scopes: WeakValueDictionary[str, Turns] = WeakValueDictionary()
_scopes_lock: Final = threading.Lock()


class RateLimit:
    """Holds every request until it fits all limits, so that none is refused by the platform.

    Limits are those declared here, those that answers tell in their headers, and, where an answer with
    429 tells nothing, those found by increasing slowly and decreasing fast. A request that has to wait
    takes its turn first come first served inside its priority and holds no connection meanwhile.

    Args:
        windows: limits that all operations count in; a request needs a place in each of them.
        max_wait: seconds; a call that would wait longer, or past its deadline, raises
            :class:`~flexsdk.errors.RateLimited` with status 0 at once, and nothing is sent.
        buckets: further limits by the name in ``Op.bucket``, beside the common ones.
        store: where processes share these limits; without it each process keeps them on its own. Of several
            limiters of one scope, the first one's store serves all; one that comes after a limiter without a
            store is not used, which the log ``flexsdk`` is warned of.

    Raises:
        ConfigError: a value out of range.
    """

    def __init__(
        self,
        *windows: Window,
        max_wait: float = MAX_WAIT_SECONDS,
        buckets: Mapping[str, Sequence[Window]] | None = None,
        store: LimitStore | None = None,
    ) -> None:
        self._windows = windows
        self._buckets = dict(buckets or {})
        self._max_wait = check_seconds("max_wait", max_wait)
        self._store = store
        self._turns = self._begin("")

    def _begin(self, scope: str) -> Turns:
        limiter = Limiter(self._windows, self._buckets)
        if self._store is None:
            return Turns(limiter)
        return Turns(limiter, Courier(self._store, scope, Fleet(limiter, self._store.fallback)))

    def bind(self, scope: str) -> RateLimit:
        """Give a limiter that shares its state with all others of the same scope in this process.

        Limits declared by any of them are in force for all; ``max_wait`` stays each one's own.

        Args:
            scope: one word for platform, host and credential; not the credential itself.
        """
        bound = copy.copy(self)
        with _scopes_lock:
            turns = _scopes.get(scope)
            if turns is None:
                turns = _scopes[scope] = self._begin(scope)
            else:
                turns.declare(self._windows, self._buckets)
        if self._store is not None and not turns.shared:
            report("limits are not shared: a client of this key without a store was here before")
        bound._turns = turns  # noqa: SLF001 - a copy of this very object
        return bound

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Forward the call once it fits every limit.

        Raises:
            RateLimited: its turn would not come in time; nothing was sent.
        """
        turns = self._turns
        key = _key(call, turns) if call.op.bucket else ""
        ticket = turns.ask(call, key, self._max_wait, _PRIORITIES[call.priority])
        if ticket.seq:
            await _wait(call, turns, ticket)
        try:
            reply = await forward(call)
        except BaseException as error:
            turns.lose(ticket, call.clock, sent=not _nothing_sent(error))
            raise
        turns.answer(ticket, call, reply)
        return reply

    @property
    def waiting(self) -> int:
        """How many calls of this process wait for their turn, of all clients that use the same key."""
        return self._turns.waiting

    @property
    def tasks(self) -> int:
        """How many background tasks work for those who wait."""
        return self._turns.tasks

    def learn(self, limits: Sequence[Limit], *, bucket: str = "", clock: Clock = _SYSTEM_CLOCK) -> None:
        """Take limits that were read elsewhere than in an answer's headers, as from a usage endpoint."""
        self._turns.learn(bucket, limits, clock)

    async def aclose(self, *, clock: Clock = _SYSTEM_CLOCK) -> None:
        """Tell the shared store what it does not know yet, in 2 s at most; the limiter can still be used."""
        await self._turns.flush(clock)

    def snapshot(self, *, clock: Clock = _SYSTEM_CLOCK) -> tuple[LimitState, ...]:
        """Give limit, places left, reset and queue of every limit at this moment."""
        return self._turns.snapshot(clock)


async def _wait(call: Call, turns: Turns, ticket: Ticket) -> None:
    """Wait for a turn that did not come at once, if there is any."""
    if ticket.owner is not None:
        began = call.clock.monotonic()
        await turns.wait(ticket, call.clock)
        seconds = call.clock.monotonic() - began
        call.held += seconds
        if call.hooks:
            call.emit(LimiterWaited(op=call.op.id, call=call.ref, limit=ticket.obstacle, seconds=seconds))
    if ticket.refusal is not None:
        if call.hooks:
            call.emit(LimiterRefused(op=call.op.id, call=call.ref, limit=ticket.refusal.limit))
        raise _refused(call, ticket.refusal)


def _key(call: Call, turns: Turns) -> str:
    """Give the path parameter of the call that has a limit of its own; mostly there is none."""
    bucket = call.op.bucket
    name = turns.per(bucket)
    if not name:
        return ""
    for part, value in zip(call.op.path.split("/"), call.target.partition("?")[0].split("/"), strict=False):
        if part == f"{{{name}}}":
            return value
    raise ConfigError(f"the limits of {bucket!r} are per {name}, and {call.op.path} has no such parameter")


def _nothing_sent(error: BaseException) -> bool:
    if isinstance(error, Timeout):
        return error.phase in ("connect", "queue")
    return isinstance(error, ConnectFailed | ConfigError)


def _refused(call: Call, refusal: Refusal) -> RateLimited:
    known = refusal.retry_after > 0  # else it depends on when a running request ends
    length = f" for {round(refusal.retry_after, 1):g} s" if known else ""
    error = RateLimited(
        f"no place in {refusal.limit!r}{length}, and nothing was sent; "
        "call again later, or raise max_wait or the deadline",
        status=0,
        retry_after=refusal.retry_after if known else None,
    )
    error.limit, error.remaining = refusal.requests, refusal.remaining
    error.reset_at = call.clock.time() + refusal.retry_after if known else None
    return error
