"""The clock of the package's own test kit, and a wait in which it stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from flexsdk.testing.clock import VirtualClock

__all__ = ["VirtualClock", "standing_still"]


async def standing_still(condition: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds, while no virtual time passes."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("the condition never came true")
