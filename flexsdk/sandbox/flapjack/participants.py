"""Flapjack threads: who takes part in them, and the state of their computers."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.records import Record
from flexsdk.sandbox.flapjack.threads import Threads
from flexsdk.sandbox.state import Maker

__all__ = ["ThreadParts"]

# Names of a request to members of a participant.
_NAMED_BY = {"participantId": "id", "userId": "user_id", "agentId": "agent_id"}


class ThreadParts:
    """Participants and computers of all threads."""

    def __init__(self, make: Maker, agents: Agents, threads: Threads) -> None:
        self._make = make
        self._agents = agents
        self._threads = threads
        self._participants: dict[str, list[Record]] = {}
        self._computers: dict[str, Record] = {}

    async def threads_participants_list(self, call: Call) -> list[Record]:
        """Answer with the participants in the order they came."""
        return self._of(call)

    async def threads_participants_add(self, call: Call) -> Record:
        """Add a person or an agent, once."""
        present = self._of(call)
        participant = self._participant(call)
        if any(_is_same(participant, each) for each in present):
            raise Problem(422, "Already a participant")
        if stored(call):
            present.append(participant)
        return participant

    async def threads_participants_remove(self, call: Call) -> dict[str, bool]:
        """Remove the participant that the body names."""
        present = self._of(call)
        named = {_NAMED_BY[name]: value for name, value in (call.body or {}).items() if name in _NAMED_BY}
        if not named:
            raise Problem(400, f"Name the participant by one of {', '.join(_NAMED_BY)}")
        gone = [each for each in present if named.items() <= each.items()]
        if stored(call) and not gone:
            raise Problem(404, "Participant not found")
        for each in gone:
            present.remove(each)
        return {"ok": True}

    async def threads_computer_get(self, call: Call) -> Record:
        """Answer with the state, which is empty at first."""
        return self._computers.get(self._thread_id(call), {})

    async def threads_computer_update(self, call: Call) -> Record:
        """Replace the state."""
        thread_id = self._thread_id(call)
        if stored(call):
            self._computers[thread_id] = call.body
        state: Record = call.body
        return state

    def _thread_id(self, call: Call) -> str:
        thread_id = call.path["threadId"]
        return str(self._threads.find(thread_id).thread["id"]) if stored(call) else thread_id

    def _of(self, call: Call) -> list[Record]:
        return self._participants.setdefault(self._thread_id(call), []) if stored(call) else []

    def _participant(self, call: Call) -> dict[str, Any]:
        body = call.body
        if ("userId" in body) == ("agentId" in body):
            raise Problem(422, "Either userId or agentId is required")
        agent = self._agents.find(body["agentId"]) if "agentId" in body else None
        return {
            "id": self._make.id(),
            "thread_id": call.path["threadId"],
            "kind": "agent" if agent else "user",
            "user_id": body.get("userId"),
            "agent_id": body.get("agentId"),
            "role": body.get("role", "member"),
            "display_name": body.get("displayName", agent["name"] if agent else None),
            "created_at": self._make.time(),
        }


def _is_same(one: Record, other: Record) -> bool:
    return (one["user_id"], one["agent_id"]) == (other["user_id"], other["agent_id"])
