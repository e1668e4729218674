"""A run over a source: bounded fan-out, outcomes as they come, and an orderly end."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterable, Iterable, Sized
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import anyio

from flexsdk.core.clock import SystemClock
from flexsdk.errors import ConfigError
from flexsdk.ingest.journal import Journal, Ledger, NoJournal
from flexsdk.ingest.operation import Operation
from flexsdk.ingest.outcome import Done, Failed, GaveUp, Outcome, Progress, Uncertain
from flexsdk.ingest.shelf import Shelf
from flexsdk.ingest.source import END, Source
from flexsdk.ingest.work import Item, Worker
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.concurrency import Concurrency
from flexsdk.protocol.intake import Entry, State, Step, next_step
from flexsdk.protocol.pace import Pace
from flexsdk.types import Clock

__all__ = ["Ingest", "ingest"]

I = TypeVar("I")  # noqa: E741 - the item
V = TypeVar("V")

CONCURRENCY: Final = 50
GRACE_SECONDS: Final = 30.0
UNREAD: Final = 2
"""A run holds at most that many times ``concurrency`` items, in flight and finished but not read."""


def ingest(
    source: Iterable[I] | AsyncIterable[I],
    operation: Operation[I, V],
    *,
    concurrency: int = CONCURRENCY,
    journal: Ledger | str | os.PathLike[str] | None = None,
    ordered: bool = False,
    total: int | None = None,
    first: int = 0,
    grace: float = GRACE_SECONDS,
    clock: Clock | None = None,
) -> Ingest[I, V]:
    """Run an operation over every item of a source, many at a time, and give one outcome for each.

    ```python
    create = Operation(platform.resources.create, CREATE)
    async with ingest(names, create, journal="import.journal") as run:
        async for outcome in run:
            if not isinstance(outcome, Done):
                print(outcome.key, outcome.reason)
    ```

    With a journal an interrupted run is gone on with by running the same again, also after kill -9: what is
    done is not sent again, but given out once more as ``recorded``. What was in flight is repeated where that
    is safe or keyed, and comes as ``Uncertain`` otherwise. Limits are those of the client; give it
    ``with_options(priority="bulk")`` to let other calls go first.

    Args:
        source: taken from only as fast as outcomes are read; a plain iterator must not block for long.
        operation: what is done with an item.
        concurrency: most items at the same time. The run begins with a few and goes up to it as long as
            answers come fast and none is refused. A client has ``max_connections`` of its own.
        journal: a path, or a journal that you have opened and will close.
        ordered: give outcomes in the order of the source, not as they come.
        total: the number of items, where the source does not tell, for ``progress``.
        first: the number of the first item, for a source that is a part of another.
        grace: seconds that items in flight get to finish when the run is closed early, as by Ctrl-C.
        clock: time, for tests.

    Raises:
        ConfigError: a value out of range, a key that comes twice, an item that changed since the journal was
            begun, a journal of something else; raised while iterating, after the outcomes before it.
    """
    plan = Plan(
        concurrency=concurrency,
        journal=journal,
        ordered=ordered,
        total=len(source) if total is None and isinstance(source, Sized) else total,
        first=first,
        grace=check_seconds("grace", grace),
        clock=clock or SystemClock(),
    )
    return Ingest(source, operation, plan)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a run is made; see :func:`ingest`."""

    concurrency: int
    journal: Ledger | str | os.PathLike[str] | None
    ordered: bool
    total: int | None
    first: int
    grace: float
    clock: Clock

    def __post_init__(self) -> None:
        """Check the number."""
        if self.concurrency < 1:
            raise ConfigError(f"concurrency must be 1 or more, not {self.concurrency!r}")


@dataclass(slots=True)
class _Flight(Generic[I]):
    position: int
    item: Item[I]
    task: asyncio.Task[None] | None = None


