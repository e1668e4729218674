"""Downloads that are cut, changed or refused on the way: what is on the disk is whole, or not there."""

from __future__ import annotations

import asyncio
import gzip
import os
import threading
from pathlib import Path

import pytest
from file_kit import CONTENT, TAG, FileServer, file_of, head, left_in
from servers import Peer, RawServer, Request, Step, answer, chunk
from service import Connect, FakeClock, until

from flexsdk.core import saving
from flexsdk.core.body import Transfer
from flexsdk.core.partfile import PartFile
from flexsdk.core.retry import Retry
from flexsdk.errors import APIError, ConfigError, ConnectionLost, DecodeError, FlexError, StreamStalled

HALF = len(CONTENT) // 2
ASKED = {"range": f"bytes={HALF}-", "if-range": TAG}


def asked(request: Request) -> dict[str, str]:
    return {name: request.headers[name] for name in ("range", "if-range") if name in request.headers}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "rows.bin"


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def lay(path: Path, content: bytes) -> None:
    path.write_bytes(content)


# --- in one process


async def test_a_file_is_saved_whole_and_nothing_else_is_left(connect: Connect, target: Path) -> None:
    lay(target, b"old")
    async with RawServer(FileServer()) as server:
        download = file_of(connect(server))
        saved = await download.save(target)

    assert saved == target
    assert content_of(target) == CONTENT
    assert left_in(target.parent) == ["rows.bin"]
    assert download.size == len(CONTENT)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("ending", [Peer.close, Peer.reset], ids=["closed", "reset"])
async def test_a_cut_download_goes_on_where_it_stopped(
    connect: Connect, target: Path, ending: object
) -> None:
    async with RawServer(FileServer(cuts=(HALF,), ending=ending)) as server:  # type: ignore[arg-type]
        await file_of(connect(server)).save(target)

    assert content_of(target) == CONTENT
    first, second = server.requests
    assert asked(first) == {}
    assert asked(second).keys() == ASKED.keys()
    if ending is Peer.close:  # a reset drops what the kernel still had
        assert asked(second) == ASKED


async def test_several_cuts_are_joined(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer(cuts=(10, 20, 30))) as server:
        await file_of(connect(server)).save(target)

    assert [asked(request).get("range") for request in server.requests] == [
        None,
        "bytes=10-",
        "bytes=30-",
        "bytes=60-",
    ]
    assert content_of(target) == CONTENT


SOON = {"date": "Sun, 22 Nov 2026 02:00:00 GMT"}
UNSAFE = {
    "none": {},
    "weak tag": {"etag": 'W/"v1"'},
    "weak tag and date": {"etag": 'W/"v1"', "last_modified": "Sat, 21 Nov 2026 02:00:00 GMT", **SOON},
    "date of the same second": {"last_modified": "Sun, 22 Nov 2026 02:00:00 GMT", **SOON},
    "date without the server's": {"last_modified": "Sat, 21 Nov 2026 02:00:00 GMT"},
    "no ranges": {"etag": TAG, "accept_ranges": "none"},
    "malformed tag": {"etag": "v1"},
}


@pytest.mark.parametrize("case", UNSAFE)
async def test_begins_again_where_two_versions_could_be_mixed(
    connect: Connect, target: Path, case: str
) -> None:
    async with RawServer(FileServer(cuts=(HALF,), headers=UNSAFE[case])) as server:
        await file_of(connect(server)).save(target)

    assert [asked(request) for request in server.requests] == [{}, {}]
    assert content_of(target) == CONTENT


async def test_a_date_long_past_tells_versions_apart(connect: Connect, target: Path) -> None:
    changed = "Sat, 21 Nov 2026 02:00:00 GMT"
    async with RawServer(FileServer(cuts=(HALF,), headers={"last_modified": changed, **SOON})) as server:
        await file_of(connect(server)).save(target)

    assert asked(server.requests[1]) == {"range": f"bytes={HALF}-", "if-range": changed}
    assert content_of(target) == CONTENT


async def test_another_version_is_taken_whole(connect: Connect, target: Path) -> None:
    new = CONTENT[::-1] + b"more"
    async with RawServer(FileServer(cuts=(HALF,)), FileServer(new, headers={"etag": '"v2"'})) as server:
        await file_of(connect(server)).save(target)

    assert asked(server.requests[1]) == ASKED
    assert content_of(target) == new


def part(content_range: str, **headers: str) -> bytes:
    body = CONTENT[HALF:]
    named = {"content_length": str(len(body)), "content_range": content_range, "etag": TAG, **headers}
    return head(206, **named) + body


