"""Flapjack runners: rules of state, time and money."""

from __future__ import annotations

from typing import Any

import pytest
from runner_kit import AGENT, RUN_SECONDS, end, make, start
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack


@pytest.fixture
def flapjack(sandbox: Sandbox) -> Flapjack:
    sandbox.flapjack.options.run_seconds = RUN_SECONDS
    return sandbox.flapjack


async def test_a_run_moves_by_the_clock_alone(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    run = await start(flapjack, ask, await make(flapjack, ask, AGENT, {"kind": "computer", "name": "Do"}))

    seen = []
    for seconds in (1.9, 0.2, 2.8, 0.2, 2.8, 0.2):
        clock.now += seconds
        shown = (await ask(flapjack, "GET", run)).json()
        seen.append((shown["status"], [step["status"] for step in shown["steps"]]))

    assert seen == [
        ("pending", []),
        ("running", ["running"]),
        ("running", ["running"]),
        ("running", ["completed", "running"]),
        ("running", ["completed", "running"]),
        ("completed", ["completed", "completed"]),
    ]


async def test_a_run_without_steps_completes_with_its_input(
    flapjack: Flapjack, ask: Ask, clock: Clock
) -> None:
    run = await start(flapjack, ask, await make(flapjack, ask), input={"a": 1})

    done = await end(flapjack, ask, clock, run)

    assert (done["status"], done["output"], done["steps"]) == ("completed", {"a": 1}, [])


async def test_a_step_takes_its_input_out_of_the_context(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    mapping = {"who": "$.ticket.user", "said": "$.Sort.text", "none": "$.ticket.user.x", "all": "$", "n": 7}
    path = await make(
        flapjack,
        ask,
        AGENT,
        {"kind": "webhook", "name": "Tell", "inputMapping": mapping, "config": {"url": "u"}},
    )

    done = await end(
        flapjack, ask, clock, await start(flapjack, ask, path, input={"ticket": {"user": "Ada"}})
    )

    first, second = done["steps"]
    assert first["input"] == {"ticket": {"user": "Ada"}}
    said = first["output"]["text"]
    assert second["input"] == {
        "who": "Ada",
        "said": said,
        "none": None,
        "all": {"ticket": {"user": "Ada"}, "Sort": {"text": said}},
        "n": 7,
    }
    assert done["output"] == second["input"]["all"] | {"Tell": {"status": 200}}


async def test_steps_run_in_the_order_of_their_positions(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(
        flapjack,
        ask,
        {"kind": "computer", "name": "Second"},
        {"kind": "computer", "name": "First", "position": -1},
    )

    done = await end(flapjack, ask, clock, await start(flapjack, ask, path))

    assert list(done["output"]) == ["First", "Second"]


async def test_a_run_keeps_the_pipeline_it_began_with(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(flapjack, ask, AGENT)
    step = (await ask(flapjack, "GET", f"{path}/steps")).json()[0]
    run = await start(flapjack, ask, path)

    await ask(flapjack, "PATCH", f"{path}/steps/{step['id']}", json={"name": "Later"})
    await ask(flapjack, "POST", f"{path}/steps", json={"kind": "webhook", "name": "No url"})

    done = await end(flapjack, ask, clock, run)
    assert (done["status"], list(done["output"])) == ("completed", ["Sort"])


async def test_the_agent_of_a_step_is_needed_when_the_step_runs(
    flapjack: Flapjack, ask: Ask, clock: Clock
) -> None:
    agent_id = (await ask(flapjack, "GET", "/api/agents")).json()[0]["id"]
    path = await make(flapjack, ask, {**AGENT, "agentId": agent_id}, {"kind": "computer", "name": "Do"})
    run = await start(flapjack, ask, path)

    await ask(flapjack, "DELETE", f"/api/agents/{agent_id}")

    failed = await end(flapjack, ask, clock, run)
    assert (failed["status"], failed["error"]) == ("failed", "Sort: Agent not found")
    assert [step["status"] for step in failed["steps"]] == ["failed"]
    assert failed["total_cost_usd"] == 0


# --- money


async def test_a_budget_of_a_run_counts_that_run_alone(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(flapjack, ask, AGENT)
    await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": 0.01, "period": "run"})

    first = await end(flapjack, ask, clock, await start(flapjack, ask, path))
    second = await end(flapjack, ask, clock, await start(flapjack, ask, path))

    assert (first["status"], second["status"]) == ("completed", "completed")


async def test_a_budget_is_used_up_to_the_last_cent(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    # Six times 0.01 is a little more than 0.06 in binary fractions.
    path = await make(flapjack, ask, *[{"kind": "agent", "name": f"Sort {number}"} for number in range(6)])
    await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": 0.06})

    done = await end(flapjack, ask, clock, await start(flapjack, ask, path))

    assert (done["status"], done["total_cost_usd"]) == ("completed", 0.06)


async def test_a_budget_of_a_month_counts_all_its_runs(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(flapjack, ask, AGENT)
    await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": 0.01, "period": "month"})

    first = await end(flapjack, ask, clock, await start(flapjack, ask, path))
    second = await end(flapjack, ask, clock, await start(flapjack, ask, path))

    budget = (await ask(flapjack, "GET", f"{path}/budget")).json()
    assert (first["status"], second["status"], second["steps"]) == ("completed", "paused", [])
    assert (budget["spent_usd"], budget["period"]) == (0.01, "month")


@pytest.mark.parametrize(("period", "spent"), [("day", 0), ("week", 0.01), ("month", 0.03)])
async def test_a_window_counts_the_runs_that_lie_in_it(
    flapjack: Flapjack, ask: Ask, period: str, spent: float
) -> None:
    weekly = (await ask(flapjack, "GET", "/api/runners")).json()[0]

    path = f"/api/runners/{weekly['id']}/budget"
    budget = (await ask(flapjack, "PUT", path, json={"period": period})).json()

    assert (weekly["name"], budget["spent_usd"]) == ("Weekly Digest", spent)


async def test_a_step_that_costs_nothing_passes_a_budget_that_is_used_up(
    flapjack: Flapjack, ask: Ask, clock: Clock
) -> None:
    path = await make(flapjack, ask, {"kind": "computer", "name": "Do"})
    await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": 0})

    assert (await end(flapjack, ask, clock, await start(flapjack, ask, path)))["status"] == "completed"


@pytest.mark.parametrize("body", [{"enabled": False, "maxCostUsd": 0}, {"maxCostUsd": None}, {}])
async def test_a_budget_that_is_off_or_without_a_sum_holds_nothing(
    flapjack: Flapjack, ask: Ask, clock: Clock, body: dict[str, Any]
) -> None:
    path = await make(flapjack, ask, AGENT)
    await ask(flapjack, "PUT", f"{path}/budget", json=body)

    assert (await end(flapjack, ask, clock, await start(flapjack, ask, path)))["status"] == "completed"


async def test_a_new_budget_does_not_reach_into_the_past(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(flapjack, ask, AGENT)
    run = await start(flapjack, ask, path)
    clock.now += RUN_SECONDS

    await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": 0})

    assert (await ask(flapjack, "GET", run)).json()["status"] == "completed"


async def test_a_paused_run_can_be_cancelled(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(flapjack, ask, AGENT)
    await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": 0})
    run = await start(flapjack, ask, path)
    assert (await end(flapjack, ask, clock, run))["status"] == "paused"

    assert (await ask(flapjack, "POST", f"{run}/cancel")).json()["status"] == "cancelled"
    assert (await ask(flapjack, "POST", f"{run}/resume")).status == 409


async def test_figures_count_every_end(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    path = await make(flapjack, ask, AGENT, defaultModel="claude-opus-4.6")
    empty = (await ask(flapjack, "GET", f"{path}/analytics")).json()
    await end(flapjack, ask, clock, await start(flapjack, ask, path))
    await ask(flapjack, "POST", f"{await start(flapjack, ask, path)}/cancel")
    await start(flapjack, ask, path)

    figures = (await ask(flapjack, "GET", f"{path}/analytics")).json()

    summary = figures["summary"]
    counts = [summary[name] for name in ("total_runs", "completed", "failed", "cancelled", "pending")]
    assert (empty["summary"]["success_rate"], empty["daily"], empty["by_model"]) == (0, [], [])
    assert (counts, summary["success_rate"]) == ([3, 1, 0, 1, 1], 33.33)
    assert [each["model"] for each in figures["by_model"]] == ["claude-opus-4.6"]
