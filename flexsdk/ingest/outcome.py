"""What becomes of an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

import msgspec

from flexsdk.errors import Attempt

__all__ = ["Done", "Failed", "GaveUp", "Outcome", "Progress", "Uncertain"]

I = TypeVar("I")  # noqa: E741 - the item
V = TypeVar("V")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ended(Generic[I]):
    """What all outcomes tell: the ``key`` of the item in the journal, the item, and its HTTP attempts."""

    key: str
    item: I
    attempts: tuple[Attempt, ...] = ()
    """Of all calls that were made for it in this run; empty when it is ``recorded``."""
    recorded: bool = False
    """Whether this was known from an earlier run, so that nothing was sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done(_Ended[I], Generic[I, V]):
    """The operation gave its value.

    The value of a ``recorded`` item was decoded from the journal; it is ``None`` where it could not be kept
    there, because it is no plain data or holds a credential.
    """

    value: V


@dataclass(frozen=True, kw_only=True, slots=True)
class _Undone(_Ended[I]):
    reason: str
    error: Exception | None = field(default=None, compare=False)
    """``None`` when it is ``recorded``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed(_Undone[I]):
    """The platform will not take the item as it is; it is not sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GaveUp(_Undone[I]):
    """Not done for a reason that may pass; the next run with the same journal sends it again.

    So ends what concerns the account, such as a revoked key, credits or a quota, and what may be repeated
    without harm but did not succeed in the attempts of one call.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertain(_Undone[I]):
    """The platform may have acted, and sending the item again could do it twice.

    Find out at the platform, then tell the journal with ``resolve``.
    """


Outcome: TypeAlias = Done[I, V] | Failed[I] | GaveUp[I] | Uncertain[I]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run stands. Recorded items count; ``rate`` is items a second over the last half minute."""

    done: int
    failed: int
    gave_up: int
    uncertain: int
    in_flight: int
    concurrency: int
    """Items that may be in flight at this moment."""
    rate: float
    time_left: float | None
    """Seconds; ``None`` while the number of items or the rate is not known."""


def reason_of(error: BaseException) -> str:
    """Put an error into words that may lie on a disk: only our own errors are known to hold no credential."""
    text = str(error) if type(error).__module__.startswith("flexsdk.") else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
