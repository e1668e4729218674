"""Flapjack: keys, errors and limits; its sections are modules of their own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Problem
from flexsdk.sandbox.flapjack.agent_attachments import AgentAttachments
from flexsdk.sandbox.flapjack.agent_channels import AgentChannels
from flexsdk.sandbox.flapjack.agent_marketplace import AgentMarketplace
from flexsdk.sandbox.flapjack.agent_settings import AgentSettings
from flexsdk.sandbox.flapjack.agent_suggestions import AgentSuggestions
from flexsdk.sandbox.flapjack.agents import Agents
from flexsdk.sandbox.flapjack.analytics import Analytics
from flexsdk.sandbox.flapjack.chats import Chats
from flexsdk.sandbox.flapjack.code_agents import CodeAgents
from flexsdk.sandbox.flapjack.code_sessions import CodeSessions
from flexsdk.sandbox.flapjack.computers import Computers
from flexsdk.sandbox.flapjack.integrations import Integrations
from flexsdk.sandbox.flapjack.keys import Keys
from flexsdk.sandbox.flapjack.knowledge import Knowledge
from flexsdk.sandbox.flapjack.logs import Logs
from flexsdk.sandbox.flapjack.marketplace import Marketplace, Registry
from flexsdk.sandbox.flapjack.mcps import Mcps
from flexsdk.sandbox.flapjack.participants import ThreadParts
from flexsdk.sandbox.flapjack.plans import Plans
from flexsdk.sandbox.flapjack.projects import Projects
from flexsdk.sandbox.flapjack.runners import Runners
from flexsdk.sandbox.flapjack.skills import Skills
from flexsdk.sandbox.flapjack.threads import Script, Threads
from flexsdk.sandbox.flapjack.tools import Tools
from flexsdk.sandbox.flapjack.traces import Traces
from flexsdk.sandbox.limits import Window

__all__ = ["Flapjack"]

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    422: "VALIDATION_FAILED",
    429: "RATE_LIMITED",
    503: "UNAVAILABLE",
}


class Flapjack(Emulator):
    """Agents, threads and streamed messages.

    ``issue("user")`` makes the token that key management asks for, ``issue(plan="demo")`` a key whose
    writes are stubs: nothing is stored.
    """

    name: ClassVar[str] = "flapjack"
    key_prefix: ClassVar[str] = "fj_"
    user_schemes: ClassVar[frozenset[str]] = frozenset({"supabaseJwt"})
    limit_trio: ClassVar[bool] = False

    def sections(self) -> Sequence[object]:
        """Return all sections, made anew."""
        self.scripts: deque[Script] = deque()
        agents = Agents(self.make)
        threads = Threads(self.options, self.make, agents, self.scripts)
        runners = Runners(self.options, self.make, agents)
        traces = Traces(self.make, agents, runners)
        code_agents = CodeAgents(self.make, agents)
        return (
            agents,
            AgentSettings(agents),
            AgentMarketplace(agents),
            AgentSuggestions(self.make, agents),
            AgentChannels(self.make, agents),
            AgentAttachments(self.make, agents),
            threads,
            ThreadParts(self.make, agents, threads),
            Chats(agents, threads),
            Computers(self.options, self.make, agents),
            Knowledge(self.make, agents),
            Mcps(self.make),
            Integrations(self.make, agents.org_id),
            Tools(self.make, agents.org_id),
            Keys(self),
            Marketplace(agents),
            Registry(),
            *runners.sections(),
            Logs(traces),
            Analytics(self.make, traces),
            Projects(self.make, agents, runners),
            Skills(self.make, agents),
            Plans(self.make, threads),
            code_agents,
            CodeSessions(self.options, self.make, agents, code_agents),
        )

    def script(self, raw: bytes, chunks: Sequence[int] | None = None) -> None:
        """Let the next message be answered with exactly these bytes.

        Args:
            raw: A whole event stream, or a broken one.
            chunks: Sizes in bytes of the pieces that are flushed; the rest is the last piece.
        """
        self.scripts.append((raw, tuple(chunks or ())))

    def error_body(self, problem: Problem) -> Any:
        """Return ``{error, detail}``."""
        code = problem.code or _CODES.get(problem.status, "INTERNAL_ERROR")
        return {"error": code, "detail": problem.message, **problem.extra}

    def refused(self, operation: Operation, problem: Problem) -> Problem:
        """Name a key without a name as the documents do."""
        if operation.id == "keys_create" and problem.param == "name":
            problem.code = "MISSING_NAME"
        return problem

    def windows(self, plan: str) -> Sequence[Window]:
        """Return a generous minute: no figure is documented but that of the computer."""
        return ((6000, 60.0),)
