"""Budget and features of Flapjack runners.

Source: seed 004, "Runners"; docs api/runners. That a runner has a budget that can be read and replaced is
documented, as is that it has web, plan and knowledge settings; no source prints a body.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Unpack

from flexsdk.core.client import Client
from flexsdk.core.op import Certainty, Op
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack.bodies import filled
from flexsdk.structs import UNSET, CamelParams, Model, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "BUDGET_GET",
    "BUDGET_REPLACE",
    "KNOWLEDGE_GET",
    "KNOWLEDGE_REPLACE",
    "PLAN_GET",
    "PLAN_REPLACE",
    "WEB_GET",
    "WEB_REPLACE",
    "RunnerBudget",
    "RunnerBudgetReplace",
    "RunnerBudgets",
    "RunnerFeature",
    "RunnerFeatureReplace",
]


class RunnerBudget(Model, frozen=True, kw_only=True):
    """What a runner may spend. All names are inferred.

    ``period`` is the window that the limit counts, such as ``run`` or ``month``; ``action`` is what happens
    at the limit, such as ``pause``.
    """

    enabled: bool | None = None
    max_cost_usd: float | None = None
    period: str | None = None
    spent_usd: float | None = None
    action: str | None = None


class RunnerBudgetReplace(CamelParams, frozen=True, kw_only=True):
    """The body of a replacement of the budget. All names are inferred."""

    enabled: bool | UnsetType = UNSET
    max_cost_usd: float | UnsetType | None = UNSET
    period: str | UnsetType | None = UNSET
    action: str | UnsetType | None = UNSET


class RunnerFeatureReplace(CamelParams, frozen=True, kw_only=True):
    """The body of a replacement of settings; further names are not known."""

    enabled: bool | UnsetType = UNSET


_RUNNER = "/api/runners/{runner_id}"


def _read(name: str) -> Op[dict[str, Any]]:
    return Op(f"runners_{name}_get", "GET", f"{_RUNNER}/{name}", dict[str, Any], certainty=Certainty.INFERRED)


def _replace(name: str) -> Op[dict[str, Any]]:
    return Op(
        f"runners_{name}_put",
        "PUT",
        f"{_RUNNER}/{name}",
        dict[str, Any],
        body=RunnerFeatureReplace,
        certainty=Certainty.INFERRED,
    )


BUDGET_GET = Op("runners_budget_get", "GET", f"{_RUNNER}/budget", RunnerBudget)
BUDGET_REPLACE = Op("runners_budget_put", "PUT", f"{_RUNNER}/budget", RunnerBudget, body=RunnerBudgetReplace)
WEB_GET, WEB_REPLACE = _read("web"), _replace("web")
PLAN_GET, PLAN_REPLACE = _read("plan"), _replace("plan")
KNOWLEDGE_GET, KNOWLEDGE_REPLACE = _read("knowledge"), _replace("knowledge")


class RunnerBudgets(Resource):
    """What runners may spend; reached as ``client.runners.budget``."""

    async def get(self, runner_id: str, **options: Unpack[CallOptions]) -> RunnerBudget:
        """Read the budget of a runner. Safe to repeat."""
        return await self._call(BUDGET_GET, runner_id, **options)

    async def replace(
        self,
        runner_id: str,
        *,
        max_cost_usd: float | UnsetType | None = UNSET,
        period: str | UnsetType | None = UNSET,
        action: str | UnsetType | None = UNSET,
        enabled: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> RunnerBudget:
        """Set the budget of a runner anew: what is left out falls back to the platform's default.

        A run that reaches the limit pauses; raising the limit does not wake it, ``runs.resume`` does. Safe to
        repeat. All names in the body are inferred.

        Args:
            max_cost_usd: US dollars, 0 or more; ``None`` for no limit.
            period: the window that the limit counts, such as ``run`` or ``month``.
            action: what happens at the limit, such as ``pause``.
        """
        if isinstance(max_cost_usd, int | float) and not 0 <= max_cost_usd < math.inf:
            raise ConfigError(f"max_cost_usd must be a sum of 0 or more, not {max_cost_usd!r}")
        body = RunnerBudgetReplace(enabled=enabled, max_cost_usd=max_cost_usd, period=period, action=action)
        return await self._call(BUDGET_REPLACE, runner_id, body=filled(body), **options)


class RunnerFeature(Resource):
    """One kind of settings of runners: ``client.runners.web``, ``.plan`` or ``.knowledge``.

    Inferred from the settings of agents. The settings are an open object, so they stay a dict.
    """

    def __init__(self, client: Client, get: Op[dict[str, Any]], replace: Op[dict[str, Any]]) -> None:
        super().__init__(client)
        self._get = get
        self._replace = replace

    async def get(self, runner_id: str, **options: Unpack[CallOptions]) -> dict[str, Any]:
        """Read the settings. Safe to repeat."""
        return await self._call(self._get, runner_id, **options)

    async def replace(
        self,
        runner_id: str,
        settings: RunnerFeatureReplace | Mapping[str, Any],
        **options: Unpack[CallOptions],
    ) -> dict[str, Any]:
        """Set the settings anew, all of them. Safe to repeat.

        Args:
            settings: the struct, or a mapping with the names on the wire, which goes out as it is.
        """
        return await self._call(self._replace, runner_id, body=filled(settings), **options)
