"""Downloads read in memory: JSON lines, packed bodies, and how much memory they take."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterable

import msgspec
import pytest
from file_kit import FileServer, file_of, head
from servers import Peer, RawServer, Request, chunk
from service import Connect, Item

from flexsdk.core import files
from flexsdk.core.files import Download
from flexsdk.errors import ConfigError, ConnectionLost, DecodeError, EventTooLarge

MIB = 1024 * 1024
CHUNKED = head(200, transfer_encoding="chunked")


def sent(*pieces: bytes) -> bytes:
    return CHUNKED + b"".join(map(chunk, pieces)) + b"0\r\n\r\n"


async def test_lines_are_decoded_whatever_pieces_they_come_in(connect: Connect) -> None:
    body = b'{"id":"a"}\n\n{"id":"b","size":2}\r\n{"id":"c"}'
    async with RawServer(sent(*(body[at : at + 3] for at in range(0, len(body), 3)))) as server:
        client = connect(server)
        async with file_of(client) as download:
            typed = [item async for item in download.lines(Item)]
        async with file_of(client) as download:
            plain = [item async for item in download.lines()]

    assert typed == [Item(id="a"), Item(id="b", size=2), Item(id="c")]
    assert plain == [{"id": "a"}, {"id": "b", "size": 2}, {"id": "c"}]


@pytest.mark.parametrize(
    ("body", "number", "path"),
    [
        (b'{"id":"a"}\n\n{"size":"x"}\n{"id":"b"}\n', 3, "$.size"),
        (b'{"id":"a"}\n{"id":', 2, "$"),
        (b"\xff\n", 1, "$"),
    ],
    ids=["wrong type", "cut inside of the last", "no UTF-8"],
)
async def test_a_line_of_another_shape_is_named_by_its_number(
    connect: Connect, body: bytes, number: int, path: str
) -> None:
    async with RawServer(sent(body)) as server, file_of(connect(server)) as download:
        with pytest.raises(DecodeError, match=f"^line {number}: the answer is no Item") as raised:
            _ = [item async for item in download.lines(Item)]

    assert raised.value.path == path
    assert raised.value.expected == "Item"


async def test_the_last_line_of_a_cut_body_is_not_taken_for_a_line(connect: Connect) -> None:
    got: list[object] = []

    async def take(download: Download) -> None:
        async for item in download.lines():
            got.append(item)  # noqa: PERF401 - what came before the error is to be seen

    async def cut(_: Request, peer: Peer) -> None:
        await peer.send(CHUNKED + chunk(b'{"id":"a"}\n1'))
        peer.close()

    async with RawServer(cut) as server, file_of(connect(server)) as download:
        with pytest.raises(ConnectionLost):
            await take(download)

    assert got == [{"id": "a"}]


async def test_a_line_without_end_is_refused(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 1_000)
    async with RawServer(sent(b"1\n", bytes(2_000))) as server, file_of(connect(server)) as download:
        with pytest.raises(EventTooLarge, match="line 2 is above"):
            _ = [item async for item in download.lines()]


async def test_lines_want_to_be_entered_first(connect: Connect) -> None:
    async with RawServer(sent(b"1\n")) as server:
        with pytest.raises(ConfigError, match="async with"):
            _ = [item async for item in file_of(connect(server)).lines()]

    assert server.requests == []


async def test_read_gives_no_more_than_it_promises(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_READ_BYTES", 1_000)
    async with RawServer(FileServer(bytes(1_000)), FileServer(bytes(1_001))) as server:
        client = connect(server)
        assert len(await file_of(client).read()) == 1_000
        with pytest.raises(DecodeError, match="use save"):
            await file_of(client).read()


def bomb(coding: str, size: int) -> bytes:
    """Pack that many zeros into about a thousandth."""
    if coding == "br":
        packed: bytes = pytest.importorskip("brotli").compress(bytes(size))
        return packed
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(size // MIB)), packer.flush()])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_what_unpacks_to_a_thousand_times_its_size_streams_in_little_memory(
    connect: Connect, coding: str
) -> None:
    size = 32 * MIB
    packed = bomb(coding, size)
    served = head(200, content_encoding=coding, content_length=str(len(packed))) + packed
    async with RawServer(served) as server, file_of(connect(server)) as download:
        tracemalloc.start()
        got = 0
        async for piece in download:
            got += len(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert got == size
    assert peak < 4 * MIB


async def test_members_one_after_the_other_are_all_unpacked(connect: Connect) -> None:
    packed = gzip.compress(b"one,") + gzip.compress(b"two")
    async with RawServer(
        head(200, content_encoding="gzip", content_length=str(len(packed))) + packed
    ) as server:
        assert await file_of(connect(server)).read() == b"one,two"


PACKED = gzip.compress(gzip.compress(b"rows"))
CODINGS: dict[str, Iterable[tuple[str, str]]] = {
    "a list": [("content_encoding", "gzip, gzip")],
    "a list of two": [("content_encoding", "br, gzip")],
    "two headers": [("content_encoding", "gzip\r\nContent-Encoding: gzip")],
    "unknown": [("content_encoding", "compress")],
    "another name": [("content_encoding", "x-gzip")],
}


@pytest.mark.parametrize("case", CODINGS)
async def test_a_body_that_would_stay_packed_is_refused(connect: Connect, case: str) -> None:
    served = head(200, **dict(CODINGS[case]), content_length=str(len(PACKED))) + PACKED
    async with RawServer(served) as server:
        with pytest.raises(DecodeError, match="is not unpacked"):
            await file_of(connect(server)).read()


@pytest.mark.parametrize("coding", ["identity", "IDENTITY", ""], ids=ascii)
async def test_a_body_that_is_not_packed_may_say_so(connect: Connect, coding: str) -> None:
    async with RawServer(FileServer(b"rows", headers={"content_encoding": coding})) as server:
        assert await file_of(connect(server)).read() == b"rows"


async def test_a_packed_body_that_is_garbage_is_an_error(connect: Connect) -> None:
    async with RawServer(head(200, content_encoding="gzip", content_length="3") + b"abc") as server:
        with pytest.raises(ConnectionLost):
            await file_of(connect(server), attempts=1).read()


async def test_a_line_is_what_json_says(connect: Connect) -> None:
    body = sent(msgspec.json.encode("two\u2028lines") + b"\n")
    async with RawServer(body) as server, file_of(connect(server)) as download:
        assert [item async for item in download.lines()] == ["two\u2028lines"]
