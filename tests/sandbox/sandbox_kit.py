"""What the tests of the sandbox share: replies, a clock, events, raw requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flexsdk.sandbox.emulator import Emulator

Event = tuple[str, dict[str, Any]]


@dataclass
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[Event]:
        return parse_events(self.body)


class Ask(Protocol):
    """One request to a path of the origin, with the key of the platform unless ``headers`` carry another."""

    async def __call__(self, emulator: Emulator, method: str, path: str, **options: Any) -> Reply: ...


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = 1_741_500_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def parse_events(body: bytes) -> list[Event]:
    frames = [frame for frame in body.decode().split("\n\n") if frame and not frame.startswith(":")]
    pairs = [frame.split("\n") for frame in frames]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def text_of(events: list[Event]) -> str:
    return "".join(data["delta"] for name, data in events if name == "token")


async def connect(emulator: Emulator) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(emulator.origin.rpartition(":")[2]))


def request_bytes(emulator: Emulator, method: str, target: str, body: bytes = b"") -> bytes:
    lines = [
        f"{method} {target} HTTP/1.1",
        "Host: sandbox",
        f"Authorization: Bearer {emulator.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def raw_reply(emulator: Emulator, method: str, target: str) -> tuple[int, bytes]:
    """Send a request target exactly as it stands; return status and body."""
    reader, writer = await connect(emulator)
    writer.write(request_bytes(emulator, method, target))
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
    body = await reader.readexactly(length)
    writer.close()
    return int(head.split()[1]), body


async def until(condition: Any) -> None:
    """Let the loop turn until a condition holds, at most a second."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the condition never came true")
