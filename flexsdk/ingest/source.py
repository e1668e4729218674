"""One way to take items from plain and from async iterables."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator
from typing import Any, Final

__all__ = ["END", "Source"]

END: Final = object()
"""What comes after the last item."""


class Source:
    """Takes items one by one; nothing is taken before the first is asked for."""

    def __init__(self, items: Iterable[Any] | AsyncIterable[Any]) -> None:
        self._items = items
        self._iterator: Iterator[Any] | AsyncIterator[Any] | None = None

    async def take(self) -> Any:
        """Give the next item, ``END`` after the last."""
        if self._iterator is None:
            items = self._items
            self._iterator = aiter(items) if isinstance(items, AsyncIterable) else iter(items)
        if isinstance(self._iterator, AsyncIterator):
            return await anext(self._iterator, END)
        return next(self._iterator, END)

    async def aclose(self) -> None:
        """End a generator in order; anything else stays its owner's."""
        if isinstance(self._iterator, AsyncGenerator):
            await self._iterator.aclose()
        elif isinstance(self._iterator, Generator):
            self._iterator.close()
