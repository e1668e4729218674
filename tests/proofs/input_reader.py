"""Questions, each in a process of its own, which tells how it ended and how much memory it took.

Run as a program, it reads a line for each question, ``ADDRESS QUESTION LIMIT``, and writes one with its
outcome. A limit above 0 takes the place of the client's own limits on bodies, lines and events.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from file_kit import file_of
from service import KEY, READ, SAY, Service

from flexsdk.core.op import Op
from flexsdk.core.transport import transport
from flexsdk.protocol.sse import SSEDecoder

OPEN: Op[dict[str, Any]] = Op("open", "GET", "/open", dict[str, Any])
TEXT: Op[str] = Op("text", "GET", "/text", str)
SECONDS = 20.0
BRIEF = 0.5
"""Seconds for an answer that has no end, and no part that is too large."""
KIB = 1024


class Outcome(msgspec.Struct):
    """How it ended, and by how many bytes the process grew at its most."""

    word: str
    message: str
    grown: int


async def _value(client: Service) -> object:
    return await client.call(READ, "a", timeout=SECONDS)


async def _open_value(client: Service) -> object:
    return await client.call(OPEN, timeout=SECONDS)


async def _text(client: Service) -> object:
    return len(await client.call(TEXT, timeout=SECONDS))


async def _value_in_brief(client: Service) -> object:
    return await client.call(READ, "a", timeout=BRIEF)


async def _stream(client: Service, event_timeout: float = SECONDS) -> object:
    options = {"idle_timeout": SECONDS, "event_timeout": event_timeout, "timeout": SECONDS}
    async with client.stream(SAY, **options) as events:  # type: ignore[arg-type]  # all of them are numbers
        return await events.until_done()


async def _stream_in_brief(client: Service) -> object:
    return await _stream(client, BRIEF)


async def _file(client: Service) -> object:
    return len(await file_of(client, timeout=SECONDS).read())


async def _pieces(client: Service) -> object:
    size = 0
    async with file_of(client, timeout=SECONDS) as download:
        async for piece in download:
            size += len(piece)
    return size


async def _lines(client: Service) -> object:
    async with file_of(client, timeout=SECONDS) as download:
        return len([line async for line in download.lines()])


QUESTIONS: dict[str, Callable[[Service], Awaitable[object]]] = {
    "value": _value,
    "open-value": _open_value,
    "text": _text,
    "value-in-brief": _value_in_brief,
    "stream": _stream,
    "stream-in-brief": _stream_in_brief,
    "file": _file,
    "pieces": _pieces,
    "lines": _lines,
}


def _memory(name: str) -> int:
    """Give what the kernel says of this process, in bytes: VmRSS now, VmHWM at its most."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition(f"{name}:")[2].split(maxsplit=1)[0]) * KIB


async def _ask(client: Service, question: str) -> Outcome:
    await client.call(READ, "warm")
    before = _memory("VmHWM")
    try:
        word, message = "value", str(await QUESTIONS[question](client))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        word, message = type(error).__name__, str(error)
    return Outcome(word, message[:2_000], _memory("VmHWM") - before)


async def _answer(url: str, question: str, limit: str) -> None:
    if int(limit):
        _break_limits(int(limit))
    async with Service(KEY, base_url=url, retry=None, limits=None) as client:
        outcome = await _ask(client, question)
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    sys.stdout.flush()


def _break_limits(size: int) -> None:
    transport.MAX_BODY_BYTES = size
    SSEDecoder.__init__.__kwdefaults__.update(max_line_bytes=size, max_event_bytes=size)


def _serve() -> None:
    """Answer each question in a fork: it begins with all that is loaded, and with no memory of the others."""
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            asyncio.run(_answer(*line.split()))
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    _serve()
