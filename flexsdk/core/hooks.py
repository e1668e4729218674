"""What a client tells its hooks: one frozen record for everything that takes time.

A hook is ``Callable[[Event], None]``. Records hold names, numbers and times only: no header, no body and
no address with a query, so nothing secret can be in them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from flexsdk.types import Hook

__all__ = [
    "AttemptEnded",
    "CallEnded",
    "Event",
    "LimiterWaited",
    "QueueWaited",
    "RetryScheduled",
    "StreamEnded",
]

_log = logging.getLogger("flexsdk")


class AttemptEnded(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP attempt is over; ``outcome`` is the status as text or the name of the error."""

    op: str
    attempt: int
    outcome: str
    seconds: float


class RetryScheduled(msgspec.Struct, frozen=True, kw_only=True):
    """The call will be repeated after ``wait`` seconds; ``hint`` is what the platform asked for."""

    op: str
    attempt: int
    cause: str
    wait: float
    hint: float | None = None


class LimiterWaited(msgspec.Struct, frozen=True, kw_only=True):
    """The call was held for ``seconds`` to stay inside the limit called ``limit``."""

    op: str
    limit: str
    seconds: float


class QueueWaited(msgspec.Struct, frozen=True, kw_only=True):
    """The call waited for one of the client's own slots."""

    op: str
    seconds: float


class CallEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A call gave its value or its error; ``seconds`` includes all waits and attempts."""

    op: str
    outcome: str
    attempts: int
    seconds: float


class StreamEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A stream is closed; ``outcome`` says how."""

    op: str
    outcome: str
    events: int
    seconds: float


Event: TypeAlias = AttemptEnded | RetryScheduled | LimiterWaited | QueueWaited | CallEnded | StreamEnded


def emit(hooks: Sequence[Hook], event: Event) -> None:
    """Give the event to each hook; a hook that raises is logged and harms no call."""
    for hook in hooks:
        try:
            hook(event)
        except Exception:  # noqa: BLE001 - whatever a user's hook raises must not end the call
            _log.exception("a hook failed on %s", type(event).__name__)
