"""Files: what is private is for its owner alone whatever the umask, and nothing is written through a link."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from itertools import product
from pathlib import Path

import pytest
from file_kit import CONTENT, FileServer, file_of
from servers import RawServer, answer
from service import KEY, READ, Item, Service

from flexsdk.cli import keystore
from flexsdk.cli.credentials import key_for
from flexsdk.core.tokenfile import FileStore
from flexsdk.core.tokens import Token
from flexsdk.errors import ConfigError, FlexError
from flexsdk.ingest import Journal
from flexsdk.ingest.sinks import JsonLines
from flexsdk.protocol.intake import Entry, State
from flexsdk.testing import Cassette

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX systems")

Writer = Callable[[Path], AbstractAsyncContextManager[None]]
"""Writes a file, and holds it while the block lasts."""
UMASKS = (0o000, 0o022, 0o077)
PRECIOUS = b"not to be touched"


# --- who writes files, and the names beside them that can be foreseen


@asynccontextmanager
async def token(path: Path) -> AsyncIterator[None]:
    store = FileStore(path)
    async with store.lock():
        await store.save(Token(access=KEY, refresh=KEY))
        assert await store.load()
        yield


@asynccontextmanager
async def journal(path: Path) -> AsyncIterator[None]:
    with Journal(path) as opened:
        await opened.write("a", Entry(state=State.SENT, digest=b"", turn=0, began=0.0, note=None))
        yield


@asynccontextmanager
async def rows(path: Path) -> AsyncIterator[None]:
    sink = JsonLines(path)
    try:
        sink.open()
        sink.write([Item(id="a")], "place 2")
        yield
    finally:
        sink.close()


@asynccontextmanager
async def cassette(path: Path) -> AsyncIterator[None]:
    tape = Cassette(path, mode="record")
    async with (
        RawServer(answer()) as server,
        Service(KEY, base_url=server.url, attempt_middlewares=[tape]) as client,
    ):
        await client.call(READ, "a")
    yield


@asynccontextmanager
async def config(path: Path) -> AsyncIterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLEXSDK_CONFIG", str(path))
        keystore.keep("fleece", KEY, "file")
        assert key_for("fleece")
        yield


async def _saved(path: Path, server: RawServer, *, resume: bool) -> None:
    async with Service(KEY, base_url=server.url, retry=None) as client:
        await file_of(client).save(path, resume=resume)


@asynccontextmanager
async def download(path: Path) -> AsyncIterator[None]:
    async with RawServer(FileServer()) as server:
        await _saved(path, server, resume=False)
    yield


@asynccontextmanager
async def begun_download(path: Path) -> AsyncIterator[None]:
    """Half a file, and the note that lies beside it."""
    async with RawServer(FileServer(cuts=(len(CONTENT) // 2,))) as server:
        with suppress(FlexError):
            await _saved(path, server, resume=True)
    yield


@asynccontextmanager
async def parquet(path: Path) -> AsyncIterator[None]:
    sinks = pytest.importorskip("flexsdk.ingest.sinks.parquet")
    sink = sinks.Parquet(path.parent)
    try:
        sink.open()
        sink.write([Item(id="a")], None)
        yield
    finally:
        sink.close()


PRIVATE: dict[str, tuple[Writer, tuple[str, ...]]] = {
    "token": (token, ("{}", "{}.lock")),
    "journal": (journal, ("{}", "{}.lock", "{}-wal", "{}-shm", "{}-journal")),
    "cassette": (cassette, ("{}", "{}.part")),
}
"""All that they leave is for the owner alone."""
CONFIG: dict[str, tuple[Writer, tuple[str, ...]]] = {"configuration": (config, ())}
"""Private as well; a link to it is the user's own, and stays one."""
SHARED: dict[str, tuple[Writer, tuple[str, ...]]] = {
    "download": (download, ("{}", "{}.part")),
    "begun download": (begun_download, ("{}", "{}.part", "{}.part.json")),
    "rows": (rows, ("{}.cursor", "{}.lock")),
    "Parquet": (parquet, (".unfinished", ".lock", "part-000000.parquet")),
}
"""The user's own data, with the mode that the umask gives."""
EVERYTHING = {**PRIVATE, **CONFIG, **SHARED}


# --- modes


