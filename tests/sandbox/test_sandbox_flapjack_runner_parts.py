"""What hangs on Flapjack runners: runs as others see them, steps, triggers, connections, schemas."""

from __future__ import annotations

from typing import Any

import pytest
from runner_kit import AGENT, RUN_SECONDS, make, start
from sandbox_kit import Ask, Clock, bearer

from flexsdk.sandbox.contract import load
from flexsdk.sandbox.flapjack import Flapjack


async def test_all_runs_are_shown_to_other_sections_as_they_stand(
    flapjack: Flapjack, ask: Ask, clock: Clock
) -> None:
    runners = flapjack.behaviours["runners_list"].__self__
    before = runners.runs.all()
    run = await start(flapjack, ask, await make(flapjack, ask, AGENT))
    clock.now += RUN_SECONDS

    *past, newest = runners.runs.all()

    assert past == before
    assert {each["status"] for each in past} == {"completed", "failed"}
    assert newest == (await ask(flapjack, "GET", run)).json()


async def test_a_deleted_runner_takes_all_with_it(flapjack: Flapjack, ask: Ask) -> None:
    path = await make(flapjack, ask, AGENT)
    run = await start(flapjack, ask, path)

    deleted = await ask(flapjack, "DELETE", path)

    assert (deleted.status, deleted.body) == (204, b"")
    for gone in (path, run, f"{path}/steps", f"{path}/budget"):
        assert (await ask(flapjack, "GET", gone)).json()["detail"] == "Runner not found"


RUNNER_OPERATIONS = [
    operation
    for operation in load("flapjack").operations.values()
    if operation.id.startswith("runners_") and "{runnerId}" in operation.template
]
BODIES: dict[str, dict[str, Any]] = {
    "runners_steps_create": {"kind": "agent", "name": "Sort"},
    "runners_triggers_create": {"kind": "manual"},
    "runners_mcps_attach": {"mcpServerId": "m"},
    "runners_mcps_detach": {"mcpServerId": "m"},
    "runners_integrations_attach": {"integrationId": "i"},
    "runners_integrations_detach": {"integrationId": "i"},
    "runners_tools_attach": {"toolId": "t"},
    "runners_tools_detach": {"toolId": "t"},
    "runners_skills_attach": {"skillId": "s"},
    "runners_skills_detach": {"skillId": "s"},
}


@pytest.mark.parametrize("operation", RUNNER_OPERATIONS, ids=lambda operation: operation.id)
async def test_an_unknown_runner_is_not_found(flapjack: Flapjack, ask: Ask, operation: Any) -> None:
    path = operation.template.replace("{runnerId}", "none")
    for part in ("{stepId}", "{triggerId}", "{runId}"):
        path = path.replace(part, "x")
    options = {"json": BODIES.get(operation.id, {})} if operation.bodies else {}

    reply = await ask(flapjack, operation.method, path, **options)

    assert (reply.status, reply.json()) == (404, {"error": "NOT_FOUND", "detail": "Runner not found"})


@pytest.mark.parametrize(
    ("method", "tail", "word"),
    [
        ("PATCH", "/steps/none", "Step"),
        ("PATCH", "/triggers/none", "Trigger"),
        ("DELETE", "/triggers/none", "Trigger"),
        ("GET", "/runs/none", "Run"),
        ("POST", "/runs/none/cancel", "Run"),
        ("POST", "/runs/none/resume", "Run"),
    ],
)
async def test_an_unknown_part_is_not_found(
    flapjack: Flapjack, ask: Ask, method: str, tail: str, word: str
) -> None:
    options = {"json": {}} if method == "PATCH" else {}

    reply = await ask(flapjack, method, await make(flapjack, ask) + tail, **options)

    assert (reply.status, reply.json()["detail"]) == (404, f"{word} not found")


@pytest.mark.parametrize(
    "expression",
    [None, "", "0 9 * *", "0 9 * * MON *", "0 9 * * MON\n", "0 9 * * $"],
    ids=["none", "empty", "four", "six", "newline", "sign"],
)
async def test_a_cron_trigger_needs_five_fields(flapjack: Flapjack, ask: Ask, expression: str | None) -> None:
    path = f"{await make(flapjack, ask)}/triggers"
    body = {"kind": "cron"} if expression is None else {"kind": "cron", "cronExpression": expression}

    refused = await ask(flapjack, "POST", path, json=body)
    made = await ask(flapjack, "POST", path, json={"kind": "cron", "cronExpression": "*/5 9-17 * * MON,FRI"})
    changed = await ask(
        flapjack, "PATCH", f"{path}/{made.json()['id']}", json={"cronExpression": expression or "x"}
    )

    assert (refused.status, made.status, changed.status) == (422, 201, 422)
    assert refused.json()["error"] == "VALIDATION_FAILED"
    assert (await ask(flapjack, "GET", path)).json() == [made.json()]


