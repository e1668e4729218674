"""Skills of Flapjack runners. Source: seed 004, "Skills"; docs api/skills, concepts/skills."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import ConfidentialParams, revealed
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "ATTACH",
    "DETACH",
    "LIST_SKILLS",
    "RunnerSkillAttach",
    "RunnerSkillDetach",
    "RunnerSkills",
    "SkillBinding",
]


class SkillBinding(Model, frozen=True, kw_only=True):
    """A skill attached to a runner or an agent; all but ``enabled`` is inferred.

    ``skill`` stays as the platform sends it, for no source tells how its names are spelled.
    """

    id: str | None = None
    skill_id: str | None = None
    agent_id: str | None = None
    runner_id: str | None = None
    enabled: bool | None = None
    prompt_override: str | None = None
    skill: dict[str, Any] | None = None
    created_at: datetime | None = None


class RunnerSkillAttach(ConfidentialParams, frozen=True, kw_only=True):
    """The body that attaches a skill; all names but ``prompt_override`` are inferred."""

    skill_id: str
    prompt_override: str | UnsetType = UNSET
    credential: Any = UNSET
    enabled: bool | UnsetType = UNSET


class RunnerSkillDetach(CamelParams, frozen=True, kw_only=True):
    """The body that detaches a skill; the name is inferred."""

    skill_id: str


_SKILLS = "/api/runners/{runner_id}/skills"

LIST_SKILLS = Op("runners_skills_list", "GET", _SKILLS, Page[SkillBinding], envelope=LIST)
ATTACH = Op("runners_skills_attach", "POST", _SKILLS, SkillBinding, body=RunnerSkillAttach)
DETACH: Op[None] = Op(
    "runners_skills_detach", "DELETE", _SKILLS, None, body=RunnerSkillDetach, certainty=Certainty.INFERRED
)


class RunnerSkills(Resource):
    """Skills of runners; reached as ``client.runners.skills``."""

    async def attach(
        self,
        runner_id: str,
        skill_id: str,
        *,
        prompt_override: str | UnsetType = UNSET,
        credential: Any = UNSET,
        enabled: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> SkillBinding:
        """Give a runner an installed skill.

        Not repeated after an ambiguous failure: list the skills of the runner first.

        Args:
            prompt_override: replaces the prompt of the skill, for this runner.
            credential: what the skill logs in with, kept by the platform; its name and type are inferred, and
                it may be or hold a :class:`~flexsdk.protocol.redact.Secret`.
            enabled: whether the skill is in use from now on; inferred.
        """
        body = RunnerSkillAttach(
            skill_id=skill_id,
            prompt_override=prompt_override,
            credential=revealed(credential),
            enabled=enabled,
        )
        return await self._call(ATTACH, runner_id, body=body, **options)

    async def detach(self, runner_id: str, skill_id: str, **options: Unpack[CallOptions]) -> None:
        """Take a skill away from a runner; it stays installed. Inferred. Safe to repeat.

        Raises:
            NotFound: it is not attached, or no longer: after a repeated attempt this means success.
        """
        await self._call(DETACH, runner_id, body=RunnerSkillDetach(skill_id=skill_id), **options)

    def list(self, runner_id: str, **options: Unpack[CallOptions]) -> Pages[SkillBinding]:
        """List the skills of a runner; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_SKILLS, runner_id, **options)