class Ingest(Generic[I, V]):
    """A run, made by :func:`ingest`: an async iterator of outcomes, best used with ``async with``.

    Leaving the block early, by ``break``, an error or Ctrl-C, takes no more items, gives those in flight
    ``grace`` seconds to finish, and cuts off the others. ``unread`` then names all whose outcome was not
    read.
    """

    def __init__(
        self, source: Iterable[I] | AsyncIterable[I], operation: Operation[I, V], plan: Plan
    ) -> None:
        self._source = Source(source)
        self._operation = operation
        self._terms = operation.terms
        self._plan = plan
        self._concurrency = Concurrency(plan.concurrency)
        self._shelf: Shelf[Outcome[I, V]] = Shelf(plan.first if plan.ordered else None)
        self._flights: dict[str, _Flight[I]] = {}
        self._counts: Counter[type] = Counter()
        self._pace = Pace(plan.clock.monotonic())
        self._room = asyncio.Event()
        self._ledger: Ledger | None = None
        self._feeder: asyncio.Task[None] | None = None
        self._trouble: Exception | None = None
        self._entered = False
        self._closed = False
        self.unread: tuple[Outcome[I, V], ...] = ()
        """After the run was closed: outcomes that nobody has read, and items that were cut off."""

    async def __aenter__(self) -> Self:
        """Give the run itself; it begins when the first outcome is asked for."""
        self._entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the run."""
        await self.aclose()

    def __aiter__(self) -> Self:
        """Iterate over the outcomes."""
        return self

    async def __anext__(self) -> Outcome[I, V]:
        """Give the next outcome."""
        try:
            return await self._next()
        except BaseException:
            if not self._entered:  # nobody else would close it
                await self.aclose()
            raise

    @property
    def progress(self) -> Progress:
        """Where the run stands at this moment."""
        now = self._plan.clock.monotonic()
        total = self._plan.total
        remaining = None if total is None else max(0, total - self._counts.total())
        return Progress(
            done=self._counts[Done],
            failed=self._counts[Failed],
            gave_up=self._counts[GaveUp],
            uncertain=self._counts[Uncertain],
            in_flight=len(self._flights),
            concurrency=self._concurrency.limit,
            rate=self._pace.rate(now),
            time_left=None if remaining is None else self._pace.time_left(remaining, now),
        )

    async def aclose(self) -> None:
        """Take no more items, let those in flight finish or cut them off, close the journal. Idempotent."""
        if self._closed:
            return
        self._closed = True
        with anyio.CancelScope(shield=True):
            try:
                await self._stop()
            finally:
                self._name_the_rest()
                if self._ledger is not None and self._ledger is not self._plan.journal:
                    self._ledger.close()

    async def _next(self) -> Outcome[I, V]:
        if self._feeder is None and not self._closed:
            self._begin()
        while not self._closed:
            outcome = self._shelf.take()
            if outcome is not None:
                self._room.set()
                return outcome
            if self._over:
                await self.aclose()
                break
            await self._shelf.wait()
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        raise StopAsyncIteration

    @property
    def _over(self) -> bool:
        return self._feeder is not None and self._feeder.done() and not self._flights

    def _begin(self) -> None:
        """Open the journal and begin to take items."""
        given = self._plan.journal
        if given is None:
            given = NoJournal()
        self._ledger = Journal(given) if isinstance(given, str | os.PathLike) else given
        self._ledger.bind(self._terms)
        self._worker = Worker(self._operation, self._ledger, self._concurrency, self._plan.clock)
        self._feeder = asyncio.create_task(self._feed(self._ledger))
        self._feeder.add_done_callback(lambda _: self._shelf.ring())

    async def _feed(self, ledger: Ledger) -> None:
        """Take items from the source as long as there is room."""
        position = self._plan.first
        try:
            while (value := await self._source.take()) is not END:
                self._admit(position, value, ledger)
                position += 1
                await self._space()
        except Exception as error:  # noqa: BLE001 - raised to whoever iterates, after the outcomes before it
            self._trouble = self._trouble or error
        finally:
            await self._source.aclose()

    async def _space(self) -> None:
        """Wait until one more item may be held."""
        while True:
            if len(self._flights) >= self._concurrency.limit:
                self._concurrency.fill()
            elif len(self._flights) + len(self._shelf) < UNREAD * self._plan.concurrency:
                return
            self._room.clear()
            await self._room.wait()

    def _admit(self, position: int, value: I, ledger: Ledger) -> None:
        """Send an item on its way, or give out what is known of it."""
        operation = self._operation
        key = operation.key_of(position, value)
        if key in self._flights:
            raise ConfigError(f"two items of the source have the key {key!r}")
        digest = operation.digest(value)
        known = ledger.look(key)
        step = next_step(known, digest, self._terms, self._plan.clock.time())
        if step is Step.CHANGED:
            raise ConfigError(
                f"item {key!r} has changed since the journal was begun; use a new journal, or other keys"
            )
        item = Item(key, value, known or Entry(state=State.REFUSED, digest=digest))
        if step is not Step.SEND:
            self._put(position, self._worker.recorded(item))
            return
        item.again = item.entry.state is State.SENT
        flight = self._flights[key] = _Flight(position, item)
        flight.task = asyncio.create_task(self._work(flight))

    async def _work(self, flight: _Flight[I]) -> None:
        try:
            self._land(flight, await self._worker.handle(flight.item))
        except asyncio.CancelledError:
            if not self._closed:  # not by us: the call itself was cancelled
                self._land(flight, self._worker.cut(flight.item))
            raise
        except Exception as error:  # noqa: BLE001 - the journal is broken, which ends the run, not the item alone
            self._trouble = self._trouble or error
            self._land(flight, self._worker.cut(flight.item))
            if self._feeder is not None:
                self._feeder.cancel()

    def _land(self, flight: _Flight[I], outcome: Outcome[I, V]) -> None:
        if self._flights.pop(flight.item.key, None) is None:
            return  # it was named as cut off, in a closing that was itself cancelled
        self._pace.count(self._plan.clock.monotonic())
        self._put(flight.position, outcome)
        self._room.set()

    def _put(self, position: int, outcome: Outcome[I, V]) -> None:
        self._counts[type(outcome)] += 1
        self._shelf.put(position, outcome)

    async def _stop(self) -> None:
        """End the feeder, and all items in flight, which have their time to finish."""
        if self._feeder is None:
            return
        self._feeder.cancel()
        await asyncio.wait([self._feeder])
        tasks = [flight.task for flight in self._flights.values() if flight.task is not None]
        if not tasks:
            return
        try:
            await asyncio.wait(tasks, timeout=self._plan.grace)
        finally:
            for task in tasks:
                task.cancel()
        await asyncio.wait(tasks)

    def _name_the_rest(self) -> None:
        for flight in tuple(self._flights.values()):
            self._put(flight.position, self._worker.cut(flight.item))
        self._flights.clear()
        self.unread = tuple(self._shelf.clear())
        self._shelf.ring()
