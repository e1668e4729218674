"""A stream of typed events for a browser, as server-sent events."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from fastapi.sse import EventSourceResponse

from flexsdk.codec import encode
from flexsdk.core.events import EventContract
from flexsdk.core.op import StreamOp
from flexsdk.errors import FlexError, StreamTruncated
from flexsdk.ext.fastapi.attended import STREAM_HEADERS, Attended
from flexsdk.ext.fastapi.problems import Problem, log_failure, problem
from flexsdk.protocol.checks import check_seconds

if TYPE_CHECKING:
    from flexsdk.core.stream import EventStream
    from flexsdk.platforms.flapjack.answer_stream import AnswerStream

__all__ = ["Events", "relay"]

Events: TypeAlias = "EventStream[Any, Any] | AnswerStream"
"""A stream that has not been entered yet."""

HEARTBEAT_SECONDS: Final = 15.0
_INTERNAL = Problem(type="about:blank", title="Internal Server Error", status=500, code="internal")


def relay(
    stream: Events, *, heartbeat: float = HEARTBEAT_SECONDS, headers: Mapping[str, str] | None = None
) -> EventSourceResponse:
    """Answer with the events of a stream, as server-sent events.

    As in ``return relay(flapjack.threads.stream(thread_id, content))``.

    Each event has its wire name in the ``event:`` line and its wire form in ``data:``, always JSON. The
    stream is opened before the response begins, so what fails until then is raised, and :func:`install`
    answers it with its status. What fails later is sent as an event ``error`` whose data is a
    :class:`Problem`; a browser that has seen neither that nor a last event has lost the connection.

    When the browser leaves, the connection upstream is closed at once. A stream made with
    ``stop_on_exit=True`` then also tells the platform to stop, if it had begun to answer.

    A browser's ``EventSource`` connects again by itself, and so asks again, unless it is closed at the last
    event.

    Args:
        stream: not entered; it is entered, read and left here.
        heartbeat: seconds of silence after which a comment keeps the connection alive.
        headers: sent with the response.
    """
    return _Relayed(stream, check_seconds("heartbeat", heartbeat), headers)


class _Relayed(Attended, EventSourceResponse):
    def __init__(self, stream: Events, heartbeat: float, headers: Mapping[str, str] | None) -> None:
        events: Any = stream  # the base class takes what gives bytes, and never iterates over it here
        super().__init__(events, headers=headers)
        self.heartbeat = heartbeat
        self._stream = stream

    async def work(self) -> None:
        async with self._stream as events:
            await self.begin(200, STREAM_HEADERS)
            await self._send_all(events)
            await self.finish()

    async def _send_all(self, events: Events) -> None:
        op = events.reply.call.op
        assert isinstance(op, StreamOp), "streams of events are made of these"
        heads = _heads(op.events)
        while True:
            try:
                event = await events.__anext__()
            except StopAsyncIteration:
                break
            except FlexError as error:
                log_failure("a relayed stream broke", error)
                return await self._send_error(problem(error, request_id=events.reply.request_id))
            except Exception:
                await self._send_error(_INTERNAL)
                raise
            await self.piece(_frame(heads, event))
        if getattr(events.result, "outcome", None) == "cancelled":  # by the end of its client
            await self._send_error(problem(StreamTruncated("cancelled"), request_id=events.reply.request_id))
        return None

    async def _send_error(self, told: Problem) -> None:
        await self.piece(b"event: error\ndata: %b\n\n" % encode(told))


@cache
def _heads(contract: EventContract[Any, Any]) -> dict[type, bytes]:
    """Give what stands before the data of each kind of event."""
    return {kind: _head(name) for name, kind in contract.types.items()}


def _head(name: str) -> bytes:
    line = " ".join(name.split())  # a name from the payload can hold line ends, which would forge events
    return f"event: {line}\ndata: ".encode(errors="replace")


def _frame(heads: Mapping[type, bytes], event: Any) -> bytes:
    head = heads.get(type(event))
    if head is not None:
        return b"%b%b\n\n" % (head, encode(event))
    return b"%b%b\n\n" % (_head(event.name), encode(event.data))  # of a name that is in no contract
