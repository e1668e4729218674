"""Uploads: what is counted has left, what breaks says so, and nothing is sent that was not announced."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.abc import AbstractStreamWriter
from servers import Peer, RawServer, Request, answer, close, silence
from service import Connect, until

from flexsdk.core.body import CHUNK_BYTES, FileSource, Multipart, Progress, Transfer, Upload
from flexsdk.core.op import Op, Replay
from flexsdk.core.transport import payload
from flexsdk.errors import ConfigError, ConnectionLost, PayloadTooLarge

SEND = Op("send", "POST", "/files", dict[str, str])
PUT = Op("put", "POST", "/files", dict[str, str], replay=Replay.SAFE)
BIG = bytes(3 * CHUNK_BYTES + 17)


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def form(source: FileSource, on_progress: Progress | None = None, *, name: str = "a.bin") -> Multipart:
    return Multipart(fields={"k": "v"}, files=[("file", Upload(source, name=name))], on_progress=on_progress)


@asynccontextmanager
async def listening(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> AsyncIterator[Any]:
    """Serve each connection with this coroutine function, below the level of requests."""
    tasks: list[asyncio.Task[None]] = []

    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(
        lambda *ends: tasks.append(asyncio.create_task(closing(*ends))), "127.0.0.1", 0
    )
    async with server:
        yield SimpleNamespace(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Taker:
    """Reads a body of any framing to its end, and keeps it."""

    def __init__(self, *, answer: bytes = answer()) -> None:
        self.body = b""
        self._answer = answer

    async def __call__(self, request: Request, peer: Peer) -> None:
        self.body = request.body
        while request.headers.get("transfer-encoding") == "chunked":
            size = int(await peer.reader.readline(), 16)
            self.body += (await peer.reader.readexactly(size + 2))[:size]
            if not size:
                break
        await peer.send(self._answer)


# --- what is sent


SOURCES = ["path", "text path", "bytes", "file object", "unseekable", "iterator"]


def source(kind: str, content: bytes, folder: Path) -> FileSource:
    path = folder / "a.bin"
    path.write_bytes(content)
    match kind:
        case "path":
            return path
        case "text path":
            return str(path)
        case "bytes":
            return content
        case "file object":
            return io.BytesIO(content)
        case "unseekable":
            return Unseekable(content)
    return pieces(content[:10], b"", content[10:])


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("kind", SOURCES)
async def test_every_source_arrives_to_the_letter(connect: Connect, tmp_path: Path, kind: str) -> None:
    taker = Taker()
    told: list[Transfer] = []
    content = bytes(range(256)) * 3_000
    async with RawServer(taker) as server:
        await connect(server).call(SEND, body=form(source(kind, content, tmp_path), told.append))

    assert content in taker.body
    size = None if kind in ("unseekable", "iterator") else len(content)
    assert told[0] == Transfer(0, size, 1)
    assert told[-1] == Transfer(len(content), size, 1)


async def test_a_file_object_is_sent_from_where_it_stands_and_stays_open(connect: Connect) -> None:
    taker = Taker()
    file = io.BytesIO(b"head,body")
    file.seek(5)
    async with RawServer(taker) as server:
        await connect(server).call(SEND, body=form(file))

    assert b"\r\n\r\nbody\r\n" in taker.body
    assert not file.closed


async def test_a_file_that_grows_is_sent_as_long_as_it_was(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(BIG)
    taker = Taker()

    def grow(_: Transfer) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    async with RawServer(taker, answer()) as server:
        client = connect(server)
        await client.call(SEND, body=form(path, grow))
        await client.call(SEND, body={})

    assert b"more" not in taker.body
    assert len(server.requests) == 2


async def test_a_file_that_shrinks_is_no_silent_half(connect: Connect, tmp_path: Path) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(BIG)
    async with RawServer(answer()) as server:
        with pytest.raises(ConnectionLost, match="shorter while it was sent"):
            await connect(server).call(SEND, body=form(path, lambda _: path.write_bytes(b"")))

    assert server.requests == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(io.StringIO("text"), "mode 'rb'", id="text"),
        pytest.param(b"a", r"Upload\(…, name=…\)", id="no name"),
        pytest.param(pieces(), r"Upload\(…, name=…\)", id="iterator"),
    ],
)
def test_a_source_that_cannot_be_sent_is_refused_at_once(given: FileSource, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Upload(given)


# --- progress


async def test_only_what_the_socket_has_taken_is_counted(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server reads nothing, so that the buffers fill; whatever waits in ours is not counted."""
    writers: list[AbstractStreamWriter] = []
    waiting: list[int] = []
    send = payload._File._send

    async def spy(self: payload._File, chunks: Any, writer: AbstractStreamWriter) -> None:
        writers.append(writer)
        await send(self, chunks, writer)

    def told(transfer: Transfer) -> None:
        if writers and writers[0].transport:
            waiting.append(writers[0].transport.get_write_buffer_size())

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(payload._File, "_send", spy)
    async with listening(deaf) as server:
        body = form(pieces(*(bytes(10_000) for _ in range(3_000))), told)
        with pytest.raises(TimeoutError):
            await connect(server, retry=None).call(SEND, body=body, timeout=0.5)

    assert len(waiting) > 10
    assert set(waiting) == {0}


