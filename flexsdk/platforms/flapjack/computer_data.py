"""What the computers of agents tell of themselves, and what is sent to them.

Source: docs api/computer, guides/external-app-integration; the vendor's skill file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from flexsdk.platforms.flapjack.bodies import ConfidentialParams
from flexsdk.platforms.flapjack.computer_events import ComputerState
from flexsdk.platforms.flapjack.marketplace import AgentRef
from flexsdk.structs import UNSET, CamelModel, CamelParams, Model, UnsetType

__all__ = [
    "AgentFromTemplate",
    "AgentFromTemplateCreate",
    "ComputerExecRequest",
    "ComputerRef",
    "ComputerSignals",
    "ComputerStatus",
    "DevServer",
    "EnvVar",
    "Repo",
    "Template",
]

Template = Literal["node-playwright", "python-jupyter", "nextjs-fullstack", "rust-cargo", "blank"] | str


class Repo(CamelParams, frozen=True, kw_only=True):
    """A repository that the computer begins with; only ``https://github.com/owner/repo`` is taken."""

    url: str
    branch: str | UnsetType = UNSET
    install_cmd: str | UnsetType = UNSET


class EnvVar(ConfidentialParams, frozen=True, kw_only=True):
    """A variable of the computer's environment."""

    key: str
    value: str


class AgentFromTemplateCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation from a template."""

    template: Template
    name: str | UnsetType = UNSET
    repo: Repo | UnsetType = UNSET
    env_vars: Sequence[EnvVar] | UnsetType = UNSET
    size_class: Literal["small", "medium", "large"] | UnsetType = UNSET
    webhook_url: str | UnsetType = UNSET
    external_app_id: str | UnsetType = UNSET


class ComputerRef(Model, frozen=True, kw_only=True):
    """A computer, by its agent."""

    agent_id: str | None = None
    status: ComputerState | None = None


class AgentFromTemplate(Model, frozen=True, kw_only=True):
    """An agent with its computer; ``idempotent`` when it was there already.

    Older answers call the computer ``sandbox``; ``status`` reads either.
    """

    agent: AgentRef
    computer: ComputerRef | None = None
    sandbox: ComputerRef | None = None
    bootstrap_run_id: str | None = msgspec.field(name="bootstrapRunId", default=None)
    template: Template | None = None
    idempotent: bool = False

    @property
    def status(self) -> ComputerState | None:
        """How the computer stands; ``bootstrapping`` for 1 to 3 minutes after a creation."""
        computer = self.computer or self.sandbox
        return computer.status if computer else None


class DevServer(CamelModel, frozen=True, kw_only=True):
    """A server that a project runs on the computer."""

    port: int | None = None
    listening: bool | None = None


class ComputerSignals(CamelModel, frozen=True, kw_only=True):
    """What goes on inside; the keys of ``disk`` and ``last_test`` are not documented."""

    dev_server: DevServer | None = None
    disk: dict[str, Any] | None = None
    last_test: dict[str, Any] | None = None


class ComputerStatus(Model, frozen=True, kw_only=True):
    """How a computer stands; the platform looks anew every 10 seconds only."""

    computer: ComputerRef
    signals: ComputerSignals | None = None
    cached_at: datetime | None = None

    @property
    def status(self) -> ComputerState | None:
        """The one word."""
        return self.computer.status


class ComputerExecRequest(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a command; all but ``command`` is inferred."""

    command: str
    cwd: str | UnsetType = UNSET
    timeout_ms: int | UnsetType = UNSET
    env: Mapping[str, str] | UnsetType = UNSET
