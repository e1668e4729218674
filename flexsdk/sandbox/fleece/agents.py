"""Fleece agents: list, get and execute."""

from __future__ import annotations

import asyncio
import random
import re
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Agents"]

_SEEDED = (
    ("Email Triager", "email", "gpt-5.2", True),
    ("Calendar Keeper", "calendar", "gpt-5.2", True),
    ("Report Writer", "documents", "claude-opus-4.6", True),
    ("Warehouse Analyst", "data", "claude-opus-4.6", True),
    ("Retired Poster", "social", "gpt-5.2", False),
)
_CREDITS = {"gpt-5.2": 1, "claude-opus-4.6": 10}
"""Credits of one execution, by model."""
_TOOLS = {
    "email": "gmail.search",
    "mail": "gmail.search",
    "calendar": "calendar.list_events",
    "report": "docs.create",
}
"""Word of a task to the tool it calls."""


class Agents:
    """The agents of one user, and the credits they cost."""

    def __init__(self, options: Options, make: Maker) -> None:
        self._options = options
        self._make = make
        self.credits_used = 0
        agents = (self._agent(*seeded) for seeded in _SEEDED)
        self._agents: dict[str, dict[str, Any]] = {agent["id"]: agent for agent in agents}

    def _agent(self, name: str, kind: str, model: str, active: bool) -> dict[str, Any]:
        return {
            "id": self._make.id(),
            "name": name,
            "description": f"{name}: works on {kind}",
            "type": kind,
            "icon": "📧" if kind == "email" else None,
            "model": model,
            "provider": "openai" if model.startswith("gpt") else "anthropic",
            "capabilities": [f"{kind}-assistant", "summarizer"],
            "isActive": active,
            "totalTasksCompleted": 142,
            "totalTasksFailed": 3,
            "averageExecutionTime": 12,
            "lastActiveAt": None,
            "createdAt": self._make.time(),
            "updatedAt": self._make.time(),
        }

    def _find(self, call: Call) -> dict[str, Any]:
        try:
            return self._agents[call.path["agentId"]]
        except KeyError:
            raise Problem(404, "Not found") from None

    async def agents_list(self, _call: Call) -> dict[str, Any]:
        """Answer with all agents."""
        return {"data": list(self._agents.values()), "total": len(self._agents)}

    async def agents_get(self, call: Call) -> dict[str, Any]:
        """Answer with one agent."""
        return self._find(call)

    async def agents_execute(self, call: Call) -> dict[str, Any]:
        """Work for ``execute_seconds``; a task with the word "fail" fails, and costs as well."""
        agent = self._find(call)
        if not agent["isActive"]:
            raise Problem(409, "Agent is not active")
        task = call.body["task"]
        if not task.strip():
            raise Problem(400, "task is required")
        await asyncio.sleep(self._options.execute_seconds)
        self.credits_used += _CREDITS[agent["model"]]
        failed = "fail" in _words(task)
        agent["totalTasksFailed" if failed else "totalTasksCompleted"] += 1
        agent["lastActiveAt"] = agent["updatedAt"] = self._make.time()
        return self._execution(agent, task, failed)

    def _execution(self, agent: dict[str, Any], task: str, failed: bool) -> dict[str, Any]:
        chance = random.Random(f"{self._options.seed}/{agent['id']}/{task}")  # noqa: S311 - equal tasks, equal results
        tools = dict.fromkeys(tool for word, tool in _TOOLS.items() if word in _words(task))
        return {
            "id": self._make.id(),
            "agentId": agent["id"],
            "status": "failed" if failed else "completed",
            "result": None if failed else f"{agent['name']} has done this: {task}",
            "toolCalls": [{"tool": tool, "arguments": {"query": task}} for tool in tools],
            "tokensUsed": chance.randint(200, 2_000),
            "durationMs": round(self._options.execute_seconds * 1000),
            "error": "The task could not be finished" if failed else None,
        }


def _words(task: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", task.lower())}
