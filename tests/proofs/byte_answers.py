"""Whole answers as the sandbox sends them, dressed in every framing and packing, and what each is worth."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import pytest
from file_kit import left_in
from servers import LAST_CHUNK, chunk
from transcripts import TRANSCRIPTS, pieces

from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform
from flexsdk.core.body import Upload
from flexsdk.core.client import Client
from flexsdk.core.files import Download
from flexsdk.errors import FlexError
from flexsdk.sandbox import Fault, Sandbox
from flexsdk.sandbox.emulator import Emulator

Dress = Callable[[bytes], bytes]
Ask = Callable[[Any, str], Awaitable[Any]]
Prepare = Callable[[Any, Any], Awaitable[str]]

NOBODY = "11111111-2222-4333-8444-555555555555"
TENANT = 42
PIECE = 24
"""Bytes of a chunk of a body that is dressed as chunked."""


# --- what is asked


async def first_page(pages: Any) -> Any:
    return await anext(pages.ahead(0).pages())


async def nothing(_: Emulator, __: Client) -> str:
    return NOBODY


async def a_resource(_: Emulator, client: Platform) -> str:
    await client.resources.create("Import")
    return (await first_page(client.resources.list(limit=1))).items[0].id


async def a_flow(_: Emulator, client: Fleece) -> str:
    flow: str = (await first_page(client.flows.list())).items[0].id
    return flow


async def a_dataset(_: Emulator, client: FlexOrch) -> str:
    upload = await client.documents.process(Upload(b"Invoice 7\nTotal 30 EUR\n", name="i.txt"))
    run = await client.jobs.wait(upload.jobs[0])
    await client.jobs.wait(await client.datasets.build_from_execution(run, name="x"))
    return str((await first_page(client.datasets.list())).items[0].id)


async def an_agent(_: Emulator, client: Flapjack) -> str:
    return (await client.agents.create("Desk")).id


async def a_thread(emulator: Emulator, client: Flapjack) -> str:
    return (await client.threads.create(await an_agent(emulator, client))).id


def scripted(transcript: str) -> Prepare:
    async def prepare(emulator: Any, client: Flapjack) -> str:
        emulator.script(TRANSCRIPTS[transcript])
        return await a_thread(emulator, client)

    return prepare


async def a_computer(_: Emulator, client: Flapjack) -> str:
    agents = (await first_page(client.agents.list())).items
    return next(agent.id for agent in agents if agent.name == "Data Analyst")


def failing(status: int) -> Prepare:
    async def prepare(emulator: Emulator, _: Client) -> str:
        emulator.faults.add(Fault.status(status, retry_after=1))
        return NOBODY

    return prepare


async def _events(stream: Any) -> Any:
    """Read a stream; give its events and its result."""
    async with stream as events:
        seen = [event async for event in events]
    return seen, events.result


async def hear(client: Flapjack, thread_id: str) -> Any:
    return await _events(client.threads.stream(thread_id, "x", **_silence(client)))


async def run_command(client: Flapjack, agent_id: str) -> Any:
    return await _events(client.computers.exec(agent_id, "echo hi", **_silence(client)))


def _silence(client: Client) -> dict[str, float]:
    """Let a stream be silent as long as an attempt may take."""
    seconds = _patience(client)
    return {"idle_timeout": seconds, "event_timeout": seconds}


def _patience(client: Client) -> float:
    seconds = client._settings.timeout
    assert seconds is not None
    return seconds


def _export(client: FlexOrch, dataset_id: str) -> Download:
    download = client.datasets.export(dataset_id, "jsonl")
    download._idle = download._watch._idle = _patience(client)
    return download


async def read_file(client: FlexOrch, dataset_id: str) -> Any:
    return await _export(client, dataset_id).read()


async def read_lines(client: FlexOrch, dataset_id: str) -> Any:
    async with _export(client, dataset_id) as download:
        return [line async for line in download.lines()]


async def save_file(client: FlexOrch, dataset_id: str) -> Any:
    """Save, and see that a failure leaves no file."""
    download = _export(client, dataset_id)
    with TemporaryDirectory() as folder:
        target = Path(folder, "rows.jsonl")
        try:
            await download.save(target)
        except FlexError:
            assert left_in(target.parent) == []
            raise
        return _content(target)


def _content(path: Path) -> bytes:
    return path.read_bytes()


# --- how it is framed and packed


def as_sent(answer: bytes) -> bytes:
    return answer


def _taken_apart(answer: bytes) -> tuple[bytes, bytes]:
    """Give the head without what frames the body, and the body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(FRAMING)]
    return b"\r\n".join(lines), body if lines == head.split(b"\r\n") else _unframed(head, body)


