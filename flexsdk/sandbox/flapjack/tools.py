"""Flapjack custom tools: addresses that the platform calls for agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.records import Record, Records
from flexsdk.sandbox.state import Maker

__all__ = ["Tools"]

_MEMBERS = ("name", "description", "url", "parameters")
_SEEDED = {
    "name": "ship_order",
    "description": "Ship an order",
    "url": "https://tools.example.com/ship",
    "parameters": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
}


class Tools:
    """The tools of one organization; no two have the same name."""

    def __init__(self, make: Maker, org_id: str) -> None:
        self._make = make
        self._org_id = org_id
        self._tools = Records(make, "Tool", "toolId")
        self._tools.seed(self._tool(_SEEDED))

    def _tool(self, body: Mapping[str, Any]) -> Record:
        now = self._make.time()
        members = {name: body[name] for name in _MEMBERS}
        return {"org_id": self._org_id, **members, "created_at": now, "updated_at": now}

    async def tools_list(self, _call: Call) -> list[Record]:
        """Answer with all tools."""
        return self._tools.all()

    async def tools_create(self, call: Call) -> Record:
        """Register a tool."""
        self._check_name(call)
        return self._tools.add(call, self._tool(call.body))

    async def tools_get(self, call: Call) -> Record:
        """Answer with one tool."""
        return self._tools.find(call)

    async def tools_update(self, call: Call) -> Record:
        """Change the members that were sent."""
        self._tools.find(call)
        self._check_name(call)
        changes = {name: value for name, value in call.body.items() if name in _MEMBERS}
        return self._tools.change(call, {**changes, "updated_at": self._make.time()})

    async def tools_delete(self, call: Call) -> None:
        """Remove a tool."""
        self._tools.remove(call)

    def _check_name(self, call: Call) -> None:
        own = call.path.get("toolId")
        if any(each["name"] == call.body.get("name") and each["id"] != own for each in self._tools.all()):
            raise Problem(422, "Another tool has this name", param="name")
