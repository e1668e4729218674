"""Flapjack projects: folders of agents and runners. Source: seed 004, "Projects"; docs api/projects."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.structs import UNSET, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_PROJECTS",
    "MEMBERS",
    "UPDATE",
    "Project",
    "ProjectCreate",
    "ProjectMember",
    "ProjectMembers",
    "Projects",
    "ProjectUpdate",
]


class Project(Model, frozen=True, kw_only=True):
    """A folder of agents and runners."""

    id: str
    name: str
    org_id: str | None = None
    slug: str | None = None
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class ProjectMember(Model, frozen=True, kw_only=True):
    """The head of an agent or a runner; which of its fields come along is inferred."""

    id: str | None = None
    name: str | None = None
    description: str | None = None


class ProjectMembers(Model, frozen=True, kw_only=True):
    """What is in a project."""

    runners: list[ProjectMember]
    agents: list[ProjectMember]


class ProjectCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    slug: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class ProjectUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays."""

    name: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


_PROJECT = "/api/projects/{project_id}"

LIST_PROJECTS = Op("projects_list", "GET", "/api/projects", Page[Project], query=("orgId",), envelope=LIST)
CREATE = Op("projects_create", "POST", "/api/projects", Project, body=ProjectCreate)
GET = Op("projects_get", "GET", _PROJECT, Project)
UPDATE = Op("projects_update", "PATCH", _PROJECT, Project, body=ProjectUpdate)
DELETE: Op[None] = Op("projects_delete", "DELETE", _PROJECT, None)
MEMBERS = Op("projects_members", "GET", f"{_PROJECT}/members", ProjectMembers)


class Projects(Resource):
    """Folders of agents and runners; reached as ``client.projects``.

    Put an agent or a runner in a project with ``project_id`` of its own update.
    """

    async def create(
        self,
        name: str,
        *,
        slug: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Project:
        """Create a project. Not repeated after an ambiguous failure: list the projects first.

        Args:
            slug: a name for URLs, which the platform normalizes; without one there is none.
        """
        body = ProjectCreate(name=name, slug=slug, description=description)
        return await self._call(CREATE, body=body, **options)

    async def get(self, project_id: str, **options: Unpack[CallOptions]) -> Project:
        """Read one project. Safe to repeat."""
        return await self._call(GET, project_id, **options)

    async def update(
        self,
        project_id: str,
        *,
        name: str | UnsetType = UNSET,
        slug: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Project:
        """Change the given fields of a project and keep the others.

        Not repeated after an ambiguous failure; the fields sent are absolute, so calling again is harmless.
        """
        body = ProjectUpdate(name=name, slug=slug, description=description)
        return await self._call(UPDATE, project_id, body=body, **options)

    async def delete(self, project_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a project; its agents and runners stay, in no project. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, project_id, **options)

    async def members(self, project_id: str, **options: Unpack[CallOptions]) -> ProjectMembers:
        """Read which agents and runners are in a project, without all their fields. Safe to repeat."""
        return await self._call(MEMBERS, project_id, **options)

    def list(self, *, org_id: str | None = None, **options: Unpack[CallOptions]) -> Pages[Project]:
        """List the projects of an organization; the platform sends one page. Safe to repeat.

        Args:
            org_id: the organization, for callers in several; inferred.
        """
        return self._pages(LIST_PROJECTS, query={"orgId": org_id}, **options)
