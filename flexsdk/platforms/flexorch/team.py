"""FlexOrch teams. Source: docs-repo "Team"; no vendor package covers them. All answers are inferred.

The documentation shows these routes with a token of a person only: with an API key they may answer with
``Unauthorized`` or ``Forbidden``. Then use ``FlexOrch(auth=Login(email, password))``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, Unpack

from flexsdk.core.op import Replay
from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import UNDOCUMENTED, Endpoint
from flexsdk.structs import Params
from flexsdk.types import CallOptions

__all__ = ["INVITE", "REMOVE", "SET_ROLE", "MemberInvite", "Members", "Role", "RoleSet", "Team"]

Role = Literal["owner", "admin", "member", "viewer", "editor"] | str


class MemberInvite(Params, frozen=True, kw_only=True):
    """The body of an invitation."""

    email: str
    role: Role


class RoleSet(Params, frozen=True, kw_only=True):
    """The body of a change of role."""

    role: Role


INVITE: Endpoint[Any] = Endpoint("team_invite", "POST", "/team/invite", UNDOCUMENTED, body=MemberInvite)
REMOVE: Endpoint[None] = Endpoint("team_members_remove", "DELETE", "/team/members/{user_id}", None)
SET_ROLE: Endpoint[Any] = Endpoint(
    "team_members_set_role",
    "PATCH",
    "/team/members/{user_id}/role",
    UNDOCUMENTED,
    body=RoleSet,
    replay=Replay.SAFE,
)


class Members(FlexOrchResource):
    """People in the workspace; reached as ``client.team.members``. Needs a login of a person."""

    async def remove(self, user_id: str | int, **options: Unpack[CallOptions]) -> None:
        """Remove a member. Safe to repeat."""
        await self._remove(REMOVE, user_id, **options)

    async def set_role(self, user_id: str | int, role: Role, **options: Unpack[CallOptions]) -> None:
        """Change what a member may do; the owner's role is fixed. Safe to repeat."""
        await self._call(SET_ROLE, user_id, body=RoleSet(role=role), **options)


class Team(Resource):
    """The workspace's team; reached as ``client.team``. Needs a login of a person."""

    @cached_property
    def members(self) -> Members:
        """People in the workspace."""
        return Members(self._client)

    async def invite(self, email: str, role: Role, **options: Unpack[CallOptions]) -> None:
        """Send an invitation by mail; the sources give its link 72 hours or 7 days.

        Not repeated after an ambiguous failure.

        Args:
            role: the sources disagree on the words; any goes through.
        """
        await self._call(INVITE, body=MemberInvite(email=email, role=role), **options)
