"""Parts of a source, for workers in other processes and on other machines."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from flexsdk.core.op import Replay
from flexsdk.errors import ConfigError
from flexsdk.ingest.journal import Journal, Ledger, NoJournal
from flexsdk.ingest.operation import Operation
from flexsdk.ingest.outcome import Done, Failed, GaveUp, Outcome
from flexsdk.ingest.run import CONCURRENCY, ingest

__all__ = ["Result", "Setup", "Shard", "cut", "run_shard"]

SIZE: Final = 1_000
"""Items of a shard: some seconds of work, so that a lost worker costs little."""

Setup = Callable[[], AbstractAsyncContextManager[Operation[Any, Any]]]
"""Runs in the worker: opens a client with the key of that machine's own environment, and gives the operation.

A function of a module that the workers can import. To keep one quota with the others, its client has
``limits=RateLimit(store=RedisStore(...))``.
"""


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """Some items of a source; pickled with nothing but them, so they should be ids, paths or plain data.

    ``first`` is the number of its first item in the whole source. ``job`` is the word under which the items
    have the same idempotency keys wherever and however often they are sent.
    """

    job: str
    first: int
    items: tuple[Any, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an item, without the item: plain data that goes back to the driver.

    ``value`` is JSON, ``attempts`` the number of HTTP attempts in this run.
    """

    key: str
    outcome: Literal["done", "failed", "gave_up", "uncertain"]
    value: bytes | None = None
    reason: str | None = None
    attempts: int = 0


def cut(source: Iterable[Any], *, job: str, size: int = SIZE) -> Iterator[Shard]:
    """Cut a source into shards.

    Args:
        source: read as shards are asked for.
        job: a word of your own for this work, the same when it is run again, and for no other work.
        size: items of a shard.
    """
    if not job or size < 1:
        raise ConfigError(f"a job needs a name, and shards at least one item: {job!r}, {size!r}")
    items = iter(source)
    first = 0
    while part := tuple(islice(items, size)):
        yield Shard(job=job, first=first, items=part)
        first += len(part)


def run_shard(
    shard: Shard,
    setup: Setup,
    *,
    concurrency: int = CONCURRENCY,
    journals: str | os.PathLike[str] | None = None,
) -> list[Result]:
    """Run a shard in a worker, in an event loop of its own.

    Args:
        shard: what is to be done.
        setup: gives the operation.
        concurrency: most items at the same time in this worker.
        journals: a folder, for one journal a shard, that every worker who may run it can reach. Needed for
            operations that may not be repeated: schedulers run the shards of a lost worker again.

    Raises:
        ConfigError: the operation may not be repeated, and there is no journal.
    """
    return asyncio.run(_run(shard, setup, concurrency, journals))


async def _run(
    shard: Shard, setup: Setup, concurrency: int, journals: str | os.PathLike[str] | None
) -> list[Result]:
    async with setup() as operation:
        if journals is None and operation.replay is Replay.NEVER:
            raise ConfigError(f"{operation.terms.name} may not be repeated: name a folder with journals=")
        ledger = _ledger(shard, journals)
        try:
            run = ingest(shard.items, operation, concurrency=concurrency, journal=ledger, first=shard.first)
            async with run:
                return [_result(outcome, operation) async for outcome in run]
        finally:
            ledger.close()


def _ledger(shard: Shard, journals: str | os.PathLike[str] | None) -> Ledger:
    if journals is None:
        return NoJournal(shard.job)
    return Journal(Path(journals) / f"{shard.first:012}.journal", job=shard.job)


def _result(outcome: Outcome[Any, Any], operation: Operation[Any, Any]) -> Result:
    attempts = len(outcome.attempts)
    if isinstance(outcome, Done):
        value = operation.encode(outcome.value)
        return Result(key=outcome.key, outcome="done", value=value, attempts=attempts)
    word: Literal["failed", "gave_up", "uncertain"] = "uncertain"
    if isinstance(outcome, Failed | GaveUp):
        word = "failed" if isinstance(outcome, Failed) else "gave_up"
    return Result(key=outcome.key, outcome=word, reason=outcome.reason, attempts=attempts)
