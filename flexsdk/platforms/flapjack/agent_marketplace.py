"""Profiles of agents in the marketplace. Source: seed 004; the vendor's integration skill.

All names of fields are inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, Unpack, cast

from flexsdk.core.body import FileSource, Multipart, Upload
from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.bodies import UNDOCUMENTED, filled
from flexsdk.structs import UNSET, CamelParams, Model, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "DELETE",
    "GET",
    "UPDATE",
    "UPLOAD_AVATAR",
    "AgentMarketplace",
    "MarketplaceProfile",
    "MarketplaceProfileUpdate",
]

_PATH = "/api/agents/{agent_id}/marketplace"


class MarketplaceProfile(Model, frozen=True, kw_only=True):
    """How an agent is shown to others; ``readiness_score`` is the platform's."""

    handle: str | None = None
    display_name: str | None = None
    description: str | None = None
    avatar_url: str | None = None
    capabilities: list[str] = []
    readiness_score: float | None = None
    is_published: bool | None = None


class MarketplaceProfileUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update."""

    handle: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    capabilities: Sequence[str] | UnsetType = UNSET
    is_published: bool | UnsetType = UNSET


_Profile: TypeAlias = MarketplaceProfile | None

GET = Op("agents_marketplace_get", "GET", _PATH, cast("type[_Profile]", _Profile))
UPDATE = Op("agents_marketplace_update", "PUT", _PATH, MarketplaceProfile, body=MarketplaceProfileUpdate)
DELETE: Op[None] = Op("agents_marketplace_delete", "DELETE", _PATH, None)
UPLOAD_AVATAR: Op[Any] = Op("agents_marketplace_avatar_upload", "POST", f"{_PATH}/avatar", UNDOCUMENTED)


class AgentMarketplace(Resource):
    """The profile of an agent; reached as ``client.agents.marketplace``."""

    async def get(self, agent_id: str, **options: Unpack[CallOptions]) -> MarketplaceProfile | None:
        """Read the profile. Safe to repeat.

        Without a profile the platform may answer with null, here ``None``, or with NotFound; neither was
        seen.

        Raises:
            NotFound: no such agent, or it has no profile.
        """
        return await self._call(GET, agent_id, **options)

    async def update(
        self,
        agent_id: str,
        *,
        handle: str | UnsetType = UNSET,
        display_name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        capabilities: Sequence[str] | UnsetType = UNSET,
        is_published: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> MarketplaceProfile:
        """Create the profile, or replace it: pass all fields that it shall have. Safe to repeat.

        Raises:
            ConfigError: no field is given; nothing was sent.
        """
        body = MarketplaceProfileUpdate(
            handle=handle,
            display_name=display_name,
            description=description,
            capabilities=capabilities,
            is_published=is_published,
        )
        return await self._call(UPDATE, agent_id, body=filled(body), **options)

    async def delete(self, agent_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove the profile; the agent stays. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, agent_id, **options)

    async def upload_avatar(
        self, agent_id: str, file: Upload | FileSource, **options: Unpack[CallOptions]
    ) -> Any:
        """Upload the picture of an agent, and give the answer as it comes: its shape was not seen.

        The form and the name of its part are inferred. Not repeated after an ambiguous failure; another
        upload replaces the picture.

        Args:
            file: a path, or an :class:`~flexsdk.core.body.Upload`.
        """
        upload = file if isinstance(file, Upload) else Upload(file)
        return await self._call(UPLOAD_AVATAR, agent_id, body=Multipart(files=[("file", upload)]), **options)
