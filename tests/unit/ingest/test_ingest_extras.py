from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Model, Page


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("flexsdk.ingest.sinks.parquet", "pyarrow", "arrow"),
        ("flexsdk.ingest.sinks.duckdb", "duckdb", "duckdb"),
        ("flexsdk.ext.ray", "pyarrow", "ray"),
        ("flexsdk.ext.dask", "distributed", "dask"),
        ("flexsdk.ext.dlt", "dlt", "dlt"),
    ],
)
def test_an_import_without_the_extra_names_it(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str, extra: str
) -> None:
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(ConfigError, match=rf"flexsdk\[{extra}\]"):
        import_module(module)


def test_sinks_are_loaded_when_they_are_first_used() -> None:
    sinks = import_module("flexsdk.ingest.sinks")

    with pytest.raises(AttributeError, match="no attribute 'Excel'"):
        _ = sinks.Excel


class Agent(Model, frozen=True, kw_only=True):
    id: str
    name: str = "agent"


class Lists:
    """Five agents in pages of two."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    @asynccontextmanager
    async def walk(self, cursor: str | None) -> AsyncIterator[Pages[Agent]]:
        yield Pages(self._fetch, CURSOR, cursor=cursor)

    async def _fetch(self, place: dict[str, Any]) -> Page[Agent]:
        cursor = place.get("cursor")
        self.asked.append(cursor)
        start = int(cursor or 0)
        agents = [Agent(id=f"a{number}") for number in range(start, min(5, start + 2))]
        return Page(items=agents, next_cursor=str(start + 2) if start < 4 else None)


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    dlt = pytest.importorskip("dlt")
    pytest.importorskip("duckdb")
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    return dlt.pipeline(
        "agents",
        destination=dlt.destinations.duckdb(str(tmp_path / "agents.db")),
        dataset_name="lists",
        pipelines_dir=str(tmp_path / "pipelines"),
    )


def ids(pipeline: Any) -> list[str]:
    with pipeline.sql_client() as client:
        return [id_ for (id_,) in client.execute_sql("SELECT id FROM agents ORDER BY id")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dlt_pipeline_goes_on_where_a_limit_ended_it(pipeline: Any) -> None:
    from flexsdk.ext.dlt import resource

    lists = Lists()
    pipeline.run(resource("agents", lists.walk).add_limit(2))
    assert ids(pipeline) == ["a0", "a1", "a2", "a3"]
    lists.asked.clear()

    pipeline.run(resource("agents", lists.walk))

    assert lists.asked == ["4"]
    assert ids(pipeline) == ["a0", "a1", "a2", "a3", "a4"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_dlt_pipeline_merges_by_id(pipeline: Any) -> None:
    from flexsdk.ext.dlt import resource

    for _ in range(2):
        pipeline.run(resource("agents", Lists().walk))

    assert ids(pipeline) == ["a0", "a1", "a2", "a3", "a4"]
