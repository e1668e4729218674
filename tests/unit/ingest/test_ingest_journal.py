from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clock import VirtualClock
from ingest_kit import Desk, by, collect, read
from service import Item, until

from flexsdk.core.op import Replay
from flexsdk.errors import ConfigError, Conflict, ConnectionLost, RateLimited, Unauthorized, Unprocessable
from flexsdk.ingest import Done, Failed, GaveUp, Journal, NoJournal, Uncertain, ingest
from flexsdk.ingest.operation import KEEPS_SECONDS
from flexsdk.protocol.intake import Entry, State
from flexsdk.protocol.redact import Secret


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.journal"


def rows(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        found = dict(connection.execute("SELECT key, state FROM items"))
    connection.close()
    return found


async def test_what_is_done_or_failed_is_given_out_again_and_not_sent(path: Path) -> None:
    desk = Desk()
    desk.errors["b"] = [Unprocessable("no", status=422)]
    await collect(["a", "b"], by(desk), journal=path)
    desk.seen.clear()

    again = await collect(["a", "b", "c"], by(desk), journal=path, ordered=True)

    assert desk.seen == ["c"]
    assert [(type(each), each.recorded) for each in again] == [(Done, True), (Failed, True), (Done, False)]
    assert again[0].value == {"item": "a"}
    assert again[1].reason == "Unprocessable: 422: no"


async def test_what_was_not_processed_is_sent_again(path: Path) -> None:
    desk = Desk()
    desk.errors["a"] = [Unauthorized("revoked", status=401)]
    first = await collect(["a"], by(desk), journal=path)

    again = await collect(["a"], by(desk), journal=path)

    assert [type(each) for each in first + again] == [GaveUp, Done]


async def test_notes_an_item_before_it_is_sent(path: Path) -> None:
    seen: dict[str, int] = {}

    async def look(item: str) -> None:
        seen.update(rows(path))

    await collect(["a"], by(look), journal=path)  # type: ignore[arg-type]  # any call will do

    assert seen == {"0": State.SENT}
    assert rows(path) == {"0": State.DONE}


async def test_notes_the_value_before_it_is_given_out(path: Path) -> None:
    async with ingest(["a"], by(Desk()), journal=path) as run:
        await read(run, 1)

        assert rows(path) == {"0": State.DONE}


@pytest.mark.parametrize(
    ("replay", "kind"), [(Replay.SAFE, Done), (Replay.KEYED, Done), (Replay.NEVER, Uncertain)]
)
async def test_what_was_in_flight_is_repeated_only_where_that_does_no_harm(
    path: Path, replay: Replay, kind: type[Any]
) -> None:
    desk = Desk()
    desk.errors["a"] = [ConnectionLost("cut")]
    await collect(["a"], by(desk, replay), journal=path)

    again = await collect(["a"], by(desk, replay), journal=path)

    assert [type(each) for each in again] == [kind]
    assert len(desk.seen) == (1 if kind is Uncertain else 2)


async def test_a_repeat_has_the_same_key_and_every_item_its_own(path: Path) -> None:
    desk = Desk()
    desk.errors["a"] = [ConnectionLost("cut")]

    await collect(["a", "b"], by(desk, Replay.KEYED), journal=path)
    await collect(["a", "b"], by(desk, Replay.KEYED), journal=path)

    assert len(desk.keys) == 3
    assert sorted(map(desk.keys.count, set(desk.keys))) == [1, 2]


async def test_two_journals_share_no_key(tmp_path: Path) -> None:
    desk = Desk()

    await collect(["a"], by(desk, Replay.KEYED), journal=tmp_path / "one")
    await collect(["a"], by(desk, Replay.KEYED), journal=tmp_path / "two")

    assert desk.keys[0] != desk.keys[1]


async def test_journals_of_one_job_share_keys(tmp_path: Path) -> None:
    desk = Desk()

    with Journal(tmp_path / "one", job="import") as journal:
        await collect(["a"], by(desk, Replay.KEYED), journal=journal)
    await collect(["a"], by(desk, Replay.KEYED), journal=NoJournal("import"))

    assert desk.keys[0] == desk.keys[1]


async def test_a_repeat_in_the_same_run_has_the_same_key_without_a_journal_too() -> None:
    clock, desk = VirtualClock(), Desk()
    desk.errors["a"] = [RateLimited("full", status=429)]

    await collect(["a"], by(desk, Replay.KEYED), clock=clock)
    await collect(["a"], by(desk, Replay.KEYED), clock=clock)

    assert desk.keys[0] == desk.keys[1]
    assert desk.keys[1] != desk.keys[2]


async def test_a_key_that_the_platform_may_have_forgotten_is_not_used_again(path: Path) -> None:
    clock, desk = VirtualClock(), Desk()
    desk.errors["a"] = [ConnectionLost("cut"), ConnectionLost("cut")]
    await collect(["a"], by(desk, Replay.KEYED), journal=path, clock=clock)
    clock.now += KEEPS_SECONDS - 1
    await collect(["a"], by(desk, Replay.KEYED), journal=path, clock=clock)
    clock.now += 1

    again = await collect(["a"], by(desk, Replay.KEYED), journal=path, clock=clock)

    assert [type(each) for each in again] == [Uncertain]
    assert len(desk.seen) == 2


async def test_a_repeat_that_is_refused_stays_open(path: Path) -> None:
    desk = Desk()
    desk.errors["a"] = [ConnectionLost("cut"), Unauthorized("revoked", status=401)]

    await collect(["a"], by(desk, Replay.KEYED), journal=path)
    await collect(["a"], by(desk, Replay.KEYED), journal=path)

    assert rows(path) == {"0": State.SENT}


async def test_a_repeat_waits_until_its_first_request_is_no_longer_under_way(path: Path) -> None:
    clock, desk = VirtualClock(), Desk()
    desk.errors["a"] = [ConnectionLost("cut"), Conflict("in use", status=409), Conflict("in use", status=409)]
    await collect(["a"], by(desk, Replay.KEYED), journal=path, clock=clock)

    again = await collect(["a"], by(desk, Replay.KEYED), journal=path, clock=clock)

    assert [type(each) for each in again] == [Done]
    assert clock.now == 1_002.0


async def test_an_item_that_was_cut_off_is_known_in_the_next_run(path: Path) -> None:
    desk = Desk(held=True)
    async with ingest(["a"], by(desk), journal=path, grace=0.001) as run:
        reading = asyncio.create_task(read(run, 1))
        await until(lambda: desk.busy == 1)
        reading.cancel()

    again = await collect(["a"], by(desk), journal=path)

    assert [type(each) for each in run.unread] == [Uncertain]
    assert [(type(each), each.item, each.recorded) for each in again] == [(Uncertain, "a", True)]


async def lose(path: Path, *items: str) -> Desk:
    desk = Desk()
    desk.errors = {item: [ConnectionLost("cut")] for item in items}
    await collect(items, by(desk, key=str), journal=path)
    return desk


async def test_names_what_is_uncertain(path: Path) -> None:
    await lose(path, "b", "a")

    with Journal(path) as journal:
        assert list(journal.uncertain()) == ["a", "b"]


async def test_an_item_resolved_as_done_is_done(path: Path) -> None:
    desk = await lose(path, "a")

    with Journal(path) as journal:
        journal.resolve("a", "done")
        assert list(journal.uncertain()) == []

    again = await collect(["a"], by(desk, key=str), journal=path)
    assert [(type(each), each.value) for each in again] == [(Done, None)]
    assert desk.seen == ["a"]


async def test_an_item_resolved_to_be_sent_again_is_sent_again(path: Path) -> None:
    desk = await lose(path, "a")

    with Journal(path) as journal:
        before = journal.idempotency_key("a", 0)
        journal.resolve("a", "retry")
        known = journal.look("a")
        assert known is not None
        assert journal.idempotency_key("a", known.turn) != before

    again = await collect(["a"], by(desk, key=str), journal=path)
    assert [type(each) for each in again] == [Done]
    assert desk.seen == ["a", "a"]


async def test_only_what_is_open_can_be_resolved(path: Path) -> None:
    await collect(["a"], by(Desk()), journal=path)

    with Journal(path) as journal:
        for key in ("0", "1"):
            with pytest.raises(ConfigError, match="not among the items without an answer"):
                journal.resolve(key, "done")


async def test_a_changed_source_is_noticed(path: Path) -> None:
    await collect(["a", "b"], by(Desk()), journal=path)

    with pytest.raises(ConfigError, match="item '0' has changed"):
        await collect(["b", "a"], by(Desk()), journal=path)


async def test_named_items_may_come_in_another_order(path: Path) -> None:
    await collect(["a", "b"], by(Desk(), key=str), journal=path)

    again = await collect(["c", "b", "a"], by(Desk(), key=str), journal=path, ordered=True)

    assert [(each.key, each.recorded) for each in again] == [("c", False), ("b", True), ("a", True)]


@pytest.mark.parametrize(
    ("replay", "settings"),
    [
        pytest.param(Replay.SAFE, {}, id="other kind of repeats"),
        pytest.param(Replay.NEVER, {"key": str}, id="other kind of keys"),
    ],
)
async def test_a_journal_serves_one_operation(path: Path, replay: Replay, settings: dict[str, Any]) -> None:
    await collect(["a"], by(Desk()), journal=path)

    with pytest.raises(ConfigError, match="use a new journal"):
        await collect(["a"], by(Desk(), replay, **settings), journal=path)


async def test_one_run_at_a_time_may_use_it(path: Path) -> None:
    with Journal(path), pytest.raises(ConfigError, match="held by another run"):
        await collect(["a"], by(Desk()), journal=path)

    await collect(["a"], by(Desk()), journal=path)


def test_only_its_owner_can_read_it(path: Path) -> None:
    with Journal(path):
        files = [path, *path.parent.glob("work.journal?*")]
        modes = {stat.S_IMODE(file.stat().st_mode) for file in files}

    assert modes == {0o600}


def test_follows_no_symbolic_link(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match="symbolic link"):
        Journal(path)

    assert not (tmp_path / "elsewhere").exists()


def test_is_no_folder(path: Path) -> None:
    os.mkfifo(path)

    with pytest.raises(ConfigError, match="no plain file"):
        Journal(path)


def test_refuses_a_database_of_somebody_else(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()

    with pytest.raises(ConfigError, match="no journal of this version"):
        Journal(path)


def test_begins_anew_where_it_was_killed_before_its_first_table(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()

    with Journal(path) as journal:
        assert journal.look("a") is None


def test_a_journal_serves_one_job(path: Path) -> None:
    Journal(path, job="one").close()

    with pytest.raises(ConfigError, match="another job than 'two'"):
        Journal(path, job="two")


async def test_a_recorded_value_has_its_type(path: Path) -> None:
    async def give(item: str) -> Item:
        return Item(id=item, size=3)

    operation: Any = by(give, value=Item)  # type: ignore[arg-type]  # any call will do
    await collect(["a"], operation, journal=path)

    (again,) = await collect(["a"], operation, journal=path)

    assert again.value == Item(id="a", size=3)


async def test_a_credential_is_not_kept(path: Path) -> None:
    class Key(msgspec.Struct):
        secret: Secret

    async def give(item: str) -> Key:
        return Key(Secret("fj_test_5f0c9d7b1a2e4c6f8091a2b3c4d5e6f7"))

    operation: Any = by(give)  # type: ignore[arg-type]  # any call will do
    await collect(["a"], operation, journal=path)
    (again,) = await collect(["a"], operation, journal=path)

    assert again.value is None
    assert all(b"5f0c9d7b" not in file.read_bytes() for file in path.parent.iterdir())


class BrokenDisk(NoJournal):
    """Fails at the second write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    async def write(self, key: str, entry: Entry) -> None:
        self.writes += 1
        if self.writes > 1:
            raise sqlite3.OperationalError("database or disk is full")


async def test_a_full_disk_ends_the_run_and_names_what_was_in_flight() -> None:
    run = ingest(range(100), by(Desk()), journal=BrokenDisk(), concurrency=1)

    outcome = await anext(run)
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        await anext(run)

    assert isinstance(outcome, Uncertain)


async def test_a_commit_that_fails_fails_all_who_share_it_and_no_other(path: Path) -> None:
    with Journal(path) as journal:
        good = Entry(state=State.DONE, digest=b"")
        bad: Any = Entry(state=State.DONE, digest=None)  # type: ignore[arg-type]  # NOT NULL in the table
        with pytest.raises(sqlite3.IntegrityError):
            await journal.write("bad", bad)

        await journal.write("good", good)

        assert (journal.look("bad"), journal.look("good")) == (None, good)
