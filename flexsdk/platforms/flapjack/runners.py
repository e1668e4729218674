"""Flapjack runners: pipelines of steps. Source: seed 004, "Runners"; docs api/runners, overview/runners.

No source prints a runner; the names of its fields follow those of the requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack import runner_settings
from flexsdk.platforms.flapjack.bodies import filled
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.platforms.flapjack.runner_analytics import ANALYTICS, RunnerAnalytics
from flexsdk.platforms.flapjack.runner_connections import RunnerIntegrations, RunnerMcps, RunnerTools
from flexsdk.platforms.flapjack.runner_runs import RunnerRuns
from flexsdk.platforms.flapjack.runner_settings import RunnerBudgets, RunnerFeature
from flexsdk.platforms.flapjack.runner_skills import RunnerSkills
from flexsdk.platforms.flapjack.runner_steps import RunnerStep, RunnerSteps
from flexsdk.platforms.flapjack.runner_triggers import RunnerTrigger, RunnerTriggers
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_RUNNERS",
    "UPDATE",
    "Runner",
    "RunnerCreate",
    "Runners",
    "RunnerUpdate",
]


class Runner(Model, frozen=True, kw_only=True):
    """A pipeline of steps. ``input_schema`` is the JSON Schema that the input of a run should satisfy.

    ``steps`` and ``triggers`` may come with a single read only; ``status`` is a guess.
    """

    id: str
    name: str
    org_id: str | None = None
    description: str | None = None
    default_model: str | None = None
    input_schema: dict[str, Any] | None = None
    project_id: str | None = None
    status: str | None = None
    steps: list[RunnerStep] = []
    triggers: list[RunnerTrigger] = []
    created_at: datetime | None = None
    updated_at: datetime | None = None


class RunnerCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    description: str | UnsetType = UNSET
    default_model: str | UnsetType = UNSET
    input_schema: Mapping[str, Any] | UnsetType = UNSET
    project_id: str | UnsetType | None = UNSET
    org_id: str | UnsetType = UNSET


class RunnerUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays, ``None`` clears."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    default_model: str | UnsetType | None = UNSET
    input_schema: Mapping[str, Any] | UnsetType | None = UNSET
    project_id: str | UnsetType | None = UNSET


LIST_RUNNERS = Op("runners_list", "GET", "/api/runners", Page[Runner], query=("orgId",), envelope=LIST)
CREATE = Op("runners_create", "POST", "/api/runners", Runner, body=RunnerCreate)
GET = Op("runners_get", "GET", "/api/runners/{runner_id}", Runner)
UPDATE = Op("runners_update", "PATCH", "/api/runners/{runner_id}", Runner, body=RunnerUpdate)
DELETE: Op[None] = Op("runners_delete", "DELETE", "/api/runners/{runner_id}", None)


class Runners(Resource):
    """Pipelines and all that belongs to them; reached as ``client.runners``."""

    @cached_property
    def steps(self) -> RunnerSteps:
        """The stages of a pipeline."""
        return RunnerSteps(self._client)

    @cached_property
    def triggers(self) -> RunnerTriggers:
        """What starts a runner."""
        return RunnerTriggers(self._client)

    @cached_property
    def runs(self) -> RunnerRuns:
        """The runs of a runner."""
        return RunnerRuns(self._client)

    @cached_property
    def budget(self) -> RunnerBudgets:
        """What a runner may spend."""
        return RunnerBudgets(self._client)

    @cached_property
    def mcps(self) -> RunnerMcps:
        """The MCP servers that a runner may use."""
        return RunnerMcps(self._client)

    @cached_property
    def integrations(self) -> RunnerIntegrations:
        """The integrations that a runner may use."""
        return RunnerIntegrations(self._client)

    @cached_property
    def tools(self) -> RunnerTools:
        """The custom tools that a runner may use."""
        return RunnerTools(self._client)

    @cached_property
    def skills(self) -> RunnerSkills:
        """The skills that a runner has."""
        return RunnerSkills(self._client)

    @cached_property
    def web(self) -> RunnerFeature:
        """The settings of the web tools."""
        return RunnerFeature(self._client, runner_settings.WEB_GET, runner_settings.WEB_REPLACE)

    @cached_property
    def plan(self) -> RunnerFeature:
        """The settings of plans."""
        return RunnerFeature(self._client, runner_settings.PLAN_GET, runner_settings.PLAN_REPLACE)

    @cached_property
    def knowledge(self) -> RunnerFeature:
        """The settings of knowledge."""
        return RunnerFeature(self._client, runner_settings.KNOWLEDGE_GET, runner_settings.KNOWLEDGE_REPLACE)

    async def create(
        self,
        name: str,
        *,
        description: str | UnsetType = UNSET,
        default_model: str | UnsetType = UNSET,
        input_schema: Mapping[str, Any] | UnsetType = UNSET,
        project_id: str | UnsetType | None = UNSET,
        org_id: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Runner:
        """Create a runner; its steps are added afterwards.

        Not repeated after an ambiguous failure: no idempotency key is documented.

        Args:
            default_model: the model of the steps that name none.
            input_schema: the JSON Schema that the input of a run should satisfy.
            project_id: the project to put it in; inferred for creations.
            org_id: the organization, for callers in several; inferred.
        """
        body = RunnerCreate(
            name=name,
            description=description,
            default_model=default_model,
            input_schema=input_schema,
            project_id=project_id,
            org_id=org_id,
        )
        return await self._call(CREATE, body=body, **options)

    async def get(self, runner_id: str, **options: Unpack[CallOptions]) -> Runner:
        """Read one runner. Safe to repeat."""
        return await self._call(GET, runner_id, **options)

    async def update(
        self,
        runner_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        default_model: str | UnsetType | None = UNSET,
        input_schema: Mapping[str, Any] | UnsetType | None = UNSET,
        project_id: str | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Runner:
        """Change the given fields of a runner and keep the others; ``None`` clears a field.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.

        Args:
            project_id: the project to move it to, ``None`` to none; the other names are inferred.
        """
        body = RunnerUpdate(
            name=name,
            description=description,
            default_model=default_model,
            input_schema=input_schema,
            project_id=project_id,
        )
        return await self._call(UPDATE, runner_id, body=filled(body), **options)

    async def delete(self, runner_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a runner for good. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, runner_id, **options)

    async def analytics(
        self,
        runner_id: str,
        *,
        period: Literal["7d", "30d", "90d"] | None = None,
        **options: Unpack[CallOptions],
    ) -> RunnerAnalytics:
        """Read figures and costs of a runner, also by model. Safe to repeat.

        Args:
            period: days up to now; the platform's default is ``30d``.
        """
        return await self._call(ANALYTICS, runner_id, query={"period": period}, **options)

    def list(self, *, org_id: str | None = None, **options: Unpack[CallOptions]) -> Pages[Runner]:
        """List the runners of an organization; the platform sends one page. Safe to repeat.

        Args:
            org_id: the organization, for callers in several; inferred.
        """
        return self._pages(LIST_RUNNERS, query={"orgId": org_id}, **options)
