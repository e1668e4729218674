"""Flapjack logs: the traces of turns and runs. Source: seed 004, "Logs"; docs api/logs."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar, Unpack, get_args

import msgspec

from flexsdk.codec import Envelope
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.traces import TraceDetail, TraceSummary
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Page
from flexsdk.types import CallOptions

__all__ = ["GET", "LIST_TRACES", "MAX_TRACES", "Logs"]

T = TypeVar("T")

MAX_TRACES = 200
"""Traces on one page."""


class _Traces(msgspec.Struct, Generic[T], frozen=True):
    traces: list[T]
    next_cursor: str | None = msgspec.field(name="nextCursor", default=None)


def _wire(page: Any) -> Any:
    (item,) = get_args(page)
    return _Traces[item]  # type: ignore[valid-type]  # made at run time


def _peel(wire: _Traces[Any]) -> Page[Any]:
    return Page(items=wire.traces, next_cursor=wire.next_cursor)


TRACES = Envelope(_wire, _peel)
"""``{traces, nextCursor}``; no cursor, or null, on the last page (inferred)."""

LIST_TRACES = Op(
    "logs_list",
    "GET",
    "/api/logs",
    Page[TraceSummary],
    query=("limit", "cursor", "agent_id", "runner_id", "thread_id", "run_id", "status", "q"),
    envelope=TRACES,
    pages=CURSOR,
)
GET = Op("logs_get", "GET", "/api/logs/{trace_id}", TraceDetail)


class Logs(Resource):
    """Traces of turns and runs; reached as ``client.logs``."""

    async def get(self, trace_id: str, **options: Unpack[CallOptions]) -> TraceDetail:
        """Read one trace with spans and evaluations; ``tree()`` of it arranges the spans. Safe to repeat."""
        return await self._call(GET, trace_id, **options)

    def list(
        self,
        *,
        agent_id: str | None = None,
        runner_id: str | None = None,
        thread_id: str | None = None,
        run_id: str | None = None,
        status: Literal["running", "ok", "error"] | None = None,
        q: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[TraceSummary]:
        """List traces, newest first (inferred). Safe to repeat.

        To follow new traces, read the first page again and tell them by id; a cursor leads to older ones.
        Right after the start of a run its trace may not be there yet.

        Args:
            run_id: only the traces of this run of a runner.
            q: only traces with this text in the name.
            limit: 1 to 200 a page; the platform's default is 50.
            cursor: from ``pages.cursor``, to go on after a page.
        """
        if limit is not None and not 1 <= limit <= MAX_TRACES:
            raise ConfigError(f"limit must be 1 to {MAX_TRACES}, not {limit!r}")
        query = {
            "agent_id": agent_id,
            "runner_id": runner_id,
            "thread_id": thread_id,
            "run_id": run_id,
            "status": status,
            "q": q,
        }
        return self._pages(LIST_TRACES, query=query, limit=limit, cursor=cursor, **options)
