"""Flapjack's persistent computers: made from a template, started up, and given commands.

A computer needs ``run_seconds`` to start up, or less when somebody reads the stream of its start to the end.
An install command with the word fail lets it fail. After two hours without a command it stops, and the next
one wakes it.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from flexsdk.sandbox.defaults import sse
from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.shell import Event, Shell
from flexsdk.sandbox.limits import Limiter, Window
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Computers"]

_TEMPLATES = ("node-playwright", "python-jupyter", "nextjs-fullstack", "rust-cargo", "blank")
_STOPS_AFTER = 7_200.0
_PER_AGENT: Window = (60, 60.0)
_PER_ORGANIZATION: Window = (600, 60.0)
_AT_A_TIME = 3
_OUTSIDE = re.compile(r"https://(?!localhost\b|127\.|10\.|192\.168\.|\[)[a-z0-9]", re.IGNORECASE)
"""Addresses that the documents take; loopback and private ones are refused."""
_HOME = "/workspace"
_LONGEST_COMMAND = 600.0
"""Seconds; the documents name no figure."""
_CONFIG = {"enabled": True, "provider": "tensorlake", "mode": "persistent", "scope": "agent"}
_SEEDED = {"Code Reviewer": 0.0, "Data Analyst": 3 * 3_600.0}
"""Agents that have a computer from the start, and the seconds for which it has been idle."""


class _Run:
    """A command that runs; the stream of its output holds it."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Computer:
    agent_id: str
    limiter: Limiter
    used: float
    """When the last command ended, or the start."""
    ready_at: float
    template: str = "blank"
    run_id: str = ""
    env: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    fails: bool = False
    runs: WeakSet[_Run] = field(default_factory=WeakSet)
    """Weak, so that also a stream that nobody ever reads is counted only while it is there."""

    def status(self, now: float) -> str:
        """Return the word for how it stands."""
        if now < self.ready_at:
            return "bootstrapping"
        if self.fails:
            return "error"
        return "stopped" if not self.runs and now - self.used >= _STOPS_AFTER else "ready"


