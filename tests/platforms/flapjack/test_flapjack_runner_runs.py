"""Runs of Flapjack's runners and their budgets, against the sandbox."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY, FakeClock

from flexsdk import Flapjack
from flexsdk.errors import BadRequest, ConfigError, Conflict, Unprocessable
from flexsdk.platforms.flapjack import Runner, RunnerRun
from flexsdk.platforms.flapjack.runner_runs import GET
from flexsdk.sandbox import Sandbox

RUN_SECONDS = 8.0
STEP_SECONDS = 6.0
"""What is left of a run's time for its only step, after it has waited."""


@pytest.fixture
async def sandbox(clock: FakeClock) -> AsyncIterator[Sandbox]:
    """The platform, on the same clock as its client."""
    async with Sandbox(platforms=("flapjack",), clock=clock.time, run_seconds=RUN_SECONDS) as sandbox:
        yield sandbox
    assert sandbox.violations == []


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


async def test_a_run_goes_from_pending_to_completed(
    flapjack: Flapjack, sandbox: Sandbox, clock: FakeClock, runner: Runner
) -> None:
    await flapjack.runners.steps.create(runner.id, "agent", "Sort", agent_id=await agent_id(flapjack))
    run = await flapjack.runners.runs.create(runner.id, {"ticket": 7})
    assert last_body(sandbox) == {"input": {"ticket": 7}}
    assert (run.status, run.runner_id, run.input, run.steps) == ("pending", runner.id, {"ticket": 7}, [])

    clock.now += RUN_SECONDS - STEP_SECONDS
    running = await flapjack.runners.runs.get(runner.id, run.id)
    assert (running.status, running.output) == ("running", None)
    assert [(step.status, step.input) for step in running.steps] == [("running", {"ticket": 7})]

    clock.now += STEP_SECONDS
    done = await flapjack.runners.runs.get(runner.id, run.id)
    assert (done.status, done.error) == ("completed", None)
    assert (done.output["ticket"], done.output["Sort"]) == (7, done.steps[0].output)
    assert done.started_at is not None
    assert done.completed_at is not None
    assert done.created_at is not None
    assert done.created_at < done.started_at < done.completed_at
    assert (done.total_input_tokens, done.total_output_tokens, done.total_cost_usd) == (1200, 300, 0.01)


