"""A pool that gives out only connections on which nothing has come since their last answer."""

from __future__ import annotations

import select
from contextvars import ContextVar
from typing import Any

import aiohttp
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
    """

    async def _get(self, key: Any, traces: Any) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and _is_silent(connection.protocol):
                break
            connection.close()
        kept.set(connection is not None)
        return connection


def _is_silent(protocol: ResponseHandler) -> bool:
    """Tell whether nothing has come, neither read by the loop nor still with the system."""
    if protocol.should_close or protocol.transport is None:
        return False
    if not hasattr(select, "poll"):  # Windows
        return True
    poll = select.poll()
    poll.register(protocol.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return not poll.poll(0)
