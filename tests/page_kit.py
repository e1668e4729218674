"""A list of numbers in pages, without HTTP: what is asked for, when, and what is on its way at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Sequence
from typing import Any, TypeVar

from flexsdk.core.pages import Pages
from flexsdk.errors import ConnectionLost
from flexsdk.protocol.cursor import CURSOR, NumberedPages, PageStyle
from flexsdk.structs import Page

T = TypeVar("T")


class Listing:
    """The numbers from 0 on, cut into pages of these sizes; places are texts of the platform's, or numbers.

    ``gate`` holds all answers back while it is cleared, ``broken`` are places that fail.
    """

    def __init__(self, sizes: Sequence[int], *, numbered: bool = False, total: bool = False) -> None:
        ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
        self.pages = [list(range(end - size, end)) for end, size in zip(ends, sizes, strict=True)]
        self.items = [item for page in self.pages for item in page]
        self.total = len(self.items) if total else None
        self.size = max(sizes, default=0) if total else None
        self.style: PageStyle = NumberedPages() if numbered else CURSOR
        self.asked: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken: set[int] = set()
        self.active = 0
        self.most_active = 0

    async def fetch(self, query: dict[str, Any]) -> Page[int]:
        at = query["page"] - 1 if "page" in query else int((query["cursor"] or "place 0").split()[1])
        self.asked.append(at)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            await asyncio.sleep(0)
            await self.gate.wait()
        finally:
            self.active -= 1
        if at in self.broken:
            raise ConnectionLost(f"page {at} is lost")
        return self._page(at)

    def _page(self, at: int) -> Page[int]:
        following = f"place {at + 1}" if at + 1 < len(self.pages) else None
        items = self.pages[at] if at < len(self.pages) else []
        return Page(items=items, total=self.total, size=self.size, next_cursor=following)

    def list(self, *, cursor: str | None = None) -> Pages[int]:
        return Pages(self.fetch, self.style, cursor=cursor)


async def walk_into(items: AsyncIterable[T], seen: list[T]) -> None:
    """Note the items one by one, so that they can be looked at after a failure."""
    async for item in items:
        seen.append(item)  # noqa: PERF401 - a comprehension keeps nothing


async def settle() -> None:
    """Let the loop turn until what was cancelled is gone."""
    for _ in range(5):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[Any]]:
    """Give all tasks but the running one."""
    return asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]  # a test runs in a task
