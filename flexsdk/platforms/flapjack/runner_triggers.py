"""Triggers of Flapjack runners. Source: docs overview/runners; the vendor's skill file; seed 004."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias, Unpack

from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, filled, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "LIST_TRIGGERS",
    "UPDATE",
    "RunnerTrigger",
    "RunnerTriggerCreate",
    "RunnerTriggers",
    "RunnerTriggerUpdate",
]

TriggerKind: TypeAlias = Literal["manual", "api", "cron", "webhook", "poll", "bulk_import", "button"] | str


class RunnerTrigger(Model, frozen=True, kw_only=True):
    """A way in which a runner is started.

    What ``config`` holds depends on the kind (inferred); it stays out of the repr, for it may hold a token.
    """

    id: str
    kind: TriggerKind
    runner_id: str | None = None
    cron_expression: str | None = None
    config: dict[str, Any] = {}
    enabled: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __repr__(self) -> str:
        """Leave the settings out."""
        return f"RunnerTrigger(id={self.id!r}, kind={self.kind!r}, enabled={self.enabled!r}, …)"


class RunnerTriggerCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation."""

    kind: TriggerKind
    cron_expression: str | UnsetType = UNSET
    config: Mapping[str, Any] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class RunnerTriggerUpdate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays. All names are inferred."""

    cron_expression: str | UnsetType = UNSET
    config: Mapping[str, Any] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


_TRIGGERS = "/api/runners/{runner_id}/triggers"
_TRIGGER = f"{_TRIGGERS}/{{trigger_id}}"

LIST_TRIGGERS = Op("runners_triggers_list", "GET", _TRIGGERS, Page[RunnerTrigger], envelope=LIST)
CREATE = Op("runners_triggers_create", "POST", _TRIGGERS, RunnerTrigger, body=RunnerTriggerCreate)
UPDATE = Op(
    "runners_triggers_update",
    "PATCH",
    _TRIGGER,
    RunnerTrigger,
    body=RunnerTriggerUpdate,
    certainty=Certainty.INFERRED,
)
DELETE: Op[None] = Op("runners_triggers_delete", "DELETE", _TRIGGER, None, certainty=Certainty.INFERRED)


class RunnerTriggers(Resource):
    """What starts a runner; reached as ``client.runners.triggers``."""

    async def create(
        self,
        runner_id: str,
        kind: TriggerKind,
        *,
        cron_expression: str | UnsetType = UNSET,
        config: Mapping[str, Any] | UnsetType = UNSET,
        enabled: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerTrigger:
        """Let a runner be started in one more way; every run it starts costs what the runner costs.

        Not repeated after an ambiguous failure, for a second trigger starts every run twice: list them first.

        Args:
            cron_expression: five fields, such as ``0 9 * * MON``; for the kind ``cron``.
            config: settings of the other kinds; inferred. Values may be
                :class:`~flexsdk.protocol.redact.Secret`.
            enabled: whether it starts runs from now on; inferred.
        """
        if kind == "cron" and not cron_expression:
            raise ConfigError("a cron trigger never starts without cron_expression=, such as '0 9 * * MON'")
        body = RunnerTriggerCreate(
            kind=kind, cron_expression=cron_expression, config=revealed(config), enabled=enabled
        )
        return await self._call(CREATE, runner_id, body=body, **options)

    async def update(
        self,
        runner_id: str,
        trigger_id: str,
        *,
        cron_expression: str | UnsetType = UNSET,
        config: Mapping[str, Any] | UnsetType = UNSET,
        enabled: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerTrigger:
        """Change the given fields of a trigger and keep the others. Inferred.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = RunnerTriggerUpdate(cron_expression=cron_expression, config=revealed(config), enabled=enabled)
        return await self._call(UPDATE, runner_id, trigger_id, body=filled(body), **options)

    async def delete(self, runner_id: str, trigger_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a trigger; runs that it has started go on. Inferred. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, runner_id, trigger_id, **options)

    def list(self, runner_id: str, **options: Unpack[CallOptions]) -> Pages[RunnerTrigger]:
        """List the triggers of a runner; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_TRIGGERS, runner_id, **options)
