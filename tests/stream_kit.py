"""What the tests of streams share."""

from __future__ import annotations

import asyncio
from typing import Any

from servers import (
    EVENT_STREAM,
    Peer,
    Request,
    Step,
    chunk,
    silence,
    then,
)
from service import SAY, Said, Service

from flexsdk.core.stream import EventStream
from flexsdk.errors import (
    FlexError,
)

BRIEF = 0.04
LONG = 2.0


def opened(*pieces: bytes, after: Step = silence) -> Step:
    """Begin a stream, and then do something else."""
    return then(EVENT_STREAM + b"".join(map(chunk, pieces)), after)


def say(client: Service, op: Any = SAY, **options: Any) -> EventStream[Any, Said]:
    return client.stream(op, **{"idle_timeout": LONG, "event_timeout": LONG, **options})


async def read(events: EventStream[Any, Said]) -> tuple[list[object], FlexError | None]:
    """Read to the end; give the events and the error that ended them."""
    seen: list[object] = []
    try:
        async for event in events:
            seen.append(event)  # noqa: PERF401 - an error must not lose what came before it
    except FlexError as error:
        return seen, error
    return seen, None


async def beat(_: Request, peer: Peer) -> None:
    for _turn in range(200):
        await peer.send(chunk(b": still here\n\n"))
        await asyncio.sleep(0.005)
