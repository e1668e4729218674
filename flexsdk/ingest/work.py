"""The way of one item: noted, sent, perhaps sent again, settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from flexsdk.core.call import Call, made
from flexsdk.errors import Attempt, Conflict, RateLimited, Timeout
from flexsdk.ingest.journal import Ledger
from flexsdk.ingest.operation import Operation
from flexsdk.ingest.outcome import Done, Failed, GaveUp, Outcome, Uncertain, reason_of
from flexsdk.protocol.concurrency import Concurrency
from flexsdk.protocol.intake import Entry, State, acted, pause, settled, verdict
from flexsdk.protocol.retry import Replay
from flexsdk.types import Clock

__all__ = ["Item", "Worker"]

I = TypeVar("I")  # noqa: E741 - the item
V = TypeVar("V")


@dataclass(slots=True, eq=False)
class Item(Generic[I]):
    """An item on its way, with what the journal knows of it."""

    key: str
    value: I
    entry: Entry
    again: bool = False
    """Whether an earlier run may have sent it."""
    calls: list[Call] = field(default_factory=list)
    began: float = 0.0
    """The monotonic time of its present call."""
    fed: int = 0
    """Attempts that the concurrency has heard of."""
    conflicts: int = 0
    waited: float = 0.0

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts of this run."""
        return tuple(attempt for call in self.calls for attempt in call.history)

    def may_have_acted(self, error: Exception) -> bool:
        """Tell whether a request before the one that ended in this error may have been acted on."""
        unsafe = [call for call in self.calls if call.op.repeats is not Replay.SAFE]
        outcomes = [attempt.outcome for call in unsafe for attempt in call.history]
        if isinstance(error, Timeout) and error.phase == "connect":
            outcomes = outcomes[:-1]  # the word of this very error, which does not tell its phase
        return self.again or acted(outcomes)


class Worker(Generic[I, V]):
    """Makes the calls for items, and notes in the journal before and after."""

    def __init__(
        self, operation: Operation[I, V], ledger: Ledger, concurrency: Concurrency, clock: Clock
    ) -> None:
        self._operation = operation
        self._replay = operation.replay
        self._ledger = ledger
        self._concurrency = concurrency
        self._clock = clock

    async def handle(self, item: Item[I]) -> Outcome[I, V]:
        """See an item to its end; what the journal cannot keep is raised."""
        item.entry = self._sent(item)
        await self._ledger.write(item.key, item.entry)
        made.set(item.calls)  # every item has a task, and so a context, of its own
        while True:
            try:
                value = await self._call(item)
            except Exception as error:  # noqa: BLE001 - whatever a user's call raises is the outcome of its item
                wait = self._wait_after(item, error)
                if wait is None:
                    return await self._undone(item, error)
            else:
                return await self._done(item, value)
            await self._clock.sleep(wait)

    def cut(self, item: Item[I]) -> Outcome[I, V]:
        """Name an item that was cut off on its way."""
        sent = item.entry.state is State.SENT
        return self._name(item, item.entry, "cut off in flight" if sent else "cut off before it was sent")

    def recorded(self, item: Item[I]) -> Outcome[I, V]:
        """Give the outcome of an item that is not sent in this run."""
        entry = item.entry
        if entry.state is State.DONE:
            value = self._operation.decode(entry.note)
            return Done(key=item.key, item=item.value, value=value, recorded=True)
        reason = (entry.note or b"sent in an earlier run, no answer is known").decode()
        kind = Failed if entry.state is State.FAILED else Uncertain
        return kind(key=item.key, item=item.value, reason=reason, recorded=True)

    def _sent(self, item: Item[I]) -> Entry:
        """Give the entry of an item about to be sent; a repeat keeps the time of the first sending."""
        if item.again:
            return item.entry
        return msgspec.structs.replace(item.entry, state=State.SENT, began=self._clock.time(), note=None)

    async def _call(self, item: Item[I]) -> V:
        item.began = self._clock.monotonic()
        if self._replay is Replay.KEYED:
            key = self._ledger.idempotency_key(item.key, item.entry.turn)
            return await self._operation.call(item.value, idempotency_key=key)
        return await self._operation.call(item.value)

    def _wait_after(self, item: Item[I], error: Exception) -> float | None:
        """Give the seconds until the item is sent once more; ``None`` where this was the end."""
        self._feed(item)
        if isinstance(error, RateLimited) and not error.status:
            self._concurrency.refuse(item.began, self._clock.monotonic())
        again = item.may_have_acted(error)
        wait = pause(error, self._replay, again=again, conflicts=item.conflicts, waited=item.waited)
        item.conflicts += isinstance(error, Conflict)
        item.waited += wait or 0.0
        return wait

    def _feed(self, item: Item[I]) -> None:
        """Tell the concurrency what the attempts since the last time were like."""
        attempts = item.attempts
        for attempt in attempts[item.fed :]:
            if attempt.outcome == "429":
                self._concurrency.refuse(item.began, self._clock.monotonic())
            elif attempt.outcome.startswith("2"):  # a failure may come much faster than an answer
                self._concurrency.answer(attempt.seconds)
        item.fed = len(attempts)

    async def _done(self, item: Item[I], value: V) -> Outcome[I, V]:
        self._feed(item)
        if not item.calls:  # not by a client of ours
            self._concurrency.answer(self._clock.monotonic() - item.began)
        note = self._operation.encode(value)
        await self._ledger.write(item.key, msgspec.structs.replace(item.entry, state=State.DONE, note=note))
        return Done(key=item.key, item=item.value, attempts=item.attempts, value=value)

    async def _undone(self, item: Item[I], error: Exception) -> Outcome[I, V]:
        again = item.may_have_acted(error)
        reason = reason_of(error)
        state = settled(verdict(error, self._replay, again=again), again=again)
        entry = msgspec.structs.replace(item.entry, state=state, note=reason.encode("utf-8", "replace"))
        await self._ledger.write(item.key, entry)
        return self._name(item, entry, reason, error)

    def _name(
        self, item: Item[I], entry: Entry, reason: str, error: Exception | None = None
    ) -> Outcome[I, V]:
        kind: type[Failed[I]] | type[GaveUp[I]] | type[Uncertain[I]] = GaveUp
        if entry.state is State.FAILED:
            kind = Failed
        elif entry.state is State.SENT and self._replay is Replay.NEVER:
            kind = Uncertain
        return kind(key=item.key, item=item.value, attempts=item.attempts, reason=reason, error=error)