SIZE = len(CONTENT)
MISFITS = {
    "earlier": part(f"bytes {HALF - 1}-{SIZE - 2}/{SIZE}"),
    "later": part(f"bytes {HALF + 1}-{SIZE}/{SIZE}"),
    "another size": part(f"bytes {HALF}-{SIZE - 1}/{SIZE + 5}"),
    "another tag": part(f"bytes {HALF}-{SIZE - 1}/{SIZE}", etag='"v2"'),
    "shorter than it says": part(f"bytes {HALF}-{SIZE - 5}/{SIZE}"),
    "another unit": part(f"lines {HALF}-{SIZE - 1}/{SIZE}"),
    "several": part("", content_type="multipart/byteranges; boundary=x"),
    "packed": part(f"bytes {HALF}-{SIZE - 1}/{SIZE}", content_encoding="gzip"),
    "416": head(416, content_length="0", content_range=f"bytes */{SIZE}"),
}


@pytest.mark.parametrize("case", MISFITS)
async def test_a_part_that_does_not_fit_is_not_used(connect: Connect, target: Path, case: str) -> None:
    async with RawServer(FileServer(cuts=(HALF,)), MISFITS[case], FileServer()) as server:
        await file_of(connect(server, max_connections=1)).save(target)

    assert [asked(request) for request in server.requests] == [{}, ASKED, {}]
    assert content_of(target) == CONTENT


async def test_a_part_that_nobody_asked_for_is_an_error(connect: Connect, target: Path) -> None:
    async with RawServer(part(f"bytes {HALF}-{SIZE - 1}/{SIZE}")) as server:
        with pytest.raises(DecodeError, match="not asked for"):
            await file_of(connect(server)).save(target)

    assert left_in(target.parent) == []


async def test_a_shorter_part_is_followed_by_the_next(connect: Connect, target: Path) -> None:
    body = CONTENT[HALF : HALF + 100]
    short = head(206, content_length="100", content_range=f"bytes {HALF}-{HALF + 99}/{SIZE}", etag=TAG)
    async with RawServer(FileServer(cuts=(HALF,)), short + body, FileServer()) as server:
        await file_of(connect(server)).save(target)

    assert asked(server.requests[2])["range"] == f"bytes={HALF + 100}-"
    assert content_of(target) == CONTENT


# --- how often, and when it is given up


@pytest.mark.parametrize(
    ("settings", "options", "requests"),
    [
        ({}, {}, 4),
        ({"retry": Retry(attempts=2, rng=lambda: 0.0)}, {}, 2),
        ({"retry": None}, {}, 1),
        ({}, {"attempts": 1}, 1),
        ({}, {"attempts": 6}, 6),
    ],
    ids=["by default", "fewer", "no retry", "attempts=1", "attempts=6"],
)
async def test_goes_on_as_often_as_attempts_allow(
    connect: Connect, target: Path, settings: dict[str, Retry], options: dict[str, int], requests: int
) -> None:
    lay(target, b"old")
    async with RawServer(FileServer(cuts=(1,) * 20)) as server:
        with pytest.raises(ConnectionLost) as raised:
            await file_of(connect(server, **settings), **options).save(target)

    assert len(server.requests) == requests
    assert [each.number for each in raised.value.attempts] == list(range(1, requests + 1))
    assert content_of(target) == b"old"
    assert left_in(target.parent) == ["rows.bin"]


async def test_openings_and_cuts_share_one_count(connect: Connect, target: Path) -> None:
    busy = answer(503)
    async with RawServer(busy, FileServer(cuts=(5,)), busy, FileServer(cuts=(5,)), FileServer()) as server:
        with pytest.raises(ConnectionLost) as raised:
            await file_of(connect(server)).save(target)

    assert [each.outcome for each in raised.value.attempts] == ["503", "200", "503", "206"]


async def test_waits_between_the_parts_but_holds_no_connection(
    connect: Connect, clock: FakeClock, target: Path
) -> None:
    async with RawServer(FileServer(cuts=(1, 1))) as server:
        await file_of(connect(server, max_connections=1)).save(target)

    assert clock.slept == [0.0, 0.0]  # the first cut of each answer says nothing about load
    assert content_of(target) == CONTENT


async def test_all_parts_share_one_deadline(connect: Connect, clock: FakeClock, target: Path) -> None:
    late = FileServer(cuts=(1, 1))

    async def slow(request: Request, peer: Peer) -> None:
        clock.now += 4.0
        await late(request, peer)

    async with RawServer(slow) as server:
        with pytest.raises(FlexError):
            await file_of(connect(server), deadline=7.0).save(target)

    assert len(server.requests) == 2


async def test_a_download_that_stalls_goes_on_over_a_new_connection(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer(cuts=(HALF,), ending=lambda peer: None), FileServer()) as server:
        await file_of(connect(server), idle_timeout=0.05).save(target)

    assert asked(server.requests[1]) == ASKED
    assert content_of(target) == CONTENT


