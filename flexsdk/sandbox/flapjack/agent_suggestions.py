"""Suggestions how to improve a Flapjack agent: generated, added, dismissed and restored."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.state import Maker

__all__ = ["AgentSuggestions"]

Suggestion = dict[str, Any]

_IDEAS = (
    ("Name the tone", "Say in the system prompt how formal the answers should be."),
    ("Add a source", "Three questions of this week had no document to draw on."),
    ("Lower the temperature", "Answers to the same question differ more than they should."),
    ("Offer a way out", "Tell users how to reach a person."),
)
_AT_ONCE = 2
"""Suggestions that one call generates."""


class AgentSuggestions:
    """The suggestions of all agents; the first agent has some, one of them dismissed."""

    def __init__(self, make: Maker, agents: Agents) -> None:
        self._make = make
        self._agents = agents
        self._suggestions: defaultdict[str, list[Suggestion]] = defaultdict(list)
        first = next(iter(agents.agents))
        self._suggestions[first] = self._generated(first)
        _dismiss(self._suggestions[first][0], make.time())

    async def agents_suggestions_list(self, call: Call) -> list[Suggestion]:
        """Answer with what was not dismissed, or with all."""
        every = call.query.get("includeDismissed") == "true"
        return [each for each in self._of(call) if every or each["dismissed_at"] is None]

    async def agents_suggestions_create(self, call: Call) -> dict[str, list[Suggestion]]:
        """Generate suggestions, or add the one that has a title."""
        found = self._of(call)
        agent_id, body = call.path["agentId"], call.body or {}
        if "title" in body:
            made = [self._made(agent_id, str(body["title"]), str(body.get("content", "")))]
        else:
            made = self._generated(agent_id)
        if stored(call):
            found.extend(made)
        return {"suggestions": made}

    async def agents_suggestions_set_dismissed(self, call: Call) -> Suggestion:
        """Dismiss a suggestion, or restore it; dismissing it twice keeps the first time."""
        wanted = call.body.get("suggestionId")
        if wanted is None:
            raise Problem(422, "suggestionId is required", param="suggestionId")
        found = next((each for each in self._of(call) if each["id"] == wanted), None)
        if found is None:
            raise Problem(404, "Suggestion not found")
        suggestion = found if stored(call) else dict(found)
        dismissed = call.body.get("dismissed", True)
        _dismiss(suggestion, (found["dismissed_at"] or self._make.time()) if dismissed else None)
        return suggestion

    def _of(self, call: Call) -> list[Suggestion]:
        return self._suggestions[self._agents.find(call.path["agentId"])["id"]]

    def _generated(self, agent_id: str) -> list[Suggestion]:
        start = len(self._suggestions[agent_id])
        ideas = [_IDEAS[number % len(_IDEAS)] for number in range(start, start + _AT_ONCE)]
        return [self._made(agent_id, title, content) for title, content in ideas]

    def _made(self, agent_id: str, title: str, content: str) -> Suggestion:
        return {
            "id": self._make.id(),
            "agent_id": agent_id,
            "title": title,
            "content": content,
            "status": "open",
            "dismissed_at": None,
            "created_at": self._make.time(),
        }


def _dismiss(suggestion: Suggestion, moment: str | None) -> None:
    suggestion |= {"dismissed_at": moment, "status": "open" if moment is None else "dismissed"}
