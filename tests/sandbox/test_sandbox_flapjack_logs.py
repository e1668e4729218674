"""Flapjack logs and analytics: what the client's tests do not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack


async def start_run(flapjack: Flapjack, ask: Ask, runner: dict[str, Any]) -> dict[str, Any]:
    run = await ask(flapjack, "POST", f"/api/runners/{runner['id']}/runs", json={})
    started: dict[str, Any] = run.json()
    return started


async def test_a_run_has_a_trace_from_its_start_to_its_end(
    flapjack: Flapjack, ask: Ask, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.run_seconds = 100.0
    runner = (await ask(flapjack, "GET", "/api/runners")).json()[0]
    run = await start_run(flapjack, ask, runner)
    seen = []

    for _ in range(3):
        traces = (await ask(flapjack, "GET", f"/api/logs?run_id={run['id']}")).json()["traces"]
        seen.append([(trace["status"], trace["ended_at"] is None) for trace in traces])
        clock.now += 55

    assert seen == [[], [("running", True)], [("ok", False)]]


async def test_a_cancelled_run_shows_as_an_error(
    flapjack: Flapjack, ask: Ask, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.run_seconds = 100.0
    runner = (await ask(flapjack, "GET", "/api/runners")).json()[0]
    run = await start_run(flapjack, ask, runner)
    clock.now += 50
    await ask(flapjack, "POST", f"/api/runners/{runner['id']}/runs/{run['id']}/cancel")

    (trace,) = (await ask(flapjack, "GET", f"/api/logs?run_id={run['id']}")).json()["traces"]
    detail = (await ask(flapjack, "GET", f"/api/logs/{trace['id']}")).json()

    assert (trace["status"], detail["trace"]["status"]) == ("error", "error")
    assert detail["spans"][0]["id"] == detail["spans"][1]["parent_span_id"]


async def test_a_trace_keeps_its_id_and_the_name_of_a_step_that_is_gone_becomes_its_id(
    flapjack: Flapjack, ask: Ask
) -> None:
    runner = (await ask(flapjack, "GET", "/api/runners")).json()[0]
    steps = (await ask(flapjack, "GET", f"/api/runners/{runner['id']}/steps")).json()
    path = f"/api/logs?runner_id={runner['id']}"
    before = (await ask(flapjack, "GET", path)).json()["traces"]
    await ask(flapjack, "DELETE", f"/api/runners/{runner['id']}/steps/{steps[0]['id']}")

    after = (await ask(flapjack, "GET", path)).json()["traces"]
    detail = (await ask(flapjack, "GET", f"/api/logs/{after[0]['id']}")).json()

    assert [trace["id"] for trace in after] == [trace["id"] for trace in before]
    assert [span["name"] for span in detail["spans"][1:]] == [
        steps[0]["id"],
        steps[1]["name"],
        steps[2]["name"],
    ]


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("status=error", lambda trace: trace["status"] == "error"),
        ("q=triage", lambda trace: "Triage" in trace["name"]),
        ("q=no+such+name", lambda trace: False),
    ],
    ids=["status", "name", "nothing"],
)
async def test_filters_give_all_that_fits_and_nothing_else(
    flapjack: Flapjack, ask: Ask, query: str, fits: Callable[[Any], bool]
) -> None:
    everything = (await ask(flapjack, "GET", "/api/logs?limit=200")).json()["traces"]

    found = (await ask(flapjack, "GET", f"/api/logs?limit=200&{query}")).json()["traces"]

    assert found == [trace for trace in everything if fits(trace)]


async def test_a_page_has_fifty_traces_unless_another_limit_is_asked_for(
    flapjack: Flapjack, ask: Ask
) -> None:
    page = (await ask(flapjack, "GET", "/api/logs")).json()
    last = (await ask(flapjack, "GET", "/api/logs?limit=200")).json()

    assert (len(page["traces"]), page["nextCursor"] is None) == (50, False)
    assert (len(last["traces"]) > 50, last["nextCursor"]) == (True, None)


async def test_the_end_of_a_list_that_fills_its_last_page_is_told(flapjack: Flapjack, ask: Ask) -> None:
    errors = (await ask(flapjack, "GET", "/api/logs?status=error")).json()["traces"]

    exact = (await ask(flapjack, "GET", f"/api/logs?status=error&limit={len(errors)}")).json()

    assert exact == {"traces": errors, "nextCursor": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "status=fine", "cursor=nonsense"], ids=lambda query: query
)
async def test_what_the_contract_refuses_is_a_bad_request(flapjack: Flapjack, ask: Ask, query: str) -> None:
    assert (await ask(flapjack, "GET", f"/api/logs?{query}")).status == 400


async def test_usage_of_an_agent_nobody_has_is_zero(flapjack: Flapjack, ask: Ask) -> None:
    report = (await ask(flapjack, "GET", "/api/analytics?agentId=none")).json()

    assert (report["summary"]["total_turns"], report["daily"], report["top_tools"]) == (0, [], [])


async def test_a_period_of_another_length_is_refused(flapjack: Flapjack, ask: Ask) -> None:
    assert (await ask(flapjack, "GET", "/api/analytics?period=1d")).status == 400
