"""Follow-ups of Flapjack code sessions. Source: docs guides/code-agents; names of fields are inferred."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.structs import CamelParams, Model
from flexsdk.types import CallOptions

__all__ = ["SEND", "CodeSessionMessage", "CodeSessionMessages", "CodeSessionMessageSend"]


class CodeSessionMessage(Model, frozen=True, kw_only=True):
    """A prompt of a session."""

    id: str | None = None
    session_id: str | None = None
    role: str | None = None
    prompt: str | None = None
    status: str | None = None
    created_at: datetime | None = None


class CodeSessionMessageSend(CamelParams, frozen=True, kw_only=True):
    """The body of a follow-up."""

    prompt: str


SEND = Op(
    "code_sessions_messages_send",
    "POST",
    "/api/code-sessions/{session_id}/messages",
    CodeSessionMessage,
    body=CodeSessionMessageSend,
)


class CodeSessionMessages(Resource):
    """Prompts of sessions; reached as ``client.code_sessions.messages``."""

    async def send(self, session_id: str, prompt: str, **options: Unpack[CallOptions]) -> CodeSessionMessage:
        """Send a follow-up to the same workspace; a finished session runs again.

        Right after it, a read may still show the old state: to see the new end, wait for another
        ``updated_at`` or for new events. Not repeated after an ambiguous failure: read the events first.

        Raises:
            Conflict: the session was cancelled, archived, or ended badly; the status for that is inferred.
        """
        return await self._call(SEND, session_id, body=CodeSessionMessageSend(prompt=prompt), **options)
