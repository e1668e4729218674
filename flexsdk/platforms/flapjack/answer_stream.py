"""An answer with all its legs: each leg is one stream, and between them the caller's tools run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from flexsdk.core.call import Reply
from flexsdk.core.stream import EventStream
from flexsdk.errors import FlexError, Timeout
from flexsdk.platforms.flapjack.events import Answer, Event, Token, ToolResult, Usage
from flexsdk.platforms.flapjack.function_tools import Toolbox
from flexsdk.platforms.flapjack.messages import MessageSend, ToolResultSubmission
from flexsdk.structs import UNSET
from flexsdk.types import Clock

__all__ = ["AnswerStream", "Leg", "OpenLeg"]

Leg = EventStream[Event, Answer]
OpenLeg = Callable[..., Leg]
"""Makes the stream of one leg, given its ``body`` and, where there is one, its ``deadline``."""


_LEAST_SECONDS = 0.001
"""A deadline that has passed, as a call takes it."""


class AnswerStream:
    """The events of an answer as they arrive, through all rounds of tools, and the result at any time.

    Use it with ``async with``: the message is sent on entering, the connection is closed at once on leaving,
    however that happens, and handlers that still run are cancelled. Iterating gives the typed events and ends
    after the last one. Cancelling a wait for the next event loses nothing; the iteration can go on.

    Where functions were given as tools, ``RequiresAction`` is followed by the ``ToolResult`` of each of its
    calls, in their order, and by the events of the next leg. After the last allowed round the iteration ends,
    with ``result.outcome`` as ``requires_action`` and the open calls in ``result.tool_calls``.

    Raises while iterating:
        StreamFailed: the platform sent its error event.
        StreamTruncated: the body ended, or the connection broke, before a last event.
        StreamStalled: no byte for ``idle_timeout`` or no event for ``event_timeout`` seconds of waiting.
        EventTooLarge: a line or event above the decoder's caps.
        DecodeError: a known event of another shape.
        Timeout: the deadline passed.

    Each of them carries ``snapshot``, the result so far, and no message is ever sent a second time.
    """

    __slots__ = (
        "__weakref__",
        "_at_hand",
        "_began",
        "_clock",
        "_deadline",
        "_leg",
        "_message",
        "_open_leg",
        "_over",
        "_results",
        "_round",
        "_rounds_left",
        "_toolbox",
    )

    def __init__(
        self,
        open_leg: OpenLeg,
        message: MessageSend,
        toolbox: Toolbox,
        *,
        max_rounds: int,
        deadline: float | None,
        clock: Clock,
    ) -> None:
        self._open_leg = open_leg
        self._message = message
        self._toolbox = toolbox
        self._rounds_left = max_rounds
        self._deadline = deadline
        self._clock = clock
        self._attach(self._make_leg(message, deadline))
        self._over: list[Answer] = []
        self._results: list[ToolResult] = []
        self._round: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Send the message; returns when the platform has begun to answer."""
        self._began = self._clock.monotonic()
        await self._leg.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection at once; after the last event, wait a moment to keep it for reuse."""
        try:
            await self._leg.__aexit__(kind, error, trace)
        finally:
            await self.aclose()

    def __aiter__(self) -> Self:
        """Iterate over the events, in the order they were sent."""
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event, running tools where the platform waits for them."""
        if self._at_hand:
            return self._at_hand.pop()
        while not self._results:
            try:
                return await anext(self._leg)
            except StopAsyncIteration:
                if not await self._go_on():
                    raise
            except FlexError as error:
                error.snapshot = self.result
                raise
        return self._results.pop()

    async def text(self) -> AsyncIterator[str]:
        """Iterate over the pieces of text alone, of all legs; the other events are read and left out."""
        async for event in self:
            if isinstance(event, Token):
                yield event.delta

    async def until_done(self) -> Answer:
        """Read to the end and give the result."""
        async for _ in self:
            pass
        return self.result

    @property
    def result(self) -> Answer:
        """What the events so far add up to, over all legs: exact at any time and after every kind of end."""
        latest = self._leg.result
        if not self._over:
            return latest
        legs = [*self._over, latest]
        return msgspec.structs.replace(
            latest, text="".join(leg.text for leg in legs), usage=_sum([leg.usage for leg in legs])
        )

    @property
    def reply(self) -> Reply[None]:
        """Status, headers, request id and attempts of the latest leg's answer."""
        return self._leg.reply

    def cancel(self, *, stop: bool | None = None) -> None:
        """Close the connection at once and cancel the handlers, from any task of the same loop.

        Args:
            stop: whether to send the stop call, too, at best effort; by default as the stream was made.
        """
        if self._round is not None:
            self._round.cancel()
        self._leg.cancel(stop=stop)

    async def aclose(self) -> None:
        """Close the connection at once and wait for cancelled handlers to end. Idempotent."""
        self.cancel()
        if self._round is not None:
            await asyncio.wait([self._round])

    async def _go_on(self) -> bool:
        """Play a round of tools and open the next leg; false at the end of the answer.

        The round is a task of its own: a wait that is cancelled runs no handler and sends no result twice.
        """
        if self._round is None:
            answer = self._leg.result
            if answer.outcome != "requires_action" or not self._may_play(answer):
                return False
            self._rounds_left -= 1
            self._round = asyncio.create_task(self._play(answer))
        await asyncio.wait([self._round], timeout=self._seconds_left())
        return self._finish(self._round)

    def _may_play(self, answer: Answer) -> bool:
        return self._rounds_left > 0 and self._toolbox.runs(answer.tool_calls)

    def _finish(self, played: asyncio.Task[None]) -> bool:
        if not played.done():
            played.cancel()
            raise Timeout(
                "the deadline passed while tools ran", phase="deadline", seconds=self._deadline or 0.0
            )
        if played.cancelled():
            return False
        self._round = None
        if (error := played.exception()) is not None:
            self._rounds_left = 0
            if isinstance(error, FlexError):
                error.snapshot = self.result
            raise error
        return True

    async def _play(self, answer: Answer) -> None:
        calls = answer.tool_calls
        texts = await self._toolbox.run(calls)
        results = [
            ToolResultSubmission(tool_call_id=call.id, result=text)
            for call, text in zip(calls, texts, strict=True)
        ]
        message = msgspec.structs.replace(self._message, content=UNSET, tool_results=results)
        await self._leg.__aexit__(None, None, None)  # its connection may serve the next leg
        leg = self._make_leg(message, self._seconds_left())
        await leg.__aenter__()
        self._over.append(answer)
        self._attach(leg)
        made = [
            ToolResult(tool_name=call.name, tool_call_id=call.id, result=text)
            for call, text in zip(calls, texts, strict=True)
        ]
        self._results = made[::-1]  # taken from the end

    def _attach(self, leg: Leg) -> None:
        self._leg, self._at_hand = leg, leg.at_hand

    def _make_leg(self, message: MessageSend, deadline: float | None) -> Leg:
        bound = {} if deadline is None else {"deadline": deadline}
        return self._open_leg(body=message, **bound)

    def _seconds_left(self) -> float | None:
        if self._deadline is None:
            return None
        return max(_LEAST_SECONDS, self._deadline - (self._clock.monotonic() - self._began))


def _sum(counted: Sequence[Usage | None]) -> Usage | None:
    """Add up the counters that were told; what no leg told stays unknown."""
    legs = [usage for usage in counted if usage is not None]
    if not legs:
        return None
    totals: dict[str, Any] = {}
    for name in Usage.__struct_fields__:
        told = [count for leg in legs if (count := getattr(leg, name)) is not None]
        totals[name] = sum(told) if told else None
    return Usage(**totals)
