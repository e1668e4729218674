"""Timelines of Flapjack code sessions. Source: docs guides/code-agents; names of fields are inferred."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.cursor import SinglePage
from flexsdk.structs import Model, Page
from flexsdk.types import CallOptions

__all__ = ["LIST_EVENTS", "CodeSessionEvent", "CodeSessionEvents"]


class CodeSessionEvent(Model, frozen=True, kw_only=True):
    """Something that happened in a session: output, a tool call, an edit of a file.

    The words of ``type`` are not published, and ``payload`` is any JSON.
    """

    id: str | None = None
    session_id: str | None = None
    message_id: str | None = None
    type: str | None = None
    payload: Any = None
    created_at: datetime | None = None


LIST_EVENTS = Op(
    "code_sessions_events_list",
    "GET",
    "/api/code-sessions/{session_id}/events",
    Page[CodeSessionEvent],
    query=("after", "limit"),
    envelope=LIST,
    pages=SinglePage(limit="limit"),
)


class CodeSessionEvents(Resource):
    """What happened in sessions; reached as ``client.code_sessions.events``."""

    def list(
        self,
        session_id: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[CodeSessionEvent]:
        """List the events of a session so far, oldest first; the platform sends one page. Safe to repeat.

        Args:
            after: the id of an event, to read only what followed. Whether the platform heeds it is inferred:
                tell events you have seen by their id.
            limit: 1 or more; inferred.
        """
        if limit is not None and limit < 1:
            raise ConfigError(f"limit must be 1 or more, not {limit!r}")
        return self._pages(LIST_EVENTS, session_id, query={"after": after}, limit=limit, **options)
