"""A stream of typed events that never takes a cut body for an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Generic, NoReturn, Self, TypeVar

from flexsdk.core.call import Reply
from flexsdk.core.events import Ending, EventContract
from flexsdk.core.hooks import FirstEvent, StreamEnded, tokens_of
from flexsdk.core.opening import Opening
from flexsdk.core.watch import Watch
from flexsdk.errors import (
    ConnectionLost,
    DecodeError,
    EventTooLarge,
    FlexError,
    StreamFailed,
    StreamStalled,
    StreamTruncated,
    Timeout,
)
from flexsdk.protocol.sse import ServerSentEvent, SSEDecoder

__all__ = ["EventStream"]

E = TypeVar("E")
R = TypeVar("R")

MOST_UNFOLDED = 16
"""Events that are held back to be folded together."""


class EventStream(Opening, Generic[E, R]):
    """Events as they arrive, and their result at any time.

    Use it with ``async with``: the request is sent on entering, the connection is closed at once on leaving,
    however that happens. Iterating gives the typed events and ends after the last one. Cancelling a wait for
    the next event loses nothing; the iteration can go on.

    Raises while iterating:
        StreamFailed: the platform sent its error event.
        StreamTruncated: the body ended, or the connection broke, before a last event.
        StreamStalled: no byte for ``idle_timeout`` or no event for ``event_timeout`` seconds of waiting.
        EventTooLarge: a line or event above the decoder's caps.
        DecodeError: a known event of another shape.
        Timeout: the call's deadline passed.

    Each of them carries ``snapshot``, the result so far, and nothing is ever sent a second time.
    """

    __slots__ = (
        "__weakref__",
        "_contract",
        "_decoder",
        "_ending",
        "_final",
        "_fold",
        "_seen",
        "_stop",
        "_stop_on_exit",
        "_unfolded",
        "at_hand",
    )
    noun = "stream"

    at_hand: list[E]
    """The events that have come and that others follow, the next one last: to pop one is to take it."""

    def __init__(
        self,
        open_call: Callable[[], Awaitable[Reply[None]]],
        contract: EventContract[E, R],
        *,
        idle_timeout: float,
        event_timeout: float,
        stop: Callable[[], None] | None = None,
        stop_on_exit: bool = False,
    ) -> None:
        super().__init__(open_call, Watch(idle_timeout, event_timeout))
        self._contract = contract
        self._stop = stop
        self._stop_on_exit = stop_on_exit
        self._fold = contract.fold()
        self._decoder = SSEDecoder()
        self.at_hand = []
        self._unfolded: list[E] = []
        """Those that the fold has yet to get, in order: some that were taken, and then those at hand."""
        self._final: E | DecodeError | None = None
        """What comes after those at hand and ends the stream: an event, or what is wrong with one."""
        self._seen = 0
        self._ending: Ending = "open"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection at once; after the last event, wait a moment to keep it for reuse."""
        try:
            if self._ending == "complete":
                await self._source.drain()
        finally:
            await self.aclose()

    def __aiter__(self) -> Self:
        """Iterate over the events, in the order they were sent."""
        return self

    async def __anext__(self) -> E:
        """Wait for the next event."""
        while not self.at_hand:
            if self._ending != "open":
                raise StopAsyncIteration
            if self._final is not None:
                return self._conclude(self._final)
            await self._fill()
        return self.at_hand.pop()

    @property
    def result(self) -> R:
        """What the events so far add up to: exact at any time and after every kind of end."""
        self._gather()
        return self._fold.result(self._ending)

    async def until_done(self) -> R:
        """Read to the end and give the result."""
        async for _ in self:
            pass
        return self.result

    async def text(self) -> AsyncIterator[str]:
        """Iterate over the pieces of text alone; the other events are read and left out."""
        async for event in self:
            piece = self._contract.text(event)
            if piece is not None:
                yield piece

    def cancel(self, *, stop: bool | None = None) -> None:
        """Close the connection at once, from any task of the same loop; iteration then ends quietly.

        Args:
            stop: whether to tell the platform to stop its work, too: one call in the background, which nobody
                waits for but ``client.aclose()``. By default as the stream was made.
        """
        if self._reply is None:
            return
        if self._ending == "open" and self._stop and (self._stop_on_exit if stop is None else stop):
            self._stop()
        self._end("cancelled")
        self._source.close()

    async def aclose(self) -> None:
        """Close the connection at once; one whose body was read to its end is kept for reuse. Idempotent."""
        self.cancel()

    async def _fill(self) -> None:
        """Read until an event has arrived; whatever is wrong with the body comes out as one typed error."""
        self.reply  # noqa: B018 - refuses an iteration that was not entered
        watch = self._watch
        watch.waits()
        try:
            while self._ending == "open":
                chunk = await self._source.read()
                if not chunk:
                    self._finish(None)
                    return
                if sent := self._decoder.feed(chunk):
                    self._take_in(sent)
                    return
                watch.reads()
        except (ConnectionLost, StreamStalled, EventTooLarge, Timeout) as error:
            self._finish(error)
        finally:
            watch.rests()

    def _finish(self, error: FlexError | None) -> None:
        """Handle the end of the body, good or bad."""
        if self._ending != "open":
            return
        self._gather()
        lost = error is None or isinstance(error, ConnectionLost)
        if error is None and self._fold.may_end() and not self._decoder.unfinished:
            self._end("complete")
            return
        self._end("stalled" if isinstance(error, StreamStalled | Timeout) else "cut")
        if lost:
            raise StreamTruncated(
                f"the stream ended before its last event; {self._contract.cut_hint}"
                "what had arrived is in .snapshot",
                snapshot=self.result,
            )
        assert error is not None
        self._raise(error)

    def _take_in(self, sent: list[ServerSentEvent]) -> None:
        """Decode what has come at once, as far as it can be."""
        arrived, self._final = self._contract.decode_all(sent)
        if arrived and not self._seen:
            self._tell_first()
        self._seen += len(arrived)
        if len(self._unfolded) >= MOST_UNFOLDED:
            self._gather()
        self._unfolded += arrived
        self.at_hand.extend(reversed(arrived))

    def _gather(self) -> None:
        """Bring the fold up to what was taken."""
        taken = len(self._unfolded) - len(self.at_hand)
        if taken:
            self._fold.add(self._unfolded[:taken])
            del self._unfolded[:taken]

    def _conclude(self, final: E | DecodeError) -> E:
        """Take what ends the stream, and end with it."""
        self._final = None
        if isinstance(final, DecodeError):
            final.op = self.reply.call.op.id
            self._end("failed")
            self._raise(final)
        if not self._seen:
            self._tell_first()
        self._seen += 1
        self._gather()
        self._fold.add((final,))
        failure = self._fold.failure()
        self._end("failed" if failure else "complete")
        if failure:
            code, detail = failure
            what = ": ".join(word for word in failure if word)
            raise StreamFailed(
                f"the platform reported {what}", code=code, detail=detail, snapshot=self.result
            )
        return final

    def _raise(self, error: FlexError) -> NoReturn:
        """Give the error its snapshot and let it go."""
        self._source.close()
        error.snapshot = self.result
        raise error

    def _end(self, ending: Ending) -> None:
        if self._ending != "open":
            return
        self._ending = ending
        self._gather()
        given = self._seen - len(self.at_hand)
        self._unfolded.clear()
        self.at_hand.clear()
        self._watch.stop()
        call = self.reply.call
        if call.hooks:
            seconds = call.clock.monotonic() - call.started
            tokens = tokens_of(self._fold.result(ending))
            call.emit(
                StreamEnded(
                    op=call.op.id,
                    call=call.ref,
                    outcome=ending,
                    events=given,
                    seconds=seconds,
                    tokens=tokens,
                )
            )

    def _tell_first(self) -> None:
        call = self.reply.call
        if call.hooks:
            seconds = call.clock.monotonic() - call.started
            call.emit(FirstEvent(op=call.op.id, call=call.ref, seconds=seconds))
