"""Every byte: answers that are cut after each of their bytes are whole results or errors, and never less."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from byte_answers import CASES, Recorded, record, worth
from file_kit import file_of
from servers import Peer, RawServer, Request
from service import KEY, READ, Service

from flexsdk.core.stream import EventStream
from flexsdk.core.transport import transport
from flexsdk.core.transport.opened import OpenBody
from flexsdk.errors import ConnectionLost, FlexError
from flexsdk.platforms.flapjack import events

CUT = "X-Cut"
"""The header by which a request says after how many bytes its answer ends."""
BRIEF = 0.4
"""Seconds after which a silent server is given up."""
AMPLE = 60.0
"""Seconds that no question takes, however busy the machine is."""
AT_ONCE = 100
STEP = 16
"""Controls are cut after each so many bytes: what is broken shows at most of them."""
TURNS = 50
"""So many turns of the loop take what was sent to its reader."""
PLAIN: dict[str, Any] = {"limits": None, "retry": None}
Record = Callable[[str, object], None]


async def fin(peer: Peer) -> None:
    peer.close()


async def rst(peer: Peer) -> None:
    await asyncio.sleep(0)  # so that the bytes before it are read
    peer.reset()


async def silent(peer: Peer) -> None:
    await peer.until_gone()


ENDINGS: dict[str, Callable[[Peer], Awaitable[None]]] = {"fin": fin, "rst": rst, "silence": silent}
FAILURES = {
    "fin": ("ConnectionLost", "StreamTruncated"),
    "rst": ("ConnectionLost", "StreamTruncated"),
    "silence": ("Timeout", "StreamStalled"),
}


@dataclass(frozen=True)
class Cut:
    """What a cut came to."""

    after: int
    worth: str


def cutting(answer: bytes, ending: str) -> Callable[[Request, Peer], Awaitable[None]]:
    async def step(request: Request, peer: Peer) -> None:
        await peer.send(answer[: int(request.headers[CUT.lower()])])
        await ENDINGS[ending](peer)

    return step


async def cut_everywhere(recorded: Recorded, ending: str, *, step: int = 1) -> list[Cut]:
    """Ask once for each byte of the answer, or each so many of them, after which it is cut."""
    case, size = recorded.case, len(recorded.answer)
    async with (
        RawServer(cutting(recorded.answer, ending)) as server,
        case.platform(KEY, base_url=server.url, max_connections=AT_ONCE, **PLAIN) as client,
    ):

        async def ask(after: int, seconds: float) -> Cut:
            view = client.with_options(headers={CUT: str(after)}, timeout=seconds)
            return Cut(after, await worth(case.ask(view, recorded.id_)))

        brief = BRIEF if ending == "silence" else AMPLE
        cuts = await asyncio.gather(*(ask(after, brief) for after in range(0, size, step)))
        return [*cuts, await ask(size, brief if case.closes else AMPLE)]


def faults(recorded: Recorded, ending: str, cuts: list[Cut]) -> list[str]:
    """Name the cuts that came to something else than the whole result or the error of such an ending."""
    allowed = FAILURES[ending]
    if recorded.case.closes and ending != "silence":  # its content alone tells that it is short
        allowed = (*allowed, "DecodeError")
    found = [
        f"after {cut.after}: {cut.worth[:200]}"
        for cut in cuts
        if cut.worth != recorded.worth and cut.worth.partition(":")[0] not in allowed
    ]
    uncut = cuts[-1].worth
    can_be_whole = ending == "fin" or (ending == "silence" and not recorded.case.closes)
    if can_be_whole and uncut != recorded.worth:
        found.append(f"uncut: {uncut[:200]}")
    return found


async def prove(name: str, ending: str) -> tuple[int, list[str]]:
    """Cut one answer everywhere in one way; give how many cuts there were, and what was found wrong."""
    recorded = await record(CASES[name])
    cuts = await cut_everywhere(recorded, ending)
    return len(cuts), faults(recorded, ending, cuts)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", CASES)
async def test_an_answer_cut_anywhere_is_whole_or_an_error(
    name: str, ending: str, record_property: Record
) -> None:
    cases, found = await prove(name, ending)
    record_property("cases", cases)

    assert found == []
    assert cases > 150


async def read_value(client: Service) -> object:
    return await client.call(READ, "a")


async def read_file(client: Service) -> object:
    return await file_of(client).read()


@pytest.mark.parametrize("read", [read_value, read_file])
async def test_a_reset_is_not_taken_for_the_end_of_a_body_without_a_length(
    read: Callable[[Service], Awaitable[object]],
) -> None:
    async def half(_: Request, peer: Peer) -> None:
        await peer.send(b'HTTP/1.1 200 OK\r\n\r\n{"id":"a"}')
        for _turn in range(TURNS):
            await asyncio.sleep(0)
        peer.reset()

    async with RawServer(half) as server, Service(KEY, base_url=server.url, **PLAIN) as client:
        with pytest.raises(ConnectionLost):
            await read(client)


# --- controls: clients that take less for the whole, each of which the cuts have to see


def _short_values(patch: pytest.MonkeyPatch) -> None:
    async def read(response: aiohttp.ClientResponse, _: int) -> bytes:
        arrived = b""
        with suppress(aiohttp.ClientError):
            while piece := await response.content.readany():
                arrived += piece
        response.close()
        return arrived

    patch.setattr(transport, "_is_short", lambda *_: False)
    patch.setattr(transport, "_read", read)


def _short_files(patch: pytest.MonkeyPatch) -> None:
    whole = OpenBody.read

    async def read(self: OpenBody) -> bytes:
        with suppress(ConnectionLost):
            return await whole(self)
        return b""

    patch.setattr(OpenBody, "read", read)


def _streams_that_end_anywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(events._Fold, "may_end", lambda self: True)


def _unfinished_events(patch: pytest.MonkeyPatch) -> None:
    """Takes the end of the body for the end of the stream, as a reader of lines does."""

    def finish(self: EventStream[Any, Any], _: FlexError | None) -> None:
        self._end("complete")
        self._source.close()

    patch.setattr(EventStream, "_finish", finish)


CONTROLS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "a value that is short": (_short_values, "200", "fin"),
    "a value in chunks that is short": (_short_values, "list of Flextell, chunked", "rst"),
    "a file that is short": (_short_files, "file", "fin"),
    "a saved file that is short": (_short_files, "file saved, chunked", "rst"),
    "lines that are short": (_short_files, "lines chunked", "fin"),
    "a stream that may end anywhere": (_streams_that_end_anywhere, "stream until close", "fin"),
    "a stream that ends with its body": (_unfinished_events, "stream", "fin"),
    "a stream that ends with silence": (_unfinished_events, "stream of tool calls", "silence"),
}


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
async def test_a_client_that_takes_less_for_the_whole_is_seen(
    control: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it, name, ending = CONTROLS[control]
    recorded = await record(CASES[name])
    break_it(monkeypatch)

    cuts = await cut_everywhere(recorded, ending, step=STEP)

    assert faults(recorded, ending, cuts) != []
