"""Clients of the sandbox whose open requests hold the virtual clock."""

from __future__ import annotations

from typing import Any, TypeVar

from flexsdk.core.client import Client
from flexsdk.core.hooks import BodyClosed, BodyOpened, Event
from flexsdk.sandbox import Sandbox
from flexsdk.testing.clock import VirtualClock

__all__ = ["connected"]

C = TypeVar("C", bound=Client)


def connected(sandbox: Sandbox, clock: VirtualClock, kind: type[C], /, **settings: Any) -> C:
    """Make a client of its platform in the sandbox; ``settings`` are those of the client and win."""
    emulator = getattr(sandbox, kind.dialect.name.lower())
    bodies = _OpenBodies()
    usual: dict[str, Any] = {"base_url": emulator.base_url, "clock": clock}
    if "auth" not in settings:
        usual["api_key"] = emulator.key
    hooks = [*settings.pop("hooks", ()), bodies]
    client = kind(**usual | settings, hooks=hooks)
    # The sandbox answers in another thread, so a loop at rest does not mean that nothing is on its way.
    clock.hold_while(lambda: client.stats().under_way > bodies.count)
    return client


class _OpenBodies:
    """Counts open streams: one that is read slowly, or not at all, must not hold the clock."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, BodyOpened):
            self.count += 1
        elif isinstance(event, BodyClosed):
            self.count -= 1
