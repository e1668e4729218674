"""Flapjack code sessions: start, follow-ups, timeline, cancel and archive; they move on by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.code_agents import CodeAgents
from flexsdk.sandbox.flapjack.code_turns import Turn
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["CodeSessions"]

_ACTIVE = ("pending", "creating", "running")

Item = dict[str, Any]


@dataclass(slots=True)
class _Session:
    head: Item
    """The members that do not follow from the turns."""
    opens_pr: bool
    turns: list[Turn]


class CodeSessions:
    """The sessions of one organization; the Cursor keys sent with them are kept nowhere."""

    def __init__(self, options: Options, make: Maker, agents: Agents, code_agents: CodeAgents) -> None:
        self._options = options
        self._make = make
        self._org_id = agents.org_id
        self._code_agents = code_agents
        self._sessions: dict[str, _Session] = {}

    async def code_sessions_list(self, call: Call) -> list[Item]:
        """Answer with a bare array, newest first, without the messages."""
        wanted = {
            member: call.query[name]
            for name, member in (("orgId", "org_id"), ("codeAgentId", "code_agent_id"), ("status", "status"))
            if name in call.query
        }
        shown = [self._shown(session) for session in reversed(self._sessions.values())]
        return [each for each in shown if all(each[name] == value for name, value in wanted.items())]

    async def code_sessions_start(self, call: Call) -> Item:
        """Start a session of a template."""
        template = self._code_agents.find(call.body["codeAgentId"])
        head = self._head(template, call.body)
        opens_pr = call.body.get("autoCreatePr", template["auto_create_pr"])
        session = _Session(head, opens_pr, [self._turn(head["id"], call.body["prompt"], first=True)])
        if stored(call):
            self._sessions[head["id"]] = session
        return self._shown(session)

    async def code_sessions_get(self, call: Call) -> Item:
        """Answer with one session and its messages."""
        session = self._find(call)
        return self._shown(session) | {"messages": [turn.message for turn in session.turns]}

    async def code_sessions_update(self, call: Call) -> Item:
        """Change the title."""
        return self._changed(call, {"title": call.body["title"]} if "title" in call.body else {})

    async def code_sessions_messages_send(self, call: Call) -> Item:
        """Go on with a follow-up; only in a session that works, or has finished well."""
        session = self._find(call)
        status = session.turns[-1].status(self._options.clock())
        if session.head["archived_at"] is not None:
            raise Problem(409, "The session is archived, and its Cursor key is cleared")
        if status not in (*_ACTIVE, "finished"):
            raise Problem(409, f"The session is {status}")
        turn = self._turn(session.head["id"], call.body["prompt"], first=False)
        if stored(call):
            session.turns.append(turn)
            session.head["updated_at"] = self._make.time()
        return turn.message

    async def code_sessions_events_list(self, call: Call) -> list[Item]:
        """Answer with the timeline so far, or what of it came after an event."""
        now = self._options.clock()
        events = [event for turn in self._find(call).turns for event in turn.events(now)]
        ids = [event["id"] for event in events]
        after = call.query.get("after")
        start = ids.index(after) + 1 if after in ids else 0
        limit = max(0, call.query.get("limit", len(events)))
        return events[start : start + limit]

    async def code_sessions_cancel(self, call: Call) -> Item:
        """End a session that has not ended."""
        session = self._find(call)
        now = self._options.clock()
        status = session.turns[-1].status(now)
        if status not in _ACTIVE:
            raise Problem(409, f"The session is {status} already")
        if stored(call):
            session.turns[-1].cancel(now)
        return self._changed(call, {})

    async def code_sessions_archive(self, call: Call) -> Item:
        """Put a session away; again changes nothing."""
        archived = self._find(call).head["archived_at"] or self._make.time()
        return self._changed(call, {"archived_at": archived})

    def _find(self, call: Call) -> _Session:
        try:
            return self._sessions[call.path["sessionId"]]
        except KeyError:
            raise Problem(404, "Code session not found") from None

    def _changed(self, call: Call, members: Item) -> Item:
        session = self._find(call)
        head = session.head | members | {"updated_at": self._make.time()}
        if stored(call):
            session.head = head
        return self._shown(_Session(head, session.opens_pr, session.turns))

    def _turn(self, session_id: str, prompt: str, *, first: bool) -> Turn:
        if not prompt.strip():
            raise Problem(400, "prompt is required")
        now, seconds = self._options.clock(), self._options.run_seconds
        return Turn.begin(self._make, session_id, prompt, now=now, seconds=seconds, first=first)

    def _head(self, template: Item, body: Item) -> Item:
        now = self._make.time()
        return {
            "id": self._make.id(),
            "org_id": self._org_id,
            "code_agent_id": template["id"],
            "title": body.get("title"),
            "repo_url": body.get("repoUrl", template["default_repo_url"]),
            "starting_ref": body.get("startingRef", template["default_starting_ref"]),
            "model_id": body.get("modelId", template["model_id"]),
            "archived_at": None,
            "created_by": None,
            "created_at": now,
            "updated_at": now,
        }

    def _shown(self, session: _Session) -> Item:
        status = session.turns[-1].status(self._options.clock())
        branch = None if status in ("pending", "creating") else f"flapjack/{session.head['id'][:8]}"
        repo = session.head["repo_url"]
        opened = session.opens_pr and repo and status == "finished"
        return {
            **session.head,
            "status": status,
            "branch_name": branch,
            "pr_url": f"{repo}/pull/{len(session.turns)}" if opened else None,
            "error": "The prompt asked for a failure" if status == "error" else None,
        }