async def test_a_stall_that_may_not_be_repeated_is_told_as_such(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer(cuts=(HALF,), ending=lambda peer: None)) as server:
        with pytest.raises(StreamStalled):
            await file_of(connect(server, retry=None), idle_timeout=0.05).save(target)

    assert left_in(target.parent) == []


async def test_an_error_of_the_platform_leaves_nothing(connect: Connect, target: Path) -> None:
    async with RawServer(answer(404, b'{"code":"gone"}')) as server:
        with pytest.raises(APIError):
            await file_of(connect(server)).save(target, resume=True)

    assert left_in(target.parent) == []


async def test_a_body_longer_than_its_range_is_not_kept(connect: Connect, target: Path) -> None:
    long = head(206, transfer_encoding="chunked", content_range=f"bytes {HALF}-{SIZE - 1}/{SIZE}")
    body = chunk(CONTENT[HALF:] + b"more") + b"0\r\n\r\n"
    async with RawServer(FileServer(cuts=(HALF,)), long + body) as server:
        with pytest.raises(ConnectionLost, match="announced"):
            await file_of(connect(server), attempts=2).save(target, resume=True)

    assert left_in(target.parent) == []


# --- progress


async def test_progress_rises_and_names_each_attempt(connect: Connect, target: Path) -> None:
    told: list[Transfer] = []
    async with RawServer(FileServer(cuts=(HALF,)), FileServer(headers={"etag": '"v2"'})) as server:
        await file_of(connect(server)).save(target, on_progress=told.append)

    assert told[0] == Transfer(0, SIZE, 1)
    assert Transfer(HALF, SIZE, 1) in told
    assert Transfer(0, SIZE, 2) in told  # another version, so from the start
    assert told[-1] == Transfer(SIZE, SIZE, 2)
    steps = [(each.attempt, each.done) for each in told]
    assert steps == sorted(steps)


async def test_what_the_callback_raises_ends_the_download(connect: Connect, target: Path) -> None:
    def stop(_: Transfer) -> None:
        raise KeyError("enough")

    async with RawServer(FileServer()) as server:
        with pytest.raises(KeyError, match="enough"):
            await file_of(connect(server)).save(target, on_progress=stop)

    assert left_in(target.parent) == []


# --- over several processes


async def test_what_has_arrived_is_kept_and_gone_on_with(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer(cuts=(HALF,))) as server:
        client = connect(server)
        with pytest.raises(ConnectionLost):
            await file_of(client, attempts=1).save(target, resume=True)
        kept = left_in(target.parent)

        await file_of(client).save(target, resume=True)

    assert kept == ["rows.bin.part", "rows.bin.part.json"]
    assert asked(server.requests[1]) == ASKED
    assert content_of(target) == CONTENT
    assert left_in(target.parent) == ["rows.bin"]


async def half_kept(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer(cuts=(HALF,))) as server:
        with pytest.raises(ConnectionLost):
            await file_of(connect(server), attempts=1).save(target, resume=True)


NOTES = {
    "gone": None,
    "cut": b'{"origin":"',
    "other shape": b"[]",
    "nested": b"[" * 5_000,
    "no header value": b'{"origin":"","version":{"validator":"\\"a\\"\\r\\nX: y","size":null}}',
    "another file's": b'{"origin":"x","version":{"validator":"\\"v1\\"","size":1024000}}',
    "shorter than the part": b'{"origin":"","version":{"validator":"\\"v1\\"","size":10}}',
}


@pytest.mark.parametrize("case", NOTES)
async def test_a_part_without_a_sound_note_is_not_used(connect: Connect, target: Path, case: str) -> None:
    await half_kept(connect, target)
    beside = target.with_name("rows.bin.part.json")
    note = NOTES[case]
    beside.unlink() if note is None else beside.write_bytes(note)

    async with RawServer(FileServer()) as server:
        await file_of(connect(server)).save(target, resume=True)

    assert asked(server.requests[-1]) == {}
    assert content_of(target) == CONTENT
    assert left_in(target.parent) == ["rows.bin"]


async def test_the_note_holds_no_address(connect: Connect, target: Path) -> None:
    await half_kept(connect, target)

    note = target.with_name("rows.bin.part.json").read_text()

    assert "/files" not in note
    assert "127.0.0.1" not in note


async def test_a_complete_part_is_checked_by_its_last_byte(connect: Connect, target: Path) -> None:
    await half_kept(connect, target)
    target.with_name("rows.bin.part").write_bytes(CONTENT)

    async with RawServer(FileServer()) as server:
        await file_of(connect(server)).save(target, resume=True)

    assert asked(server.requests[0])["range"] == f"bytes={SIZE - 1}-"
    assert content_of(target) == CONTENT


