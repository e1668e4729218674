"""A table of a DuckDB database; extra ``duckdb``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from flexsdk.codec import encode
from flexsdk.errors import ConfigError
from flexsdk.ingest.export import Place

try:
    import duckdb
except ModuleNotFoundError as missing:
    raise ConfigError("DuckDB needs the extra; pip install 'flexsdk[duckdb]'") from missing

__all__ = ["DuckDB"]

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACES: Final = "CREATE TABLE IF NOT EXISTS flexsdk_exports (name VARCHAR PRIMARY KEY, cursor VARCHAR)"
_PLACE: Final = "SELECT cursor FROM flexsdk_exports WHERE name = ?"
_MOVE: Final = "INSERT OR REPLACE INTO flexsdk_exports VALUES (?, ?)"
_FINISH: Final = "DELETE FROM flexsdk_exports WHERE name = ?"


def _id(item: Any) -> str:
    return str(item.id)


class DuckDB:
    """A table with the columns ``id`` and ``item`` (JSON); a newer item takes the place of an older one.

    Read fields with DuckDB's JSON operators, ``SELECT item->>'name' FROM agents``; so a new field of the
    platform needs no new column. A finished export begins anew at the next run and brings the table up to
    date; what the platform no longer lists stays.

    Args:
        path: the database, made where there is none.
        table: the name of the table: letters, digits and underscores.
        id: gives the id of an item.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        table: str,
        *,
        id: Callable[[Any], str] = _id,  # noqa: A002 - the name of the column
    ) -> None:
        if not _NAME.fullmatch(table):
            raise ConfigError(f"{table!r} is no name of a table: letters, digits and underscores")
        self._path = os.fspath(path)
        self._table = table
        self._upsert = f'INSERT OR REPLACE INTO "{table}" SELECT unnest(?), unnest(?)'
        self._id = id
        self._connection: duckdb.DuckDBPyConnection | None = None

    def open(self) -> Place:
        """Make the table, and find the place where an earlier run stopped."""
        connection = self._connection = duckdb.connect(self._path)
        connection.execute(f'CREATE TABLE IF NOT EXISTS "{self._table}" (id VARCHAR PRIMARY KEY, item JSON)')
        connection.execute(_PLACES)
        known = connection.execute(_PLACE, [self._table]).fetchone()
        return Place(cursor=known[0] if known else None)

    def write(self, items: Sequence[Any], cursor: str | None) -> None:
        """Put items and place into one transaction."""
        assert self._connection is not None
        latest = {self._id(item): encode(item).decode() for item in items}
        rows = [list(latest), list(latest.values())]
        with self._connection.cursor() as connection:
            connection.begin()
            if latest:
                connection.execute(
                    f'INSERT OR REPLACE INTO "{self._table}" SELECT unnest(?), unnest(?)', rows
                )
            if cursor is None:
                connection.execute(_FINISH, [self._table])
            else:
                connection.execute(_MOVE, [self._table, cursor])
            connection.commit()

    def close(self) -> None:
        """Close the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
