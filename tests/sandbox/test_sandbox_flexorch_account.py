"""FlexOrch sign-in, rate limits, usage, team, compliance and fine-tuning."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flexorch_kit import Orch
from sandbox_kit import Ask, Clock, Reply, bearer

from flexsdk.sandbox import Sandbox

DAY = 86_400


@pytest.fixture
def orch(sandbox: Sandbox, ask: Ask, clock: Clock) -> Orch:
    return Orch(sandbox.flexorch, ask, clock)


async def login(orch: Orch, **other: str) -> Reply:
    body = {"email": orch.emulator.email, "password": orch.emulator.password} | other
    return await orch("POST", "/auth/login", json=body, headers={})


async def refresh(orch: Orch, token: str) -> Reply:
    return await orch("POST", "/auth/refresh", json={"refresh_token": token}, headers={})


async def as_owner(orch: Orch, method: str, path: str, **options: Any) -> Reply:
    return await orch(method, path, headers=bearer(orch.emulator.issue("user")), **options)


# Sign-in.


async def test_a_login_gives_a_token_that_expires(orch: Orch, clock: Clock) -> None:
    pair = (await login(orch)).json()["data"]
    before = await orch("GET", "/jobs", headers=bearer(pair["access_token"]))
    clock.now += 3600
    after = await orch("GET", "/jobs", headers=bearer(pair["access_token"]))

    assert (pair["token_type"], pair["expires_in"], before.status) == ("bearer", 3600, 200)
    assert orch.code(after) == (401, "UNAUTHORIZED")


async def test_the_life_of_tokens_can_be_set(orch: Orch, clock: Clock) -> None:
    orch.emulator.terms.token_seconds = 5
    pair = (await login(orch)).json()["data"]
    clock.now += 5

    assert pair["expires_in"] == 5
    assert (await orch("GET", "/jobs", headers=bearer(pair["access_token"]))).status == 401


async def test_a_refresh_ends_the_token_that_was_sent(orch: Orch) -> None:
    first = (await login(orch)).json()["data"]
    second = (await refresh(orch, first["refresh_token"])).json()["data"]
    again = await refresh(orch, first["refresh_token"])
    third = await refresh(orch, second["refresh_token"])

    assert len({first["access_token"], second["access_token"], third.json()["data"]["access_token"]}) == 3
    assert orch.code(again) == (401, "UNAUTHORIZED")


async def test_without_rotation_a_refresh_brings_an_access_token_alone(orch: Orch) -> None:
    orch.emulator.terms.rotate = False
    first = (await login(orch)).json()["data"]
    replies = [await refresh(orch, first["refresh_token"]) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert "refresh_token" not in replies[0].json()["data"]


async def test_a_signup_has_to_be_verified_before_the_login(orch: Orch) -> None:
    person = {"email": "bob@example.com", "password": "long-enough"}
    created = await orch("POST", "/auth/signup", json=person, headers={})
    before = await login(orch, **person)
    orch.emulator.verify("bob@example.com")
    after = await login(orch, **person)
    token = bearer(after.json()["data"]["access_token"])

    assert (created.status, orch.code(before), after.status) == (201, (403, "FORBIDDEN"), 200)
    assert (await orch.data("GET", "/usage", headers=token))["plan"] == "trial"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("signup", {"email": "b@example.com", "password": "short"}, (422, "VALIDATION_ERROR")),
        ("signup", {"email": "nobody", "password": "long-enough"}, (422, "VALIDATION_ERROR")),
        ("signup", {"email": "ada@example.com", "password": "long-enough"}, (409, "CONFLICT")),
        ("login", {"email": "ada@example.com", "password": "wrong"}, (401, "UNAUTHORIZED")),
        ("login", {"email": "eve@example.com", "password": "wrong"}, (401, "UNAUTHORIZED")),
        ("refresh", {"refresh_token": "dfr_test_unknown"}, (401, "UNAUTHORIZED")),
    ],
)
async def test_bad_credentials_are_refused(
    orch: Orch, path: str, body: dict[str, str], code: tuple[int, str]
) -> None:
    assert orch.code(await orch("POST", f"/auth/{path}", json=body, headers={})) == code


# Limits.


@pytest.mark.parametrize(("plan", "minute"), [("trial", 60), ("starter", 60), ("pro", 300)])
async def test_a_minute_of_a_plan_is_limited(orch: Orch, clock: Clock, plan: str, minute: int) -> None:
    other = orch.on(plan)
    statuses = [(await other("GET", "/webhooks")).status for _ in range(minute)]
    over = await other("GET", "/webhooks")
    limits = await other.data("GET", "/usage/rate-limits")
    clock.now += int(over.headers["Retry-After"])

    assert set(statuses) == {200}
    assert orch.code(over) == (429, "RATE_LIMIT_EXCEEDED")
    assert "X-RateLimit-Limit" not in over.headers
    assert (limits["used"], limits["remaining"]) == (minute, 0)
    assert limits["reset_in_seconds"] == int(over.headers["Retry-After"])
    assert (await other("GET", "/webhooks")).status == 200


async def test_asking_for_the_limit_is_not_counted(orch: Orch) -> None:
    seen = [await orch.data("GET", "/usage/rate-limits") for _ in range(3)]

    assert [answer["used"] for answer in seen] == [0, 0, 0]


async def test_no_limit_is_unlimited(ask: Ask) -> None:
    async with Sandbox(platforms=("flexorch",), limits={"flexorch": []}) as sandbox:
        orch = Orch(sandbox.flexorch, ask, Clock())
        limits = await orch.data("GET", "/usage/rate-limits")

    assert (limits["unlimited"], limits["limit"], limits["remaining"]) == (True, None, None)


# Usage.


async def test_days_without_work_are_zero(orch: Orch, clock: Clock) -> None:
    await orch.upload(("a.txt", b"1"), ("b.txt", b"2"))
    clock.now += 2 * DAY
    await orch.processed("c.txt", b"3")
    history = await orch.data("GET", "/usage/history?period=7d")
    trend = await orch.data("GET", "/usage/quality-trend?period=7d")

    assert [(day["date"], day["credits_used"], day["jobs_count"]) for day in history[-3:]] == [
        ("2026-01-05", 2, 2),
        ("2026-01-06", 0, 0),
        ("2026-01-07", 1, 1),
    ]
    assert len(history) == 7
    assert [(day["date"], day["job_count"]) for day in trend] == [("2026-01-05", 2), ("2026-01-07", 1)]
    assert trend[0]["grade_distribution"] == {"A": 2}


@pytest.mark.parametrize(("query", "days"), [("", 30), ("?period=7d", 7), ("?period=90d", 90)])
async def test_a_period_has_so_many_days(orch: Orch, query: str, days: int) -> None:
    assert len(await orch.data("GET", f"/usage/history{query}")) == days


# Team.


async def test_members_come_change_and_go(orch: Orch) -> None:
    invited = await as_owner(
        orch, "POST", "/team/invite", json={"email": "bob@example.com", "role": "viewer"}
    )
    path = f"/team/members/{invited.json()['data']['user_id']}"
    changed = await as_owner(orch, "PATCH", path + "/role", json={"role": "admin"})
    removed = [await as_owner(orch, "DELETE", path) for _ in range(2)]

    assert (invited.status, changed.json()["data"]["role"]) == (201, "admin")
    assert [reply.status for reply in removed] == [204, 404]


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/role"), ("DELETE", "")])
async def test_the_owner_stays_the_owner(orch: Orch, method: str, path: str) -> None:
    body = {"json": {"role": "viewer"}} if method == "PATCH" else {}

    reply = await as_owner(orch, method, f"/team/members/41{path}", **body)

    assert orch.code(reply) == (403, "FORBIDDEN")


async def test_the_team_wants_a_person(orch: Orch) -> None:
    body = {"email": "bob@example.com", "role": "viewer"}

    assert (await orch("POST", "/team/invite", json=body)).status == 401
    assert (await orch("POST", "/team/invite", json=body, headers=bearer(orch.emulator.key))).status == 403


# The rest.


async def test_the_record_names_how_long_the_plan_keeps_data(orch: Orch) -> None:
    record = await orch.on("starter").data("GET", "/compliance/record")

    assert record["processing_activities"][0]["retention_period"] == "30 days"


async def test_the_audit_log_comes_as_json_or_csv(orch: Orch) -> None:
    await login(orch)
    done = await orch.processed()
    await orch.upload(("empty.txt", b""))
    orch.clock.now += 1
    log = await orch.data("GET", "/audit/export")
    rows = csv.DictReader(io.StringIO((await orch("GET", "/audit/export?format=csv")).body.decode()))

    assert [(line["event_type"], line["outcome"], line["document_id"]) for line in log] == [
        ("auth.login", "success", None),
        ("job.completed", "success", done["document_id"]),
        ("job.failed", "failure", done["document_id"] + 1),
    ]
    assert [row["event_type"] for row in rows] == [line["event_type"] for line in log]


async def test_a_fine_tuning_moves_on_by_the_clock(orch: Orch, clock: Clock) -> None:
    dataset = await orch.dataset()
    body = {"dataset_id": dataset["id"], "model": "gpt-4o-mini", "suffix": "mine"}
    created = await orch("POST", "/fine-tune", json=body)
    path = f"/fine-tune/{created.json()['data']['job_id']}"
    seen = []
    for seconds in (0.01, 0.07, 0.07, 0.06):
        clock.now += seconds
        job = await orch.data("GET", path)
        seen.append((job["status"], job["completed_at"] is not None))

    assert created.status == 202
    assert seen == [
        ("validating_files", False),
        ("queued", False),
        ("running", False),
        ("succeeded", True),
    ]
    assert job["fine_tuned_model"] == "ft:gpt-4o-mini:mine:81"


async def test_a_fine_tuning_can_fail_and_needs_a_dataset(orch: Orch, clock: Clock) -> None:
    dataset = await orch.dataset()
    body = {"dataset_id": dataset["id"], "model": "m", "suffix": "fail"}
    job_id = (await orch.data("POST", "/fine-tune", json=body))["job_id"]
    clock.now += 1
    job = await orch.data("GET", f"/fine-tune/{job_id}")

    assert (job["status"], job["fine_tuned_model"]) == ("failed", None)
    assert job["error"]["message"] == job["failure_reason"]
    assert (await orch("POST", "/fine-tune", json=body | {"dataset_id": 9})).status == 404


async def test_the_key_of_an_own_model_is_never_shown(orch: Orch) -> None:
    body = {"provider": "openai", "model": "m", "api_key": "fo_test_key"}

    reply = await orch.on("enterprise")("POST", "/settings/llm-config", json=body)

    assert reply.status == 200
    assert b"fo_test_key" not in reply.body
