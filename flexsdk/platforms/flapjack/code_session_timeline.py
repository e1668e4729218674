"""The timeline of a Flapjack code session as it grows, read again and again."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Self

from flexsdk.core.poller import Waiter
from flexsdk.platforms.flapjack.code_session_events import CodeSessionEvent

__all__ = ["CodeSessionTimeline"]


class CodeSessionTimeline:
    """The events of a session, each once, up to the end of the session.

    After the end the timeline is read once more, so that no event is missed. Nothing is read while the
    consumer works; closing is needed only to give up a request that is under way.
    """

    def __init__(self, waiter: Waiter[Any], read: Callable[[], Awaitable[list[CodeSessionEvent]]]) -> None:
        self._waiter = waiter
        self._read = read
        self._new: deque[CodeSessionEvent] = deque()
        self._seen: set[str | int] = set()
        self._ended = False

    def __aiter__(self) -> Self:
        """Iterate over the events."""
        return self

    async def __anext__(self) -> CodeSessionEvent:
        """Wait for the next event.

        Raises:
            JobTimeout: the time is over; the session goes on.
        """
        while not self._new:
            if self._ended:
                raise StopAsyncIteration
            over = await self._waiter.next() is None
            self._take(await self._read())
            self._ended = over
        return self._new.popleft()

    async def aclose(self) -> None:
        """Give up what is under way. Idempotent."""
        self._waiter.close()

    def _take(self, events: list[CodeSessionEvent]) -> None:
        """Keep what was not seen, told by its id, or by its place where it has none."""
        for place, event in enumerate(events):
            name = place if event.id is None else event.id
            if name not in self._seen:
                self._seen.add(name)
                self._new.append(event)
