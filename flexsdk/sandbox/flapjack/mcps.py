"""Flapjack MCP servers: their life, their test, and the start of an authorization."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.records import Record, Records
from flexsdk.sandbox.state import Maker

__all__ = ["Mcps"]

_TOOLS = (("search", "Search everything"), ("fetch", "Read one document"))
_UNREACHABLE = "unreachable"
"""A server with this word in its address or command fails its test."""
_NEEDED = {"streamable_http": "url", "sse": "url", "stdio": "command"}
_CHANGEABLE = ("name", "url", "command", "args", "allowedTools")


class Mcps:
    """The servers of one organization; unlike most of Flapjack they answer in camelCase."""

    def __init__(self, make: Maker) -> None:
        self._make = make
        self._servers = Records(make, "MCP server", "mcpId")
        self._servers.seed(
            self._server(
                {
                    "name": "Order Book",
                    "transport": "streamable_http",
                    "url": "https://mcp.example.com/orders",
                }
            )
        )

    def _server(self, body: Mapping[str, Any]) -> Record:
        now = self._make.time()
        return {
            "name": body["name"],
            "slug": re.sub(r"[^a-z0-9]+", "-", body["name"].lower()).strip("-"),
            "transport": body["transport"],
            "url": body.get("url"),
            "command": body.get("command"),
            "args": body.get("args", []),
            "status": "active",
            "hasCredentials": bool(body.get("credentials")),
            "allowedTools": body.get("allowedTools"),
            "toolsCache": None,
            "createdAt": now,
            "updatedAt": now,
        }

    async def mcps_list(self, _call: Call) -> list[Record]:
        """Answer with all servers."""
        return self._servers.all()

    async def mcps_create(self, call: Call) -> Record:
        """Add a server; its slug is made here and its credentials are not shown."""
        body = call.body
        if "slug" in body:
            raise Problem(422, "slug is made from the name", param="slug")
        needed = _NEEDED[body["transport"]]
        if not body.get(needed):
            raise Problem(422, f"{needed} is required for {body['transport']}", param=needed)
        return self._servers.add(call, self._server(body))

    async def mcps_get(self, call: Call) -> Record:
        """Answer with one server."""
        return self._servers.find(call)

    async def mcps_update(self, call: Call) -> Record:
        """Change the members that were sent; the slug stays, for agents know the tools by it."""
        changes = {name: value for name, value in call.body.items() if name in _CHANGEABLE}
        if "credentials" in call.body:
            changes["hasCredentials"] = bool(call.body["credentials"])
        return self._servers.change(call, {**changes, "updatedAt": self._make.time()})

    async def mcps_delete(self, call: Call) -> dict[str, bool]:
        """Remove a server."""
        self._servers.remove(call)
        return {"ok": True}

    async def mcps_test(self, call: Call) -> dict[str, Any]:
        """Answer with the tools of a server, and remember them."""
        server = self._servers.find(call)
        if _UNREACHABLE in f"{server['url']} {server['command']}":
            return {"ok": False, "error": "The server did not answer"}
        allowed = server["allowedTools"]
        tools = [
            {"name": name, "description": text} for name, text in _TOOLS if allowed is None or name in allowed
        ]
        self._servers.change(call, {"toolsCache": tools})
        return {"ok": True, "tools": tools}

    async def mcps_oauth_start(self, call: Call) -> dict[str, str]:
        """Answer with the page of the provider where the user agrees."""
        self._servers.find(call)
        query = {
            "response_type": "code",
            "client_id": call.body["clientId"],
            "scope": call.body.get("scope", ""),
            "state": self._make.id(),
            "code_challenge": self._make.id(),
            "code_challenge_method": "S256",
        }
        return {"authorizationUrl": f"{call.body['authorizeUrl']}?{urlencode(query)}"}
