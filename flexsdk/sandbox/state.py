"""Ids and times that depend on the seed and the order of events alone."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

__all__ = ["Maker"]

_BASE = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Maker:
    """Makes the ids and timestamps of one platform."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - data of a test have to be the same each time
        self._ticks = 0

    def id(self) -> str:
        """Return a new UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def time(self, ago: float = 0.0) -> str:
        """Return a new timestamp, one second after the last one made, less ``ago`` seconds."""
        self._ticks += 1
        moment = _BASE + timedelta(seconds=self._ticks - ago)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
