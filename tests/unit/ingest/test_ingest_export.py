from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError, ConnectionLost
from flexsdk.ingest.export import Exported, Sink, export
from flexsdk.ingest.sinks import JsonLines
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Model, Page

DAY = dt.datetime(2026, 3, 9, tzinfo=dt.UTC)


class Agent(Model, frozen=True, kw_only=True):
    id: str
    name: str | None = None
    made: dt.datetime = DAY


class Tagged(Agent, frozen=True, kw_only=True):
    tags: dict[str, dict[str, str]] = {}
    parts: list[dict[str, str]] = []


class Lists:
    """A list of seven agents in pages of two, which fails at a page as often as it is told."""

    def __init__(self) -> None:
        self.agents = [Agent(id=f"a{number}") for number in range(7)]
        self.failures: dict[str | None, int] = {}
        self.asked: list[str | None] = []
        self.circle = False

    def walk(self, cursor: str | None) -> Pages[Agent]:
        return Pages(self._fetch, CURSOR, cursor=cursor).ahead(0)

    async def _fetch(self, place: dict[str, Any]) -> Page[Agent]:
        cursor = place.get("cursor")
        self.asked.append(cursor)
        if self.failures.get(cursor):
            self.failures[cursor] -= 1
            raise ConnectionLost("cut")
        start = int(cursor or 0)
        after = str(start + 2) if start + 2 < len(self.agents) else None
        return Page(items=self.agents[start : start + 2], next_cursor=after)


@pytest.fixture
def lists() -> Lists:
    return Lists()


def parquet(folder: Path) -> Sink:
    pytest.importorskip("pyarrow")
    from flexsdk.ingest.sinks import Parquet

    return Parquet(folder / "agents", rows=3)


def duckdb(folder: Path) -> Sink:
    pytest.importorskip("duckdb")
    from flexsdk.ingest.sinks import DuckDB

    return DuckDB(folder / "agents.db", "agents")


def jsonlines(folder: Path) -> Sink:
    return JsonLines(folder / "agents.jsonl")


def ids(folder: Path) -> list[str]:
    """Read back what lies in the folder, in order, with whichever sink it was written."""
    if (folder / "agents.jsonl").exists():
        return [json.loads(line)["id"] for line in (folder / "agents.jsonl").read_text().splitlines()]
    if (folder / "agents.db").exists():
        from duckdb import connect

        with connect(folder / "agents.db") as connection:
            return [id_ for (id_,) in connection.execute("SELECT id FROM agents ORDER BY id").fetchall()]
    from pyarrow.dataset import dataset

    found: list[str] = dataset(folder / "agents", format="parquet").to_table()["id"].to_pylist()
    return found


SINKS = [jsonlines, parquet, duckdb]
MakeSink = Callable[[Path], Sink]


@pytest.mark.parametrize("sink", SINKS)
async def test_writes_all_items(lists: Lists, tmp_path: Path, sink: MakeSink) -> None:
    written = await export(lists.walk, sink(tmp_path))

    assert written == Exported(items=7, pages=4)
    assert ids(tmp_path) == [agent.id for agent in lists.agents]


@pytest.mark.parametrize("sink", SINKS)
async def test_goes_on_where_it_failed(lists: Lists, tmp_path: Path, sink: MakeSink) -> None:
    lists.failures = {"6": 1}
    with pytest.raises(ConnectionLost):
        await export(lists.walk, sink(tmp_path))
    lists.asked.clear()

    await export(lists.walk, sink(tmp_path))

    assert None not in lists.asked
    assert ids(tmp_path) == [agent.id for agent in lists.agents]


@pytest.mark.parametrize("sink", SINKS)
async def test_loses_and_doubles_nothing_however_often_it_fails(
    lists: Lists, tmp_path: Path, sink: MakeSink
) -> None:
    lists.failures = {None: 1, "2": 1, "4": 2, "6": 1}
    for _ in range(5):
        with pytest.raises(ConnectionLost):
            await export(lists.walk, sink(tmp_path))

    await export(lists.walk, sink(tmp_path))

    assert ids(tmp_path) == [agent.id for agent in lists.agents]


@pytest.mark.parametrize("sink", SINKS)
async def test_writes_an_empty_list(lists: Lists, tmp_path: Path, sink: MakeSink) -> None:
    lists.agents = []

    assert await export(lists.walk, sink(tmp_path)) == Exported(items=0, pages=1)


@pytest.mark.parametrize("sink", [jsonlines, parquet])
async def test_a_finished_export_is_not_written_again(lists: Lists, tmp_path: Path, sink: MakeSink) -> None:
    await export(lists.walk, sink(tmp_path))

    assert await export(lists.walk, sink(tmp_path)) == Exported(items=0, pages=0)
    assert len(ids(tmp_path)) == 7


