"""The part of a file on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from flexsdk.core import partfile
from flexsdk.core.partfile import PartFile
from flexsdk.errors import ConfigError
from flexsdk.protocol.partial import Version

needs_locks = pytest.mark.skipif(not hasattr(partfile, "fcntl"), reason="the system has no such locks")
VERSION = Version('"v1"', 10)


@needs_locks
def test_a_kept_part_has_one_owner(tmp_path: Path) -> None:
    owner = PartFile.kept(tmp_path / "a")

    with pytest.raises(ConfigError, match="another download"):
        PartFile.kept(tmp_path / "a")
    owner.abandon()
    PartFile.kept(tmp_path / "a").abandon()

    assert list(tmp_path.iterdir()) == []


@needs_locks
def test_a_part_that_its_owner_finished_in_this_moment_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a"
    monkeypatch.setattr(partfile.fcntl, "flock", lambda *_: (tmp_path / "a.part").replace(target))

    with pytest.raises(ConfigError):
        PartFile.kept(target)

    assert target.exists()


def test_a_part_survives_its_process_only_with_a_note_of_its_version(tmp_path: Path) -> None:
    for version, left in ((Version(), []), (VERSION, ["a.part", "a.part.json"])):
        part = PartFile.kept(tmp_path / "a")
        part.restart("here", version)
        part.write(b"123")
        part.write(b"45")
        part.abandon()
        assert sorted(path.name for path in tmp_path.iterdir()) == left

    again = PartFile.kept(tmp_path / "a")
    assert (again.have, again.version, again.origin) == (5, VERSION, "here")
    again.write(b"67890")
    again.finish(tmp_path / "a")

    assert (tmp_path / "a").read_bytes() == b"1234567890"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_new_version_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    part = PartFile.beside(tmp_path / "a")
    part.write(b"old and long")

    part.restart("here", VERSION)
    part.write(b"new")
    part.finish(tmp_path / "a")

    assert (tmp_path / "a").read_bytes() == b"new"


def test_the_mode_of_a_file_is_what_the_user_has_set(tmp_path: Path) -> None:
    (tmp_path / "other").touch()

    part = PartFile.beside(tmp_path / "a")
    part.finish(tmp_path / "a")

    assert (tmp_path / "a").stat().st_mode == (tmp_path / "other").stat().st_mode
