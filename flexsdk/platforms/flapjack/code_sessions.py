"""Flapjack code sessions. Source: seed 004, "Code Sessions"; docs guides/code-agents.

The states are documented; names of fields, in bodies and answers, are inferred.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias, Unpack

from flexsdk.core.jobs import Handle, JobKind, Listing, LongWork, Reading, Ref, States
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.poller import Waiter
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.code_session_events import CodeSessionEvents
from flexsdk.platforms.flapjack.code_session_messages import CodeSessionMessage, CodeSessionMessages
from flexsdk.platforms.flapjack.code_session_timeline import CodeSessionTimeline
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "ARCHIVE",
    "CANCEL",
    "GET",
    "LIST_SESSIONS",
    "SESSION",
    "START",
    "UPDATE",
    "CodeSession",
    "CodeSessions",
    "CodeSessionStart",
    "CodeSessionUpdate",
]

SessionStatus: TypeAlias = (
    Literal["pending", "creating", "running", "finished", "error", "cancelled", "expired"] | str
)


class CodeSession(Model, frozen=True, kw_only=True):
    """A session of coding in a repository.

    It goes from ``pending`` over ``creating`` and ``running`` to ``finished``, ``error``, ``cancelled`` or
    ``expired``; a follow-up makes a finished one run again. ``error`` may be a text or an object.
    ``messages`` may come with a single read only.
    """

    id: str
    status: SessionStatus
    org_id: str | None = None
    code_agent_id: str | None = None
    title: str | None = None
    repo_url: str | None = None
    starting_ref: str | None = None
    model_id: str | None = None
    branch_name: str | None = None
    pr_url: str | None = None
    error: Any = None
    archived_at: datetime | None = None
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    messages: list[CodeSessionMessage] = []


class CodeSessionStart(CamelParams, frozen=True, kw_only=True):
    """The body of a start. The Cursor key does not show in its ``repr``."""

    code_agent_id: str
    prompt: str
    repo_url: str | UnsetType = UNSET
    starting_ref: str | UnsetType = UNSET
    model_id: str | UnsetType = UNSET
    auto_create_pr: bool | UnsetType = UNSET
    cursor_api_key: str | UnsetType = UNSET
    title: str | UnsetType = UNSET

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"CodeSessionStart(code_agent_id={self.code_agent_id!r}, prompt={self.prompt!r}, …)"


class CodeSessionUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays."""

    title: str | UnsetType = UNSET


_SESSION = "/api/code-sessions/{session_id}"

LIST_SESSIONS = Op(
    "code_sessions_list",
    "GET",
    "/api/code-sessions",
    Page[CodeSession],
    query=("orgId", "codeAgentId", "status"),
    envelope=LIST,
)
START = Op("code_sessions_start", "POST", "/api/code-sessions", CodeSession, body=CodeSessionStart)
GET = Op("code_sessions_get", "GET", _SESSION, CodeSession)
UPDATE = Op("code_sessions_update", "PATCH", _SESSION, CodeSession, body=CodeSessionUpdate)
CANCEL = Op("code_sessions_cancel", "POST", f"{_SESSION}/cancel", CodeSession)
ARCHIVE = Op("code_sessions_archive", "POST", f"{_SESSION}/archive", CodeSession)


SESSION: JobKind[CodeSession] = JobKind(
    name="code session",
    status=lambda session: session.status,
    reason=lambda session: None if session.error is None else str(session.error),
    states=States(succeeded=frozenset({"finished"}), failed=frozenset({"error", "cancelled", "expired"})),
    patience=1_800.0,
)

SessionName: TypeAlias = CodeSession | CodeSessionMessage | str
"""Whatever names a session; after a follow-up the message, or the session as it stood before."""

DOUBT_SECONDS = 10.0
"""For how long a session that may be about to run again is not taken for finished."""


