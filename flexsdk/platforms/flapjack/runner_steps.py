"""Steps of Flapjack runners. Source: seed 004, "Runners"; docs overview/runners; the vendor's skill file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias, Unpack

from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, filled, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "LIST_STEPS",
    "UPDATE",
    "RunnerStep",
    "RunnerStepCreate",
    "RunnerSteps",
    "RunnerStepUpdate",
]

StepKind: TypeAlias = Literal["agent", "webhook", "condition", "computer"] | str


class RunnerStep(Model, frozen=True, kw_only=True):
    """A stage of a pipeline.

    ``input_mapping`` holds JSONPath expressions that take the input out of the run's context; a step without
    ``agent_id`` has the runner's own connections only. What ``config`` holds depends on the kind (inferred);
    it stays out of the repr, for it may hold a token.
    """

    id: str
    kind: StepKind
    runner_id: str | None = None
    name: str | None = None
    position: int | None = None
    agent_id: str | None = None
    input_mapping: dict[str, Any] | None = None
    config: dict[str, Any] = {}
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def __repr__(self) -> str:
        """Leave the settings out."""
        return f"RunnerStep(id={self.id!r}, kind={self.kind!r}, name={self.name!r}, …)"


class RunnerStepCreate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of a creation."""

    kind: StepKind
    name: str
    agent_id: str | UnsetType = UNSET
    input_mapping: Mapping[str, Any] | UnsetType = UNSET
    position: int | UnsetType = UNSET
    config: Mapping[str, Any] | UnsetType = UNSET


class RunnerStepUpdate(ConfidentialParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays, ``None`` clears. All names are inferred."""

    name: str | UnsetType = UNSET
    agent_id: str | UnsetType | None = UNSET
    input_mapping: Mapping[str, Any] | UnsetType | None = UNSET
    position: int | UnsetType = UNSET
    config: Mapping[str, Any] | UnsetType = UNSET


_STEPS = "/api/runners/{runner_id}/steps"
_STEP = f"{_STEPS}/{{step_id}}"

LIST_STEPS = Op("runners_steps_list", "GET", _STEPS, Page[RunnerStep], envelope=LIST)
CREATE = Op("runners_steps_create", "POST", _STEPS, RunnerStep, body=RunnerStepCreate)
UPDATE = Op(
    "runners_steps_update",
    "PATCH",
    _STEP,
    RunnerStep,
    body=RunnerStepUpdate,
    certainty=Certainty.INFERRED,
)
DELETE: Op[None] = Op("runners_steps_delete", "DELETE", _STEP, None, certainty=Certainty.INFERRED)


class RunnerSteps(Resource):
    """The pipeline of a runner; reached as ``client.runners.steps``."""

    async def create(
        self,
        runner_id: str,
        kind: StepKind,
        name: str,
        *,
        agent_id: str | UnsetType = UNSET,
        input_mapping: Mapping[str, Any] | UnsetType = UNSET,
        position: int | UnsetType = UNSET,
        config: Mapping[str, Any] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerStep:
        """Add a step to the pipeline.

        Not repeated after an ambiguous failure, for a second step would run twice: list the steps first.

        Args:
            agent_id: the agent that runs the step, for the kind ``agent``.
            input_mapping: name of an input to a JSONPath into the run's context; its name is inferred.
            position: the place in the order; inferred.
            config: the URL of a webhook, the expression of a condition, the command of a computer; inferred.
                Values may be :class:`~flexsdk.protocol.redact.Secret`.

        Raises:
            NotFound: no such runner, or no such agent.
        """
        body = RunnerStepCreate(
            kind=kind,
            name=name,
            agent_id=agent_id,
            input_mapping=input_mapping,
            position=position,
            config=revealed(config),
        )
        return await self._call(CREATE, runner_id, body=body, **options)

    async def update(
        self,
        runner_id: str,
        step_id: str,
        *,
        name: str | UnsetType = UNSET,
        agent_id: str | UnsetType | None = UNSET,
        input_mapping: Mapping[str, Any] | UnsetType | None = UNSET,
        position: int | UnsetType = UNSET,
        config: Mapping[str, Any] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerStep:
        """Change the given fields of a step and keep the others; ``None`` clears a field. Inferred.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = RunnerStepUpdate(
            name=name,
            agent_id=agent_id,
            input_mapping=input_mapping,
            position=position,
            config=revealed(config),
        )
        return await self._call(UPDATE, runner_id, step_id, body=filled(body), **options)

    async def delete(self, runner_id: str, step_id: str, **options: Unpack[CallOptions]) -> None:
        """Take a step out of the pipeline. Inferred. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, runner_id, step_id, **options)

    def list(self, runner_id: str, **options: Unpack[CallOptions]) -> Pages[RunnerStep]:
        """List the steps of a runner; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_STEPS, runner_id, **options)