async def test_progress_of_several_files_is_one_that_only_rises(connect: Connect) -> None:
    told: list[Transfer] = []
    files = [
        ("files", Upload(BIG, name="a")),
        ("files", Upload(b"12345", name="b")),
        ("files", Upload(b"", name="c")),
    ]
    async with RawServer(answer()) as server:
        await connect(server).call(SEND, body=Multipart(files=files, on_progress=told.append))

    size = len(BIG) + 5
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[0] == Transfer(0, size, 1)
    assert told[-1] == Transfer(size, size, 1)


async def test_a_new_attempt_says_so_and_counts_from_zero(connect: Connect) -> None:
    told: list[Transfer] = []
    async with RawServer(answer(503), close, answer()) as server:
        await connect(server).call(PUT, body=form(BIG, told.append))

    starts = [each for each in told if each.done == 0]
    assert starts == [Transfer(0, len(BIG), attempt) for attempt in (1, 2, 3)]
    steps = [(each.attempt, each.done) for each in told]
    assert steps == sorted(steps)
    assert told[-1] == Transfer(len(BIG), len(BIG), 3)


async def test_an_iterator_is_sent_once(connect: Connect) -> None:
    told: list[Transfer] = []
    taker = Taker(answer=answer(503))
    async with RawServer(taker) as server:
        with pytest.raises(Exception, match="503"):
            await connect(server).call(PUT, body=form(pieces(b"abc"), told.append))

    assert [each.attempt for each in told] == [1, 1]
    assert len(server.requests) == 1


# --- what breaks


class Broken(Exception):
    pass


async def breaking() -> AsyncIterator[bytes]:
    yield b"abc"
    raise Broken("the user's own")


class Unreadable(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error")


def stop(told: Transfer) -> None:
    if told.done:
        raise Broken("enough")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (lambda: form(breaking()), Broken),
        (lambda: form(Unreadable(b"abc")), OSError),
        (lambda: form(BIG, stop), Broken),
    ],
    ids=["iterator", "file", "callback"],
)
async def test_what_the_users_own_code_raises_comes_out_as_it_is(
    connect: Connect, body: object, kind: type[Exception]
) -> None:
    async with RawServer(silence) as server:
        client = connect(server)
        with pytest.raises(kind) as raised:
            await client.call(PUT, body=body())  # type: ignore[operator]

        assert type(raised.value) is kind
        assert raised.value.__cause__ is None
        assert len(server.requests) <= 1


async def test_a_refusal_in_the_middle_is_told_and_the_client_goes_on(connect: Connect) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        large = b"multipart" in head
        writer.write(answer(413 if large else 200, b"{}"))
        await writer.drain()
        while large and await reader.read(65_536):
            pass

    async with listening(refuse) as server:
        client = connect(server, max_connections=1)
        with pytest.raises(PayloadTooLarge):
            await client.call(SEND, body=form(bytes(32 * 1024 * 1024)))
        await client.call(SEND, body={})


async def test_a_cancelled_upload_closes_its_connection(connect: Connect) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1_000)
            await asyncio.sleep(0)

    def told(transfer: Transfer) -> None:
        if transfer.done:
            started.set()

    async with RawServer(silence) as server:
        call = asyncio.create_task(connect(server).call(SEND, body=form(endless(), told)))
        await started.wait()
        call.cancel()
        await asyncio.wait([call])
        await until(lambda: server.open_connections == 0)

    assert call.cancelled()
