"""What happens in a Flapjack code session after a prompt, by the clock alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flexsdk.sandbox.state import Maker

__all__ = ["Turn"]

_ENDS = {"fail": "error", "expire": "expired"}
"""Word of a prompt to the state that it ends in; every other prompt is fulfilled."""
_CREATING, _RUNNING = 0.15, 0.4
"""From which share of its time on a first turn creates the workspace, and works."""
# Share of the time at which it happens, type, payload.
_EVENTS: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (0.0, "prompt", {}),
    (0.4, "stdout", {"text": "Reading the repository"}),
    (0.6, "tool_call", {"tool": "run_tests", "arguments": {}}),
    (0.8, "file_edit", {"path": "src/main.py", "added": 3, "removed": 1}),
)

Item = dict[str, Any]


@dataclass(slots=True)
class Turn:
    """The work on one prompt."""

    message: Item
    began: float
    """On the clock of the sandbox."""
    seconds: float
    """How long it takes."""
    first: bool
    """Whether it has to create the workspace."""
    planned: list[tuple[float, Item]]
    """The events, each with the share of the time at which it happens."""
    cancelled: float | None = None
    """When it was cancelled."""

    @classmethod
    def begin(
        cls, make: Maker, session_id: str, prompt: str, *, now: float, seconds: float, first: bool
    ) -> Turn:
        """Begin to work on a prompt."""
        message = {
            "id": make.id(),
            "session_id": session_id,
            "role": "user",
            "prompt": prompt,
            "status": "accepted",
            "created_at": make.time(),
        }
        last = (1.0, "status", {"status": _end(prompt)})
        planned = [
            (
                share,
                {
                    "id": make.id(),
                    "session_id": session_id,
                    "message_id": message["id"],
                    "type": kind,
                    "payload": payload,
                    "created_at": make.time(),
                },
            )
            for share, kind, payload in (*_EVENTS, last)
        ]
        return cls(message, now, seconds, first, planned)

    def cancel(self, now: float) -> None:
        """End the work before its time; what has happened by then stays."""
        self.cancelled = now

    def status(self, now: float) -> str:
        """Return the state of the session."""
        if self.cancelled is not None:
            return "cancelled"
        share = self._share(now)
        if share >= 1:
            return _end(self.message["prompt"])
        if not self.first or share >= _RUNNING:
            return "running"
        return "creating" if share >= _CREATING else "pending"

    def events(self, now: float) -> list[Item]:
        """Return what has happened so far."""
        share = self._share(now if self.cancelled is None else self.cancelled)
        return [event for at, event in self.planned if at <= share]

    def _share(self, now: float) -> float:
        return (now - self.began) / self.seconds if self.seconds else 1.0


def _end(prompt: str) -> str:
    words = re.findall(r"[a-z]+", prompt.lower())
    return next((end for word, end in _ENDS.items() if word in words), "finished")
