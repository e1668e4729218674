"""Flapjack skills: a marketplace of three sources, and what was installed from it."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.state import Maker

__all__ = ["Skills"]

_DOCUMENTS = ("Release notes", "Incident review", "Brand voice", "Meeting minutes", "Contract reading")
_ACTIONS = ("Weather", "Currency rates", "Parcel tracking", "Address check")
_SERVERS = tuple(f"Registry server {number}" for number in range(1, 31))
# Source, address, kind of login, names.
_SOURCES = (
    ("skill_md", "https://example.com/skills", None, _DOCUMENTS),
    ("openapi_action", "https://example.com/openapi", "api_key", _ACTIONS),
    ("mcp_registry", "https://example.com/mcp", "oauth", _SERVERS),
)
_UNREACHABLE = "unreachable"
"""A skill with this word in its address cannot be synced."""

Skill = dict[str, Any]


def _entry(source: str, address: str, login: str | None, name: str) -> dict[str, Any]:
    ref = name.lower().replace(" ", "-")
    return {
        "key": f"{source}:{ref}",
        "name": name,
        "description": f"{name}, ready to use",
        "source": source,
        "sourceUrl": f"{address}/{ref}",
        "sourceRef": ref,
        "iconUrl": None,
        "author": "Example",
        "version": "1.0.0",
        "category": "general",
        "tags": [source],
        "authType": login,
    }


_CATALOG = [
    _entry(source, address, login, name) for source, address, login, names in _SOURCES for name in names
]


class Skills:
    """The skills of one organization."""

    def __init__(self, make: Maker, agents: Agents) -> None:
        self._make = make
        self._org_id = agents.org_id
        self.skills: dict[str, Skill] = {}
        """Installed skills by their ids."""
        self._keep(self._skill(_CATALOG[0]))
        self._keep(self._skill({"source": "custom", "name": "House style"}))

    def _skill(self, body: dict[str, Any]) -> Skill:
        now = self._make.time()
        url = body.get("sourceUrl")
        entry = next((entry for entry in _CATALOG if entry["sourceUrl"] == url), {})
        return {
            "id": self._make.id(),
            "org_id": self._org_id,
            "name": body.get("name") or entry.get("name") or url,
            "description": body.get("description") or entry.get("description"),
            "source": body["source"],
            "source_url": url,
            "source_ref": body.get("sourceRef") or entry.get("sourceRef"),
            "status": _status(url),
            "icon_url": None,
            "author": entry.get("author"),
            "version": entry.get("version"),
            "tags": entry.get("tags", []),
            "auth_type": entry.get("authType"),
            "created_at": now,
            "updated_at": now,
        }

    def _keep(self, skill: Skill) -> None:
        self.skills[skill["id"]] = skill

    def _find(self, call: Call) -> Skill:
        try:
            return self.skills[call.path["skillId"]]
        except KeyError:
            raise Problem(404, "Skill not found") from None

    async def skills_list(self, call: Call) -> list[Skill]:
        """Answer with a bare array."""
        source = call.query.get("source")
        return [skill for skill in self.skills.values() if source in (None, skill["source"])]

    async def skills_install(self, call: Call) -> Skill:
        """Add a skill, of the marketplace or any other address."""
        if not call.body["sourceUrl"].strip():
            raise Problem(400, "sourceUrl is required", code="MISSING_SOURCE_URL")
        skill = self._skill(call.body)
        if stored(call):
            self._keep(skill)
        return skill

    async def skills_get(self, call: Call) -> Skill:
        """Answer with one skill."""
        return self._find(call)

    async def skills_sync(self, call: Call) -> Skill:
        """Read the source anew; an address that does not answer leaves the skill in ``error``."""
        skill = self._find(call)
        synced = skill | {"status": _status(skill["source_url"]), "updated_at": self._make.time()}
        if stored(call):
            self._keep(synced)
        return synced

    async def skills_uninstall(self, call: Call) -> None:
        """Remove a skill."""
        skill = self._find(call)
        if stored(call):
            del self.skills[skill["id"]]

    async def skills_browse(self, call: Call) -> dict[str, Any]:
        """Answer with up to ``limit`` entries of each source.

        The cursor counts those of the registry; the others come with every page.
        """
        found = [entry for entry in _CATALOG if _fits(entry, call)]
        limit, start = call.query["limit"], _offset(call.query.get("cursor"))
        documents, actions, registry = (
            [entry for entry in found if entry["source"] == source] for source, *_ in _SOURCES
        )
        page = documents[:limit] + actions[:limit] + registry[start : start + limit]
        more = len(registry) > start + limit
        return {
            "skills": [entry | {"installedId": self._installed(entry)} for entry in page],
            "nextCursor": f"mcp:{start + limit}" if more else None,
        }

    def _installed(self, entry: dict[str, Any]) -> str | None:
        ids = (id_ for id_, skill in self.skills.items() if skill["source_url"] == entry["sourceUrl"])
        return next(ids, None)


def _status(url: str | None) -> str:
    return "error" if _UNREACHABLE in (url or "") else "active"


def _fits(entry: dict[str, Any], call: Call) -> bool:
    text = f"{entry['name']} {entry['description']}".lower()
    return call.query.get("source", entry["source"]) == entry["source"] and (
        call.query.get("q", "").lower() in text
    )


def _offset(cursor: str | None) -> int:
    number = (cursor or "mcp:0").removeprefix("mcp:")
    if not number.isdecimal() or len(number) > 9:
        raise Problem(400, "cursor is not one of ours")
    return int(number)
