"""All that a call could leave behind, counted: in the client, in the loop, in the process, at the server."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any

from servers import RawServer

from flexsdk.core import deadline
from flexsdk.core.client import Client
from flexsdk.core.limits import RateLimit

_DESCRIPTORS = Path("/proc/self/fd")
_SHARED_TIMERS = ("_Alarm._ring", "_weakref_handle")
"""One timer of the loop for all attempts, and aiohttp's one for kept connections; they outlive the calls."""

_KEEPER = "_keep"
"""The generator by which a loop closes a session that nobody has closed: one a session."""


def census(client: Client, server: RawServer) -> Counter[str]:
    """Count everything; what is kept on purpose, such as an idle connection, is not counted."""
    stats = client.stats()
    counts = Counter(
        {
            "connections in use": stats.connections_in_use,
            "slots": stats.under_way,
            "waiting for a slot": stats.waiting_for_slot,
            "waiting for a limit": stats.waiting_for_limit,
            "tasks of the client": stats.tasks,
            "sockets that only the server knows": server.open_connections - stats.connections,
            "attempt timers": len(deadline._alarms.get().running),
            "tasks": len(asyncio.all_tasks() - server._tasks),
            "async generators": _async_generators(),
            "descriptors": _descriptors() - stats.connections - server.open_connections,
        }
    )
    if isinstance(client._limits, RateLimit):
        states = client.limits.snapshot(clock=client.clock)
        counts["limiter slots"] = sum(state.in_flight + state.queued for state in states)
    return counts + _timers()


def excess(before: Counter[str], after: Counter[str]) -> list[str]:
    """Name what there is more of."""
    return sorted(f"{after[name] - before[name]} {name}" for name in after if after[name] > before[name])


def _async_generators() -> int:
    loop: Any = asyncio.get_running_loop()
    alive = [each for each in tuple(loop._asyncgens) if each.ag_frame is not None]
    return sum(each.__name__ != _KEEPER for each in alive)


def _descriptors() -> int:
    return len(os.listdir(_DESCRIPTORS)) if _DESCRIPTORS.exists() else 0  # noqa: PTH208 - counted only


def _timers() -> Counter[str]:
    loop: Any = asyncio.get_running_loop()
    names = (
        str(getattr(handle._callback, "__qualname__", handle._callback))
        for handle in loop._scheduled
        if not handle._cancelled
    )
    return Counter(f"timers of {name}" for name in names if name not in _SHARED_TIMERS)
