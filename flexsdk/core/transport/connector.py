"""A pool that gives out only connections on which nothing has come since their last answer."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:  # no public names
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection

__all__ = ["Connector", "kept"]

kept: ContextVar[bool] = ContextVar("flexsdk_kept", default=False)
"""Whether the last request of this context went over a connection that had served an earlier one."""


class Connector(aiohttp.TCPConnector):
    """Closes a kept connection with something to read on it, in place of sending a request there.

    That is either the end of the connection, which the loop has not seen yet, or bytes that nobody asked for:
    aiohttp 3.14 takes those for the answer to the next request, and every further answer for that of its
    neighbour. A second answer that comes after the next request cannot be told from the right one.

    There is no public place to look from. A version of aiohttp that does not call this method any more gives
    out its connections unseen; the tests of second answers would tell.
    """

    async def _get(self, *arguments: Any) -> Connection | None:
        while (connection := await super()._get(*arguments)) is not None:
            if connection.protocol is not None and _is_silent(connection.protocol):
                break
            connection.close()
        kept.set(connection is not None)
        return connection


def _is_silent(protocol: ResponseHandler) -> bool:
    """Tell whether nothing has come, neither read by the loop nor still with the system."""
    if protocol.should_close or protocol.transport is None:
        return False
    look = getattr(protocol, "_flexsdk_look", None) or _look_at(protocol, protocol.transport)
    return not look(0)


def _look_at(protocol: Any, transport: asyncio.BaseTransport) -> Callable[[int], object]:
    """Make the look at the socket of a connection, which the connection keeps for its next uses."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        look: Callable[[int], object] = poll.poll
    else:  # Windows
        look = bool
    protocol._flexsdk_look = look  # noqa: SLF001 - ours
    return look
