"""Fleece agents, flows, runs and keys."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from sandbox_kit import Ask, Clock, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.fleece import Fleece

BASE = "/api/v1"


async def find(fleece: Fleece, ask: Ask, kind: str, title: str) -> dict[str, Any]:
    """Return an agent by its name or a flow by its title."""
    items = (await ask(fleece, "GET", f"{BASE}/{kind}")).json()["data"]
    return next(item for item in items if title in (item.get("name"), item.get("title")))


async def flow_path(fleece: Fleece, ask: Ask, title: str) -> str:
    flow = await find(fleece, ask, "flows", title)
    return f"{BASE}/flows/{flow['id']}"


async def execute(fleece: Fleece, ask: Ask, name: str, body: object) -> Any:
    agent = await find(fleece, ask, "agents", name)
    return await ask(fleece, "POST", f"{BASE}/agents/{agent['id']}/execute", json=body)


async def test_lists_carry_data_and_total(fleece: Fleece, ask: Ask) -> None:
    for kind in ("agents", "flows"):
        body = (await ask(fleece, "GET", f"{BASE}/{kind}")).json()
        one = (await ask(fleece, "GET", f"{BASE}/{kind}/{body['data'][0]['id']}")).json()

        assert body["total"] == len(body["data"]) > 3
        assert one == body["data"][0]


async def test_a_task_is_done_when_the_answer_comes(fleece: Fleece, ask: Ask) -> None:
    body = {"task": "Summarize my emails", "timezone": "Europe/Paris"}

    reply = await execute(fleece, ask, "Email Triager", body)

    execution = reply.json()
    assert (reply.status, execution["status"], execution["error"]) == (200, "completed", None)
    assert "Summarize my emails" in execution["result"]
    assert [call["tool"] for call in execution["toolCalls"]] == ["gmail.search"]


async def test_a_failed_task_is_a_200_with_an_error(fleece: Fleece, ask: Ask) -> None:
    reply = await execute(fleece, ask, "Email Triager", {"task": "Please fail"})

    execution = reply.json()
    assert (reply.status, execution["status"], execution["result"]) == (200, "failed", None)
    assert execution["error"]
    assert (await find(fleece, ask, "agents", "Email Triager"))["totalTasksFailed"] == 4


async def test_an_execution_blocks_for_its_time(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await turn(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with Sandbox(platforms=("fleece",), execute_seconds=7.0) as sandbox:
        reply = await execute(sandbox.fleece, ask, "Email Triager", {"task": "a"})

    assert reply.json()["durationMs"] == 7000
    assert 7.0 in slept


async def test_each_execution_costs_the_credits_of_its_model(fleece: Fleece, ask: Ask) -> None:
    await execute(fleece, ask, "Email Triager", {"task": "a"})
    await execute(fleece, ask, "Report Writer", {"task": "fail"})

    assert fleece.credits_used == 1 + 10


@pytest.mark.parametrize(
    ("name", "body", "status", "error"),
    [
        pytest.param("Email Triager", {"message": "x"}, 400, "task is required", id="no task"),
        pytest.param("Email Triager", {"task": " "}, 400, "task is required", id="blank task"),
        pytest.param("Retired Poster", {"task": "x"}, 409, "Agent is not active", id="inactive agent"),
    ],
)
async def test_a_task_that_cannot_be_done_is_refused(
    fleece: Fleece, ask: Ask, name: str, body: object, status: int, error: str
) -> None:
    reply = await execute(fleece, ask, name, body)

    assert (reply.status, reply.json()) == (status, {"error": error})
    assert fleece.credits_used == 0


async def test_a_run_moves_on_by_the_clock(fleece: Fleece, ask: Ask, clock: Clock) -> None:
    path = await flow_path(fleece, ask, "Weekly Mail Summary")
    run = (await ask(fleece, "POST", path + "/trigger")).json()
    seen = [run]
    for seconds in (0.04, 0.02, 0.13, 0.02):
        clock.now += seconds
        seen.append((await ask(fleece, "GET", f"{path}/runs/{run['id']}")).json())

    assert [r["status"] for r in seen] == ["pending", "pending", "running", "running", "completed"]
    assert [r["startedAt"] is not None for r in seen] == [False, False, True, True, True]
    assert [r["resultSummary"] is not None for r in seen] == [False] * 4 + [True]
    assert seen[-1]["durationMs"] == 200


async def test_one_run_at_a_time(fleece: Fleece, ask: Ask, clock: Clock) -> None:
    path = await flow_path(fleece, ask, "Weekly Mail Summary")
    first = await ask(fleece, "POST", path + "/trigger")
    during = (await ask(fleece, "GET", path)).json()
    second = await ask(fleece, "POST", path + "/trigger")
    clock.now += 0.3
    after = (await ask(fleece, "GET", path)).json()
    third = await ask(fleece, "POST", path + "/trigger")

    assert [reply.status for reply in (first, second, third)] == [200, 409, 200]
    assert second.json() == {"error": "Flow is already running"}
    assert (during["isRunning"], after["isRunning"]) == (True, False)
    assert after["totalRuns"] == 4


@pytest.mark.parametrize("title", ["Paused Newsletter", "Draft Report", "Stuck Export"])
async def test_only_an_active_flow_can_be_triggered(fleece: Fleece, ask: Ask, title: str) -> None:
    path = await flow_path(fleece, ask, title)

    reply = await ask(fleece, "POST", path + "/trigger")

    assert (reply.status, reply.json()) == (400, {"error": "Flow is not active"})


async def test_some_runs_fail(fleece: Fleece, ask: Ask, clock: Clock) -> None:
    path = await flow_path(fleece, ask, "Broken Importer")
    run = (await ask(fleece, "POST", path + "/trigger")).json()
    clock.now += 1

    run = (await ask(fleece, "GET", f"{path}/runs/{run['id']}")).json()

    assert (run["status"], run["resultSummary"], bool(run["errorMessage"])) == ("failed", None, True)
    assert (await ask(fleece, "GET", path)).json()["totalFailures"] == 3


async def test_a_run_that_nobody_approves_lapses(fleece: Fleece, ask: Ask, clock: Clock) -> None:
    path = await flow_path(fleece, ask, "Invoice Approval")
    run = (await ask(fleece, "POST", path + "/trigger")).json()
    statuses = []
    for seconds in (1.9, 0.2):
        clock.now += seconds
        statuses.append((await ask(fleece, "GET", f"{path}/runs/{run['id']}")).json()["status"])

    assert (await find(fleece, ask, "flows", "Invoice Approval"))["mode"] == "always_ask"
    assert statuses == ["pending", "skipped"]


async def test_runs_are_listed_newest_first_and_the_total_counts_all(fleece: Fleece, ask: Ask) -> None:
    path = await flow_path(fleece, ask, "Daily Standup Digest")
    usual = (await ask(fleece, "GET", path + "/runs")).json()
    most = (await ask(fleece, "GET", path + "/runs?limit=100")).json()
    two = (await ask(fleece, "GET", path + "/runs?limit=2")).json()

    times = [run["createdAt"] for run in most["data"]]
    assert (len(usual["data"]), len(most["data"]), most["total"]) == (50, 100, 130)
    assert times == sorted(times, reverse=True)
    assert two["data"] == most["data"][:2]
    assert path.endswith(two["flowId"])


async def test_a_run_belongs_to_its_flow(fleece: Fleece, ask: Ask) -> None:
    digest = await flow_path(fleece, ask, "Daily Standup Digest")
    other = await flow_path(fleece, ask, "Weekly Mail Summary")
    run = (await ask(fleece, "GET", digest + "/runs?limit=1")).json()["data"][0]

    reply = await ask(fleece, "GET", f"{other}/runs/{run['id']}")

    assert (reply.status, reply.json()) == (404, {"error": "Not found"})


@pytest.mark.parametrize("path", ["/agents/{}", "/flows/{}", "/flows/{}/runs"])
async def test_an_unknown_object_is_not_found(fleece: Fleece, ask: Ask, path: str) -> None:
    reply = await ask(fleece, "GET", BASE + path.format(uuid.uuid4()))

    assert (reply.status, reply.json()) == (404, {"error": "Not found"})


async def test_a_new_key_works_until_it_is_deleted(fleece: Fleece, ask: Ask) -> None:
    created = (await ask(fleece, "POST", BASE + "/keys", json={"name": "CI"})).json()
    listed = (await ask(fleece, "GET", BASE + "/keys")).json()
    with_it = await ask(fleece, "GET", BASE + "/agents", headers=bearer(created["key"]))
    deleted = await ask(fleece, "DELETE", f"{BASE}/keys/{created['id']}")
    without = await ask(fleece, "GET", BASE + "/agents", headers=bearer(created["key"]))
    again = await ask(fleece, "DELETE", f"{BASE}/keys/{created['id']}")

    assert len(created["key"]) == 52
    assert created["keyPrefix"] == created["key"][:12]
    assert [key["name"] for key in listed] == ["Sandbox", "CI"]
    assert not any("key" in key for key in listed)
    assert (with_it.status, without.status, again.status) == (200, 401, 404)
    assert (deleted.status, deleted.json()) == (200, {"success": True})


async def test_a_key_can_delete_itself(fleece: Fleece, ask: Ask) -> None:
    own = (await ask(fleece, "GET", BASE + "/keys")).json()[0]

    deleted = await ask(fleece, "DELETE", f"{BASE}/keys/{own['id']}")

    assert deleted.status == 200
    assert (await ask(fleece, "GET", BASE + "/keys")).status == 401


async def test_more_keys_than_the_plan_has_are_refused(fleece: Fleece, ask: Ask) -> None:
    replies = [await ask(fleece, "POST", BASE + "/keys", json={"name": str(n)}) for n in range(5)]

    assert [reply.status for reply in replies] == [200] * 4 + [403]
    assert replies[-1].json() == {"error": "API key limit of your plan reached", "upgrade": True}


async def test_equal_seeds_give_equal_worlds(ask: Ask) -> None:
    worlds = []
    for seed in (1, 1, 2):
        async with Sandbox(platforms=("fleece",), seed=seed) as sandbox:
            fleece = sandbox.fleece
            key = (await ask(fleece, "POST", BASE + "/keys", json={"name": "CI"})).json()["key"]
            worlds.append((fleece.key, key, (await ask(fleece, "GET", BASE + "/flows")).body))

    assert worlds[0] == worlds[1]
    assert not set(worlds[0]) & set(worlds[2])
