"""Persistent computers of agents. Source: seed 004; docs api/computer, guides/external-app-integration.

How an agent's computer is configured stands in ``client.agents.computer``.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Literal, Unpack

from flexsdk.core.jobs import Handle, JobKind, LongWork, Reading, Ref, Rhythm, States
from flexsdk.core.op import Op, Replay, StreamOp
from flexsdk.core.stream import EventStream
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.bodies import revealed
from flexsdk.platforms.flapjack.computer_data import (
    AgentFromTemplate,
    AgentFromTemplateCreate,
    ComputerExecRequest,
    ComputerStatus,
    EnvVar,
    Repo,
    Template,
)
from flexsdk.platforms.flapjack.computer_events import (
    BOOTSTRAP_EVENTS,
    EXEC_EVENTS,
    Bootstrap,
    BootstrapEvent,
    ExecEvent,
    ExecResult,
)
from flexsdk.platforms.flapjack.threads import SILENCE_SECONDS
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "BOOTSTRAP",
    "COMPUTER",
    "CREATE_FROM_TEMPLATE",
    "EXEC",
    "STATUS",
    "Computers",
]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

CREATE_FROM_TEMPLATE = Op(
    "computer_create_from_template",
    "POST",
    "/api/agents/from-template",
    AgentFromTemplate,
    body=AgentFromTemplateCreate,
    replay=Replay.KEYED,
)
STATUS = Op("computer_status", "GET", "/api/agents/{agent_id}/computer/status", ComputerStatus)
BOOTSTRAP: StreamOp[BootstrapEvent, Bootstrap] = StreamOp(
    "computer_bootstrap_stream",
    "GET",
    "/api/agents/{agent_id}/computer/bootstrap/stream",
    None,
    events=BOOTSTRAP_EVENTS,
    timeout=120.0,
)
EXEC: StreamOp[ExecEvent, ExecResult] = StreamOp(
    "computer_exec",
    "POST",
    "/api/agents/{agent_id}/computer/exec",
    None,
    body=ComputerExecRequest,
    events=EXEC_EVENTS,
    timeout=300.0,
    bucket="computer_exec",
)


COMPUTER: JobKind[ComputerStatus] = JobKind(
    name="computer",
    status=lambda computer: computer.status or "unknown",
    reason=lambda computer: "its log is in computers.bootstrap(agent_id)",
    states=States(
        # One that has gone to sleep since was ready before, and wakes with the next command.
        succeeded=frozenset({"ready", "idle", "stopped"}),
        failed=frozenset({"error", "destroyed"}),
    ),
    rhythm=Rhythm(first=12.5, slowest=12.5),
    patience=600.0,
)


class Computers(LongWork[ComputerStatus, AgentFromTemplate | str]):
    """Persistent computers; reached as ``client.computers``.

    A wait, for an agent from a template or its id, ends when the computer has started up. It looks at once
    and then every 10 to 12.5 s, for 600 s in all: the platform itself looks anew every 10 s only. The id to
    ``notify`` with is that of the agent.
    """

    kind = COMPUTER

    async def create_from_template(
        self,
        template: Template,
        *,
        name: str | UnsetType = UNSET,
        repo: Repo | UnsetType = UNSET,
        env: Mapping[str, str | Secret] | UnsetType = UNSET,
        size_class: Literal["small", "medium", "large"] | UnsetType = UNSET,
        webhook_url: str | UnsetType = UNSET,
        external_app_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> AgentFromTemplate:
        """Make an agent with a computer of its own, which then needs 1 to 3 minutes to get ready.

        Safe to repeat: a second call with the same ``external_app_id`` gives the agent that is there. Needs a
        key with the scope ``sandbox:admin``.

        Args:
            template: the image; the known ones are completed, but other words go through.
            name: of the agent.
            repo: cloned and installed at the start.
            env: variables of the computer; values may be :class:`~flexsdk.protocol.redact.Secret`.
            size_class: the platform's default is ``medium``.
            webhook_url: told of the computer's life; https, and reachable from outside.
            external_app_id: your own handle of the agent; without it one is made for this call, or the
                ``idempotency_key`` is taken.

        Raises:
            BadRequest: no such template; the code begins with ``INVALID_TEMP``.
        """
        _check_addresses(repo, webhook_url)
        handle = external_app_id or options.get("idempotency_key") or str(uuid.uuid4())
        options.setdefault("idempotency_key", handle)
        body = AgentFromTemplateCreate(
            template=template,
            name=name,
            repo=repo,
            env_vars=_variables(env),
            size_class=size_class,
            webhook_url=webhook_url,
            external_app_id=handle,
        )
        return await self._call(CREATE_FROM_TEMPLATE, body=body, **options)

    async def status(self, agent_id: str, **options: Unpack[CallOptions]) -> ComputerStatus:
        """Read how a computer stands. Safe to repeat; more often than every 10 seconds brings nothing.

        Raises:
            NotFound: no such agent, or it has no computer.
        """
        return await self._call(STATUS, agent_id, **options)

    def bootstrap(
        self,
        agent_id: str,
        *,
        idle_timeout: float = SILENCE_SECONDS,
        event_timeout: float = SILENCE_SECONDS,
        **options: Unpack[CallOptions],
    ) -> EventStream[BootstrapEvent, Bootstrap]:
        """Follow the newest bootstrap: ``async with computers.bootstrap(id) as events``.

        A second stream may begin again at the top of the log (inferred). The end does not mean success: look
        at ``events.result.status``.

        Args:
            idle_timeout: most seconds without any byte while waiting.
            event_timeout: most seconds without an event while waiting; heartbeats do not count.
            options: ``timeout`` is the time to the first byte, ``deadline`` bounds the whole stream.
        """
        return self._stream(
            BOOTSTRAP, agent_id, idle_timeout=idle_timeout, event_timeout=event_timeout, **options
        )

    def exec(
        self,
        agent_id: str,
        command: str,
        *,
        cwd: str | UnsetType = UNSET,
        command_timeout: float | UnsetType = UNSET,
        env: Mapping[str, str | Secret] | UnsetType = UNSET,
        idle_timeout: float = SILENCE_SECONDS,
        event_timeout: float = SILENCE_SECONDS,
        **options: Unpack[CallOptions],
    ) -> EventStream[ExecEvent, ExecResult]:
        """Run a shell command and stream its output: ``async with computers.exec(id, "…") as events``.

        A stopped computer wakes by itself first. Never run again after the platform may have begun it, and no
        call is known that stops it: whether leaving early does is not documented. The limits of 60 starts a
        minute and 3 at a time for one agent, and of 600 a minute in all, are kept by waiting.

        Args:
            command: a line for the shell.
            cwd: where it runs; inferred.
            command_timeout: seconds that the command may take; inferred.
            env: variables for this command; inferred.
            idle_timeout: most seconds without any byte while waiting.
            event_timeout: most seconds without an event while waiting; heartbeats do not count.
            options: ``timeout`` is the time to the first byte, ``deadline`` bounds the whole stream.

        Raises:
            StreamTruncated: the stream ended without an exit code; the command may still run.
            NotFound: no such agent, or it has no computer.
        """
        if not command.strip():
            raise ConfigError("command is empty: pass a line for the shell")
        body = ComputerExecRequest(
            command=command, cwd=cwd, timeout_ms=_milliseconds(command_timeout), env=revealed(env)
        )
        return self._stream(
            EXEC, agent_id, body=body, idle_timeout=idle_timeout, event_timeout=event_timeout, **options
        )

    def _handle(self, job: AgentFromTemplate | str) -> Handle[ComputerStatus]:
        return Handle(Ref(job if isinstance(job, str) else job.agent.id))

    async def _look(self, ref: Ref) -> Reading[ComputerStatus]:
        return await self._read(STATUS, ref.id)


def _check_addresses(repo: Repo | UnsetType, webhook_url: str | UnsetType) -> None:
    if isinstance(repo, Repo) and not repo.url.startswith("https://github.com/"):
        raise ConfigError("repo.url must begin with https://github.com/: no other host is taken")
    if isinstance(webhook_url, str) and not webhook_url.startswith("https://"):
        raise ConfigError("webhook_url must begin with https://")


def _variables(env: Mapping[str, str | Secret] | UnsetType) -> list[EnvVar] | UnsetType:
    if isinstance(env, UnsetType):
        return UNSET
    for key in env:
        if not _VARIABLE.fullmatch(key):
            raise ConfigError(f"{key!r} is no name of a variable: use letters, digits and underscores")
    return [EnvVar(key=key, value=revealed(value)) for key, value in env.items()]


def _milliseconds(seconds: float | UnsetType) -> int | UnsetType:
    if isinstance(seconds, UnsetType):
        return UNSET
    return max(1, round(check_seconds("command_timeout", seconds) * 1000))
