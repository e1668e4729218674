"""What this machine has: versions, loop, extras, keys by where they lie, and how far its clock is off."""

from __future__ import annotations

import asyncio
import platform as machine
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, Final

from flexsdk import __version__
from flexsdk.cli.credentials import config_path, key_sources
from flexsdk.cli.forms import Form
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened
from flexsdk.cli.tree import CLIENTS
from flexsdk.core.call import Call, Reply
from flexsdk.core.op import Op
from flexsdk.errors import ConfigError, FlexError
from flexsdk.types import Handler

__all__ = ["doctor"]

_PACKAGES: Final = ("aiohttp", "msgspec", "anyio")
_EXTRAS: Final = {
    "speed": "uvloop", "sandbox": "jsonschema", "redis": "redis", "keyring": "keyring", "fastapi": "fastapi",
    "otel": "opentelemetry", "prometheus": "prometheus_client", "arrow": "pyarrow", "duckdb": "duckdb",
    "dlt": "dlt", "ray": "ray", "dask": "dask", "cli": "cyclopts",
}  # fmt: skip
_ROOT: Final[Op[None]] = Op("clock", "HEAD", "/", None)
_SECONDS: Final = 5.0
_SKEW: Final = 30.0
"""Seconds from which on a clock is called wrong; signatures of webhooks are refused after minutes."""


def doctor(*, output: Form | None, offline: bool) -> int:
    """Write one line for each fact; the exit status is 1 when something will not work."""
    rows = [*_software(), *asyncio.run(_platforms(offline=offline))]
    printer = Printer(output)
    for name, state, fact in rows:
        printer.add({"check": name, "state": state, "fact": fact})
    printer.end()
    return 1 if any(state == "bad" for _, state, _ in rows) else 0


Row = tuple[str, str, str]


def _software() -> Iterator[Row]:
    yield "flexsdk", "ok", __version__
    yield "python", "ok", f"{machine.python_version()} on {machine.system()} {machine.machine()}"
    for package in _PACKAGES:
        yield package, "ok", _version(package)
    yield "loop", "ok", "uvloop is installed" if find_spec("uvloop") else "asyncio"
    for extra, package in _EXTRAS.items():
        found = find_spec(package) is not None
        yield f"extra {extra}", "ok" if found else "none", _version(package) if found else "not installed"
    yield "configuration", "ok" if config_path().exists() else "none", str(config_path())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "version unknown"


async def _platforms(*, offline: bool) -> list[Row]:
    rows: list[Row] = []
    for name in CLIENTS:
        try:
            source = next(key_sources(name), None)
        except ConfigError as error:
            rows.append((f"key {name}", "bad", str(error)))
            continue
        rows.append((f"key {name}", "ok" if source else "none", source or "not set"))
        if source and not offline:
            rows.append(await _clock(name))
    return rows


async def _clock(platform: str) -> Row:
    """Compare this machine's clock with the date of an answer, whatever the platform answers."""
    dates: list[str] = []

    async def note(call: Call, forward: Handler) -> Reply[Any]:
        reply = await forward(call)
        dates.append(reply.headers.get("Date", ""))
        return reply

    label = f"clock {platform}"
    try:
        async with opened(platform, Access(), attempt_middlewares=[note]) as client:
            await client.call(_ROOT, attempts=1, deadline=_SECONDS)
    except FlexError as error:
        if not dates:
            return label, "bad", f"no answer: {type(error).__name__}"
    return label, *_skew(dates[0])


def _skew(date: str) -> tuple[str, str]:
    try:
        seconds = time.time() - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return "none", "the platform tells no date"
    word = "ahead" if seconds > 0 else "behind"
    return ("ok" if abs(seconds) < _SKEW else "bad"), f"{abs(seconds):.0f} s {word}"
