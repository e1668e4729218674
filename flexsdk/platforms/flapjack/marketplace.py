"""Official templates of agents. Source: seed 004; bodies and answers are inferred."""

from __future__ import annotations

from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "LIST_OFFICIAL",
    "USE_OFFICIAL",
    "AgentRef",
    "Marketplace",
    "OfficialTemplate",
    "OfficialTemplateUse",
]


class OfficialTemplate(Model, frozen=True, kw_only=True):
    """A template; all names are inferred."""

    id: str | None = None
    slug: str | None = None
    name: str | None = None
    description: str | None = None
    avatar_url: str | None = None
    default_model: str | None = None
    category: str | None = None


class OfficialTemplateUse(CamelParams, frozen=True, kw_only=True):
    """The body of a use; all names are inferred."""

    template_id: str
    name: str | UnsetType = UNSET
    org_id: str | UnsetType = UNSET


class AgentRef(Model, frozen=True, kw_only=True):
    """An agent that was just made; read the rest with ``agents.get(id)``."""

    id: str
    org_id: str | None = None
    name: str | None = None


LIST_OFFICIAL = Op(
    "marketplace_official_list", "GET", "/api/marketplace/official", Page[OfficialTemplate], envelope=LIST
)
USE_OFFICIAL = Op(
    "marketplace_official_use",
    "POST",
    "/api/marketplace/official/use",
    AgentRef,
    body=OfficialTemplateUse,
)


class Marketplace(Resource):
    """Official templates of agents; reached as ``client.marketplace``."""

    async def use(
        self,
        template_id: str,
        *,
        name: str | UnsetType = UNSET,
        org_id: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> AgentRef:
        """Make an agent from a template. Not repeated after an ambiguous failure: list the agents first.

        Args:
            template_id: from the list; all names of the body are inferred.
            name: of the new agent, in place of the template's.
            org_id: the organization, for callers in several.
        """
        body = OfficialTemplateUse(template_id=template_id, name=name, org_id=org_id)
        return await self._call(USE_OFFICIAL, body=body, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[OfficialTemplate]:
        """List the official templates; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_OFFICIAL, **options)
