"""The settings of a Flapjack agent, in nine groups that are read and written alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import ConfigError, NotFound
from flexsdk.platforms.flapjack import (
    CompactionConfig,
    CompactionConfigUpdate,
    ComputerConfigUpdate,
    ConfigSwitch,
    CredentialConfigUpdate,
    MemoryConfigUpdate,
)
from flexsdk.sandbox import Fault, Sandbox

NOBODY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
async def agent_id(flapjack: Flapjack) -> str:
    return (await flapjack.agents.create("Desk")).id


def shown(config: Any) -> Mapping[str, Any]:
    fields = config if isinstance(config, dict) else msgspec.structs.asdict(config)
    return {name: value for name, value in fields.items() if not name.startswith("_")}


GROUPS: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "web": (
        {"enabled": True, "deepResearch": {"depth": 2}},
        {"enabled": True, "deepResearch": {"depth": 2}},
        {"enabled": True, "deepResearch": {"depth": 2}},
    ),
    "memory": (
        MemoryConfigUpdate(enabled=True, auto_inject=False, inject_count=3),
        {"enabled": True, "autoInject": False, "injectCount": 3},
        {"enabled": True, "auto_inject": False, "inject_count": 3},
    ),
    "plan": (ConfigSwitch(enabled=True), {"enabled": True}, {"enabled": True}),
    "computer": (
        ComputerConfigUpdate(enabled=True, provider="heyvm", mode="persistent", size_class="large"),
        {"enabled": True, "provider": "heyvm", "mode": "persistent", "sizeClass": "large"},
        {"enabled": True, "provider": "heyvm", "mode": "persistent", "size_class": "large"},
    ),
    "compaction": (
        CompactionConfigUpdate(anthropic_trigger_tokens=50_000, anthropic_instructions=None),
        {"anthropicTriggerTokens": 50_000, "anthropicInstructions": None},
        {"anthropic_trigger_tokens": 50_000, "openai_compact_threshold": 100_000},
    ),
    "credentials": (
        CredentialConfigUpdate(enabled=True, resolver_url="https://keys.example.com/", timeout_ms=900),
        {"enabled": True, "resolverUrl": "https://keys.example.com/", "timeoutMs": 900},
        {"enabled": True, "resolver_url": "https://keys.example.com/", "timeout_ms": 900},
    ),
    "multiplayer": ({"enabled": True}, {"enabled": True}, {"enabled": True}),
    "delegated": ({"enabled": True}, {"enabled": True}, {"enabled": True}),
    "scheduled_tasks": (ConfigSwitch(enabled=True), {"enabled": True}, {"enabled": True}),
}
"""Group: what is passed, what arrives, what is stored at least."""


@pytest.mark.parametrize("group", GROUPS)
async def test_settings_are_read_and_written_as_a_group(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str, group: str
) -> None:
    config, sent, kept = GROUPS[group]
    settings = getattr(flapjack.agents, group)
    before = await settings.get(agent_id)

    written = await settings.update(agent_id, config)

    assert last_body(sandbox) == sent
    request = sandbox.flapjack.requests[-1]
    assert (request.method, request.path) == ("PUT", f"/api/agents/{agent_id}/{group.replace('_', '-')}")
    assert written != before
    assert shown(written).items() >= kept.items()
    assert await settings.get(agent_id) == written


@pytest.mark.parametrize("group", GROUPS)
async def test_settings_of_nobody_are_not_found_and_empty_ones_are_not_sent(
    flapjack: Flapjack, sandbox: Sandbox, group: str
) -> None:
    settings, config = getattr(flapjack.agents, group), GROUPS[group][0]

    with pytest.raises(NotFound):
        await settings.get(NOBODY)
    with pytest.raises(NotFound):
        await settings.update(NOBODY, config)

    empty = {} if isinstance(config, dict) else type(config)()
    count = len(sandbox.flapjack.requests)
    with pytest.raises(ConfigError, match="nothing to change"):
        await settings.update(NOBODY, empty)
    assert len(sandbox.flapjack.requests) == count


async def test_the_computer_and_the_scheduled_tasks_show_on_the_agent(
    flapjack: Flapjack, agent_id: str
) -> None:
    await flapjack.agents.computer.update(agent_id, ComputerConfigUpdate(enabled=True, scope="agent"))
    await flapjack.agents.scheduled_tasks.update(agent_id, ConfigSwitch(enabled=True))

    agent = await flapjack.agents.get(agent_id)

    assert agent.computer is not None
    assert (agent.computer.enabled, agent.computer.scope) == (True, "agent")
    assert agent.scheduled_tasks_enabled is True


@pytest.mark.parametrize(
    "body",
    [
        b'{"enabled":true,"anthropic_trigger_tokens":60000,"anthropic_pause_after":false}',
        b'{"enabled":true,"anthropicTriggerTokens":60000,"anthropicPauseAfter":false}',
    ],
    ids=["snake", "camel"],
)
async def test_compaction_is_read_in_either_spelling(body: bytes) -> None:
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        config = await client.agents.compaction.get("a")

    wanted = CompactionConfig(enabled=True, anthropic_trigger_tokens=60_000, anthropic_pause_after=False)
    assert config == wanted
    assert repr(config) == repr(wanted)
    assert ", _" not in repr(config)


@pytest.mark.parametrize("name", ["enabled", "scheduled_tasks_enabled"])
async def test_the_switch_of_scheduled_tasks_is_read_under_either_name(name: str) -> None:
    body = msgspec.json.encode({name: False})
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        config = await client.agents.scheduled_tasks.get("a")

    assert config.enabled is False
    assert repr(config) == "ScheduledTasksConfig(enabled=False)"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: CompactionConfigUpdate(anthropic_trigger_tokens=49_999), "50,000 or more, not 49,999"),
        (lambda: CompactionConfigUpdate(openai_compact_threshold=999), "1,000 or more"),
        (lambda: CredentialConfigUpdate(timeout_ms=0), "timeout_ms has to be 1 or more"),
        (lambda: CredentialConfigUpdate(resolver_url="http://keys.example.com"), "begin with https://"),
        (lambda: ComputerConfigUpdate(mode="persistent", provider="vercel"), "needs the provider 'heyvm'"),
        (lambda: ComputerConfigUpdate(mode="custom", provider="tensorlake"), "needs the provider 'heyvm'"),
    ],
    ids=["anthropic", "openai", "timeout", "resolver", "persistent", "custom"],
)
def test_settings_that_the_platform_does_not_take_cannot_be_made(make: Callable[[], Any], text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        make()


def test_the_least_thresholds_can_be_made() -> None:
    CompactionConfigUpdate(anthropic_trigger_tokens=50_000, openai_compact_threshold=1_000)
    CredentialConfigUpdate(timeout_ms=1)
    ComputerConfigUpdate(mode="persistent")  # the provider may be stored already
    ComputerConfigUpdate(mode="ephemeral", provider="vercel")


async def test_a_write_of_settings_is_repeated_when_the_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox, agent_id: str
) -> None:
    sandbox.flapjack.faults.add(Fault.reset(acted=True), operation="agents_plan_update", requests={1})

    written = await flapjack.agents.plan.update(agent_id, {"enabled": True})

    assert written == {"enabled": True}
    assert len(sandbox.flapjack.calls("agents_plan_update")) == 2


async def test_a_view_hands_its_options_to_the_parts_of_agents(flapjack: Flapjack, sandbox: Sandbox) -> None:
    assert flapjack.agents.memory is flapjack.agents.memory
    view = flapjack.with_options(headers={"X-Trace": "7"})

    with pytest.raises(NotFound):
        await view.agents.memory.get(NOBODY)

    assert sandbox.flapjack.requests[-1].headers["X-Trace"] == "7"
