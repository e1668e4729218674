"""Ingestion on a Dask cluster; extra ``dask``. One task is one shard, which runs its own fan-out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Final

from flexsdk.errors import ConfigError
from flexsdk.ingest.run import CONCURRENCY
from flexsdk.ingest.shard import Result, Setup, Shard, run_shard

try:
    from distributed import Client, as_completed
except ModuleNotFoundError as missing:
    raise ConfigError("flexsdk.ext.dask needs distributed; pip install 'flexsdk[dask]'") from missing

__all__ = ["ingest_shards"]

AHEAD: Final = 4
"""Shards that are with the scheduler, for each thread of the cluster."""


def ingest_shards(
    client: Client,
    shards: Iterable[Shard],
    setup: Setup,
    *,
    concurrency: int = CONCURRENCY,
    journals: str | os.PathLike[str] | None = None,
) -> Iterator[Result]:
    """Run shards on the workers and give the results as shards end, in any order.

    Args:
        client: of the cluster.
        shards: from :func:`flexsdk.ingest.shard.cut`; taken as fast as they are worked on.
        setup: gives each worker its operation.
        concurrency: most items at the same time in each thread of a worker.
        journals: a folder that all workers reach; see :func:`flexsdk.ingest.shard.run_shard`.

    An error that ends a shard is raised; the shards that are done are not lost where there is a journal, and
    are repeated under the same idempotency keys where the operation has some.
    """
    work = partial(run_shard, setup=setup, concurrency=concurrency, journals=journals)
    waiting = iter(shards)
    threads = sum(client.nthreads().values())
    # Not pure: a shard that runs again has to run, not to be remembered.
    begun = [client.submit(work, shard, pure=False) for shard in islice(waiting, max(1, AHEAD * threads))]
    ended = as_completed(begun)
    for future in ended:
        yield from future.result()
        future.release()
        for shard in islice(waiting, 1):
            ended.add(client.submit(work, shard, pure=False))
