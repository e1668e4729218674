"""Group commit: many tasks write, one thread commits, and a write is over when it is on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["Commits", "transaction"]

Row = tuple[Any, ...]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit the block as one, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


class Commits:
    """Writes rows with one statement; all that come while a commit is under way share the next one."""

    def __init__(self, connection: sqlite3.Connection, statement: str) -> None:
        self._connection = connection
        self._statement = statement
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="flexsdk-journal")
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._busy = False

    async def write(self, row: Row) -> None:
        """Write a row; returns when it has been synced to the disk.

        Raises:
            sqlite3.Error: the disk is full or broken; nothing of this commit was written.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((row, written))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin, loop)  # after the other tasks of this turn have written too
        await written

    def close(self) -> None:
        """Wait for the commit that is under way."""
        self._thread.shutdown()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        self._busy = bool(batch)
        if batch:
            rows = [row for row, _ in batch]
            commit = self._thread.submit(self._commit, rows)
            commit.add_done_callback(lambda commit: self._report(loop, commit, batch))

    def _report(
        self,
        loop: asyncio.AbstractEventLoop,
        commit: Future[None],
        batch: Sequence[tuple[Row, asyncio.Future[None]]],
    ) -> None:
        with suppress(RuntimeError):  # the loop was closed; nobody waits any more
            loop.call_soon_threadsafe(self._end, loop, commit.exception(), batch)

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        error: BaseException | None,
        batch: Sequence[tuple[Row, asyncio.Future[None]]],
    ) -> None:
        for _, written in batch:
            if written.done():  # cancelled
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)
        self._begin(loop)

    def _commit(self, rows: Sequence[Row]) -> None:
        with transaction(self._connection):
            self._connection.executemany(self._statement, rows)
