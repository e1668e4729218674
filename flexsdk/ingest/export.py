"""Lists of a platform into files and databases, page by page, to be gone on with where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import anyio.to_thread
import msgspec

from flexsdk.core.pages import Pages

__all__ = ["Exported", "Place", "Sink", "export"]

T = TypeVar("T")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an export stopped; ``finished`` says that there is nothing left to do."""

    cursor: str | None = None
    finished: bool = False


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of an export has written; nothing when an earlier one had finished."""

    items: int
    pages: int


class Sink(Protocol):
    """Where an export goes. The methods run in a worker thread, one at a time."""

    def open(self) -> Place:
        """Get ready, drop what was not completed, and tell where to go on."""
        ...

    def write(self, items: Sequence[Any], cursor: str | None) -> None:
        """Keep the items and the place after them, both or neither; no cursor: these were the last."""
        ...

    def close(self) -> None:
        """Let the file go, also when opening it failed. What was written is safe already."""
        ...


async def export(walk: Callable[[str | None], Pages[T]], sink: Sink) -> Exported:
    """Write all items of a list into a sink; run again after a crash, it goes on after the last page written.

    Fields are named as the platform names them.

    Args:
        walk: begins the list at a cursor, as ``lambda cursor: fleece.agents.list(cursor=cursor)``.
        sink: where the items go, such as a :class:`~flexsdk.ingest.sinks.JsonLines`.

    Raises:
        ConfigError: the sink holds something else.
        OSError: it cannot be written.
    """
    try:
        place = await anyio.to_thread.run_sync(sink.open)
        return Exported(items=0, pages=0) if place.finished else await _write(walk(place.cursor), sink)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(sink.close)


async def _write(pages: Pages[T], sink: Sink) -> Exported:
    """Write each page once the next one is there: only then it is known how to go on after it."""
    items, number = 0, 0
    held: tuple[list[T], str | None] | None = None
    async with pages:
        async for page in pages.pages():
            if held is not None:
                await anyio.to_thread.run_sync(sink.write, *held)
            held = page.items, pages.cursor
            items, number = items + len(page.items), number + 1
    await anyio.to_thread.run_sync(sink.write, held[0] if held else [], None)
    return Exported(items=items, pages=number)
