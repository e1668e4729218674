"""Ingestion on a Ray cluster with Ray Data; extra ``ray``. Arrow tables come out."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.ingest.run import CONCURRENCY
from flexsdk.ingest.shard import Setup, Shard, run_shard

try:
    import pyarrow as pa
    import ray.data
except ModuleNotFoundError as missing:
    raise ConfigError("flexsdk.ext.ray needs Ray Data; pip install 'flexsdk[ray]'") from missing

__all__ = ["SCHEMA", "ingest_shards"]

SCHEMA = pa.schema(
    {
        "key": pa.string(),
        "outcome": pa.string(),
        "value": pa.binary(),
        "reason": pa.string(),
        "attempts": pa.int64(),
    }
)
"""The columns of the answer, as in :class:`flexsdk.ingest.shard.Result`."""


def ingest_shards(
    shards: Iterable[Shard],
    setup: Setup,
    *,
    workers: int,
    concurrency: int = CONCURRENCY,
    journals: str | os.PathLike[str] | None = None,
) -> ray.data.Dataset:
    """Describe the work as a dataset with one row for each item; it is done when the dataset is read.

    Reading it a second time does the work a second time: ``materialize()`` it or write it to files. Items
    are then sent again only under their idempotency keys, or not at all with journals.

    Args:
        shards: from :func:`flexsdk.ingest.shard.cut`.
        setup: gives each worker its operation.
        workers: actors, one shard at a time each.
        concurrency: most items at the same time in each of them.
        journals: a folder that all workers reach; see :func:`flexsdk.ingest.shard.run_shard`.
    """
    rows = [{"shard": pickle.dumps(shard)} for shard in shards]
    return ray.data.from_items(rows, override_num_blocks=max(1, len(rows))).map_batches(
        _Worker,
        batch_size=1,
        batch_format="pyarrow",
        concurrency=workers,
        fn_constructor_kwargs={"setup": setup, "concurrency": concurrency, "journals": journals},
    )


class _Worker:
    """An actor that runs shards."""

    def __init__(self, setup: Setup, concurrency: int, journals: str | os.PathLike[str] | None) -> None:
        self._setup = setup
        self._concurrency = concurrency
        self._journals = journals

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Give the results of each shard as a table."""
        for raw in batch["shard"].to_pylist():
            shard: Shard = pickle.loads(raw)  # noqa: S301 - pickled by the driver a moment ago
            results = run_shard(shard, self._setup, concurrency=self._concurrency, journals=self._journals)
            yield pa.Table.from_pylist([msgspec.structs.asdict(each) for each in results], schema=SCHEMA)
