"""Items that come one after another, and the usual ways to choose, change and bundle them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, Self, TypeVar

from flexsdk.protocol.checks import check_count

__all__ = ["Items", "Iteration", "Source"]

T = TypeVar("T")
U = TypeVar("U")


class Source(Protocol):
    """What all items come from: a list that knows how far it has been read."""

    @property
    def cursor(self) -> str | None:
        """The place behind the last item that was handed out."""
        ...

    def rewind(self, cursor: str | None) -> None:
        """Go back to an earlier place."""
        ...

    def drop(self) -> None:
        """Cancel what is on its way."""
        ...

    async def aclose(self) -> None:
        """Cancel what is on its way, and wait until it is gone."""
        ...


class Items(ABC, Generic[T]):
    """Items with the usual transformations; nothing is asked for before the first item is.

    Each transformation gives an iterator that goes over the items once, as they come. One that ends early,
    is closed or is thrown away cancels the request on its way.
    """

    @abstractmethod
    def _iterate(self, most: int | None = None) -> Iteration[T]:
        """Begin to iterate; at most so many items are going to be taken."""

    def __aiter__(self) -> Iteration[T]:
        """Iterate over the items."""
        return self._iterate()

    def take(self, count: int) -> Iteration[T]:
        """Give the first ``count`` items; no page behind them is asked for."""
        return _Taken(self._iterate(check_count("count", count, least=0)), count)

    def filter(self, keep: Callable[[T], object]) -> Iteration[T]:
        """Give the items for which ``keep`` is true."""
        return _Filtered(self._iterate(), keep)

    def map(self, change: Callable[[T], U]) -> Iteration[U]:
        """Give what ``change`` makes of each item."""
        return _Mapped(self._iterate(), change)

    def batched(self, count: int) -> Iteration[list[T]]:
        """Give lists of ``count`` items, the last one shorter, across the borders of pages.

        When a page fails, the items of the unfinished list count as not handed out.
        """
        return _Batched(self._iterate(), check_count("count", count, least=1))

    async def first(self) -> T | None:
        """Give the next item, or ``None`` where there is none."""
        return await anext(self._iterate(1), None)

    async def collect(self, *, limit: int | None = None) -> list[T]:
        """Give the items as a list, at most ``limit`` of them; all of them must fit into memory.

        When a page fails, they all count as not handed out.
        """
        items = self._iterate() if limit is None else self.take(limit)
        with _all_or_none(items.source):
            return [item async for item in items]


class Iteration(Items[T]):
    """One way over the items; ``aclose`` it, or drop it, to leave early."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def _iterate(self, most: int | None = None) -> Iteration[T]:
        return self

    def __aiter__(self) -> Self:
        """Iterate over the items that are left."""
        return self

    @abstractmethod
    async def __anext__(self) -> T:
        """Give the next item."""

    async def aclose(self) -> None:
        """Cancel the request on its way and wait until it is gone. Idempotent."""
        await self.source.aclose()


@contextmanager
def _all_or_none(source: Source) -> Iterator[None]:
    """Count the items of the block as handed out only if it succeeds."""
    begin = source.cursor
    try:
        yield
    except BaseException:
        source.rewind(begin)
        raise


class _Taken(Iteration[T]):
    def __init__(self, items: Iteration[T], count: int) -> None:
        super().__init__(items.source)
        self._items = items
        self._left = count

    async def __anext__(self) -> T:
        if self._left <= 0:
            raise StopAsyncIteration
        item = await anext(self._items)
        self._left -= 1
        if self._left == 0:
            self.source.drop()
        return item


class _Filtered(Iteration[T]):
    def __init__(self, items: Iteration[T], keep: Callable[[T], object]) -> None:
        super().__init__(items.source)
        self._items = items
        self._keep = keep

    async def __anext__(self) -> T:
        async for item in self._items:
            if self._keep(item):
                return item
        raise StopAsyncIteration


class _Mapped(Iteration[U], Generic[T, U]):
    def __init__(self, items: Iteration[T], change: Callable[[T], U]) -> None:
        super().__init__(items.source)
        self._items = items
        self._change = change

    async def __anext__(self) -> U:
        return self._change(await anext(self._items))


class _Batched(Iteration[list[T]], Generic[T]):
    def __init__(self, items: Iteration[T], count: int) -> None:
        super().__init__(items.source)
        self._items = items
        self._count = count

    async def __anext__(self) -> list[T]:
        batch: list[T] = []
        with _all_or_none(self.source):
            async for item in self._items:
                batch.append(item)
                if len(batch) == self._count:
                    break
        if not batch:
            raise StopAsyncIteration
        return batch
