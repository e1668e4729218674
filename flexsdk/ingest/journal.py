"""The journal of an ingestion: what is known of every item, on disk before anything else happens."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.ingest.commits import Commits, transaction
from flexsdk.ingest.files import lock, private
from flexsdk.protocol.intake import Entry, State, Terms

__all__ = ["Journal", "Ledger", "NoJournal"]

_VERSION: Final = 1
_APPLICATION: Final = 0x666C7831
"""Marks the file as ours (SQLite's ``application_id``)."""
_SCHEMA: Final = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE items (
        key TEXT PRIMARY KEY, state INTEGER NOT NULL, digest BLOB NOT NULL, turn INTEGER NOT NULL,
        began REAL NOT NULL, note BLOB
    ) WITHOUT ROWID""",
    f"PRAGMA user_version = {_VERSION}",
    f"PRAGMA application_id = {_APPLICATION}",
)
_WRITE: Final = (
    "INSERT OR REPLACE INTO items (key, state, digest, turn, began, note) VALUES (?, ?, ?, ?, ?, ?)"
)
_READ: Final = "SELECT state, digest, turn, began, note FROM items WHERE key = ?"


class Ledger(Protocol):
    """What a run needs of a journal."""

    def bind(self, terms: Terms) -> None:
        """Hold the run to what the journal was begun for.

        Raises:
            ConfigError: it was begun for something else.
        """
        ...

    def look(self, key: str) -> Entry | None:
        """Give what is known of an item; quick, it runs in the event loop."""
        ...

    async def write(self, key: str, entry: Entry) -> None:
        """Keep what is known of an item; returns when it is safe."""
        ...

    def idempotency_key(self, key: str, turn: int) -> str:
        """Give the idempotency key of an item, the same in every run."""
        ...

    def close(self) -> None:
        """Wait for what is being written and let the journal go."""
        ...


class NoJournal:
    """Remembers nothing; with a ``job`` the idempotency keys are the same wherever that job runs again."""

    def __init__(self, job: str = "") -> None:
        self._job = job.encode() or secrets.token_bytes(16)

    def bind(self, terms: Terms) -> None:
        """Accept everything."""

    def look(self, key: str) -> Entry | None:
        """Know nothing."""
        return None

    async def write(self, key: str, entry: Entry) -> None:
        """Keep nothing."""

    def idempotency_key(self, key: str, turn: int) -> str:
        """Derive the key from the job; without one from this very object."""
        return _derived(self._job, key, turn)

    def close(self) -> None:
        """Have nothing to do."""


class Journal:
    """A SQLite file with mode 0600 that survives kill -9 and loss of power; one run at a time may use it.

    It holds keys, values and reasons, no items and no credentials. Beside it lie ``-wal``, ``-shm`` and an
    empty ``.lock``. Symbolic links are not followed. POSIX systems only; not on a network file system, save
    one whose locks and syncs can be trusted.

    Args:
        path: the file; its folder has to exist.
        job: begins the idempotency keys of a new journal; random by default. Give the same word to journals
            of the same work on several machines, so that they repeat items under the same keys.

    Raises:
        ConfigError: what lies there is no journal, or another process uses it.
        OSError, sqlite3.Error: the file cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike[str], *, job: str = "") -> None:
        self._path = Path(path)
        self._lock = lock(Path(f"{self._path}.lock"))
        with ExitStack() as undone:
            undone.callback(os.close, self._lock)
            os.close(private(self._path))  # SQLite would make it for all, and its other files are like it
            self._connection = undone.enter_context(closing(_connect(self._path)))
            self._job = self._begin(job.encode())
            self._reader = _connect(self._path)
            undone.pop_all()
        self._commits = Commits(self._connection, _WRITE)

    def __enter__(self) -> Self:
        """Give the journal itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the journal."""
        self.close()

    def close(self) -> None:
        """Wait for what is being written and let others use the file. Idempotent."""
        self._commits.close()
        self._reader.close()
        self._connection.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def bind(self, terms: Terms) -> None:
        """Hold the run to the operation that the journal was begun for.

        Raises:
            ConfigError: name, kind of keys or what may be repeated differ.
        """
        known = self._terms()
        if known is None:
            self._set("terms", msgspec.json.encode(terms))
        elif known != terms:
            raise ConfigError(f"{self._path} was begun for {known}, not for {terms}; use a new journal")

    def look(self, key: str) -> Entry | None:
        """Give what is known of an item."""
        row = self._reader.execute(_READ, (key,)).fetchone()
        return None if row is None else _entry(row)

    async def write(self, key: str, entry: Entry) -> None:
        """Keep what is known of an item; returns when it is on the disk."""
        await self._commits.write(_row(key, entry))

    def idempotency_key(self, key: str, turn: int) -> str:
        """Derive the key from the journal's own word, so that no two journals share one."""
        return _derived(self._job, key, turn)

    def uncertain(self, *, now: float | None = None) -> Iterator[str]:
        """Give the keys of all items that were sent, whose answer is not known and that may not be repeated.

        Args:
            now: seconds since the epoch; the present by default.
        """
        terms = self._terms()
        moment = time.time() if now is None else now
        rows = self._reader.execute(
            "SELECT key, began FROM items WHERE state = ? ORDER BY key", (State.SENT,)
        )
        return (key for key, began in rows if terms and not terms.may_repeat(began, moment))

    def resolve(self, key: str, decision: Literal["done", "retry"]) -> None:
        """Settle an uncertain item: the platform has done it, or has not and it is to be sent again.

        ``retry`` gives the item a new idempotency key. Not while a run uses the journal.

        Raises:
            ConfigError: the journal knows no such item, or its answer is known.
        """
        entry = self.look(key)
        if entry is None or entry.state is not State.SENT:
            raise ConfigError(f"{key!r} is not among the items without an answer")
        if decision == "done":
            entry = msgspec.structs.replace(entry, state=State.DONE, note=None)
        else:
            entry = msgspec.structs.replace(entry, state=State.REFUSED, turn=entry.turn + 1)
        self._connection.execute(_WRITE, _row(key, entry))

    def _begin(self, job: bytes) -> bytes:
        """Make the tables of a new file, or check those of an old one; give the word of the journal."""
        connection = self._connection
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if (version, application, tables) == (0, 0, 0):
            connection.execute("PRAGMA journal_mode = WAL")
            with transaction(connection):
                for statement in _SCHEMA:
                    connection.execute(statement)
                self._set("job", job or secrets.token_bytes(16))
        elif (version, application) != (_VERSION, _APPLICATION):
            raise ConfigError(f"{self._path} is no journal of this version")
        known = self._get("job") or b""
        if job not in (b"", known):
            raise ConfigError(f"{self._path} was begun for another job than {job.decode()!r}")
        return known

    def _terms(self) -> Terms | None:
        raw = self._get("terms")
        return None if raw is None else msgspec.json.decode(raw, type=Terms)

    def _get(self, name: str) -> bytes | None:
        row = self._connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def _set(self, name: str, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, value))


def _derived(job: bytes, key: str, turn: int) -> str:
    parts = (job, key.encode("utf-8", "surrogatepass"), str(turn).encode())
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return blake2b(framed, digest_size=16).hexdigest()


def _entry(row: Any) -> Entry:
    state, digest, turn, began, note = row
    return Entry(state=State(state), digest=digest, turn=turn, began=began, note=note)


def _row(key: str, entry: Entry) -> tuple[Any, ...]:
    return key, int(entry.state), entry.digest, entry.turn, entry.began, entry.note


def _connect(path: Path) -> sqlite3.Connection:
    # No implicit transactions; used by one thread at a time.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")  # a sync for every commit, also in WAL mode
    return connection
