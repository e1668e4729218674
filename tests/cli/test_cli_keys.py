"""Keys are kept for their owner alone, in one place, and never shown."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from flexsdk.__main__ import main
from flexsdk.cli.credentials import key_for

KEY = "flc_test_kept"
Captured = pytest.CaptureFixture[str]


class Memory(KeyringBackend):
    """A keyring that works."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class Forgetful(Memory):
    """Takes a password and keeps nothing, as the null backend does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


@pytest.fixture
def ring() -> Iterator[Memory]:
    before = keyring.get_keyring()
    memory = Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "own" / "config.toml"
    monkeypatch.setenv("FLEXSDK_CONFIG", str(path))
    for platform in ("FLAPJACK", "FLEXORCH", "FLEECE", "FLEXTELL", "PLATFORM"):
        monkeypatch.delenv(f"{platform}_API_KEY", raising=False)
    return path


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def listed(capsys: Captured) -> dict[str, tuple[str, str | None]]:
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    return {row["platform"]: (row["used"], row["not used"]) for row in rows}


def revealed(platform: str) -> str | None:
    key = key_for(platform)
    return key and key.reveal()


@pytest.mark.usefixtures("ring")
def test_a_key_from_stdin_lies_in_a_file_of_its_owner_alone(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    give(monkeypatch, f"{KEY}\n")

    assert main(["keys", "set", "fleece", "--store", "file"]) == 0

    told = capsys.readouterr()
    assert KEY not in told.out + told.err
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert revealed("fleece") == KEY
    assert listed(capsys)["fleece"] == ("file", None)


def test_a_key_lies_in_the_keyring_where_there_is_one(
    config: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    give(monkeypatch, KEY)

    assert main(["keys", "set", "fleece"]) == 0

    assert ring.kept == {("flexsdk", "fleece"): KEY}
    assert not config.exists()
    assert listed(capsys)["fleece"] == ("keyring", None)


def test_a_keyring_that_keeps_nothing_is_none(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Forgetful())
    try:
        give(monkeypatch, KEY)
        assert main(["keys", "set", "fleece"]) == 0
        give(monkeypatch, KEY)
        assert main(["keys", "set", "fleece", "--store", "keyring"]) == 2
    finally:
        keyring.set_keyring(before)

    assert KEY in config.read_text()


def test_a_new_key_is_never_hidden_behind_an_old_one(
    config: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for store, key in (("file", "flc_test_1"), ("keyring", "flc_test_2"), ("file", "flc_test_3")):
        give(monkeypatch, key)
        assert main(["keys", "set", "fleece", "--store", store]) == 0
        assert revealed("fleece") == key

    assert ring.kept == {}
    assert "flc_test_1" not in config.read_text()


@pytest.mark.usefixtures("ring")
def test_the_rest_of_the_file_stays_as_it_is(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    before = '# mine\n[ fleece ] # of the team\nbase_url = "https://example.com" # kept\n\n[platform]\n'
    config.parent.mkdir()
    config.write_text(before)

    give(monkeypatch, KEY)
    assert main(["keys", "set", "fleece", "--store", "file"]) == 0
    give(monkeypatch, "sk_test_2")
    assert main(["keys", "set", "platform", "--store", "file"]) == 0
    both = config.read_text()
    assert main(["keys", "remove", "fleece"]) == 0

    assert both == (
        f'# mine\n[ fleece ] # of the team\napi_key = "{KEY}"\nbase_url = "https://example.com" # kept\n\n'
        '[platform]\napi_key = "sk_test_2"\n'
    )
    assert config.read_text() == both.replace(f'api_key = "{KEY}"\n', "")
    assert "no longer in" in capsys.readouterr().out


@pytest.mark.usefixtures("ring")
@pytest.mark.parametrize(
    "content",
    ['fleece = { api_key = "flc_test_old" }\n', 'fleece.api_key = "flc_test_old"\n', "no toml"],
    ids=["inline table", "dotted key", "no TOML"],
)
def test_a_file_that_cannot_be_edited_safely_is_left_alone(
    content: str, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    config.parent.mkdir()
    config.write_text(content)
    give(monkeypatch, KEY)

    assert main(["keys", "set", "fleece", "--store", "file"]) == 2

    told = capsys.readouterr()
    assert config.read_text() == content
    assert "flc_test" not in told.out + told.err


@pytest.mark.usefixtures("ring")
def test_removes_the_key_wherever_it_is_kept(
    config: Path, ring: Memory, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    config.parent.mkdir()
    config.write_text(f'[fleece]\napi_key = "{KEY}"\n')
    config.chmod(0o600)
    ring.kept["flexsdk", "fleece"] = KEY

    assert listed(capsys)["fleece"] == ("file", "keyring")
    assert main(["keys", "remove", "fleece"]) == 0

    assert listed(capsys)["fleece"] == ("none", None)
    assert main(["keys", "remove", "fleece"]) == 0
    assert "no key of fleece is kept" in capsys.readouterr().out


@pytest.mark.usefixtures("ring", "config")
def test_tells_when_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("FLEECE_API_KEY", "flc_test_other")
    give(monkeypatch, KEY)

    assert main(["keys", "set", "fleece"]) == 0

    assert "FLEECE_API_KEY in the environment is used" in capsys.readouterr().err


@pytest.mark.usefixtures("ring")
@pytest.mark.parametrize("text", ["", "two words", "flc_test_\x00", "flc_test_ü"])
def test_what_is_no_key_is_refused(
    text: str, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    give(monkeypatch, text)

    assert main(["keys", "set", "fleece", "--store", "file"]) == 2

    assert not config.exists()
    assert not text or text not in capsys.readouterr().err


@pytest.mark.usefixtures("config")
def test_a_key_is_never_an_argument(capsys: Captured) -> None:
    assert main(["keys", "set", "fleece", KEY]) == 2

    assert "too many words" in capsys.readouterr().err


@pytest.mark.usefixtures("ring", "config")
def test_without_a_key_the_next_step_is_named(capsys: Captured) -> None:
    assert main(["fleece", "agents", "list"]) == 2

    assert capsys.readouterr().err == (
        "flexsdk: ConfigError: no key of fleece: set FLEECE_API_KEY, or run: flexsdk keys set fleece\n"
    )
