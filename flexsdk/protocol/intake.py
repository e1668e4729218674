"""The life of one item of an ingestion: what is known of it, and what may be done with it next.

On disk an item is in one of four states. "Uncertain" is none of them: it is an item that was sent, whose
answer is not known, and that may not be sent again.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final

import msgspec

from flexsdk.errors import (
    APIError,
    ConfigError,
    Conflict,
    ConnectFailed,
    Forbidden,
    JobFailed,
    PaymentRequired,
    QuotaExceeded,
    RateLimited,
    ServerError,
    Timeout,
    Unauthorized,
)
from flexsdk.protocol.retry import Replay

__all__ = ["Entry", "State", "Step", "Terms", "Verdict", "acted", "next_step", "pause", "settled", "verdict"]

PATIENCE_SECONDS: Final = 900.0
"""How long an item waits in all for limits that refuse it before anything is done."""
PAUSE_SECONDS: Final = 1.0
"""The wait where a refusal names none."""
MOST_CONFLICTS: Final = 5
"""How often an item is sent again whose first request the platform has not finished yet."""

_NOT_PROCESSED: Final = frozenset({408, 425})


class State(enum.IntEnum):
    """What a journal knows of an item."""

    SENT = 1
    """It may have reached the platform; the answer is not known."""
    REFUSED = 2
    """The platform has done nothing for it: it may be sent again, whatever it is."""
    DONE = 3
    FAILED = 4
    """The platform will not take it as it is."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal holds of an item.

    ``turn`` counts the idempotency keys it has had, ``began`` is when it was first sent under the present
    one, in seconds since the epoch. ``note`` is the value as JSON of a done item, else the reason as text.
    """

    state: State
    digest: bytes
    turn: int = 0
    began: float = 0.0
    note: bytes | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal was begun for; going on with another operation would lose or double items.

    ``keeps`` is for how many seconds the platform honours an idempotency key.
    """

    name: str
    replay: Replay
    keyed: bool
    keeps: float

    def may_repeat(self, began: float, now: float) -> bool:
        """Tell whether an item without an answer may be sent again, ``now`` in seconds since the epoch."""
        if self.replay is Replay.KEYED:
            return 0.0 <= now - began < self.keeps  # a clock that was set back proves nothing
        return self.replay is Replay.SAFE


class Step(enum.Enum):
    """What is due for an item that comes out of the source."""

    SEND = "send"
    REPORT = "report"
    """It is done or has failed before."""
    ASK = "ask"
    """It is uncertain: only its owner can find out what the platform has done."""
    CHANGED = "changed"
    """It is another item than the one of this name in the journal."""


class Verdict(enum.Enum):
    """What an error says about its item."""

    REFUSED = "refused"
    FAILED = "failed"
    OPEN = "open"
    """The platform may have acted."""


def next_step(entry: Entry | None, digest: bytes, terms: Terms, now: float) -> Step:
    """Decide on an item that comes out of the source."""
    if entry is None:
        return Step.SEND
    if entry.digest != digest:
        return Step.CHANGED
    if entry.state in (State.DONE, State.FAILED):
        return Step.REPORT
    if entry.state is State.REFUSED or terms.may_repeat(entry.began, now):
        return Step.SEND
    return Step.ASK


def settled(verdict: Verdict, *, again: bool) -> State:
    """Give the state after an error; ``again`` tells that an earlier request may have been acted on."""
    if verdict is Verdict.FAILED:
        return State.FAILED
    return State.SENT if again or verdict is Verdict.OPEN else State.REFUSED


def acted(outcomes: Iterable[str]) -> bool:
    """Tell whether the platform may have acted in one of these attempts, by ``Attempt.outcome``.

    A 503 is not among them: what is not safe to repeat is repeated after a 503 only when that was a refusal.
    """
    return any(_may_have_acted(outcome) for outcome in outcomes)


def _may_have_acted(outcome: str) -> bool:
    if not outcome.isdigit():
        return outcome != ConnectFailed.__name__
    status = int(outcome)
    return status < 400 or (status >= 500 and status != 503)


def verdict(error: Exception, replay: Replay, *, again: bool) -> Verdict:
    """Say what an error means for the item that it belongs to."""
    match error:
        case Conflict() if _under_way(error, replay, again=again):
            return Verdict.OPEN
        case RateLimited() | Unauthorized() | PaymentRequired() | Forbidden():
            return Verdict.REFUSED
        case ServerError():
            return Verdict.REFUSED if error.status == 503 and error.retry_after is not None else Verdict.OPEN
        case APIError():
            return Verdict.REFUSED if error.status in _NOT_PROCESSED else Verdict.FAILED
        case ConfigError() | JobFailed():
            return Verdict.FAILED
        case ConnectFailed():
            return Verdict.REFUSED
        case Timeout():
            unsent = error.phase in ("connect", "queue") or not error.attempts
            return Verdict.REFUSED if unsent else Verdict.OPEN
    return Verdict.OPEN


def pause(error: Exception, replay: Replay, *, again: bool, conflicts: int, waited: float) -> float | None:
    """Give the seconds after which the item is sent once more; ``None`` where that is over.

    Args:
        error: the last one.
        replay: what may be repeated.
        again: whether an earlier request may have been acted on.
        conflicts: how often a first request was still under way.
        waited: seconds that the item has waited like this so far.
    """
    if again and replay is Replay.NEVER:
        return None
    if isinstance(error, RateLimited) and not isinstance(error, QuotaExceeded):
        wait = max(PAUSE_SECONDS, error.retry_after or 0.0)
        return wait if waited + wait <= PATIENCE_SECONDS else None
    if _under_way(error, replay, again=again) and conflicts < MOST_CONFLICTS:
        return PAUSE_SECONDS
    return None


def _under_way(error: Exception, replay: Replay, *, again: bool) -> bool:
    """Tell whether a conflict means that the first request under this key is still being worked on."""
    return again and replay is Replay.KEYED and isinstance(error, Conflict)
