"""Logs: what the package writes by itself, and a hook that writes every event; both by one allow-list."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from flexsdk.core.hooks import Event

__all__ = ["FIELDS", "LogHook", "report"]

FIELDS: Final = frozenset(
    {
        "attempt", "attempts", "call", "cause", "error", "event", "events", "hint", "limit", "method", "op",
        "outcome", "place", "platform", "request_id", "route", "seconds", "tokens", "tool", "wait",
    }
)  # fmt: skip
"""Names of the structured fields of log records; what is not named here is not written."""

_log: Final = logging.getLogger("flexsdk")
_SAME_IN_ALL: Final = frozenset({"call", "event", "method", "op", "platform", "route"})
"""Fields of every event; the line begins with operation and kind of event, and leaves out the others."""
_GOOD_ENDS: Final = frozenset({"complete", "cancelled", "Cancelled"})


def report(message: str, **fields: object) -> None:
    """Warn in the package's own log; neither message nor fields hold anything that was sent or received."""
    _log.warning(message, extra=_allowed(fields))


class LogHook:
    """Writes one record for each event: a line to read, and the same as fields in its ``extra``.

    The fields are attributes of the record, such as ``op``, ``outcome`` and ``seconds``; ``FIELDS`` is the
    list of all that are allowed. Ends of calls and streams that are no success, and calls that the limiter
    refused, are warnings.

    Args:
        logger: where to; by default the package's own, ``flexsdk``.
        level: of everything else.
    """

    def __init__(self, logger: logging.Logger | None = None, level: int = logging.INFO) -> None:
        self._logger = logger or _log
        self._level = level

    def __call__(self, event: Event) -> None:
        """Write the event."""
        level = max(self._level, logging.WARNING) if _is_bad(event) else self._level
        if self._logger.isEnabledFor(level):
            fields = _fields(event)
            said = [f"{name} {_short(value)}" for name, value in fields.items() if name not in _SAME_IN_ALL]
            line = " ".join([f"{event.op}:", type(event).__name__, ", ".join(said)])
            self._logger.log(level, line.rstrip(), extra=fields)


def _fields(event: Event) -> dict[str, Any]:
    about = msgspec.structs.asdict(event.call)
    said = msgspec.structs.asdict(event)
    return _allowed({**about, **said, "call": event.call.number, "event": type(event).__name__})


def _allowed(fields: Mapping[str, object]) -> dict[str, Any]:
    """Keep the fields that are on the list and say something."""
    return {name: value for name, value in fields.items() if name in FIELDS and value not in (None, {})}


def _is_bad(event: Event) -> bool:
    """Tell whether an end is no success, or a call was refused."""
    kind = type(event).__name__
    if kind not in ("CallEnded", "StreamEnded"):
        return kind == "LimiterRefused"
    outcome: str = getattr(event, "outcome", "")
    return not outcome.isdecimal() and outcome not in _GOOD_ENDS


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
