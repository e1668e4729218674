"""The plain GET: over the session's connections, without what a session does for requests of other kinds.

A tenth of what a call costs is ``ClientSession._request`` finding out that there are no cookies, traces,
proxies, redirects and time limits. A session of ours has none of them, and that is seen once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict
from yarl import URL

__all__ = ["PlainGets"]

_SESSION = aiohttp.ClientSession
_WAYS = _SESSION.request, _SESSION._request  # noqa: SLF001 - test kits and tracers put their own in place of these
_PARTS = (
    (aiohttp.BaseConnector, "connect"),
    (ResponseHandler, "set_response_params"),
    (aiohttp.ClientRequest, "connection_key"),
    (aiohttp.ClientRequest, "send"),
    (aiohttp.ClientResponse, "start"),
)
"""What a session puts a request together from; a version of aiohttp without them is asked as usual."""


class _Get(aiohttp.ClientRequest):
    """A request like another one to the same host, but for its path and its headers."""

    connection_key: Any = None  # copied, too; aiohttp puts it together for each request

    def __init__(self, like: Mapping[str, Any], url: URL, headers: CIMultiDict[str]) -> None:
        self.__dict__.update(like)
        self.url = self.original_url = url
        self.headers = headers


class PlainGets:
    """Makes the plain GETs of one session of ours.

    Args:
        first: a request to where all of them go, with all headers but the credential.
        timeout: how long a new connection may take.
    """

    def __init__(
        self, session: aiohttp.ClientSession, first: aiohttp.ClientRequest, timeout: aiohttp.ClientTimeout
    ) -> None:
        assert session.connector is not None
        self._connect = session.connector.connect
        self._timeout = timeout
        self._like = {**vars(first), "connection_key": first.connection_key}
        self._headers = first.headers

    @staticmethod
    def can_serve(session: aiohttp.ClientSession) -> bool:
        """Whether the session would add nothing, and has the parts that are needed."""
        return not session.trace_configs and all(hasattr(owner, name) for owner, name in _PARTS)

    @staticmethod
    def are_meant() -> bool:
        """Whether nobody has put something else in place of the session's own way."""
        return (_SESSION.request, _SESSION._request) == _WAYS  # noqa: SLF001 - as above

    async def send(self, url: str, credentials: Mapping[str, str]) -> aiohttp.ClientResponse:
        """Send a GET and give the answer when its head has come, as the session would."""
        headers = self._headers.copy()
        headers.update(credentials)
        request = _Get(self._like, URL(url, encoded=True), headers)
        try:
            connection = await self._connect(request, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error
        response: aiohttp.ClientResponse | None = None
        try:
            assert connection.protocol is not None
            connection.protocol.set_response_params(read_until_eof=True)
            response = await request.send(connection)
            return await response.start(connection)
        except BaseException:
            if response is not None:
                response.close()
            connection.close()
            raise