class Computers:
    """The computers of one organization."""

    def __init__(self, options: Options, make: Maker, agents: Agents) -> None:
        self._options = options
        self._make = make
        self._agents = agents
        self._computers: dict[str, _Computer] = {}
        self._by_handle: dict[str, str] = {}
        """Handle of the caller to agent."""
        self._limited = "flapjack" not in (options.limits or {})
        self._limiter = self._new_limiter(_PER_ORGANIZATION)
        for agent in agents.agents.values():
            if agent["name"] in _SEEDED:
                agent["computer"] = {**_CONFIG, "size_class": "medium"}
                self._furnish(agent["id"], used=options.clock() - _SEEDED[agent["name"]])

    async def computer_create_from_template(self, call: Call) -> Answer:
        """Make an agent and start its computer; a handle that was used before gives the agent of then."""
        body = call.body
        _check(body)
        known = self._by_handle.get(body.get("externalAppId", ""))
        if known in self._agents.agents:
            return Answer(200, {**self._shown(known), "idempotent": True})
        agent = self._agents.add(call, {"name": body.get("name", body["template"])})
        agent["computer"] = {**_CONFIG, "size_class": body.get("sizeClass", "medium")}
        computer = self._begin(agent["id"], body)
        made = self._result(agent, computer)
        if not stored(call):
            del self._computers[agent["id"]]
        elif "externalAppId" in body:
            self._by_handle[body["externalAppId"]] = agent["id"]
        return Answer(201, made)

    async def computer_status(self, call: Call) -> dict[str, Any]:
        """Answer with how the computer stands at this moment; the ten seconds of the cache are left out."""
        computer = self._find(call)
        status = computer.status(self._options.clock())
        server = {"port": 3000, "listening": True} if status == "ready" else None
        return {
            "computer": {"agent_id": computer.agent_id, "status": status},
            "signals": {"devServer": server, "disk": {"used_bytes": 1_048_576}, "lastTest": None},
            "cached_at": self._make.time(),
        }

    async def computer_bootstrap_stream(self, call: Call) -> Answer:
        """Stream the log of the start from its beginning; the computer is ready at its end."""
        return _stream(self._bootstrap(self._find(call)))

    async def computer_exec(self, call: Call) -> Answer:
        """Run a command and stream what it says."""
        computer = self._find(call)
        status = computer.status(self._options.clock())
        if status in ("bootstrapping", "error"):
            raise Problem(409, f"The computer is in the state {status}")
        shell = self._shell(computer, call.body)
        commands = shell.parse(call.body["command"])
        self._admit(computer)
        run = _Run()
        computer.runs.add(run)
        return _stream(self._exec(computer, run, shell.run(commands)))

    def _begin(self, agent_id: str, body: Mapping[str, Any]) -> _Computer:
        now = self._options.clock()
        repo = body.get("repo", {})
        computer = self._furnish(agent_id, used=now)
        computer.ready_at = now + self._options.run_seconds
        computer.template = body["template"]
        computer.run_id = self._make.id()
        computer.env = {each["key"]: each["value"] for each in body.get("envVars", ())}
        computer.fails = "fail" in repo.get("installCmd", "")
        computer.log = _log(body["template"], repo, fails=computer.fails)
        return computer

    def _furnish(self, agent_id: str, *, used: float) -> _Computer:
        limiter = self._new_limiter(_PER_AGENT)
        computer = _Computer(agent_id=agent_id, limiter=limiter, used=used, ready_at=used)
        self._computers[agent_id] = computer
        return computer

    def _new_limiter(self, window: Window) -> Limiter:
        return Limiter([window] if self._limited else [], sliding=self._options.sliding, longest=False)

    def _find(self, call: Call) -> _Computer:
        agent = self._agents.find(call.path["agentId"])
        found = self._computers.get(agent["id"])
        if found is None and agent["computer"].get("enabled"):
            return self._furnish(agent["id"], used=self._options.clock())
        if found is None:
            raise Problem(404, "The agent has no computer")
        return found

    def _shown(self, agent_id: str) -> dict[str, Any]:
        return self._result(self._agents.find(agent_id), self._computers[agent_id])

    def _result(self, agent: Mapping[str, Any], computer: _Computer) -> dict[str, Any]:
        status = computer.status(self._options.clock())
        return {
            "agent": {name: agent[name] for name in ("id", "org_id", "name")},
            "computer": {"agent_id": agent["id"], "status": status},
            "bootstrapRunId": computer.run_id,
            "template": computer.template,
        }

    def _admit(self, computer: _Computer) -> None:
        """Refuse a command above the limits."""
        now = self._options.clock()
        if self._limited and len(computer.runs) >= _AT_A_TIME:
            raise Problem(
                429, f"{_AT_A_TIME} commands run on this computer already", headers={"Retry-After": "1"}
            )
        for limiter in (computer.limiter, self._limiter):
            verdict = limiter.take(now)
            if verdict and verdict.wait:
                after = {"Retry-After": str(math.ceil(verdict.wait))}
                raise Problem(429, f"{verdict.limit} commands a minute", headers=after)

    def _shell(self, computer: _Computer, body: Mapping[str, Any]) -> Shell:
        return Shell(
            cwd=body.get("cwd", _HOME),
            env={**computer.env, **body.get("env", {})},
            timeout=body.get("timeoutMs", _LONGEST_COMMAND * 1000) / 1000,
            pause=self._options.token_delay,
        )

    async def _exec(
        self, computer: _Computer, run: _Run, output: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        # The run is an argument so that it lives, and counts, as long as this stream.
        computer.used = self._options.clock()
        try:
            yield "exec_started", {"execId": self._make.id()}
            async with aclosing(output):
                async for event in output:
                    yield event
        finally:
            computer.used = self._options.clock()

    async def _bootstrap(self, computer: _Computer) -> AsyncGenerator[Event, None]:
        if computer.status(self._options.clock()) == "bootstrapping":
            yield "status", {"status": "bootstrapping"}
        for line in computer.log:
            await asyncio.sleep(self._options.token_delay)
            yield "log", {"chunk": line}
        computer.ready_at = min(computer.ready_at, self._options.clock())
        yield "status", {"status": computer.status(self._options.clock())}
        yield "done", {}


def _check(body: Mapping[str, Any]) -> None:
    """Refuse what the documents refuse."""
    if body["template"] not in _TEMPLATES:
        known = ", ".join(_TEMPLATES)
        raise Problem(400, f"template has to be one of {known}", code="INVALID_TEMPLATE", param="template")
    if "repo" in body and not body["repo"].get("url", "").startswith("https://github.com/"):
        raise Problem(400, "repo.url has to begin with https://github.com/", param="repo.url")
    if "webhookUrl" in body and not _OUTSIDE.match(body["webhookUrl"]):
        raise Problem(400, "webhookUrl has to be https and reachable from outside", param="webhookUrl")


def _log(template: str, repo: Mapping[str, Any], *, fails: bool) -> list[str]:
    lines = [f"Starting {template}\n"]
    if repo:
        lines.append(f"Cloning {repo['url']} at {repo.get('branch', 'main')}\n")
    if "installCmd" in repo:
        lines += [f"$ {repo['installCmd']}\n", "exited with 1\n" if fails else "exited with 0\n"]
    return lines


def _stream(events: AsyncGenerator[Event, None]) -> Answer:
    """Answer with events whose type stands in the event line and in the data."""

    async def body() -> AsyncGenerator[bytes, None]:
        async with aclosing(events):
            async for name, data in events:
                yield sse(name, {"type": name, **data})

    return Answer(200, body=body(), content_type="text/event-stream", headers={"Cache-Control": "no-cache"})
