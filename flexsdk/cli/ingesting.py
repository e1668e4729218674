"""A command once for each line of a file: bounded, resumable, one line of outcome for each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from flexsdk.cli.arguments import arguments
from flexsdk.cli.bars import bars
from flexsdk.cli.calling import placed, values_of
from flexsdk.cli.exits import report
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened, run
from flexsdk.cli.tree import CLIENTS, Method, tree
from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError
from flexsdk.ingest import Done, Operation, Progress, ingest

__all__ = ["ingest_lines"]


def ingest_lines(
    source: str,
    command: Sequence[str],
    *,
    journal: str | None,
    concurrency: int,
    tenant: int | None,
    debug: bool,
) -> int:
    """Call the command with each line; give 1 when an item was not done."""
    try:
        method = _method(command)
    except ConfigError as error:
        return report(error)

    async def work() -> int:
        failed = 0
        async with opened(command[0], Access(debug=debug, tenant=tenant)) as client:

            async def call(item: Mapping[str, Any], **options: Any) -> Any:
                positional, named = placed(arguments(method), values_of(arguments(method), item, None))
                return await method.reach(client)(*positional, **named, **options)

            name = " ".join(command)
            operation: Operation[Mapping[str, Any], Any] = Operation(call, method.replay, name=name)
            printer = Printer("json")
            total = _count(source)
            items = ingest(_lines(source), operation, journal=journal, concurrency=concurrency, total=total)
            with bars() as shown:
                bar = shown.add_task("ingest", total=total, fact="")
                async with items as outcomes:
                    async for outcome in outcomes:
                        failed += not isinstance(outcome, Done)
                        printer.add(_row(outcome))
                        shown.update(bar, advance=1, fact=_fact(outcomes.progress))
        return 1 if failed else 0

    return run(work)


def _method(command: Sequence[str]) -> Method:
    words = [word.replace("-", "_") for word in command]
    if not words or words[0] not in CLIENTS:
        raise ConfigError(f"begin the command with one of: {', '.join(CLIENTS)}")
    found = next((method for way, method in tree(words[0]).walk() if list(way) == words[1:]), None)
    if found is None:
        raise ConfigError(f"there is no command {' '.join(command)}")
    answer = found.function.__annotations__.get("return", "")
    if found.named or not found.takes_options or answer.startswith(Pages.__name__):
        raise ConfigError(f"{' '.join(command)} is no single call")
    return found


def _count(source: str) -> int | None:
    """Count the items of a file, for the bar."""
    if source == "-":
        return None
    with suppress(OSError), Path(source).open("rb") as file:
        return sum(1 for line in file if line.strip())
    return None


def _fact(progress: Progress) -> str:
    """Say where the run stands."""
    others = progress.failed + progress.gave_up + progress.uncertain
    left = "" if progress.time_left is None else f", {progress.time_left:.0f} s left"
    at_work = f"{progress.in_flight} in flight, {progress.rate:.3g} a second"
    return f"{progress.done} done, {others} not, {at_work}{left}"


def _lines(source: str) -> Iterator[Mapping[str, Any]]:
    try:
        with sys.stdin.buffer if source == "-" else Path(source).open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _item(line, number)
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read: {error.strerror}") from None


def _item(line: bytes, number: int) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ConfigError(f"line {number} is no JSON object: {error}") from None


def _row(outcome: Any) -> Mapping[str, Any]:
    kind = type(outcome).__name__
    told = {"value": outcome.value} if isinstance(outcome, Done) else {"reason": outcome.reason}
    return {"item": outcome.key, "outcome": kind, "recorded": outcome.recorded, **told}