class CodeSessions(LongWork[CodeSession, SessionName]):
    """Sessions of code agents; reached as ``client.code_sessions``.

    A wait looks after 2 s, 4 s, 8 s and so on up to 15 s, for 1,800 s in all; a session runs for minutes. A
    follow-up makes a finished session run again, and a read right after it may still show the old end:
    wait for the message that ``messages.send`` gives, or for the session as you had it. ``finished`` then
    counts once the session was seen at work, or after 10 s. Many sessions are read through the list.
    """

    kind = SESSION

    @cached_property
    def messages(self) -> CodeSessionMessages:
        """Follow-ups of sessions."""
        return CodeSessionMessages(self._client)

    @cached_property
    def events(self) -> CodeSessionEvents:
        """The timelines of sessions."""
        return CodeSessionEvents(self._client)

    async def start(
        self,
        code_agent_id: str,
        prompt: str,
        *,
        repo_url: str | UnsetType = UNSET,
        starting_ref: str | UnsetType = UNSET,
        model_id: str | UnsetType = UNSET,
        auto_create_pr: bool | UnsetType = UNSET,
        cursor_api_key: str | Secret | UnsetType = UNSET,
        title: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodeSession:
        """Start a session with its first prompt; the answer comes at once, with the status ``pending``.

        The work costs what the model costs. Not repeated after an ambiguous failure, for a repeat starts a
        second session: list the sessions first.

        Args:
            repo_url: in place of the template's, like ``starting_ref``, ``model_id`` and ``auto_create_pr``.
            cursor_api_key: a Cursor key of yours; the platform keeps it until the session is archived.

        Raises:
            NotFound: no such template.
        """
        body = CodeSessionStart(
            code_agent_id=code_agent_id,
            prompt=prompt,
            repo_url=repo_url,
            starting_ref=starting_ref,
            model_id=model_id,
            auto_create_pr=auto_create_pr,
            cursor_api_key=cursor_api_key.reveal() if isinstance(cursor_api_key, Secret) else cursor_api_key,
            title=title,
        )
        return await self._call(START, body=body, **options)

    async def get(self, session_id: str, **options: Unpack[CallOptions]) -> CodeSession:
        """Read one session. Safe to repeat."""
        return await self._call(GET, session_id, **options)

    async def update(
        self, session_id: str, *, title: str | UnsetType = UNSET, **options: Unpack[CallOptions]
    ) -> CodeSession:
        """Change the title of a session.

        Not repeated after an ambiguous failure; calling again is harmless.
        """
        return await self._call(UPDATE, session_id, body=CodeSessionUpdate(title=title), **options)

    async def cancel(self, session_id: str, **options: Unpack[CallOptions]) -> CodeSession:
        """End a session before its time; what it has cost stays spent.

        Not repeated after an ambiguous failure: read the session, then decide.

        Raises:
            Conflict: the session has ended already; the status for that is inferred.
        """
        return await self._call(CANCEL, session_id, **options)

    async def archive(self, session_id: str, **options: Unpack[CallOptions]) -> CodeSession:
        """Put a session away and clear its stored Cursor key, which ends follow-ups (inferred).

        Not repeated after an ambiguous failure; calling again is harmless.
        """
        return await self._call(ARCHIVE, session_id, **options)

    def list(
        self,
        *,
        org_id: str | None = None,
        code_agent_id: str | None = None,
        status: SessionStatus | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[CodeSession]:
        """List sessions; the platform sends one page. Safe to repeat.

        Args:
            org_id: the organization, for callers in several. Inferred, as are the others.
            code_agent_id: only sessions of this template.
            status: only sessions in this state.
        """
        query = {"orgId": org_id, "codeAgentId": code_agent_id, "status": status}
        return self._pages(LIST_SESSIONS, query=query, **options)

    def follow(self, session: SessionName, *, timeout: float | None = None) -> CodeSessionTimeline:
        """Iterate over what happens in a session, from its beginning to its end.

        The platform documents no stream: session and timeline are read again and again, as often as in a
        wait. Each event comes once.

        Args:
            timeout: seconds in all; by default as in :meth:`wait`.
        """
        handle = self._handle(session)
        waiter = Waiter(self._poller, [handle], timeout=timeout, every=True)
        return CodeSessionTimeline(waiter, lambda: self.events.list(handle.ref.id).collect())

    def _handle(self, job: SessionName) -> Handle[CodeSession]:
        if isinstance(job, str):
            return Handle(Ref(job))
        if isinstance(job, CodeSession):
            reopens = self.kind.meaning(job) == "succeeded"
            return Handle(Ref(job.id), job, DOUBT_SECONDS if reopens else 0.0)
        if job.session_id is None:
            raise ConfigError("this message does not tell its session; hand in the session")
        return Handle(Ref(job.session_id), doubt=DOUBT_SECONDS)

    async def _look(self, ref: Ref) -> Reading[CodeSession]:
        return await self._read(GET, ref.id)

    def _listing(self) -> Listing[CodeSession]:
        return Listing(lambda _: self.list(), id=lambda session: session.id, whole=lambda _: True)