FRAMING = (b"content-length:", b"transfer-encoding:", b"connection:")


def _unframed(head: bytes, body: bytes) -> bytes:
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    whole = b""
    while size := int(body.partition(b"\r\n")[0], 16):
        start = body.index(b"\r\n") + 2
        whole += body[start : start + size]
        body = body[start + size + 2 :]
    return whole


def _brotli(body: bytes) -> bytes:
    packed: bytes = pytest.importorskip("brotli").compress(body)
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, mtime=0),
    "deflate": zlib.compress,
    "br": _brotli,
}


def _packed(answer: bytes, coding: str) -> tuple[bytes, bytes]:
    head, body = _taken_apart(answer)
    if not coding:
        return head, body
    return head + b"\r\nContent-Encoding: " + coding.encode(), PACKERS[coding](body)


def chunked(answer: bytes, coding: str = "") -> bytes:
    head, body = _packed(answer, coding)
    chunks = b"".join(map(chunk, pieces(body, [PIECE])))
    return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + LAST_CHUNK


def measured(answer: bytes, coding: str = "") -> bytes:
    """Dress with a Content-Length."""
    head, body = _packed(answer, coding)
    return head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def until_close(answer: bytes, coding: str = "") -> bytes:
    """Dress as a body that ends where the connection does."""
    head, body = _packed(answer, coding)
    return head + b"\r\nConnection: close\r\n\r\n" + body


def with_trailer(answer: bytes) -> bytes:
    return chunked(answer).removesuffix(LAST_CHUNK) + b"0\r\nX-Checked: yes\r\n\r\n"


# --- the answers


@dataclass(frozen=True)
class Case:
    """A question to a platform, and how its answer is dressed.

    ``prepare`` is given the emulator and a client of its own, and gives the id of what is asked for.
    """

    platform: type[Client]
    ask: Ask
    prepare: Prepare = nothing
    dress: Dress = as_sent

    @property
    def closes(self) -> bool:
        """Whether only the connection tells where the body ends."""
        return getattr(self.dress, "func", self.dress) is until_close


CREATED = Case(Platform, lambda client, _: client.resources.create("Import"))
RESOURCE = Case(Platform, lambda client, id_: client.resources.get(id_), a_resource)
RESOURCES = Case(Platform, lambda client, _: first_page(client.resources.list(limit=1)))
MISSING = Case(Platform, lambda client, id_: client.resources.get(id_))
TRIGGERED = Case(Fleece, lambda client, id_: client.flows.trigger(id_), a_flow)
ROWS = Case(
    FlexOrch, lambda client, id_: first_page(client.datasets.rows(id_, page_size=1, cursor=None)), a_dataset
)
ROOMS = Case(Flextell, lambda client, _: first_page(client.with_tenant(TENANT).rooms.list(limit=1)))
ANSWER = Case(Flapjack, hear, scripted("T1"))
FILE = Case(FlexOrch, read_file, a_dataset)
LINES = Case(FlexOrch, read_lines, a_dataset)