async def test_a_run_without_input_sends_an_empty_body(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    run = await flapjack.runners.runs.create(runner.id)

    assert last_body(sandbox) == {}
    assert run.input is None


async def test_an_input_that_breaks_the_schema_starts_no_run(flapjack: Flapjack) -> None:
    schema = {"type": "object", "required": ["ticket"]}
    runner = await flapjack.runners.create("Desk", input_schema=schema)

    with pytest.raises(Unprocessable, match="'ticket' is a required property"):
        await flapjack.runners.runs.create(runner.id, {"other": 1})

    assert await flapjack.runners.runs.list(runner.id).collect() == []


async def test_runs_are_listed_newest_first_by_state_and_number(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    runs = flapjack.runners.runs
    older = await runs.create(runner.id)
    newer = await runs.create(runner.id)
    await runs.cancel(runner.id, older.id)

    everything = await runs.list(runner.id).collect()
    pending = await runs.list(runner.id, status="pending").collect()
    newest = await runs.list(runner.id, limit=1).collect()

    assert sandbox.flapjack.requests[-1].query == {"limit": "1"}
    assert [run.id for run in everything] == [newer.id, older.id]
    assert pending == newest == [newer]


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_that_asks_for_nothing_is_never_sent(limit: int) -> None:
    async with Flapjack(KEY, base_url="http://127.0.0.1:1") as client:
        with pytest.raises(ConfigError, match="limit"):
            await client.runners.runs.list("r", limit=limit).collect()


async def test_a_run_is_cancelled_once(flapjack: Flapjack, clock: FakeClock, runner: Runner) -> None:
    await flapjack.runners.steps.create(runner.id, "computer", "Fetch")
    run = await flapjack.runners.runs.create(runner.id)
    clock.now += RUN_SECONDS - STEP_SECONDS

    cancelled = await flapjack.runners.runs.cancel(runner.id, run.id)
    clock.now += RUN_SECONDS

    assert (cancelled.status, [step.status for step in cancelled.steps]) == ("cancelled", ["cancelled"])
    assert await flapjack.runners.runs.get(runner.id, run.id) == cancelled
    with pytest.raises(BadRequest, match="cancelled already"):
        await flapjack.runners.runs.cancel(runner.id, run.id)


async def test_a_failed_step_ends_the_run_and_says_why(flapjack: Flapjack) -> None:
    runners = await flapjack.runners.list().collect()
    broken = next(runner for runner in runners if runner.name == "Lead Import")

    failed = await flapjack.runners.runs.list(broken.id).first()

    assert failed is not None
    assert (failed.status, failed.error) == ("failed", "Push: The webhook has no url")


async def test_a_budget_pauses_a_run_until_it_is_raised_and_the_run_is_resumed(
    flapjack: Flapjack, sandbox: Sandbox, clock: FakeClock, runner: Runner
) -> None:
    runners = flapjack.runners
    for name in ("Sort", "Answer"):
        await runners.steps.create(runner.id, "agent", name)
    budget = await runners.budget.replace(runner.id, max_cost_usd=0.015, period="run", action="pause")
    assert last_body(sandbox) == {"maxCostUsd": 0.015, "period": "run", "action": "pause"}
    assert (budget.enabled, budget.max_cost_usd, budget.spent_usd) == (True, 0.015, 0.0)

    run = await runners.runs.create(runner.id)
    clock.now += 10 * RUN_SECONDS
    held = await runners.runs.get(runner.id, run.id)
    assert (held.paused, held.completed_at, len(held.steps)) == (True, None, 1)
    assert (await runners.budget.get(runner.id)).spent_usd == 0.01
    assert (await runners.runs.resume(runner.id, run.id)).paused

    await runners.budget.replace(runner.id, max_cost_usd=None)
    assert last_body(sandbox) == {"maxCostUsd": None}
    assert (await runners.runs.get(runner.id, run.id)).paused

    resumed = await runners.runs.resume(runner.id, run.id)
    assert (resumed.status, len(resumed.steps)) == ("running", 2)
    assert await runners.runs.get(runner.id, run.id) == resumed
    clock.now += RUN_SECONDS
    done = await runners.runs.get(runner.id, run.id)
    assert (done.status, done.total_cost_usd) == ("completed", 0.02)
    with pytest.raises(Conflict, match="not paused"):
        await runners.runs.resume(runner.id, run.id)


@pytest.mark.parametrize("most", [-0.01, math.nan, math.inf])
async def test_a_budget_that_is_no_sum_is_never_sent(most: float) -> None:
    # JSON has no NaN: it would go out as null, which means no limit.
    async with Flapjack(KEY, base_url="http://127.0.0.1:1") as client:
        with pytest.raises(ConfigError, match="max_cost_usd"):
            await client.runners.budget.replace("r", max_cost_usd=most)


@pytest.mark.parametrize(
    ("status", "paused"),
    [
        ("paused", True),
        ("budget_exceeded", True),
        ("budget-paused", True),
        ("pending", False),
        ("failed", False),
        ("a_word_of_tomorrow", False),
    ],
)
def test_any_word_of_a_pause_or_a_budget_means_paused(status: str, paused: bool) -> None:
    assert RunnerRun(id="r", status=status).paused is paused


@pytest.mark.parametrize("error", ["out of memory", {"code": "OOM"}, None], ids=["text", "object", "none"])
async def test_an_error_of_any_shape_is_read(error: Any) -> None:
    body = msgspec.json.encode({"id": "r", "status": "failed", "error": error, "output": [1]})
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        run = await client.runners.runs.get("a", "r")

    assert (run.error, run.output, run.input) == (error, [1], None)


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_a_start_is_answered_with_any_documented_status(status: int) -> None:
    body = b'{"id":"r","status":"pending"}'
    async with RawServer(answer(status, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        run = await client.runners.runs.create("a", {"x": 1})

    assert run == RunnerRun(id="r", status="pending")


async def test_raw_access_shows_what_the_structs_do_not_know() -> None:
    body = b'{"id":"r","status":"running","phase":"warming up"}'
    async with RawServer(answer(200, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        reply = await client.send(GET, "a", "r")

    assert (reply.value.status, reply.body) == ("running", body)
