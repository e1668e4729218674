"""Public protocols and aliases: what a user's own middleware, clock or hook has to look like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict

if TYPE_CHECKING:
    from flexsdk.core.call import Call, Reply
    from flexsdk.core.hooks import Event

__all__ = ["CallOptions", "Clock", "Handler", "Hook", "Middleware", "Priority"]

Priority: TypeAlias = Literal["interactive", "normal", "bulk"]
"""Who goes first when calls wait for a limit; first come first served among equals."""

Handler: TypeAlias = "Callable[[Call], Awaitable[Reply[Any]]]"
"""The rest of the way of a call: given the call, it answers with a reply."""

Middleware: TypeAlias = "Callable[[Call, Handler], Awaitable[Reply[Any]]]"
"""A callable around a callable: may change the call, forward it any number of times, change the reply."""

Hook: TypeAlias = "Callable[[Event], None]"
"""Called at once with each event; must not block. An exception is logged and goes no further."""


class Clock(Protocol):
    """Where the package takes time from; tests pass their own."""

    def monotonic(self) -> float:
        """Give seconds that never run backwards; deadlines and waits are measured with them."""
        ...

    def time(self) -> float:
        """Give seconds since the epoch; dates in answers are measured with them."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for that many seconds."""
        ...


class CallOptions(TypedDict, total=False):
    """Keyword options that every method takes; as defaults for many calls: ``client.with_options(...)``."""

    timeout: float
    """Seconds for one attempt, from its first byte sent to its last byte read; > 0."""
    deadline: float
    """Seconds for the whole call with all its waits and attempts; > 0."""
    attempts: int
    """Most HTTP attempts; 1 switches repeats off."""
    headers: dict[str, str]
    """Headers sent besides our own."""
    priority: Priority
    """Who goes first when calls wait for a limit."""
    idempotency_key: str
    """Your own key for this logical call, where the operation takes one; made for you otherwise."""
