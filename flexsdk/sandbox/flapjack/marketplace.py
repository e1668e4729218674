"""Flapjack's own offers: official templates of agents, and the registry of MCP servers."""

from __future__ import annotations

import re
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents

__all__ = ["Marketplace", "Registry"]

_TEMPLATES = (
    ("support-desk", "Support Desk", "Answers tickets from your knowledge", "support"),
    ("sql-analyst", "SQL Analyst", "Turns questions into queries", "data"),
    ("release-writer", "Release Writer", "Writes notes from merged changes", "engineering"),
)
_MODEL = "gpt-5.4"
_SERVERS = tuple(
    (f"com.example/{word}", f"{word.title()} server", f"Reads and writes {word}")
    for word in ("calendar", "contacts", "documents", "invoices", "mail", "tickets", "weather")
)
_PROVIDERS = (("google", "Google Workspace"), ("linear", "Linear"), ("notion", "Notion"))
_PAGE = 3
"""Servers of a page unless asked otherwise; the documents name no figure."""


class Marketplace:
    """Official templates."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    async def marketplace_official_list(self, _call: Call) -> list[dict[str, Any]]:
        """Answer with all templates."""
        return [
            {
                "id": slug,
                "slug": slug,
                "name": name,
                "description": description,
                "avatar_url": None,
                "default_model": _MODEL,
                "category": category,
            }
            for slug, name, description, category in _TEMPLATES
        ]

    async def marketplace_official_use(self, call: Call) -> dict[str, Any]:
        """Make an agent, which is in the list from then on."""
        names = {slug: (name, description) for slug, name, description, _ in _TEMPLATES}
        if call.body["templateId"] not in names:
            raise Problem(404, "Template not found")
        name, description = names[call.body["templateId"]]
        made = {"name": call.body.get("name", name), "description": description, "defaultModel": _MODEL}
        org = {"orgId": call.body["orgId"]} if "orgId" in call.body else {}
        agent = self._agents.add(call, {**made, **org})
        return {"id": agent["id"], "org_id": agent["org_id"], "name": agent["name"]}


class Registry:
    """What the MCP registry knows."""

    async def mcp_registry_search(self, call: Call) -> dict[str, Any]:
        """Answer with a page of the servers whose name or description has the words."""
        words = call.query.get("q", "").lower().split()
        found = [each for each in _SERVERS if all(word in " ".join(each).lower() for word in words)]
        start = _place(call.query.get("cursor", "0"))
        end = start + max(1, call.query.get("limit", _PAGE))
        return {
            "servers": [_server(*each) for each in found[start:end]],
            "nextCursor": str(end) if end < len(found) else None,
        }

    async def mcp_registry_managed(self, _call: Call) -> list[dict[str, Any]]:
        """Answer with the providers whose OAuth is taken care of."""
        return [
            {
                "slug": slug,
                "name": name,
                "description": f"Tools of {name}",
                "iconUrl": None,
                "url": f"https://mcp.example.com/{slug}",
                "authType": "oauth",
            }
            for slug, name in _PROVIDERS
        ]


def _place(cursor: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", cursor):
        raise Problem(400, "The cursor is none of ours", param="cursor")
    return int(cursor)


def _server(name: str, title: str, description: str) -> dict[str, Any]:
    remote = {"type": "streamable-http", "url": f"https://mcp.example.com/{name}"}
    return {
        "name": name,
        "title": title,
        "description": description,
        "version": "1.0.0",
        "remotes": [remote],
    }
