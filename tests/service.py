"""A platform that exists in the tests only, so that the tests of the core know no real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from flexsdk import errors
from flexsdk.codec import decoder
from flexsdk.core.client import Client
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.core.events import Ending, EventContract
from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.structs import Model

KEY = "fj_test_5f0c9d7b1a2e4c6f8091a2b3c4d5e6f7"


class FakeClock:
    """Time that passes only when somebody sleeps; ``slept`` lists the waits."""

    def __init__(self, now: float = 0.0, epoch: float = 1_780_000_000.0) -> None:
        self.now = now
        self.epoch = epoch
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.epoch + self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Item(Model, frozen=True, kw_only=True):
    id: str = ""
    size: int = 0


class _Error(msgspec.Struct, frozen=True):
    code: str | None = None
    message: str = ""
    param: str | None = None


_decode = decoder(_Error)


def _problem(body: bytes) -> Problem:
    try:
        error = _decode(body)
    except errors.DecodeError:
        return Problem()
    return Problem(code=error.code, message=error.message, param=error.param)


DIALECT = Dialect(
    name="Service",
    base_url="https://service.invalid",
    problem=_problem,
    codes={"quota": errors.QuotaExceeded, "gone": errors.NotFound},
)


class Word(Model, frozen=True, kw_only=True):
    text: str


class End(Model, frozen=True, kw_only=True):
    ok: bool = True


class Other(Model, frozen=True, kw_only=True):
    name: str


class Said(Model, frozen=True, kw_only=True):
    ending: Ending
    text: str


class _Fold:
    def __init__(self) -> None:
        self.words: list[str] = []
        self.failed = False

    def add(self, events: Sequence[Any]) -> None:
        for event in events:
            if isinstance(event, Word):
                self.words.append(event.text)
            if isinstance(event, End):
                self.failed = not event.ok

    def may_end(self) -> bool:
        return False

    def failure(self) -> tuple[str | None, str | None] | None:
        return ("broken", "no luck") if self.failed else None

    def result(self, ending: Ending) -> Said:
        return Said(ending=ending, text="".join(self.words))


CONTRACT: EventContract[Any, Said] = EventContract(
    types={"word": Word, "end": End},
    last=(End,),
    unknown=lambda name, raw: Other(name=name),
    fold=_Fold,
)

READ = Op("read", "GET", "/items/{item_id}", Item)
WRITE = Op("write", "POST", "/items", Item)
KEYED = Op("keyed", "POST", "/keyed", Item, replay=Replay.KEYED)
REMOVE: Op[None] = Op("remove", "DELETE", "/items/{item_id}", None)
SAY: StreamOp[Any, Said] = StreamOp("say", "POST", "/say", None, events=CONTRACT)
WATCH: StreamOp[Any, Said] = StreamOp("watch", "GET", "/watch", None, events=CONTRACT)


class Service(Client):
    dialect = DIALECT


Connect = Callable[..., Service]
"""Makes a client of a server, with settings; see the fixture ``connect``."""


def word(text: str) -> bytes:
    return b'event: word\ndata: {"text":%b}\n\n' % msgspec.json.encode(text)


END = b"event: end\ndata: {}\n\n"


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until a condition holds, at most two seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("the condition never came true")
