"""Calls that carry something private wherever they can, and the places where it could come to light."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from servers import RawServer, answer, reset
from service import KEY, READ, Connect

from flexsdk.core.op import Op, Replay
from flexsdk.errors import FlexError

CANARY = "canary"
SEND: Op[None] = Op("send", "POST", "/rooms/{room_id}/letters", None, replay=Replay.SAFE)


def private(where: str) -> str:
    return f"{CANARY}-{where}-7f3a"


async def sing(connect: Connect, hooks: Sequence[Callable[[Any], None]], **settings: Any) -> None:
    """Make two calls, one that succeeds in the end and one that fails, under the eyes of these hooks."""
    said = msgspec.json.encode({"message": private("answer"), "id": private("answer")})
    refusals = [answer(429, said, retry_after="1"), reset, answer(503, said)]
    async with RawServer(*refusals, answer(200, said), answer(404, said)) as server:
        client = connect(server, hooks=hooks, headers={"X-Private": private("header")}, **settings)
        await client.call(
            SEND,
            private("id"),
            query={"q": private("query")},
            body={"text": private("body")},
            headers={"X-More": private("option")},
        )
        with suppress(FlexError):
            await client.call(READ, private("id"))
        assert len(server.requests) == 5
        assert KEY in server.requests[0].headers["authorization"]


def leaks(text: str) -> bool:
    """Tell whether anything private stands in a text."""
    return CANARY in text or KEY in text


def places_of(error: BaseException | None) -> dict[str, str]:
    """All that an error drags along, and all it was raised from or during: texts, frames, pickles."""
    places: dict[str, str] = {}
    for each in chain(error):
        kind = type(each).__name__
        shown: dict[str, object] = {"str": str(each), "repr": repr(each), "args": each.args, **vars(each)}
        places |= {f"{kind}.{name}": repr(value) for name, value in shown.items()}
        places |= {f"{kind} raised in {name}": text for name, text in _frames(each)}
        places[f"{kind} pickled"] = pickled(each)
    return places


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give the error, all it was raised from or during, and all that it groups."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def _frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """Give the locals of the package's functions, and of what lies below it."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    for number, frame in enumerate(shown.stack):
        if "/tests/" not in frame.filename:
            yield f"{frame.name} of {frame.filename.rpartition('/')[2]} ({number})", str(frame.locals)


def pickled(thing: object) -> str:
    """Give its pickle as text; nothing where it refuses, as credentials do."""
    try:
        return pickle.dumps(thing).decode("latin-1")
    except TypeError:
        return ""


async def failure_of(work: Awaitable[object]) -> BaseException | None:
    """Do something, and give what it fails with, whatever that is."""
    try:
        await work
    except BaseException as error:  # noqa: BLE001 - cancellations are searched as well
        return error
    return None