async def test_a_budget_below_nothing_is_refused(flapjack: Flapjack, ask: Ask) -> None:
    path = await make(flapjack, ask)

    reply = await ask(flapjack, "PUT", f"{path}/budget", json={"maxCostUsd": -1})

    assert reply.status == 422


async def test_attaching_twice_keeps_one_binding_with_the_newer_filter(flapjack: Flapjack, ask: Ask) -> None:
    path = f"{await make(flapjack, ask)}/mcps"
    await ask(flapjack, "POST", path, json={"mcpServerId": "m", "allowedTools": ["a"]})

    again = await ask(flapjack, "POST", path, json={"mcpServerId": "m"})

    assert (await ask(flapjack, "GET", path)).json() == [again.json()]
    assert "allowed_tools" not in again.json()


async def test_the_credential_of_a_skill_is_never_answered(flapjack: Flapjack, ask: Ask) -> None:
    path = f"{await make(flapjack, ask)}/skills"

    made = await ask(flapjack, "POST", path, json={"skillId": "s", "credential": "fj_test_pass"})

    assert made.json()["enabled"] is True
    assert b"fj_test_pass" not in made.body + (await ask(flapjack, "GET", path)).body


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    "schema", [{"type": "banana"}, {"pattern": "("}, nested(300)], ids=["word", "pattern", "depth"]
)
async def test_a_schema_that_is_none_is_refused(flapjack: Flapjack, ask: Ask, schema: dict[str, Any]) -> None:
    made = await ask(flapjack, "POST", "/api/runners", json={"name": "Desk", "inputSchema": schema})

    assert (made.status, made.json()["error"]) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize("target", ["https://example.com/schema", "#"], ids=["elsewhere", "itself"])
async def test_a_schema_that_cannot_be_applied_stops_no_run_and_nothing_is_fetched(
    flapjack: Flapjack, ask: Ask, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    fetched: list[Any] = []
    monkeypatch.setattr("urllib.request.urlopen", fetched.append)
    path = await make(flapjack, ask, inputSchema={"$ref": target})

    run = await ask(flapjack, "POST", f"{path}/runs", json={"input": {"a": "x"}})

    assert (run.status, fetched) == (201, [])


async def test_a_demo_key_changes_nothing(flapjack: Flapjack, ask: Ask) -> None:
    path = await make(flapjack, ask, AGENT)
    step = (await ask(flapjack, "GET", f"{path}/steps")).json()[0]
    trigger = (await ask(flapjack, "POST", f"{path}/triggers", json={"kind": "manual"})).json()
    await ask(flapjack, "POST", f"{path}/tools", json={"toolId": "t"})
    run = await start(flapjack, ask, path)
    tails = ("", "/triggers", "/runs", "/budget", "/web", "/tools")
    before = [(await ask(flapjack, "GET", path + tail)).body for tail in tails]

    demo = bearer(flapjack.issue(plan="demo"))
    for method, target, body in [
        ("POST", "/api/runners", {"name": "Other"}),
        ("PATCH", path, {"name": "Other"}),
        ("POST", f"{path}/steps", AGENT),
        ("PATCH", f"{path}/steps/{step['id']}", {"name": "Other"}),
        ("DELETE", f"{path}/steps/{step['id']}", None),
        ("POST", f"{path}/triggers", {"kind": "api"}),
        ("PATCH", f"{path}/triggers/{trigger['id']}", {"enabled": False}),
        ("DELETE", f"{path}/triggers/{trigger['id']}", None),
        ("POST", f"{path}/runs", {}),
        ("POST", f"{run}/cancel", None),
        ("PUT", f"{path}/budget", {"maxCostUsd": 1}),
        ("PUT", f"{path}/web", {"enabled": True}),
        ("POST", f"{path}/tools", {"toolId": "u"}),
        ("DELETE", f"{path}/tools", {"toolId": "t"}),
        ("DELETE", path, None),
    ]:
        options = {} if body is None else {"json": body}
        assert (await ask(flapjack, method, target, headers=demo, **options)).status < 300

    assert [(await ask(flapjack, "GET", path + tail)).body for tail in tails] == before
    assert len((await ask(flapjack, "GET", "/api/runners")).json()) == 4
