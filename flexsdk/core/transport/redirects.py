"""Redirects: inside one origin with everything, and for downloads to another host with nothing of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from urllib.parse import urljoin

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from flexsdk._version import __version__
from flexsdk.core.call import Call
from flexsdk.core.op import StreamOp
from flexsdk.core.transport.failures import translate
from flexsdk.core.transport.session import TIMEOUT, bare_session
from flexsdk.errors import TransportError
from flexsdk.protocol.urls import may_leave, same_origin

__all__ = ["MOST_REDIRECTS", "REDIRECTS", "about_the_file", "fetch", "onward_of"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5

_ASKED = ("Accept-Encoding", "Range", "If-Range")
"""What another host is told of the call's own headers: which part of the file is wanted, and how."""
_TOLD = frozenset(
    {
        "accept-ranges", "content-disposition", "content-encoding", "content-length", "content-range",
        "content-type", "date", "etag", "last-modified", "retry-after",
    }
)  # fmt: skip


def onward_of(call: Call, url: str, response: aiohttp.ClientResponse) -> str | None:
    """Tell where a redirect leads, if it may be followed: a GET, to another host for downloads only."""
    if response.status not in REDIRECTS or call.op.method != "GET":
        return None
    with contextlib.suppress(ValueError):
        onward = urljoin(url, response.headers.get("Location", "")).partition("#")[0]
        if onward != url and (same_origin(url, onward) or (_is_download(call) and may_leave(url, onward))):
            return onward
    return None


async def fetch(session: aiohttp.ClientSession, call: Call, url: str) -> aiohttp.ClientResponse:
    """Get a file from another host without credentials, headers and cookies of the client or the session.

    The session lends its connections only: its own headers and cookies would go to any host.
    """
    headers = CIMultiDict({"User-Agent": f"flexsdk/{__version__}", "Accept": call.op.accept})
    headers.update({name: value for name, value in call.headers.items() if name in _ASKED})
    stranger = bare_session(session.connector, owner=False)
    try:
        return await stranger.get(
            URL(url, encoded=True), headers=headers, allow_redirects=False, timeout=TIMEOUT
        )
    except (aiohttp.ClientError, OSError) as error:
        failure: TransportError = translate(error, str(URL(url, encoded=True).origin()))
    finally:
        stranger.detach()
    raise failure


def about_the_file(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Keep what another host says of the file; its limits, cookies and links are not the platform's."""
    return CIMultiDict({name: value for name, value in headers.items() if name.lower() in _TOLD})


def _is_download(call: Call) -> bool:
    return call.op.streamed and not isinstance(call.op, StreamOp)