CASES: dict[str, Case] = {
    "201": CREATED,
    "200": RESOURCE,
    "200 chunked": Case(Platform, RESOURCE.ask, a_resource, chunked),
    "200 with a trailer": Case(Platform, RESOURCE.ask, a_resource, with_trailer),
    "200 gzip": Case(Platform, RESOURCE.ask, a_resource, partial(measured, coding="gzip")),
    "200 deflate": Case(Platform, RESOURCE.ask, a_resource, partial(measured, coding="deflate")),
    "200 br": Case(Platform, RESOURCE.ask, a_resource, partial(measured, coding="br")),
    "200 chunked gzip": Case(Platform, RESOURCE.ask, a_resource, partial(chunked, coding="gzip")),
    "200 until close": Case(Platform, RESOURCE.ask, a_resource, until_close),
    "200 until close gzip": Case(Platform, RESOURCE.ask, a_resource, partial(until_close, coding="gzip")),
    "202": TRIGGERED,
    "204": Case(Platform, lambda client, id_: client.resources.delete(id_), a_resource),
    "404 of Platform": MISSING,
    "404 of FlexOrch": Case(FlexOrch, lambda client, _: client.jobs.get("7")),
    "404 of Fleece, chunked gzip": Case(
        Fleece, lambda client, id_: client.agents.get(id_), dress=partial(chunked, coding="gzip")
    ),
    "429 of Flextell": Case(
        Flextell, lambda client, _: client.with_tenant(TENANT).customers.get(1), failing(429)
    ),
    "503 of Flapjack": Case(Flapjack, lambda client, id_: client.agents.get(id_), failing(503)),
    "list of Platform": RESOURCES,
    "list of Fleece": Case(Fleece, lambda client, _: first_page(client.keys.list())),
    "list of FlexOrch": ROWS,
    "list of Flextell, chunked": Case(Flextell, ROOMS.ask, dress=chunked),
    "list of Flapjack, gzip": Case(
        Flapjack, lambda client, _: first_page(client.projects.list()), dress=partial(measured, coding="gzip")
    ),
    "file": FILE,
    "file chunked gzip": Case(FlexOrch, read_file, a_dataset, partial(chunked, coding="gzip")),
    "file saved": Case(FlexOrch, save_file, a_dataset),
    "file saved, chunked": Case(FlexOrch, save_file, a_dataset, chunked),
    "lines chunked": Case(FlexOrch, read_lines, a_dataset, chunked),
    "stream": ANSWER,
    "stream in small chunks": Case(Flapjack, hear, scripted("T5"), chunked),
    "stream gzip": Case(Flapjack, hear, scripted("T5"), partial(chunked, coding="gzip")),
    "stream until close": Case(Flapjack, hear, scripted("T8"), until_close),
    "stream of tool calls": Case(Flapjack, hear, scripted("T3a")),
    "stream of tool calls and done": Case(Flapjack, hear, scripted("T3b")),
    "stream that fails": Case(Flapjack, hear, scripted("T6")),
    "stream of a command": Case(Flapjack, run_command, a_computer),
}


# --- recording


@dataclass(frozen=True)
class Recorded:
    """An answer, byte by byte, and what it comes to in a client."""

    case: Case
    id_: str
    answer: bytes
    worth: str


async def worth(asked: Awaitable[Any]) -> str:
    """Give what a question comes to, a value or an error, in a form that can be compared."""
    try:
        return repr(await asked)
    except FlexError as error:
        return f"{type(error).__name__}: {error}"


async def record(case: Case) -> Recorded:
    """Ask the sandbox over a relay that keeps the bytes of the answer."""
    name = case.platform.__name__.lower()
    async with Sandbox(platforms=(name,), run_seconds=0.0) as sandbox:
        emulator: Emulator = getattr(sandbox, name)
        settings: dict[str, Any] = {"api_key": emulator.key, "limits": None, "retry": None}
        async with case.platform(base_url=emulator.base_url, **settings) as client:
            id_ = await case.prepare(emulator, client)
        async with Relay(emulator._port) as relay:
            base_url = relay.url + emulator.contract.prefix
            async with case.platform(base_url=base_url, **settings) as client:
                told = await worth(case.ask(client.with_options(timeout=5), id_))
    return Recorded(case, id_, case.dress(bytes(relay.taken)), told)


class Relay:
    """Stands between a client and a server, and keeps what the server says."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.taken = bytearray()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer, request = await asyncio.open_connection("127.0.0.1", self._port)
        pump = asyncio.create_task(_pump(reader, request))
        while data := await answer.read(65_536):
            self.taken += data
            writer.write(data)
        writer.close()
        await pump


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
