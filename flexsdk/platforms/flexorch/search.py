"""FlexOrch search. Source: docs-repo "Semantic search"; the vendor's packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack

import msgspec
from msgspec.structs import force_setattr

from flexsdk.core.op import Replay
from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.wire import Answer, Endpoint, Id, sent_id
from flexsdk.structs import UNSET, Model, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["QUERY", "Search", "SearchHit", "SearchMode", "SearchRequest", "SearchResponse"]

SearchMode = Literal["auto", "structured", "semantic", "hybrid"]


class SearchRequest(Params, frozen=True, kw_only=True):
    """The body of a search."""

    query: str
    top_k: int | UnsetType = UNSET
    mode: SearchMode | UnsetType = UNSET
    filters: Mapping[str, Any] | UnsetType = UNSET


class SearchHit(Answer, frozen=True, kw_only=True):
    """A chunk that was found. ``text`` is filled from ``chunk_text`` where that is its name."""

    id: Id = msgspec.field(name="chunk_id", default="")
    text: str = ""
    chunk_text: str | None = None
    score: float | None = None
    dataset_id: Id | None = None
    dataset_name: str | None = None
    chunk_index: int | None = None
    token_count: int | None = None
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Take the text under either name."""
        super().__post_init__()
        force_setattr(self, "text", self.text or self.chunk_text or "")


class SearchResponse(Model, frozen=True, kw_only=True):
    """Hits, best first. ``mode`` is the one really used, ``alpha`` the weight in a hybrid search."""

    results: list[SearchHit] = []
    query: str | None = None
    total_results: int | None = None
    mode: SearchMode | str | None = None
    alpha: float | None = None


QUERY = Endpoint("search_query", "POST", "/search", SearchResponse, body=SearchRequest, replay=Replay.SAFE)


class Search(Resource):
    """Search over indexed datasets; reached as ``client.search``."""

    async def query(
        self,
        text: str,
        *,
        mode: SearchMode | UnsetType = UNSET,
        top_k: int | UnsetType = UNSET,
        dataset_id: str | int | UnsetType = UNSET,
        filters: Mapping[str, Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> SearchResponse:
        """Search indexed datasets. Reads only, so it is safe to repeat.

        Args:
            text: 1 to 1,000 characters.
            mode: ``structured`` on every plan, ``semantic`` and ``hybrid`` from Pro on; ``auto`` is the
                platform's default.
            top_k: most hits, 1 to 50; the sources name 5 and 10 as the platform's default.
            dataset_id: search in this dataset only.
            filters: known are ``document_type``, ``language``, ``quality_grade`` and ``pii_masked``.

        Raises:
            Forbidden: the plan does not have this mode.
        """
        chosen = dict(filters or {})
        if dataset_id is not UNSET:
            chosen["dataset_id"] = sent_id(dataset_id)
        body = SearchRequest(query=text, top_k=top_k, mode=mode, filters=chosen or UNSET)
        return await self._call(QUERY, body=body, **options)
