"""Sessions: one per running loop, or the one that the user owns."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from flexsdk.core.loops import PerLoop
from flexsdk.core.transport.connector import Connector
from flexsdk.core.transport.failures import CONNECT_SECONDS
from flexsdk.core.transport.plain import PlainGets
from flexsdk.errors import ConfigError

__all__ = ["TIMEOUT", "Sessions", "bare_session"]

TIMEOUT = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=CONNECT_SECONDS, sock_read=None)
"""Time to connect is aiohttp's to keep; everything else is kept by the attempt's own timer."""


class Sessions:
    """Gives the session of the running loop.

    Args:
        given: a session of the user's; it is never closed here.
        base_url: where the plain GETs go.
        headers: what sessions that are opened here send with every request.
    """

    def __init__(self, given: aiohttp.ClientSession | None, base_url: str, headers: CIMultiDict[str]) -> None:
        self._given = given
        self._own = PerLoop(lambda: _open(base_url, headers), drop=_Owned.forget)
        self._closed = False

    def get(self, loop: asyncio.AbstractEventLoop | None = None) -> aiohttp.ClientSession:
        """Give the session of the running loop, opened at first use."""
        if self._closed:
            raise ConfigError("the client is closed; make a new one, or keep the `async with` block open")
        if self._given is None:
            return self._own.get(loop).session
        if self._given.closed:
            raise ConfigError("the session that was given to the client is closed")
        return self._given

    def gets(self, loop: asyncio.AbstractEventLoop | None = None) -> PlainGets | None:
        """Give the short way for plain GETs, where there is one."""
        if self._given is not None or self._closed or not PlainGets.are_meant():
            return None
        return self._own.get(loop).gets

    def counts(self) -> tuple[int, int]:
        """Give how many sockets the sessions that were opened here have, and how many of them are in use."""
        connectors = [owned.session.connector for owned in self._own.all()]
        # No public counters in aiohttp 3.14.
        kept = sum(
            len(each) for connector in connectors for each in getattr(connector, "_conns", {}).values()
        )
        used = sum(len(getattr(connector, "_acquired", ())) for connector in connectors)
        return kept + used, used

    async def aclose(self) -> None:
        """Close the sessions that were opened here; those of other loops without waiting."""
        self._closed = True
        running = asyncio.get_running_loop()
        for loop, owned in self._own.drain():
            if loop is running:
                await owned.aclose()
            elif loop.is_closed():
                owned.forget()
            else:
                asyncio.run_coroutine_threadsafe(owned.aclose(), loop)


class _Owned:
    """A session of ours, which is closed with its loop when nobody has closed the client.

    An async generator that has begun is all that a loop closes at its own end (``shutdown_asyncgens``).
    """

    __slots__ = ("_keeper", "gets", "session")

    def __init__(self, session: aiohttp.ClientSession, gets: PlainGets | None) -> None:
        self.session = session
        self.gets = gets
        self._keeper = _keep(session)
        with contextlib.suppress(StopIteration):
            self._keeper.__anext__().send(None)

    async def aclose(self) -> None:
        await self._keeper.aclose()

    def forget(self) -> None:
        """Close a session whose loop has ended: nothing is left to wait for, so one step is all it takes."""
        with contextlib.suppress(StopIteration):
            self.session.close().send(None)


async def _keep(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await session.close()


class _Request(aiohttp.ClientRequest):
    """A request whose headers come complete and in a mapping of its own, so that none is looked up or copied.

    A version of aiohttp that does not call these methods any more sends the same, for a little more.
    """

    def update_headers(self, headers: Any) -> None:
        headers[hdrs.HOST] = self.url.host_port_subcomponent
        self.headers = headers

    def update_auto_headers(self, skip_auto_headers: Iterable[str] | None) -> None:
        """The session has them."""


def _open(base_url: str, headers: CIMultiDict[str]) -> _Owned:
    """Open a session whose requests send these headers, and what aiohttp adds to every request."""
    complete = CIMultiDict(aiohttp.ClientRequest.DEFAULT_HEADERS)
    complete.update(headers)
    session = bare_session(Connector(limit=0, ttl_dns_cache=60), headers=complete, request_class=_Request)
    if not PlainGets.can_serve(session):
        return _Owned(session, None)
    loop = asyncio.get_running_loop()
    first = _Request("GET", URL(base_url), headers=complete.copy(), loop=loop, session=session)
    return _Owned(session, PlainGets(session, first, TIMEOUT))


def bare_session(
    connector: aiohttp.BaseConnector | None,
    *,
    headers: Mapping[str, str] | None = None,
    owner: bool = True,
    request_class: type[aiohttp.ClientRequest] = aiohttp.ClientRequest,
) -> aiohttp.ClientSession:
    """Make a session that adds only these headers; as ``owner`` it closes the connector with itself."""
    session = aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        connector_owner=owner,
        request_class=request_class,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=TIMEOUT,
    )
    # aiohttp repeats an idempotent request by itself when a kept connection drops; Retry counts repeats.
    if hasattr(session, "_retry_connection"):
        session._retry_connection = False  # noqa: SLF001 - no public switch in aiohttp 3.14
    return session