async def test_a_finished_table_is_brought_up_to_date(lists: Lists, tmp_path: Path) -> None:
    await export(lists.walk, duckdb(tmp_path))
    lists.agents[0] = Agent(id="a0", name="new")
    lists.agents.append(Agent(id="a7"))

    await export(lists.walk, duckdb(tmp_path))

    from duckdb import connect

    with connect(tmp_path / "agents.db") as connection:
        names = connection.execute("SELECT item->>'name' FROM agents WHERE id = 'a0'").fetchall()
    assert names == [("new",)]
    assert len(ids(tmp_path)) == 8


async def test_lines_without_their_mark_are_cut_off(lists: Lists, tmp_path: Path) -> None:
    lists.failures = {"4": 1}
    with pytest.raises(ConnectionLost):
        await export(lists.walk, jsonlines(tmp_path))
    with (tmp_path / "agents.jsonl").open("a") as file:
        file.write('{"id":"a2"}\n{"id":"a')  # as a crash between the lines and their mark leaves it

    await export(lists.walk, jsonlines(tmp_path))

    assert ids(tmp_path) == [agent.id for agent in lists.agents]


async def test_a_file_that_is_not_complete_does_not_count(lists: Lists, tmp_path: Path) -> None:
    lists.failures = {"6": 1}
    with pytest.raises(ConnectionLost):
        await export(lists.walk, parquet(tmp_path))
    (tmp_path / "agents" / ".unfinished").write_bytes(b"PAR1")

    await export(lists.walk, parquet(tmp_path))

    assert ids(tmp_path) == [agent.id for agent in lists.agents]


async def test_a_column_that_appears_later_keeps_the_others_readable(lists: Lists, tmp_path: Path) -> None:
    lists.agents[5] = Agent(id="a5", name="late")

    await export(lists.walk, parquet(tmp_path))

    from pyarrow.parquet import read_table

    parts = sorted((tmp_path / "agents").glob("part-*"))
    rows = [row for part in parts for row in read_table(part).to_pylist()]
    assert {"id": "a5", "name": "late", "made": DAY} in rows
    assert [row["id"] for row in rows] == [agent.id for agent in lists.agents]


async def test_an_empty_object_of_every_row_is_a_column_of_nulls(lists: Lists, tmp_path: Path) -> None:
    lists.agents[:] = [Tagged(id="a0"), Tagged(id="a1", tags={"x": {}}, parts=[{}]), Tagged(id="a2")]
    lists.agents.append(Tagged(id="a3", tags={"x": {"y": "z"}}))

    await export(lists.walk, parquet(tmp_path))

    from pyarrow.parquet import read_table

    parts = sorted((tmp_path / "agents").glob("part-*"))
    rows = [row for part in parts for row in read_table(part).to_pylist()]
    assert [row["id"] for row in rows] == ["a0", "a1", "a2", "a3"]
    assert [row["tags"] for row in rows] == [None, {"x": None}, None, {"x": {"y": "z"}}]
    assert rows[1]["parts"] == [None]


class Loose(Agent, frozen=True, kw_only=True):
    note: Any = None


@pytest.mark.parametrize("notes", [(1, "x"), (1, None, None, "x"), ({"a": 1}, ["b"])], ids=str)
async def test_values_of_two_kinds_in_a_column_are_refused_with_advice(
    lists: Lists, tmp_path: Path, notes: tuple[Any, ...]
) -> None:
    lists.agents[:] = [Loose(id=f"a{number}", note=note) for number, note in enumerate(notes)]

    with pytest.raises(ConfigError, match="JsonLines and DuckDB keep any JSON"):
        await export(lists.walk, parquet(tmp_path))

    await export(lists.walk, jsonlines(tmp_path))
    assert ids(tmp_path) == [agent.id for agent in lists.agents]


async def test_a_part_that_is_no_parquet_is_not_taken_for_ours(lists: Lists, tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "part-000000.parquet").write_text("mine\n")

    with pytest.raises(ConfigError, match="was not written by an export"):
        await export(lists.walk, parquet(tmp_path))


async def test_does_not_write_over_a_file_of_somebody_else(lists: Lists, tmp_path: Path) -> None:
    (tmp_path / "agents.jsonl").write_text("mine\n")

    with pytest.raises(ConfigError, match="do not belong together"):
        await export(lists.walk, jsonlines(tmp_path))

    assert (tmp_path / "agents.jsonl").read_text() == "mine\n"


async def test_two_exports_do_not_write_one_file(tmp_path: Path) -> None:
    first, second = jsonlines(tmp_path), jsonlines(tmp_path)
    first.open()

    with pytest.raises(ConfigError, match="held by another run"):
        second.open()

    first.close()


def test_a_table_has_a_plain_name(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    from flexsdk.ingest.sinks import DuckDB

    with pytest.raises(ConfigError, match="no name of a table"):
        DuckDB(tmp_path / "agents.db", 'agents"; DROP TABLE agents')
