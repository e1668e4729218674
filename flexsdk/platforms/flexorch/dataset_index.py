"""Search index of FlexOrch datasets. Source: the vendor's packages; docs-repo "Semantic search"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

from flexsdk.core.jobs import Handle, LongWork, Reading, Ref
from flexsdk.core.op import Replay
from flexsdk.core.pages import Pages
from flexsdk.platforms.flexorch.dataset_data import INDEXING, Chunk, DatasetRef, IndexStatus, dataset_id_of
from flexsdk.platforms.flexorch.quality import Grade
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import LIST, PAGES, Endpoint
from flexsdk.structs import Page
from flexsdk.types import CallOptions

__all__ = ["CHUNKS", "INDEX", "INDEX_STATUS", "DatasetIndexing"]

CHUNKS = Endpoint(
    "datasets_chunks",
    "GET",
    "/datasets/{dataset_id}/chunks",
    Page[Chunk],
    query=("page", "page_size", "quality_grade", "pii_masked"),
    envelope=LIST,
    pages=PAGES,
)
INDEX = Endpoint("datasets_index", "POST", "/datasets/{dataset_id}/index", IndexStatus, replay=Replay.SAFE)
INDEX_STATUS = Endpoint("datasets_index_status", "GET", "/datasets/{dataset_id}/index/status", IndexStatus)


class DatasetIndexing(FlexOrchResource):
    """The part of ``client.datasets`` that prepares search. Plan Pro and above."""

    def chunks(
        self,
        dataset: DatasetRef,
        *,
        quality_grades: Sequence[Grade] = (),
        pii_masked: bool | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Chunk]:
        """Walk over the chunks of an indexed dataset. Plan Pro and above. Safe to repeat.

        Args:
            quality_grades: only chunks with one of these grades.
            page_size: 1 to 100; the platform's default is 20.
            cursor: where an earlier walk stopped.

        Raises:
            NotFound: no such dataset, or it is not indexed.
        """
        query = {"quality_grade": ",".join(quality_grades) or None, "pii_masked": pii_masked}
        return self._numbered(
            CHUNKS, dataset_id_of(dataset), query=query, cursor=cursor, page_size=page_size, **options
        )

    async def index(self, dataset: DatasetRef, **options: Unpack[CallOptions]) -> IndexStatus:
        """Start to index a dataset for search; see :meth:`wait_for_index`. Plan Pro and above.

        Safe to repeat (inferred).
        """
        return await self._call(INDEX, dataset_id_of(dataset), **options)

    async def index_status(self, dataset: DatasetRef, **options: Unpack[CallOptions]) -> IndexStatus:
        """Read how far the indexing is. Safe to repeat."""
        return await self._call(INDEX_STATUS, dataset_id_of(dataset), **options)

    async def wait_for_index(
        self,
        dataset: DatasetRef,
        *,
        timeout: float | None = None,
        on_update: Callable[[IndexStatus], None] | None = None,
    ) -> IndexStatus:
        """Wait until a dataset can be searched: look at once, after 2 s, then less and less often.

        Args:
            timeout: seconds to wait in all; by default 300, where 10 to 60 are typical.
            on_update: called with every new reading.

        Raises:
            JobFailed: the indexing failed.
            JobTimeout: it was not done in time, or never started.
        """
        return await _Indexing(self._client).wait(dataset, timeout=timeout, on_update=on_update)


class _Indexing(LongWork[IndexStatus, DatasetRef]):
    """Indexing as long work, named by its dataset."""

    kind = INDEXING

    def _handle(self, job: DatasetRef) -> Handle[IndexStatus]:
        return Handle(Ref(str(dataset_id_of(job))))

    async def _look(self, ref: Ref) -> Reading[IndexStatus]:
        return await self._read(INDEX_STATUS, ref.id)
