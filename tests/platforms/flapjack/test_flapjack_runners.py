"""Every method of Flapjack's runners but those of runs and budgets, against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY, FakeClock

from flexsdk import Flapjack
from flexsdk.errors import APIError, ConfigError, ConnectionLost, NotFound, Unprocessable
from flexsdk.platforms.flapjack import (
    Runner,
    RunnerFeatureReplace,
    RunnerSkillAttach,
    RunnerStepCreate,
    RunnerStepUpdate,
    RunnerTriggerCreate,
    RunnerTriggerUpdate,
)
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Fault, Sandbox


@pytest.fixture
async def flapjack(sandbox: Sandbox, clock: FakeClock) -> AsyncIterator[Flapjack]:
    async with Flapjack(
        sandbox.flapjack.key, base_url=sandbox.flapjack.base_url, clock=clock, limits=None
    ) as client:
        yield client


@pytest.fixture
async def runner(flapjack: Flapjack) -> Runner:
    """A runner without steps."""
    return await flapjack.runners.create("Desk")


async def agent_id(flapjack: Flapjack) -> str:
    agent = await flapjack.agents.list().first()
    assert agent is not None
    return agent.id


# --- runners


async def test_runners_are_made_read_changed_listed_and_deleted(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.runners.create(
        "Desk", description="Sorts", default_model="gpt-5.4", input_schema={"type": "object"}
    )
    assert last_body(sandbox) == {
        "name": "Desk",
        "description": "Sorts",
        "defaultModel": "gpt-5.4",
        "inputSchema": {"type": "object"},
    }
    assert (made.name, made.default_model, made.input_schema) == ("Desk", "gpt-5.4", {"type": "object"})
    assert (await flapjack.runners.get(made.id)) == made

    changed = await flapjack.runners.update(made.id, description=None, project_id="p")
    assert last_body(sandbox) == {"description": None, "projectId": "p"}
    assert (changed.name, changed.description, changed.project_id) == ("Desk", None, "p")
    assert changed in await flapjack.runners.list().collect()

    await flapjack.runners.delete(made.id)
    with pytest.raises(NotFound, match="404 NOT_FOUND: Runner not found"):
        await flapjack.runners.get(made.id)


async def test_runners_are_listed_by_organization(flapjack: Flapjack, sandbox: Sandbox) -> None:
    assert await flapjack.runners.list(org_id="o").collect() == []

    assert sandbox.flapjack.requests[-1].raw_path == "/api/runners?orgId=o"


async def test_a_single_read_holds_steps_and_triggers(flapjack: Flapjack) -> None:
    listed = await flapjack.runners.list().first()
    assert listed is not None

    read = await flapjack.runners.get(listed.id)

    assert (listed.steps, listed.triggers) == ([], [])
    assert read.steps == await flapjack.runners.steps.list(read.id).collect() != []
    assert read.triggers == await flapjack.runners.triggers.list(read.id).collect() != []


CHANGES: dict[str, Callable[[Flapjack], Any]] = {
    "update": lambda client: client.runners.update("r"),
    "steps.update": lambda client: client.runners.steps.update("r", "s"),
    "triggers.update": lambda client: client.runners.triggers.update("r", "t"),
    "budget.replace": lambda client: client.runners.budget.replace("r"),
    "web.replace, struct": lambda client: client.runners.web.replace("r", RunnerFeatureReplace()),
    "plan.replace, mapping": lambda client: client.runners.plan.replace("r", {}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_change_of_nothing_is_never_sent(change: Callable[[Flapjack], Any]) -> None:
    async with Flapjack(KEY, base_url="http://127.0.0.1:1") as client:
        with pytest.raises(ConfigError, match="nothing to change"):
            await change(client)


async def test_a_schema_that_is_none_is_refused(flapjack: Flapjack) -> None:
    with pytest.raises(Unprocessable, match="inputSchema"):
        await flapjack.runners.create("Desk", input_schema={"type": "banana"})


# --- steps and triggers


async def test_steps_are_added_changed_ordered_and_removed(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    steps = flapjack.runners.steps
    agent = await agent_id(flapjack)
    first = await steps.create(runner.id, "agent", "Sort", agent_id=agent, input_mapping={"a": "$.b"})
    assert last_body(sandbox) == {
        "kind": "agent",
        "name": "Sort",
        "agentId": agent,
        "inputMapping": {"a": "$.b"},
    }
    second = await steps.create(runner.id, "webhook", "Tell", config={"url": "https://example.com"})
    assert (first.position, second.position) == (0, 1)
    assert (first.agent_id, first.input_mapping, second.agent_id) == (agent, {"a": "$.b"}, None)

    moved = await steps.update(runner.id, second.id, position=-1, name="Warn")
    cleared = await steps.update(runner.id, first.id, agent_id=None, input_mapping=None)
    assert last_body(sandbox) == {"agentId": None, "inputMapping": None}
    assert (moved.name, moved.kind, moved.config) == ("Warn", "webhook", {"url": "https://example.com"})
    assert await steps.list(runner.id).collect() == [moved, cleared]

    await steps.delete(runner.id, first.id)
    assert await steps.list(runner.id).collect() == [moved]
    with pytest.raises(NotFound, match="Step not found"):
        await steps.delete(runner.id, first.id)


async def test_a_step_needs_an_agent_that_exists(flapjack: Flapjack, runner: Runner) -> None:
    with pytest.raises(NotFound, match="Agent not found"):
        await flapjack.runners.steps.create(runner.id, "agent", "Sort", agent_id="none")

    assert await flapjack.runners.steps.list(runner.id).collect() == []


async def test_triggers_are_added_changed_and_removed(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    triggers = flapjack.runners.triggers
    cron = await triggers.create(runner.id, "cron", cron_expression="0 9 * * MON")
    assert last_body(sandbox) == {"kind": "cron", "cronExpression": "0 9 * * MON"}
    hook = await triggers.create(runner.id, "webhook", config={"path": "in"}, enabled=False)
    assert (cron.cron_expression, cron.enabled, hook.enabled) == ("0 9 * * MON", True, False)

    changed = await triggers.update(runner.id, hook.id, enabled=True)
    assert last_body(sandbox) == {"enabled": True}
    assert (changed.kind, changed.config, changed.enabled) == ("webhook", {"path": "in"}, True)
    assert await triggers.list(runner.id).collect() == [cron, changed]

    await triggers.delete(runner.id, cron.id)
    assert await triggers.list(runner.id).collect() == [changed]


async def test_a_cron_trigger_without_its_time_is_never_sent(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    sent = len(sandbox.flapjack.requests)

    with pytest.raises(ConfigError, match="cron_expression="):
        await flapjack.runners.triggers.create(runner.id, "cron")

    assert len(sandbox.flapjack.requests) == sent


# --- settings, figures, connections


@pytest.mark.parametrize("name", ["web", "plan", "knowledge"])
async def test_settings_are_read_and_replaced_as_a_whole(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner, name: str
) -> None:
    feature = getattr(flapjack.runners, name)
    assert await feature.get(runner.id) == {"enabled": False}

    assert await feature.replace(runner.id, {"enabled": True, "maxResults": 5}) == {
        "enabled": True,
        "maxResults": 5,
    }
    assert await feature.replace(runner.id, RunnerFeatureReplace(enabled=False)) == {"enabled": False}

    assert last_body(sandbox) == {"enabled": False}
    assert sandbox.flapjack.requests[-1].path == f"/api/runners/{runner.id}/{name}"
    assert await feature.get(runner.id) == {"enabled": False}


async def test_figures_are_read_for_a_period(flapjack: Flapjack, sandbox: Sandbox) -> None:
    weekly = await flapjack.runners.list().first()
    assert weekly is not None

    week = await flapjack.runners.analytics(weekly.id, period="7d")
    assert sandbox.flapjack.requests[-1].query == {"period": "7d"}
    usual = await flapjack.runners.analytics(weekly.id)
    assert sandbox.flapjack.requests[-1].query == {}

    assert (week.runner.id, week.runner.name, week.period.days) == (weekly.id, "Weekly Digest", 7)
    assert (week.summary.total_runs, usual.summary.total_runs, usual.period.days) == (1, 3, 30)
    assert (usual.summary.completed, usual.summary.success_rate) == (3, 100.0)
    assert usual.summary.total_cost_usd == pytest.approx(0.03)
    assert sum(each.total_cost_usd or 0 for each in usual.by_model) == pytest.approx(0.03)
    assert sum(day["total_runs"] for day in usual.daily) == 3


async def test_mcp_servers_are_attached_and_detached(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    mcps = flapjack.runners.mcps
    binding = await mcps.attach(runner.id, "m", allowed_tools=["search"])
    assert last_body(sandbox) == {"mcpServerId": "m", "allowedTools": ["search"]}
    assert (binding.runner_id, binding.mcp_server_id, binding.allowed_tools) == (runner.id, "m", ["search"])
    assert await mcps.list(runner.id).collect() == [binding]

    await mcps.detach(runner.id, "m")
    assert (sandbox.flapjack.requests[-1].method, last_body(sandbox)) == ("DELETE", {"mcpServerId": "m"})
    with pytest.raises(NotFound, match="not attached"):
        await mcps.detach(runner.id, "m")


async def test_integrations_are_attached_and_detached(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    integrations = flapjack.runners.integrations
    binding = await integrations.attach(runner.id, "i", allowed_tables=["orders"])
    assert last_body(sandbox) == {"integrationId": "i", "allowedTables": ["orders"]}
    assert (binding.integration_id, binding.allowed_tables) == ("i", ["orders"])
    assert await integrations.list(runner.id).collect() == [binding]

    await integrations.detach(runner.id, "i")
    assert last_body(sandbox) == {"integrationId": "i"}
    assert await integrations.list(runner.id).collect() == []


async def test_tools_are_attached_and_detached(flapjack: Flapjack, sandbox: Sandbox, runner: Runner) -> None:
    tools = flapjack.runners.tools
    binding = await tools.attach(runner.id, "t")
    assert last_body(sandbox) == {"toolId": "t"}
    assert (binding.tool_id, binding.allowed_tools) == ("t", None)
    assert await tools.list(runner.id).collect() == [binding]

    await tools.detach(runner.id, "t")
    assert last_body(sandbox) == {"toolId": "t"}
    assert await tools.list(runner.id).collect() == []


async def test_skills_are_attached_and_detached(flapjack: Flapjack, sandbox: Sandbox, runner: Runner) -> None:
    skills = flapjack.runners.skills
    binding = await skills.attach(runner.id, "s", prompt_override="Be brief.", enabled=False)
    assert last_body(sandbox) == {"skillId": "s", "promptOverride": "Be brief.", "enabled": False}
    assert (binding.skill_id, binding.prompt_override, binding.enabled) == ("s", "Be brief.", False)
    assert await skills.list(runner.id).collect() == [binding]

    await skills.detach(runner.id, "s")
    assert last_body(sandbox) == {"skillId": "s"}
    assert await skills.list(runner.id).collect() == []


async def test_what_a_step_or_a_trigger_is_told_may_be_secret_and_is_never_shown(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    config = {"url": "https://example.com", "headers": {"Authorization": Secret("fj_test_pass")}}
    told = {"url": "https://example.com", "headers": {"Authorization": "fj_test_pass"}}

    step = await flapjack.runners.steps.create(runner.id, "webhook", "Tell", config=config)
    assert last_body(sandbox)["config"] == told
    await flapjack.runners.steps.update(runner.id, step.id, config=config)
    assert last_body(sandbox) == {"config": told}
    trigger = await flapjack.runners.triggers.create(runner.id, "poll", config=config)
    assert last_body(sandbox)["config"] == told
    await flapjack.runners.triggers.update(runner.id, trigger.id, config=config)
    assert last_body(sandbox) == {"config": told}

    assert step.config == trigger.config == told
    bodies = [
        RunnerStepCreate(kind="webhook", name="Tell", config=told),
        RunnerStepUpdate(config=told),
        RunnerTriggerCreate(kind="poll", config=told),
        RunnerTriggerUpdate(config=told),
    ]
    assert "fj_test_pass" not in repr([await flapjack.runners.get(runner.id), *bodies])


@pytest.mark.parametrize(
    ("credential", "sent"),
    [
        pytest.param("fj_test_pass", "fj_test_pass", id="text"),
        pytest.param(Secret("fj_test_pass"), "fj_test_pass", id="secret"),
        pytest.param({"token": Secret("fj_test_pass")}, {"token": "fj_test_pass"}, id="object"),
    ],
)
async def test_the_credential_of_a_skill_is_sent_and_never_shown(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner, credential: Any, sent: Any
) -> None:
    binding = await flapjack.runners.skills.attach(runner.id, "s", credential=credential)

    assert last_body(sandbox)["credential"] == sent
    assert "fj_test_pass" not in repr(binding)
    assert "fj_test_pass" not in repr(RunnerSkillAttach(skill_id="s", credential=sent))


# --- addresses

METHODS: dict[str, tuple[str, Callable[[Flapjack, str], Any]]] = {
    "get": ("GET /api/runners/{}", lambda client, id_: client.runners.get(id_)),
    "delete": ("DELETE /api/runners/{}", lambda client, id_: client.runners.delete(id_)),
    "runs.create": ("POST /api/runners/{}/runs", lambda client, id_: client.runners.runs.create(id_)),
    "runs.get": ("GET /api/runners/r/runs/{}", lambda client, id_: client.runners.runs.get("r", id_)),
    "runs.cancel": (
        "POST /api/runners/r/runs/{}/cancel",
        lambda client, id_: client.runners.runs.cancel("r", id_),
    ),
    "steps.delete": (
        "DELETE /api/runners/r/steps/{}",
        lambda client, id_: client.runners.steps.delete("r", id_),
    ),
    "mcps.detach": ("DELETE /api/runners/{}/mcps", lambda client, id_: client.runners.mcps.detach(id_, "m")),
}


@pytest.mark.parametrize(
    ("id_", "segment"),
    [("", None), ("..", None), ("a/../../x", "a%2F..%2F..%2Fx")],
    ids=["empty", "up", "slash"],
)
@pytest.mark.parametrize("method", METHODS)
async def test_an_id_stays_one_segment_or_nothing_is_sent(method: str, id_: str, segment: str | None) -> None:
    line, call = METHODS[method]
    async with RawServer(answer(404)) as server, Flapjack(KEY, base_url=server.url) as client:
        with pytest.raises(ConfigError if segment is None else APIError):
            await call(client, id_)

    assert server.lines == ([] if segment is None else [f"{line.format(segment)} HTTP/1.1"])


# --- repeats

STARTS: dict[str, Callable[[Flapjack, str, str], Any]] = {
    "runners_create": lambda client, runner_id, run_id: client.runners.create("Twice"),
    "runners_runs_create": lambda client, runner_id, run_id: client.runners.runs.create(runner_id),
    "runners_runs_cancel": lambda client, runner_id, run_id: client.runners.runs.cancel(runner_id, run_id),
    "runners_runs_resume": lambda client, runner_id, run_id: client.runners.runs.resume(runner_id, run_id),
    "runners_mcps_attach": lambda client, runner_id, run_id: client.runners.mcps.attach(runner_id, "m"),
}


@pytest.mark.parametrize("operation", STARTS)
async def test_what_may_have_acted_is_not_repeated_when_its_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner, operation: str
) -> None:
    run = await flapjack.runners.runs.create(runner.id)
    before = len(sandbox.flapjack.calls(operation))
    sandbox.flapjack.faults.add(Fault.reset(acted=True), operation=operation)

    with pytest.raises(ConnectionLost):
        await STARTS[operation](flapjack, runner.id, run.id)

    assert len(sandbox.flapjack.calls(operation)) == before + 1


async def test_a_replacement_and_a_detachment_are_repeated_when_their_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    await flapjack.runners.mcps.attach(runner.id, "m")
    for operation in ("runners_budget_put", "runners_mcps_detach"):
        sandbox.flapjack.faults.add(Fault.reset(acted=False), operation=operation, requests={1})

    await flapjack.runners.budget.replace(runner.id, max_cost_usd=1)
    await flapjack.runners.mcps.detach(runner.id, "m")

    assert len(sandbox.flapjack.calls("runners_budget_put")) == 2
    assert len(sandbox.flapjack.calls("runners_mcps_detach")) == 2
    assert await flapjack.runners.mcps.list(runner.id).collect() == []