async def test_two_downloads_do_not_share_a_part(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer(cuts=(HALF,), ending=lambda peer: None), FileServer()) as server:
        client = connect(server)
        first = asyncio.create_task(file_of(client).save(target, resume=True))
        await until(lambda: target.with_name("rows.bin.part.json").exists())
        with pytest.raises(ConfigError, match="another download"):
            await file_of(client).save(target, resume=True)
        first.cancel()
        await asyncio.wait([first])

    assert len(server.requests) == 1


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system follows links")
async def test_a_part_that_is_a_link_is_not_written_through(connect: Connect, target: Path) -> None:
    other = target.with_name("other")
    other.write_bytes(b"mine")
    target.with_name("rows.bin.part").symlink_to(other)
    async with RawServer(FileServer()) as server:
        with pytest.raises(ConfigError, match="no plain file"):
            await file_of(connect(server)).save(target, resume=True)

    assert other.read_bytes() == b"mine"


@pytest.mark.parametrize("resume", [False, True])
async def test_a_cancelled_download_leaves_only_what_was_to_be_kept(
    connect: Connect, target: Path, resume: bool
) -> None:
    told: list[Transfer] = []
    async with RawServer(FileServer(cuts=(HALF,), ending=lambda peer: None)) as server:
        saving = asyncio.create_task(
            file_of(connect(server)).save(target, resume=resume, on_progress=told.append)
        )
        await until(lambda: told and told[-1].done == HALF)
        saving.cancel()
        await asyncio.wait([saving])
        await until(lambda: server.open_connections == 0)

    assert saving.cancelled()
    assert left_in(target.parent) in ([], ["rows.bin.part", "rows.bin.part.json"] if resume else [])


# --- folders, the disk


async def test_in_a_folder_the_file_gets_the_name_that_the_platform_suggests(
    connect: Connect, tmp_path: Path
) -> None:
    headers = {"etag": TAG, "content_disposition": "attachment; filename*=UTF-8''..%2Fna%C3%AFve%0A.csv"}
    async with RawServer(FileServer(headers=headers)) as server:
        download = file_of(connect(server))
        saved = await download.save(tmp_path)

    assert saved == tmp_path / "naïve.csv"
    assert saved.read_bytes() == CONTENT
    assert download.filename == "naïve.csv"


async def test_a_suggested_name_replaces_nothing(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"mine")
    headers = {"etag": TAG, "content_disposition": 'attachment; filename="rows.csv"'}
    async with RawServer(FileServer(headers=headers)) as server:
        with pytest.raises(FileExistsError):
            await file_of(connect(server)).save(tmp_path)

    assert (tmp_path / "rows.csv").read_bytes() == b"mine"
    assert left_in(tmp_path) == ["rows.csv"]


@pytest.mark.parametrize("resume", [False, True])
async def test_a_folder_needs_a_suggested_name(connect: Connect, tmp_path: Path, resume: bool) -> None:
    async with RawServer(FileServer()) as server:
        with pytest.raises(ConfigError, match="pass a file"):
            await file_of(connect(server)).save(tmp_path, resume=resume)

    assert left_in(tmp_path) == []
    assert len(server.requests) == (0 if resume else 1)


async def test_a_slow_disk_does_not_hold_up_the_loop(
    connect: Connect, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    write = PartFile.write

    def slow(part: PartFile, piece: bytes) -> None:
        threads.append(threading.get_ident())
        write(part, piece)

    monkeypatch.setattr(PartFile, "write", slow)
    monkeypatch.setattr(saving, "SLOW_SECONDS", -1.0)
    async with RawServer(FileServer(cuts=(10, 20))) as server:
        await file_of(connect(server)).save(target)

    assert threads[0] == threading.get_ident()
    assert threading.get_ident() not in threads[1:]
    assert content_of(target) == CONTENT


async def test_sync_waits_for_the_disk(
    connect: Connect, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    async with RawServer(FileServer()) as server:
        await file_of(connect(server)).save(target)
        assert synced == []
        await file_of(connect(server)).save(target, sync=True)

    assert len(synced) == 2  # the file and its folder


async def test_a_packed_answer_is_unpacked_and_never_gone_on_with(connect: Connect, target: Path) -> None:
    packed = gzip.compress(CONTENT)
    named = {"content_length": str(len(packed)), "content_encoding": "gzip", "etag": TAG}

    async def cut(_: Request, peer: Peer) -> None:
        await peer.send(head(200, **named) + packed[:-9])
        peer.close()

    whole: Step = head(200, **named) + packed
    async with RawServer(cut, whole) as server:
        download = file_of(connect(server))
        await download.save(target)

    assert [asked(request) for request in server.requests] == [{}, {}]
    assert content_of(target) == CONTENT
    assert download.size is None


async def test_a_download_is_used_once(connect: Connect, target: Path) -> None:
    async with RawServer(FileServer()) as server:
        download = file_of(connect(server))
        await download.save(target)
        with pytest.raises(ConfigError, match="used once"):
            await download.save(target)

    assert len(server.requests) == 1
