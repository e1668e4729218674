"""One command as one run: the client with its key, the wire log, errors as exit statuses."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flexsdk.cli.credentials import address_for, key_for, key_sources
from flexsdk.cli.exits import report
from flexsdk.cli.login import saved_login
from flexsdk.cli.output import clean
from flexsdk.cli.tree import client_class
from flexsdk.core.call import Call, Reply
from flexsdk.core.client import Client
from flexsdk.errors import ConfigError, FlexError
from flexsdk.protocol.redact import redact_headers, redact_url
from flexsdk.types import Handler, Middleware

__all__ = ["Access", "opened", "run"]


@dataclass(frozen=True)
class Access:
    """How a platform is reached."""

    base_url: str | None = None
    debug: bool = False
    plan: str | None = None
    tenant: int | None = None
    """The tenant of Flextell; other platforms have none."""


def opened(platform: str, access: Access, *, attempt_middlewares: Sequence[Middleware] = ()) -> Client:
    """Make the client of a platform; close it with ``async with``. Flextell takes the token of a login, too.

    Raises:
        ConfigError: there is no key, or the configuration file cannot be used.
    """
    kind = client_class(platform)
    source = next(key_sources(platform), None)
    auth = saved_login(access.base_url) if platform == "flextell" and source is None else None
    if source is None and auth is None:
        raise ConfigError(
            f"no key of {platform}: set {platform.upper()}_API_KEY, or run: flexsdk keys set {platform}"
        )
    client: Any = kind(
        None if auth else key_for(platform),
        auth=auth,
        base_url=access.base_url or address_for(platform),
        plan=access.plan,
        attempt_middlewares=[*attempt_middlewares, *([wire_log] if access.debug else [])],
    )
    if platform == "flextell" and access.tenant is not None:
        client = client.with_tenant(access.tenant)
    return client  # type: ignore[no-any-return]  # Any, for one of the five has a method more


def run(work: Callable[[], Awaitable[int | None]]) -> int:
    """Run a command's work, and give its exit status; errors are told in one line."""

    async def awaited() -> int | None:
        return await work()

    try:
        return asyncio.run(awaited()) or 0
    except (FlexError, OSError) as error:
        return report(error)


async def wire_log(call: Call, forward: Handler) -> Reply[Any]:
    """Tell stderr of a request and its answer; it stands outside the credential and meets none."""
    size = "" if call.body is None else f" {call.content_type or 'multipart'}"
    _say(f"> {call.op.method} {redact_url(call.target)}{size}", redact_headers(call.headers))
    try:
        reply = await forward(call)
    except FlexError as error:
        _say(f"< {type(error).__name__}", {})
        raise
    withheld = call.withheld
    told = {
        name: "..." if withheld and withheld.is_in(value) else value for name, value in reply.headers.items()
    }
    _say(f"< {reply.status}", redact_headers(told))
    return reply


def _say(line: str, headers: dict[str, str]) -> None:
    shown: Sequence[str] = [line, *(f"  {name}: {value}" for name, value in headers.items())]
    print("\n".join(clean(each) for each in shown), file=sys.stderr)
