"""Flapjack skills and their marketplace. Source: seed 004, "Skills"; docs api/skills, concepts/skills."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias, Unpack

import msgspec

from flexsdk.codec import Envelope, decoder
from flexsdk.core.ahead import Fetch
from flexsdk.core.op import Certainty, Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import UNSET, CamelModel, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "BROWSE",
    "GET",
    "INSTALL",
    "LIST_SKILLS",
    "MAX_ENTRIES",
    "SYNC",
    "UNINSTALL",
    "CatalogSkill",
    "InstallableSource",
    "Skill",
    "SkillInstall",
    "Skills",
]

MAX_ENTRIES = 50
"""Entries of one source on a page of the marketplace."""

InstallableSource: TypeAlias = Literal["skill_md", "openapi_action", "mcp_registry"]
"""Where skills are installed from."""
SkillSource: TypeAlias = Literal["skill_md", "openapi_action", "mcp_registry", "custom"] | str


class Skill(Model, frozen=True, kw_only=True):
    """An installed skill; ``custom`` ones are made in the dashboard. Most fields are inferred.

    ``active`` is loaded into agents, ``disabled`` is paused, ``error`` could not be synced.
    """

    id: str
    source: SkillSource
    status: Literal["active", "disabled", "error"] | str | None = None
    org_id: str | None = None
    name: str | None = None
    description: str | None = None
    source_url: str | None = None
    source_ref: str | None = None
    icon_url: str | None = None
    author: str | None = None
    version: str | None = None
    tags: list[str] = []
    auth_type: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class CatalogSkill(CamelModel, frozen=True, kw_only=True):
    """An entry of the marketplace. ``installed_id`` is the id of the installed skill, if there is one."""

    key: str
    name: str
    source: SkillSource
    description: str | None = None
    source_url: str | None = None
    source_ref: str | None = None
    icon_url: str | None = None
    author: str | None = None
    version: str | None = None
    category: str | None = None
    tags: list[str] = []
    auth_type: str | None = None
    installed_id: str | None = None


class SkillInstall(CamelParams, frozen=True, kw_only=True):
    """The body of an installation. All names but the first two are inferred."""

    source: InstallableSource
    source_url: str
    source_ref: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class _CamelNames(msgspec.Struct, frozen=True, rename="camel"):
    """The names that differ, should the platform write skills as it writes the marketplace."""

    org_id: str | None = None
    source_url: str | None = None
    source_ref: str | None = None
    icon_url: str | None = None
    auth_type: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


_skill, _skills = decoder(Skill), decoder(list[Skill])
_camel, _camels = decoder(_CamelNames), decoder(list[_CamelNames])


def _peel(raw: Any) -> Skill:
    body = bytes(raw)
    return _merged(_skill(body), _camel(body))


def _peel_list(raw: Any) -> Page[Skill]:
    body = bytes(raw)
    items = list(map(_merged, _skills(body), _camels(body)))
    return Page(items=items, total=len(items))


def _merged(skill: Skill, camel: _CamelNames) -> Skill:
    found = {name: value for name, value in msgspec.structs.asdict(camel).items() if value is not None}
    return msgspec.structs.replace(skill, **found) if found else skill


SKILL = Envelope(lambda _: msgspec.Raw, _peel)
"""A skill in snake_case or camelCase: no source tells which."""
SKILLS = Envelope(lambda _: msgspec.Raw, _peel_list)
"""A bare array of such skills."""


class _Catalog(CamelModel, frozen=True, kw_only=True):
    skills: list[CatalogSkill]
    next_cursor: str | None = None


CATALOG = Envelope(lambda _: _Catalog, lambda wire: Page(items=wire.skills, next_cursor=wire.next_cursor))
"""``{skills, nextCursor}``; no cursor, or null, on the last page (inferred)."""

_SKILL = "/api/skills/{skill_id}"

LIST_SKILLS = Op("skills_list", "GET", "/api/skills", Page[Skill], query=("source",), envelope=SKILLS)
INSTALL = Op("skills_install", "POST", "/api/skills", Skill, body=SkillInstall, envelope=SKILL)
BROWSE = Op(
    "skills_browse",
    "GET",
    "/api/skills/browse",
    Page[CatalogSkill],
    query=("q", "source", "limit", "cursor"),
    envelope=CATALOG,
    pages=CURSOR,
)
GET = Op("skills_get", "GET", _SKILL, Skill, envelope=SKILL, certainty=Certainty.INFERRED)
UNINSTALL: Op[None] = Op("skills_uninstall", "DELETE", _SKILL, None, certainty=Certainty.INFERRED)
SYNC = Op("skills_sync", "POST", f"{_SKILL}/sync", Skill, envelope=SKILL)


def _each_once(fetch: Fetch[CatalogSkill]) -> Fetch[CatalogSkill]:
    """Leave an entry out of all pages but the first that has it; that page may be fetched again.

    The cursor moves on in one of the three sources; the others may come again with every page (inferred).
    """
    first: dict[str, object] = {}

    async def fetch_fresh(place: dict[str, object]) -> Page[CatalogSkill]:
        page, cursor = await fetch(place), place["cursor"]
        fresh = {entry.key: entry for entry in page.items if first.setdefault(entry.key, cursor) == cursor}
        return msgspec.structs.replace(page, items=list(fresh.values()))

    return fetch_fresh


class Skills(Resource):
    """Skills of the organization; reached as ``client.skills``."""

    async def install(
        self,
        source: InstallableSource,
        source_url: str,
        *,
        source_ref: str | UnsetType = UNSET,
        name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Skill:
        """Install a skill; source, URL and reference are those of the entry in the marketplace.

        Not repeated after an ambiguous failure: list the skills first.

        Args:
            source_ref: the reference within the source; inferred.
            name: in place of the source's own; inferred, as is ``description``.
        """
        body = SkillInstall(
            source=source, source_url=source_url, source_ref=source_ref, name=name, description=description
        )
        return await self._call(INSTALL, body=body, **options)

    async def get(self, skill_id: str, **options: Unpack[CallOptions]) -> Skill:
        """Read one installed skill. Inferred; safe to repeat."""
        return await self._call(GET, skill_id, **options)

    async def sync(self, skill_id: str, **options: Unpack[CallOptions]) -> Skill:
        """Fetch the content of a skill anew; skills of the MCP registry renew themselves.

        Not repeated after an ambiguous failure; calling again is harmless. The answer is inferred: look at
        its ``status`` for ``error``.
        """
        return await self._call(SYNC, skill_id, **options)

    async def uninstall(self, skill_id: str, **options: Unpack[CallOptions]) -> None:
        """Remove a skill, and take it away from every agent and runner. Its path is inferred. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(UNINSTALL, skill_id, **options)

    def browse(
        self,
        *,
        q: str | None = None,
        source: InstallableSource | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[CatalogSkill]:
        """Search the marketplace; each entry comes once, though pages may repeat entries. Safe to repeat.

        Args:
            q: a text to search for.
            limit: 1 to 50 entries of each of the three sources a page; the platform's default is 20.
            cursor: from ``pages.cursor``, to go on after a page; entries before it may come again.
        """
        if limit is not None and not 1 <= limit <= MAX_ENTRIES:
            raise ConfigError(f"limit must be 1 to {MAX_ENTRIES}, not {limit!r}")

        async def fetch(place: dict[str, object]) -> Page[CatalogSkill]:
            return await self._call(BROWSE, query={"q": q, "source": source, **place}, **options)

        return Pages(_each_once(fetch), BROWSE.pages, cursor=cursor, limit=limit)

    def list(self, *, source: SkillSource | None = None, **options: Unpack[CallOptions]) -> Pages[Skill]:
        """List the installed skills; the platform sends one page. Safe to repeat.

        Args:
            source: only skills of this source.
        """
        return self._pages(LIST_SKILLS, query={"source": source}, **options)
