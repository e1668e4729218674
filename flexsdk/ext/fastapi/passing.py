"""The bytes of a platform for a browser, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from fastapi.responses import StreamingResponse

from flexsdk.core.call import Reply
from flexsdk.core.filebody import FileBody
from flexsdk.ext.fastapi.attended import STREAM_HEADERS, Attended
from flexsdk.ext.fastapi.relaying import Events

__all__ = ["passthrough"]

Body: TypeAlias = "FileBody | Events"
"""A download or a stream that has not been entered yet."""

_KEPT: Final = ("Content-Disposition", "Content-Range", "Content-Type", "ETag", "Last-Modified")


def passthrough(body: Body, *, headers: Mapping[str, str] | None = None) -> StreamingResponse:
    """Answer with the bytes of a download or stream, untouched.

    As in ``return passthrough(flexorch.datasets.export(dataset_id, "csv"))``.

    Nothing is parsed and nothing is kept: the platform is read as fast as the browser reads. It is opened
    before the response begins, so what fails until then is raised, and :func:`install` answers it with its
    status. What fails later breaks the browser's connection, so that no cut body looks whole. When the
    browser leaves, the connection upstream is closed at once.

    Type, size, name and version come from the platform; a file that it does not name is an attachment. A body
    that came packed is sent unpacked. Of a stream of events only the deadline is watched, its errors are not
    looked for, and no functions are run; :func:`relay` does all that.

    Args:
        body: not entered; it is entered, read and left here.
        headers: sent in place of the platform's.
    """
    return _Passed(body, headers)


class _Passed(Attended):
    def __init__(self, body: Body, headers: Mapping[str, str] | None) -> None:
        content: Any = body  # never iterated over by the base class
        super().__init__(content, headers=headers)
        self._body = body

    async def work(self) -> None:
        async with self._body as opened:
            reply = opened.reply
            await self.begin(reply.status, _headers(reply))
            while data := await _next(opened):
                await self.piece(data)
            await self.finish()


async def _next(opened: Body) -> bytes:
    if isinstance(opened, FileBody):
        return await anext(opened, b"")
    source = opened.reply.source
    assert source is not None, "such operations answer with an open body"
    return await source.read()


def _headers(reply: Reply[None]) -> dict[str, str]:
    given = reply.headers
    kept = {name: given[name] for name in _KEPT if name in given}
    if "Content-Encoding" not in given and "Content-Length" in given:
        kept["Content-Length"] = given["Content-Length"]
    if given.get("Content-Type", "").startswith("text/event-stream"):
        return kept | STREAM_HEADERS
    # A page of the platform's must not run as a page of this server.
    return {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff", **kept}