@contextmanager
def masked(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


async def modes(write: Writer, folder: Path, mask: int) -> dict[str, int]:
    """Write, and give the mode of every file that is there meanwhile."""
    with masked(mask):
        async with write(folder / "file"):
            return _modes_in(folder)


def _modes_in(folder: Path) -> dict[str, int]:
    return {each.name: mode_of(each) for each in folder.iterdir()}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", UMASKS, ids=oct)
@pytest.mark.parametrize("kind", {**PRIVATE, **CONFIG})
async def test_a_private_file_is_for_its_owner_alone_whatever_the_umask(
    kind: str, mask: int, tmp_path: Path
) -> None:
    found = await modes(EVERYTHING[kind][0], tmp_path, mask)

    assert set(found.values()) == {0o600}
    assert "file" in found


@pytest.mark.parametrize("mask", UMASKS, ids=oct)
@pytest.mark.parametrize("kind", SHARED)
async def test_data_of_the_user_has_the_mode_that_the_umask_gives_and_no_more(
    kind: str, mask: int, tmp_path: Path
) -> None:
    found = await modes(EVERYTHING[kind][0], tmp_path, mask)

    positions = {name: mode for name, mode in found.items() if name.endswith((".lock", ".cursor"))}
    assert set(positions.values()) <= {0o600}
    assert {mode for name, mode in found.items() if name not in positions} == {0o666 & ~mask}


@pytest.mark.parametrize("kind", ["token", "cassette", "configuration"])
async def test_a_file_that_was_open_to_all_is_replaced_or_refused(kind: str, tmp_path: Path) -> None:
    write, path = EVERYTHING[kind][0], tmp_path / "file"
    async with write(path):
        path.chmod(0o666)

    with suppress(ConfigError):
        async with write(path):
            assert mode_of(path) == 0o600


# --- links


async def touched(write: Writer, folder: Path, name: str) -> list[str]:
    """Lay links where a file will be, or has been; tell what was written or made at their ends."""
    found = []
    for there, used in product((True, False), repeat=2):
        place, end = folder / f"{there} {used}", folder / f"end {there} {used}"
        place.mkdir()
        if there:
            end.write_bytes(PRECIOUS)
            end.chmod(0o640)
        if used:
            await _try(write, place / "file")
            (place / name).unlink(missing_ok=True)
        (place / name).symlink_to(end)
        await _try(write, place / "file")
        if there and (end.read_bytes(), mode_of(end)) != (PRECIOUS, 0o640):
            found.append("changed")
        elif not there and end.exists():
            found.append("made")
    return found


async def _try(write: Writer, path: Path) -> None:
    with suppress(FlexError, OSError, ValueError, sqlite3.Error):
        async with write(path):
            pass


PLACES = [(kind, name.format("file")) for kind, (_, names) in EVERYTHING.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), PLACES, ids=[f"{kind}, {name}" for kind, name in PLACES])
async def test_nothing_is_written_through_a_link(kind: str, name: str, tmp_path: Path) -> None:
    assert await touched(EVERYTHING[kind][0], tmp_path, name) == []


async def test_a_link_to_the_configuration_stays_one_and_its_end_is_private(tmp_path: Path) -> None:
    link, end = tmp_path / "config.toml", tmp_path / "dotfiles.toml"
    end.write_text("# mine\n")
    link.symlink_to(end)

    async with config(link):
        assert link.is_symlink()
        assert KEY in end.read_text()
        assert mode_of(end) == 0o600


# --- controls


@asynccontextmanager
async def careless(path: Path) -> AsyncIterator[None]:
    """Write as one writes without a thought."""
    path.write_text(KEY)  # noqa: ASYNC240 - without a thought
    yield


@asynccontextmanager
async def late(path: Path) -> AsyncIterator[None]:
    """Write first, and lock the door afterwards."""
    part = path.with_name("file.part")
    part.write_text(KEY)
    yield
    part.chmod(0o600)
    part.replace(path)


@pytest.mark.control
@pytest.mark.parametrize("write", [careless, late])
async def test_a_file_that_others_may_read_is_seen(write: Writer, tmp_path: Path) -> None:
    assert set((await modes(write, tmp_path, 0o022)).values()) == {0o644}


@pytest.mark.control
@pytest.mark.parametrize(("write", "name"), [(careless, "file"), (late, "file.part")])
async def test_a_file_that_is_written_through_a_link_is_seen(
    write: Writer, name: str, tmp_path: Path
) -> None:
    assert await touched(write, tmp_path, name) == ["changed"] * 2 + ["made"] * 2


@pytest.mark.control
async def test_a_store_that_follows_links_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "O_NOFOLLOW", 0)

    assert "made" in await touched(journal, tmp_path, "file")
