"""Settings of Flapjack agents: nine groups, each read and written as a whole.

Whether the platform keeps what a PUT leaves out is not documented; here it falls back to its default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agent, Agents, stored

__all__ = ["AgentSettings"]

Settings = dict[str, Any]

_OPEN: Settings = {"enabled": False}
"""The default of groups whose members are not documented: they keep whatever is written."""
_DEFAULTS: Mapping[str, Settings] = {
    "web": _OPEN,
    "memory": {
        "enabled": False,
        "auto_collect": True,
        "auto_inject": True,
        "inject_count": 5,
        "max_memories": 1000,
        "agent_scope": True,
        "thread_scope": False,
        "resource_scope": False,
    },
    "plan": _OPEN,
    "computer": {
        "enabled": False,
        "provider": "tensorlake",
        "mode": "ephemeral",
        "scope": "thread",
        "size_class": "small",
    },
    "compaction": {
        "enabled": False,
        "anthropic_trigger_tokens": 150_000,
        "anthropic_instructions": None,
        "anthropic_pause_after": False,
        "openai_compact_threshold": 100_000,
    },
    "credentials": {"enabled": False, "resolver_url": None, "timeout_ms": 5_000},
    "multiplayer": _OPEN,
    "delegated": _OPEN,
    "scheduled_tasks": {"enabled": False},
}


class AgentSettings:
    """The settings of all agents; those of two groups stand on the agents themselves.

    The operations of the groups, ``agents_web_get`` and so on, are attributes made from the table.
    """

    def __init__(self, agents: Agents) -> None:
        self._agents = agents
        self._settings: dict[tuple[str, str], Settings] = {}
        for group in _DEFAULTS:
            setattr(self, f"agents_{group}_get", partial(self._get, group))
            setattr(self, f"agents_{group}_update", partial(self._update, group))

    async def _get(self, group: str, call: Call) -> Settings:
        agent = self._agents.find(call.path["agentId"])
        if group == "computer":
            return {**_DEFAULTS[group], **agent["computer"]}
        if group == "scheduled_tasks":
            return {"enabled": agent["scheduled_tasks_enabled"]}
        return self._settings.get((agent["id"], group), _DEFAULTS[group])

    async def _update(self, group: str, call: Call) -> Settings:
        agent = self._agents.find(call.path["agentId"])
        settings = _DEFAULTS[group] | _written(group, call.body)
        _check(group, settings)
        if stored(call):
            self._keep(agent, group, settings)
        return settings

    def _keep(self, agent: Agent, group: str, settings: Settings) -> None:
        if group == "computer":
            agent["computer"] = settings
        elif group == "scheduled_tasks":
            agent["scheduled_tasks_enabled"] = settings["enabled"]
        else:
            self._settings[agent["id"], group] = settings


def _written(group: str, body: Mapping[str, Any]) -> Settings:
    """Return what a body sets, in the spelling of answers."""
    default = _DEFAULTS[group]
    if default is _OPEN:
        return dict(body)
    snake = {re.sub(r"(?=[A-Z])", "_", name).lower(): value for name, value in body.items()}
    return {name: value for name, value in snake.items() if name in default}


def _check(group: str, settings: Settings) -> None:
    if group == "computer" and settings["mode"] != "ephemeral" and settings["provider"] != "heyvm":
        raise Problem(422, f"mode {settings['mode']} needs provider heyvm", param="mode")
    url = settings.get("resolver_url") if group == "credentials" else None
    if url is not None and not url.startswith("https://"):
        raise Problem(422, "resolverUrl has to be an https address", param="resolverUrl")
