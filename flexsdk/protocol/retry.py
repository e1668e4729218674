"""Whether a failed attempt may be repeated, and what a run of repeats may cost.

Source of the rules: RFC 9110 section 9.2.2 (idempotent methods), 15.5.9 (408) and 15.6.4 (503), RFC 6585
section 4 (429), RFC 8470 section 5.2 (425), and the ``x-retry`` marks of the platforms' OpenAPI files.
"""

from __future__ import annotations

import enum

from flexsdk.errors import CertificateInvalid, ConnectFailed, ConnectionLost, Timeout, TransportError

__all__ = ["Budget", "Replay", "may_repeat_failure", "may_repeat_status"]


class Replay(enum.Enum):
    """What may be repeated when it is open whether the platform has acted."""

    SAFE = "safe"
    """Repeating changes nothing: reads, PUT, DELETE, documented upserts."""
    KEYED = "keyed"
    """Sends an idempotency key that the platform documents, the same on every attempt."""
    NEVER = "never"
    """Money, messages, triggers, creations: repeated only when the platform refused or nothing was sent."""


_NOT_PROCESSED = frozenset({408, 425, 429})
_OUTAGE = frozenset({500, 502, 503, 504, 529})


def may_repeat_status(status: int, replay: Replay, *, hinted: bool) -> bool:
    """Tell whether an answer with this status may be followed by a repeat.

    ``hinted`` says that the answer named a time to come back, which makes a 503 a refusal, not an accident.
    """
    if status in _NOT_PROCESSED or (status == 503 and hinted):
        return True
    return status in _OUTAGE and replay is not Replay.NEVER


def may_repeat_failure(error: TransportError, replay: Replay) -> bool:
    """Tell whether a call without an answer may be repeated."""
    if isinstance(error, CertificateInvalid):
        return False
    if isinstance(error, ConnectFailed) or (isinstance(error, Timeout) and error.phase == "connect"):
        return True
    ambiguous = isinstance(error, ConnectionLost) or (isinstance(error, Timeout) and error.phase == "attempt")
    return ambiguous and replay is not Replay.NEVER


class Budget:
    """Repeats allowed as a share of calls, so that an outage is not answered with a storm.

    Every call pays ``ratio`` in, every repeat takes 1 out; never more than ``reserve`` is saved, and that
    is also the start. In an outage the platform sees at most ``1 + ratio`` times the calls, plus the reserve.
    """

    __slots__ = ("__weakref__", "_ratio", "_reserve", "_saved")

    def __init__(self, *, ratio: float = 0.1, reserve: float = 10.0) -> None:
        self._ratio = ratio
        self._reserve = reserve
        self._saved = reserve

    def deposit(self) -> None:
        """Count a call."""
        if self._saved < self._reserve:
            self._saved = min(self._reserve, self._saved + self._ratio)

    def withdraw(self) -> bool:
        """Take a repeat out, if there is one."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True

    def give_back(self) -> None:
        """Put a repeat back that was taken out and is not made."""
        self._saved = min(self._reserve, self._saved + 1.0)
