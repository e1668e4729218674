"""What a computer says: the output of a command, and the log of a bootstrap.

Source: seed 004; docs api/computer, guides/external-app-integration; the vendor's skill file. No source tells
whether the type stands in the ``event:`` line or in the data, so both are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from flexsdk.core.events import Ending, EventContract
from flexsdk.platforms.flapjack.events import Error, UnknownEvent, unknown_event
from flexsdk.structs import CamelModel, Model

__all__ = [
    "BOOTSTRAP_EVENTS",
    "EXEC_EVENTS",
    "Bootstrap",
    "BootstrapDone",
    "BootstrapEvent",
    "BootstrapLog",
    "BootstrapStatus",
    "ComputerState",
    "ExecEvent",
    "ExecExit",
    "ExecResult",
    "ExecStarted",
    "ExecStderr",
    "ExecStdout",
]

ComputerState = Literal["bootstrapping", "ready", "idle", "stopped", "destroyed", "error"] | str
"""How a computer stands; ``idle`` and ``stopped`` ones wake by themselves, ``destroyed`` is final."""


class ExecStarted(CamelModel, frozen=True, kw_only=True):
    """The command runs; its id is inferred."""

    exec_id: str | None = None


class ExecStdout(CamelModel, frozen=True, kw_only=True):
    """A piece of the standard output."""

    chunk: str


class ExecStderr(CamelModel, frozen=True, kw_only=True):
    """A piece of the error output."""

    chunk: str


class ExecExit(CamelModel, frozen=True, kw_only=True):
    """The command has ended; ``None`` where the platform knows no exit code."""

    exit_code: int | None


ExecEvent: TypeAlias = ExecStarted | ExecStdout | ExecStderr | ExecExit | UnknownEvent
"""What iterating over a command gives."""


class ExecResult(Model, frozen=True, kw_only=True):
    """What a command has said so far.

    ``exit_code`` is known once the command has ended, which is when ``outcome`` is ``complete``; every other
    outcome leaves open whether it still runs.
    """

    outcome: Ending
    stdout: str
    stderr: str
    exit_code: int | None = None


class _ExecFold:
    def __init__(self) -> None:
        self._stdout: list[str] = []
        self._stderr: list[str] = []
        self._exit: ExecExit | None = None
        self._error: Error | None = None

    def add(self, events: Sequence[ExecEvent | Error]) -> None:
        for event in events:
            match event:
                case ExecStdout(chunk=chunk):
                    self._stdout.append(chunk)
                case ExecStderr(chunk=chunk):
                    self._stderr.append(chunk)
                case ExecExit():
                    self._exit = event
                case Error():
                    self._error = event

    def may_end(self) -> bool:
        return False

    def failure(self) -> tuple[str | None, str | None] | None:
        return (self._error.code, self._error.detail) if self._error else None

    def result(self, ending: Ending) -> ExecResult:
        return ExecResult(
            outcome=ending,
            stdout="".join(self._stdout),
            stderr="".join(self._stderr),
            exit_code=self._exit.exit_code if self._exit else None,
        )


class BootstrapLog(CamelModel, frozen=True, kw_only=True):
    """A piece of the log."""

    chunk: str


class BootstrapStatus(CamelModel, frozen=True, kw_only=True):
    """The computer has come into another state."""

    status: ComputerState


class BootstrapDone(CamelModel, frozen=True, kw_only=True):
    """The bootstrap is over, well or not: the status tells."""


BootstrapEvent: TypeAlias = BootstrapLog | BootstrapStatus | BootstrapDone | UnknownEvent
"""What iterating over a bootstrap gives."""


class Bootstrap(Model, frozen=True, kw_only=True):
    """What a bootstrap has said so far.

    ``status`` is the last one told. Where none was told, ``computers.status`` knows whether it succeeded.
    """

    outcome: Ending
    status: ComputerState | None
    log: str


class _BootstrapFold:
    def __init__(self) -> None:
        self._log: list[str] = []
        self._status: ComputerState | None = None

    def add(self, events: Sequence[BootstrapEvent]) -> None:
        for event in events:
            if isinstance(event, BootstrapLog):
                self._log.append(event.chunk)
            elif isinstance(event, BootstrapStatus):
                self._status = event.status

    def may_end(self) -> bool:
        return False

    def failure(self) -> None:
        return None

    def result(self, ending: Ending) -> Bootstrap:
        return Bootstrap(outcome=ending, status=self._status, log="".join(self._log))


EXEC_EVENTS: EventContract[ExecEvent, ExecResult] = EventContract(
    types={
        "exec_started": ExecStarted,
        "stdout": ExecStdout,
        "stderr": ExecStderr,
        "exit": ExecExit,
        "error": Error,
    },
    last=(ExecExit, Error),
    unknown=unknown_event,
    fold=_ExecFold,
    text=lambda event: event.chunk if isinstance(event, ExecStdout) else None,
    cut_hint="the command may still run, so look before you run it again; ",
)
"""The contract of ``POST /api/agents/{agent_id}/computer/exec``; ``error`` is inferred."""

BOOTSTRAP_EVENTS: EventContract[BootstrapEvent, Bootstrap] = EventContract(
    types={"log": BootstrapLog, "status": BootstrapStatus, "done": BootstrapDone},
    last=(BootstrapDone,),
    unknown=unknown_event,
    fold=_BootstrapFold,
    text=lambda event: event.chunk if isinstance(event, BootstrapLog) else None,
    cut_hint="the bootstrap goes on, and computers.status tells how it stands; ",
)
"""The contract of ``GET /api/agents/{agent_id}/computer/bootstrap/stream``."""
