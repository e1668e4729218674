"""A generated command as a call: arguments in, the client's method called, its answer written."""

from __future__ import annotations

import inspect
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

from flexsdk.cli.arguments import Argument, read_json
from flexsdk.cli.exits import report
from flexsdk.cli.output import out
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened, run
from flexsdk.cli.tree import Method
from flexsdk.core.files import Download
from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError

__all__ = ["perform", "placed", "values_of"]

_CALL_OPTIONS: Final = ("timeout", "deadline", "attempts", "idempotency_key")


def perform(platform: str, method: Method, known: Sequence[Argument], given: Mapping[str, Any]) -> int:
    """Call a method with what was given on the command line, and give the exit status."""
    shared = {name.removesuffix("_"): value for name, value in given.items() if name.endswith("_")}
    try:
        positional, named = placed(known, values_of(known, given, shared.get("body")))
        _check_secret(method, revealed=bool(shared.get("reveal")))
        options = _options(shared)
    except ConfigError as error:
        return report(error)

    async def work() -> None:
        access = Access(shared.get("base_url"), bool(shared.get("debug")), tenant=shared.get("tenant"))
        async with opened(platform, access) as client:
            called = method.reach(client, given.get("collection") or "")
            await _show(called(*positional, **named, **options), shared)

    return run(work)


def values_of(known: Sequence[Argument], given: Mapping[str, Any], body: str | None) -> dict[str, Any]:
    """Read the arguments: those of the command line win over those in the body.

    Raises:
        ConfigError: a required one is missing, or one cannot be read.
    """
    names = {each.name: each for each in known}
    values = _from_body(names, body) if body is not None else {}
    for name, each in names.items():
        if given.get(name) is not None:
            values[name] = each.read(given[name])
    if missing := [each.name for each in known if each.required and each.name not in values]:
        raise ConfigError(f"missing: {', '.join(missing)}")
    return values


def _from_body(names: Mapping[str, Argument], text: str) -> dict[str, Any]:
    body = read_json(text)
    if not isinstance(body, dict):
        raise ConfigError("--body has to be a JSON object")
    by_word = {word: name for name in names for word in (name, _camel(name))}
    if unknown := [name for name in body if name not in by_word]:
        raise ConfigError(f"--body: unknown {', '.join(unknown)}; known are {', '.join(names) or 'none'}")
    return {
        by_word[word]: value if value is None else names[by_word[word]].read(value)
        for word, value in body.items()
    }


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def placed(known: Sequence[Argument], values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Cut the arguments into those by place and those by name."""
    many = next((each for each in known if each.many), None)
    return (list(values.pop(many.name)), values) if many else ([], values)


def _options(shared: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: shared[name] for name in _CALL_OPTIONS if shared.get(name) is not None}
    if headers := shared.get("header"):
        pairs = [header.partition(":") for header in headers]
        if not all(mark for _, mark, _ in pairs):
            raise ConfigError("--header: give NAME:VALUE")
        options["headers"] = {name.strip(): value.strip() for name, _, value in pairs}
    return options


def _check_secret(method: Method, *, revealed: bool) -> None:
    """Refuse a call whose answer would be lost: a secret that is shown once, and not shown here."""
    answer = method.function.__globals__.get(method.function.__annotations__.get("return", ""))
    fields = getattr(answer, "__annotations__", {})
    if not revealed and any("Secret" in str(kind) for kind in fields.values()):
        raise ConfigError(f"{method.name} answers with a secret that is shown only once; add --reveal")


async def _show(result: Any, shared: Mapping[str, Any]) -> None:
    """Write what a method gave, whatever kind of thing it is."""
    printer = Printer(shared.get("output"), reveal=bool(shared.get("reveal")))
    if inspect.isawaitable(result):
        result = await result
    if isinstance(result, Download):
        await _save(result, shared.get("save"))
    elif isinstance(result, Pages):
        await _show_pages(result, printer, whole=bool(shared.get("all")))
    elif isinstance(result, list):
        for item in result:
            printer.add(item)
        printer.end()
    elif isinstance(result, AsyncIterator):
        await _show_events(result, printer)
    else:
        printer.one(result)


async def _show_events(events: AsyncIterator[Any], printer: Printer) -> None:
    """Write what comes bit by bit: a stream, which is entered, or the states of jobs."""
    closing: Any = events if hasattr(events, "__aenter__") else aclosing(events)
    async with closing:
        async for event in events:
            printer.event(event)


async def _show_pages(pages: Pages[Any], printer: Printer, *, whole: bool) -> None:
    async with pages.ahead(1 if whole else 0):
        if whole:
            async for item in pages:
                printer.add(item)
        elif page := await anext(aiter(pages.pages()), None):
            for item in page.items:
                printer.add(item)
        printer.end()
        if not pages.ended and pages.cursor is not None:
            _note(f"there is more: --all, or --cursor {pages.cursor!r}")


async def _save(download: Download, target: str | None) -> None:
    if target is not None and target != "-":
        out(str(await download.save(target)))
        return
    if sys.stdout.isatty():
        raise ConfigError("this is a file: add --save PATH, or send stdout elsewhere")
    async with download as pieces:
        async for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _note(text: str) -> None:
    print(f"flexsdk: {text}", file=sys.stderr)
