from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest
from service import until

from flexsdk.core import tokens
from flexsdk.core.tokenfile import FileStore
from flexsdk.core.tokens import Token, TokenStore
from flexsdk.errors import ConfigError

TOKEN = Token(
    access="flc_test_access",
    refresh="flc_test_refresh",
    expires_at=1_780_000_000.5,
    lifetime=3600.0,
    scope="customers:read",
)
OTHER = Token(access="flc_test_other")


class Drawer(ModuleType):
    """Stands in for the keyring of a desktop."""

    def __init__(self) -> None:
        super().__init__("drawer")
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.entries.get((service, user))

    def set_password(self, service: str, user: str, password: str) -> None:
        self.entries[service, user] = password

    def delete_password(self, service: str, user: str) -> None:
        del self.entries[service, user]


@pytest.fixture
def drawer(monkeypatch: pytest.MonkeyPatch) -> Drawer:
    pytest.importorskip("keyring")
    from flexsdk.ext import keyring

    drawer = Drawer()
    monkeypatch.setattr(keyring, "keyring", drawer)
    return drawer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "token.json"


@pytest.fixture(params=["file", "keyring"])
def pair(request: pytest.FixtureRequest, path: Path) -> tuple[TokenStore, TokenStore]:
    """Two stores of one place."""
    if request.param == "file":
        return FileStore(path), FileStore(str(path))
    request.getfixturevalue("drawer")
    from flexsdk.ext.keyring import KeyringStore

    return KeyringStore("flexsdk-tests"), KeyringStore("flexsdk-tests")


# --- both


async def test_a_new_store_holds_no_token(pair: tuple[TokenStore, TokenStore]) -> None:
    assert await pair[0].load() is None


async def test_a_saved_token_is_seen_whole_by_others(pair: tuple[TokenStore, TokenStore]) -> None:
    await pair[0].save(TOKEN)

    assert await pair[1].load() == TOKEN


async def test_the_latest_token_counts(pair: tuple[TokenStore, TokenStore]) -> None:
    await pair[0].save(TOKEN)
    assert await pair[0].load() == TOKEN

    await pair[1].save(OTHER)

    assert await pair[0].load() == OTHER


async def test_a_cleared_token_is_gone_also_the_second_time(pair: tuple[TokenStore, TokenStore]) -> None:
    await pair[0].save(TOKEN)

    await pair[1].clear()
    await pair[1].clear()

    assert await pair[0].load() is None


# --- the file


async def test_the_file_belongs_to_its_owner_alone_from_its_first_moment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    replace = Path.replace

    def look_first(self: Path, target: Path) -> Path:
        modes.append(stat.S_IMODE(self.stat().st_mode))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", look_first)
    before = os.umask(0)
    try:
        store = FileStore(path)
        async with store.lock():
            await store.save(TOKEN)
    finally:
        os.umask(before)

    assert modes == [0o600]
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}


async def test_the_file_is_on_the_disk_before_it_is_seen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        steps.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)

    await FileStore(path).save(TOKEN)

    assert steps == ["sync file", "replace", "sync folder"]


async def test_a_save_that_fails_leaves_the_old_token_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(path)
    await store.save(TOKEN)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        await store.save(OTHER)

    assert await store.load() == TOKEN
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def link(path: Path) -> Path:
    """Make the path a link to another file, which is given."""
    target = path.parent / "elsewhere"
    path.symlink_to(target)
    return target


async def test_a_symbolic_link_is_not_followed_when_reading(path: Path, link: Path) -> None:
    await FileStore(link).save(TOKEN)

    with pytest.raises(ConfigError, match="symbolic link"):
        await FileStore(path).load()


async def test_a_symbolic_link_is_not_followed_when_writing(path: Path, link: Path) -> None:
    await FileStore(link).save(OTHER)

    await FileStore(path).save(TOKEN)

    assert await FileStore(link).load() == OTHER
    assert await FileStore(path).load() == TOKEN


async def test_a_symbolic_link_is_not_followed_when_locking(path: Path) -> None:
    target = anyio.Path(path.parent / "elsewhere")
    await anyio.Path(f"{path}.lock").symlink_to(target)

    with pytest.raises(ConfigError, match="symbolic link"):
        async with FileStore(path).lock():
            raise AssertionError("never locked")

    assert not await target.exists()


async def test_what_is_no_token_is_named_by_its_place_and_not_shown(path: Path) -> None:
    await anyio.Path(path).write_bytes(b'{"access": "flc_test_cut')

    with pytest.raises(ConfigError, match=r"token\.json holds no token") as caught:
        await FileStore(path).load()

    assert "flc_test" not in str(caught.value)


async def test_a_lock_keeps_out_everybody_who_knows_the_path(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LOOK_SECONDS", 0.001)
    steps: list[str] = []

    async def second() -> None:
        steps.append("second waits")
        async with FileStore(path).lock():
            steps.append("second holds")

    async with FileStore(path).lock():
        waiting = asyncio.ensure_future(second())
        await until(lambda: steps)
        for _ in range(20):
            await asyncio.sleep(0)
        steps.append("first gives back")
    await waiting

    assert steps == ["second waits", "first gives back", "second holds"]


async def test_a_cancelled_wait_for_a_lock_leaves_no_file_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []
    close = os.close

    async def wait() -> None:
        async with FileStore(path).lock():
            raise AssertionError("never locked")

    async with FileStore(path).lock():
        monkeypatch.setattr(os, "close", lambda number: (closed.append(number), close(number)))
        waiting = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

        assert len(closed) == 1


def test_where_there_are_no_such_locks_the_store_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(ConfigError, match="KeyringStore"):
        FileStore(path)


# --- the keyring


async def test_two_users_of_one_service_are_kept_apart(drawer: Drawer) -> None:
    from flexsdk.ext.keyring import KeyringStore

    await KeyringStore("flexsdk-tests", "ada").save(TOKEN)

    assert await KeyringStore("flexsdk-tests", "bob").load() is None
    assert await KeyringStore("flexsdk-tests", "ada").load() == TOKEN


async def test_a_keyring_entry_that_is_no_token_is_not_shown(drawer: Drawer) -> None:
    from flexsdk.ext.keyring import KeyringStore

    drawer.set_password("flexsdk-tests", "token", "flc_test_something_else")

    with pytest.raises(ConfigError, match="keyring entry flexsdk-tests holds no token") as caught:
        await KeyringStore("flexsdk-tests").load()

    assert "something_else" not in str(caught.value)


def test_a_missing_keyring_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.delitem(sys.modules, "flexsdk.ext.keyring", raising=False)

    with pytest.raises(ConfigError, match=r"flexsdk\[keyring\]"):
        import_the_store()


def import_the_store() -> Any:
    from flexsdk.ext.keyring import KeyringStore

    return KeyringStore
