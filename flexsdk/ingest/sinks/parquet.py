"""A folder of Parquet files; extra ``arrow``."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.ingest.export import Place
from flexsdk.ingest.files import lock, put

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError as missing:
    raise ConfigError("Parquet files need pyarrow; pip install 'flexsdk[arrow]'") from missing

__all__ = ["Parquet"]

ROWS: Final = 50_000
"""Rows of a file; that many are held in memory, and are fetched again after a crash."""
_CURSOR: Final = b"flexsdk.cursor"
_DATES: Final = (dt.datetime, dt.date, bytes)


class Parquet:
    """Files ``part-000000.parquet`` and so on in one folder; each carries its place in its own metadata.

    Columns are found from the items. One that appears later is missing in earlier files, which readers of
    whole folders fill with nulls. An empty object is written as null. A finished export is not written again:
    delete the folder to begin anew. POSIX systems only.

    Args:
        folder: made where there is none; its parent has to exist.
        rows: rows of a file.
    """

    def __init__(self, folder: str | os.PathLike[str], *, rows: int = ROWS) -> None:
        if rows < 1:
            raise ConfigError(f"rows must be 1 or more, not {rows!r}")
        self._folder = Path(folder)
        self._rows = rows
        self._held: list[Any] = []
        self._schema = pa.schema([])
        self._number = 0
        self._lock = -1

    def open(self) -> Place:
        """Find the last complete file.

        Raises:
            ConfigError: the folder holds other Parquet files, or another run is writing there.
        """
        self._folder.mkdir(exist_ok=True)
        self._lock = lock(self._folder / ".lock")
        parts = sorted(self._folder.glob("part-*.parquet"))
        self._held, self._number = [], len(parts)
        if not parts:
            return Place()
        try:
            self._schema = pq.read_schema(parts[-1])
        except pa.ArrowException:  # no Parquet at all
            self._schema = pa.schema([])
        cursor = (self._schema.metadata or {}).get(_CURSOR)
        if cursor is None:
            raise ConfigError(f"{parts[-1]} was not written by an export; name a folder of its own")
        return Place(cursor=cursor.decode() or None, finished=not cursor)

    def write(self, items: Sequence[Any], cursor: str | None) -> None:
        """Hold the items until a file is full; write it under a name that does not count, and rename it.

        Raises:
            ConfigError: a column has values of two kinds; the files before stay, and count.
        """
        self._held.extend(_row(item) for item in msgspec.to_builtins(items, builtin_types=_DATES))
        if cursor is not None and len(self._held) < self._rows:
            return
        table = self._table((cursor or "").encode())
        unfinished = self._folder / ".unfinished"
        unfinished.unlink(missing_ok=True)  # left by a crash, or a link that somebody has laid
        with unfinished.open("xb") as file:
            pq.write_table(table, file)
            file.flush()
            os.fsync(file.fileno())
        put(unfinished, self._folder / f"part-{self._number:06}.parquet")
        self._held, self._number, self._schema = [], self._number + 1, table.schema

    def _table(self, cursor: bytes) -> pa.Table:
        """Make a table of what is held, with all columns of the files before."""
        try:
            found = pa.Table.from_pylist(self._held).schema
            schema = pa.unify_schemas([self._schema, found], promote_options="permissive")
            return pa.Table.from_pylist(self._held, schema=schema.with_metadata({_CURSOR: cursor}))
        except pa.ArrowException as error:
            raise ConfigError(
                "the items do not fit into columns of one type each; JsonLines and DuckDB keep any JSON"
            ) from error

    def close(self) -> None:
        """Let others use the folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _row(item: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in item.items()}


def _value(value: Any) -> Any:
    """Put null for an empty object: Parquet has no struct without fields."""
    if isinstance(value, dict):
        return _row(value) or None
    return [_value(each) for each in value] if isinstance(value, list) else value
