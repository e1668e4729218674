"""Channels of Flapjack agents and the people on them; credentials are taken and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.state import Maker

__all__ = ["AgentChannels"]

Channel = dict[str, Any]

_KINDS = ("telegram", "slack", "whatsapp")
_PEOPLE = (("4471", "Ada"), ("4472", None))
"""Who has written on the seeded channel: the name there, and how it is shown."""


class AgentChannels:
    """The channels of all agents; the first agent has one, with contacts."""

    def __init__(self, make: Maker, agents: Agents) -> None:
        self._make = make
        self._agents = agents
        seeded = self._made(next(iter(agents.agents)), {"kind": "telegram", "name": "Help line"})
        self._channels: dict[str, Channel] = {seeded["id"]: seeded}
        self._contacts = {seeded["id"]: [self._contact(seeded["id"], *person) for person in _PEOPLE]}

    async def agents_channels_list(self, call: Call) -> list[Channel]:
        """Answer with the channels of an agent."""
        agent = self._agents.find(call.path["agentId"])
        return [channel for channel in self._channels.values() if channel["agent_id"] == agent["id"]]

    async def agents_channels_create(self, call: Call) -> Channel:
        """Add a channel of one of the three kinds."""
        agent = self._agents.find(call.path["agentId"])
        if call.body.get("kind") not in _KINDS:
            raise Problem(422, f"kind has to be one of: {', '.join(_KINDS)}", param="kind")
        channel = self._made(agent["id"], call.body)
        if stored(call):
            self._channels[channel["id"]] = channel
        return channel

    async def agents_channels_update(self, call: Call) -> Channel:
        """Change the members that were sent; the configuration is replaced."""
        sent = {name: call.body[name] for name in ("name", "enabled", "config") if name in call.body}
        channel = self._find(call) | sent
        if stored(call):
            self._channels[channel["id"]] = channel
        return channel

    async def agents_channels_delete(self, call: Call) -> dict[str, bool]:
        """Remove a channel."""
        channel = self._find(call)
        if stored(call):
            del self._channels[channel["id"]]
        return {"ok": True}

    async def agents_channels_contacts_list(self, call: Call) -> list[dict[str, Any]]:
        """Answer with the people on a channel."""
        return self._contacts.get(self._find(call)["id"], [])

    def _find(self, call: Call) -> Channel:
        """Return a channel of the agent in the path."""
        agent = self._agents.find(call.path["agentId"])
        channel = self._channels.get(call.path["channelId"])
        if channel is None or channel["agent_id"] != agent["id"]:
            raise Problem(404, "Channel not found")
        return channel

    def _made(self, agent_id: str, body: Mapping[str, Any]) -> Channel:
        return {
            "id": self._make.id(),
            "agent_id": agent_id,
            "kind": body["kind"],
            "name": body.get("name"),
            "enabled": True,
            "config": body.get("config", {}),
            "created_at": self._make.time(),
        }

    def _contact(self, channel_id: str, external_id: str, name: str | None) -> dict[str, Any]:
        return {
            "id": self._make.id(),
            "channel_id": channel_id,
            "external_id": external_id,
            "display_name": name,
            "thread_id": None,
            "created_at": self._make.time(),
        }
