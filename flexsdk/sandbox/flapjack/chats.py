"""Flapjack agents as public chats: publish, unpublish, and what visitors do without a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.threads import Conversation, Threads

__all__ = ["Chats"]

_SEEDED = ("Onboarding Guide", {"slug": "help", "title": "Help"})
"""An agent that is public from the start."""


@dataclass(slots=True)
class _Chat:
    shown: dict[str, Any]
    agent_id: str
    threads: set[str] = field(default_factory=set)
    """Ids of the conversations of its visitors."""


class Chats:
    """The public chats of one organization, by slug."""

    def __init__(self, agents: Agents, threads: Threads) -> None:
        self._agents = agents
        self._threads = threads
        self._chats: dict[str, _Chat] = {}
        for agent in agents.agents.values():
            if agent["name"] == _SEEDED[0]:
                self._open(agent["id"], _shown(_SEEDED[1]))

    async def agents_publish(self, call: Call) -> dict[str, Any]:
        """Put an agent under a slug that no other agent has; its chat of before goes offline."""
        agent_id = self._agents.find(call.path["agentId"])["id"]
        slug = call.body["slug"]
        known = self._chats.get(slug)
        if known and known.agent_id != agent_id:
            raise Problem(422, f"The slug {slug!r} is taken")
        shown = _shown(call.body)
        if stored(call):
            self._close(agent_id)
            self._open(agent_id, shown)
        return shown

    async def agents_unpublish(self, call: Call) -> dict[str, bool]:
        """Take the chat of an agent offline."""
        agent_id = self._agents.find(call.path["agentId"])["id"]
        if stored(call):
            if not self._close(agent_id):
                raise Problem(404, "The agent is not published")
            self._show(agent_id)
        return {"ok": True}

    async def public_chat_get(self, call: Call) -> dict[str, Any]:
        """Answer with what a chat tells of itself."""
        return self._find(call).shown

    async def public_chat_threads_create(self, call: Call) -> dict[str, Any]:
        """Start a conversation of a visitor."""
        chat = self._find(call)
        thread = self._threads.open(chat.agent_id, {})
        chat.threads.add(thread["id"])
        return thread

    async def public_chat_send_message(self, call: Call) -> Answer:
        """Answer with a stream, as in a thread of one's own; visitors bring no tools."""
        message = {"content": call.body["content"]}
        return self._threads.answer(message, lambda: self._conversation(call))

    async def public_chat_stop(self, call: Call) -> dict[str, bool]:
        """End the answers in progress."""
        return self._conversation(call).stop()

    def _find(self, call: Call) -> _Chat:
        chat = self._chats.get(call.path["slug"])
        if chat is None or not chat.shown["is_active"] or chat.agent_id not in self._agents.agents:
            raise Problem(404, "Chat not found")
        if chat.shown["visibility"] == "private":
            raise Problem(403, "This chat is for verified sessions")
        return chat

    def _conversation(self, call: Call) -> Conversation:
        if call.path["threadId"] not in self._find(call).threads:
            raise Problem(404, "Thread not found")
        return self._threads.find(call.path["threadId"])

    def _open(self, agent_id: str, shown: dict[str, Any]) -> None:
        self._chats.setdefault(shown["slug"], _Chat(shown, agent_id)).shown = shown
        self._show(agent_id)

    def _close(self, agent_id: str) -> bool:
        """Take the chats of an agent offline and tell whether there were any."""
        open_ = [each for each in self._of(agent_id) if each.shown["is_active"]]
        for chat in open_:
            chat.shown = chat.shown | {"is_active": False}
        return bool(open_)

    def _of(self, agent_id: str) -> list[_Chat]:
        return [chat for chat in self._chats.values() if chat.agent_id == agent_id]

    def _show(self, agent_id: str) -> None:
        """Write the chats of an agent into the agent."""
        self._agents.agents[agent_id]["published_chats"] = [
            {"slug": chat.shown["slug"], "is_active": chat.shown["is_active"]} for chat in self._of(agent_id)
        ]


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "slug": body["slug"],
        "visibility": body.get("visibility", "public"),
        "title": body.get("title"),
        "description": body.get("description"),
        "is_active": True,
    }
