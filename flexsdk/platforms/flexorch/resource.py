"""What the resources of FlexOrch share: guarded pages, and deletions that may be repeated."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import NotFound
from flexsdk.platforms.flexorch.wire import Answer
from flexsdk.structs import Page
from flexsdk.types import CallOptions

__all__ = ["FlexOrchResource"]

T = TypeVar("T")

_NO_QUERY: Mapping[str, Any] = {}
_NOTHING_DONE = frozenset({"429", "ConnectFailed"})


class FlexOrchResource(Resource):
    """Operations on one client that belong together."""

    def _numbered(
        self,
        op: Op[Page[T]],
        *ids: str | int,
        query: Mapping[str, Any] = _NO_QUERY,
        cursor: str | None,
        page_size: int | None,
        by_offset: bool = False,
        **options: Unpack[CallOptions],
    ) -> Pages[T]:
        """Walk over numbered pages, guarded against a platform that ignores the number."""

        async def fetch(place: Mapping[str, object]) -> Page[T]:
            return await self._call(op, *ids, query={**query, **place}, **options)

        return Pages(_Guarded(fetch, by_offset), op.pages, cursor=cursor, limit=page_size)

    async def _remove(self, op: Op[None], *ids: str | int, **options: Unpack[CallOptions]) -> None:
        """Delete; "not found" after an attempt whose end is unknown means that it had worked."""
        try:
            await self._call(op, *ids, **options)
        except NotFound as error:
            if all(attempt.outcome in _NOTHING_DONE for attempt in error.attempts[:-1]):
                raise


class _Guarded(Generic[T]):
    """Fetches pages by number, and by offset from the moment on at which the number turns out to be ignored.

    One source shows ``limit`` and ``offset`` for jobs only. A platform that ignores them too has sent all it
    has, so the walk ends. Several pages may be fetched at the same time.
    """

    def __init__(self, fetch: Callable[[Mapping[str, object]], Awaitable[Page[T]]], by_offset: bool) -> None:
        self._fetch = fetch
        self._by_offset = by_offset
        self._offset_size = 0
        self._latest: tuple[int, list[object]] = (0, [])

    async def __call__(self, place: dict[str, Any]) -> Page[T]:
        """Fetch the page at a place, which is given by its number."""
        number = place["page"]
        if not self._offset_size:
            page = await self._fetch(place)
            if not self._ignored(number, page):
                return page
            if not self._by_offset:
                return Page(items=[])
            self._offset_size = len(page.items)
        page = await self._fetch({"limit": self._offset_size, "offset": (number - 1) * self._offset_size})
        return Page(items=[]) if self._ignored(number, page) else page

    def _ignored(self, number: int, page: Page[T]) -> bool:
        """Tell whether this is the page that came for another number."""
        # Rows have no ids: two pages of them may be equal and yet be different pages.
        seen = [item.id for item in page.items if isinstance(item, Answer) and hasattr(item, "id")]
        latest_number, latest = self._latest
        if seen and seen == latest and number != latest_number:
            return True
        self._latest = (number, seen)
        return False
