"""The base of resources: a group of operations on one client."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack
from uuid import UUID

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.structs import Page
from flexsdk.types import CallOptions

if TYPE_CHECKING:
    from flexsdk.core.client import Client

__all__ = ["Resource"]

T = TypeVar("T")

_NO_QUERY: Mapping[str, Any] = {}


class Resource:
    """Operations that belong together; reached as an attribute of a client, with that client's options."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._call = client.call
        self._stream = client.stream

    def _pages(
        self,
        op: Op[Page[T]],
        *ids: str | int | UUID,
        query: Mapping[str, Any] = _NO_QUERY,
        cursor: str | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[T]:
        """Walk over a list in the page style of its operation."""

        def fetch(place: dict[str, object]) -> Coroutine[Any, Any, Page[T]]:
            return self._call(op, *ids, query={**query, **place}, **options)

        return Pages(fetch, op.pages, cursor=cursor, limit=limit)
