"""Flapjack projects: folders that agents and runners name by their ``project_id``."""

from __future__ import annotations

import re
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.runners import Runners
from flexsdk.sandbox.state import Maker

__all__ = ["Projects"]

_SEEDED = (("Support", "support", "All that customers meet"), ("Internal", None, None))
_HEAD = ("id", "name", "description")
"""Members of an agent or a runner that a project shows."""

Project = dict[str, Any]


class Projects:
    """The projects of one organization."""

    def __init__(self, make: Maker, agents: Agents, runners: Runners) -> None:
        self._make = make
        self._agents = agents
        self._runners = runners
        self._projects: dict[str, Project] = {}
        for name, slug, description in _SEEDED:
            self._keep(self._project({"name": name, "slug": slug, "description": description}))

    def _project(self, body: dict[str, Any]) -> Project:
        now = self._make.time()
        return {
            "id": self._make.id(),
            "org_id": self._agents.org_id,
            "name": _name(body["name"]),
            "slug": _slug(body.get("slug")),
            "description": body.get("description"),
            "created_at": now,
            "updated_at": now,
        }

    def _keep(self, project: Project) -> None:
        self._projects[project["id"]] = project

    def _find(self, call: Call) -> Project:
        try:
            return self._projects[call.path["projectId"]]
        except KeyError:
            raise Problem(404, "Project not found") from None

    def _members(self, project_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return the agents and runners of a project themselves, not copies."""
        runners = [runner.shown for runner in self._runners.runners.values()]
        agents = list(self._agents.agents.values())
        return {
            kind: [item for item in items if item["project_id"] == project_id]
            for kind, items in (("runners", runners), ("agents", agents))
        }

    async def projects_list(self, call: Call) -> list[Project]:
        """Answer with a bare array."""
        own = call.query.get("orgId", self._agents.org_id) == self._agents.org_id
        return list(self._projects.values()) if own else []

    async def projects_create(self, call: Call) -> Project:
        """Add a project; without a slug it has none."""
        project = self._project(call.body)
        if stored(call):
            self._keep(project)
        return project

    async def projects_get(self, call: Call) -> Project:
        """Answer with one project."""
        return self._find(call)

    async def projects_update(self, call: Call) -> Project:
        """Change the members that were sent."""
        project = self._find(call) | {"updated_at": self._make.time()}
        if "name" in call.body:
            project["name"] = _name(call.body["name"])
        if "slug" in call.body:
            project["slug"] = _slug(call.body["slug"])
        if "description" in call.body:
            project["description"] = call.body["description"]
        if stored(call):
            self._keep(project)
        return project

    async def projects_delete(self, call: Call) -> dict[str, bool]:
        """Remove a project; what was in it is in none from then on."""
        project = self._find(call)
        if stored(call):
            del self._projects[project["id"]]
            for items in self._members(project["id"]).values():
                for item in items:
                    item["project_id"] = None
        return {"ok": True}

    async def projects_members(self, call: Call) -> dict[str, Any]:
        """Answer with the heads of agents and runners."""
        members = self._members(self._find(call)["id"])
        return {
            kind: [{name: item[name] for name in _HEAD} for item in items] for kind, items in members.items()
        }


def _name(name: str) -> str:
    if not name.strip():
        raise Problem(400, "name is required", code="MISSING_NAME")
    return name


def _slug(text: str | None) -> str | None:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or None if text else None
