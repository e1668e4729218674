"""Platform in the sandbox: resources, lists, jobs, keys and limits."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_kit import Ask, Clock, Reply, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.platform import Platform

BASE = "/v1/resources"


@pytest.fixture
def platform(sandbox: Sandbox) -> Platform:
    return sandbox.platform


async def create(platform: Platform, ask: Ask, name: str = "A", **members: Any) -> Reply:
    return await ask(platform, "POST", BASE, json={"name": name, **members})


async def names(platform: Platform, ask: Ask, query: str = "", key: str | None = None) -> list[str]:
    reply = await ask(platform, "GET", BASE + query, headers=bearer(key or platform.key))
    return [item["name"] for item in reply.json()["data"]]


async def error(reply: Reply) -> tuple[int, str, str | None]:
    body = reply.json()["error"]
    return reply.status, body["code"], body.get("param")


# Resources.


async def test_a_new_resource_is_active_and_can_be_read(platform: Platform, ask: Ask) -> None:
    made = await create(platform, ask, description="d", metadata={"a": "1"})
    read = await ask(platform, "GET", f"{BASE}/{made.json()['id']}")

    assert (made.status, read.status) == (201, 200)
    assert read.json() == made.json()
    assert made.json()["id"].startswith("res_")
    expected = {"object": "resource", "name": "A", "description": "d", "status": "active"}
    assert expected.items() <= made.json().items()
    assert made.json()["metadata"] == {"a": "1"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({}, "name", id="no name"),
        pytest.param({"name": "A", "description": "x" * 2001}, "description", id="long description"),
        pytest.param({"name": "A", "metadata": {"a": 1}}, "metadata.a", id="value that is no text"),
        pytest.param({"name": "A", "metadata": dict.fromkeys(map(str, range(21)), "")}, "metadata", id="21"),
        pytest.param({"name": "A", "metadata": None}, "metadata", id="null"),
        pytest.param({"name": "A", "status": "active"}, None, id="status"),
    ],
)
async def test_an_invalid_body_is_refused_with_its_field(
    platform: Platform, ask: Ask, body: dict[str, Any], param: str | None
) -> None:
    reply = await ask(platform, "POST", BASE, json=body)

    assert await error(reply) == (422, "validation_error", param)


async def test_what_is_just_allowed_is_kept(platform: Platform, ask: Ask) -> None:
    pairs = {str(number): "" for number in range(20)}

    reply = await create(platform, ask, description="x" * 2000, metadata=pairs)

    assert reply.json()["metadata"] == pairs


async def test_broken_json_is_a_bad_request(platform: Platform, ask: Ask) -> None:
    headers = bearer(platform.key) | {"Content-Type": "application/json"}

    reply = await ask(platform, "POST", BASE, data=b"{", headers=headers)

    assert await error(reply) == (400, "bad_request", None)


async def test_an_update_changes_what_was_sent_and_replaces_metadata_whole(
    platform: Platform, ask: Ask
) -> None:
    made = (await create(platform, ask, description="d", metadata={"a": "1", "b": "2"})).json()

    changed = (await ask(platform, "PATCH", f"{BASE}/{made['id']}", json={"metadata": {"c": "3"}})).json()

    assert changed["metadata"] == {"c": "3"}
    assert changed["description"] == "d"
    assert changed["createdAt"] == made["createdAt"] < changed["updatedAt"]


async def test_an_update_without_fields_or_with_null_is_refused(platform: Platform, ask: Ask) -> None:
    path = f"{BASE}/{(await create(platform, ask)).json()['id']}"

    assert (await ask(platform, "PATCH", path, json={})).status == 422
    assert await error(await ask(platform, "PATCH", path, json={"description": None})) == (
        422,
        "validation_error",
        "description",
    )


async def test_a_deleted_resource_is_gone(platform: Platform, ask: Ask) -> None:
    path = f"{BASE}/{(await create(platform, ask)).json()['id']}"

    replies = [await ask(platform, method, path) for method in ("DELETE", "DELETE", "GET", "PATCH")]

    assert (replies[0].status, replies[0].body) == (204, b"")
    assert await error(replies[1]) == (404, "not_found", None)
    assert replies[2].status == 404


# Lists.


async def test_a_list_is_newest_first_without_what_is_archived(platform: Platform, ask: Ask) -> None:
    await create(platform, ask, "new")

    assert await names(platform, ask) == ["new", "Import of May", "Quarterly report", "Welcome"]
    assert await names(platform, ask, "?status=archived") == ["Import of April"]
    assert await names(platform, ask, "?status=paused") == ["Import of May"]


async def test_pages_are_of_20_unless_asked_and_hold_all_once(platform: Platform, ask: Ask) -> None:
    for number in range(40):
        await create(platform, ask, str(number))
    seen: list[str] = []
    sizes: list[int] = []
    query = ""
    for _ in range(10):
        page = (await ask(platform, "GET", f"{BASE}?{query}")).json()
        seen += [item["id"] for item in page["data"]]
        sizes.append(len(page["data"]))
        # What comes in between is newer than the cursor.
        await create(platform, ask, "late")
        if not page["hasMore"]:
            break
        query = f"cursor={page['nextCursor']}"

    assert sizes == [20, 20, 3]
    assert (page["nextCursor"], len(set(seen))) == (None, 43)


async def test_a_cursor_outlives_its_resource(platform: Platform, ask: Ask) -> None:
    made = [(await create(platform, ask, str(number))).json()["id"] for number in range(3)]
    page = (await ask(platform, "GET", f"{BASE}?limit=1")).json()
    await ask(platform, "DELETE", f"{BASE}/{made[2]}")

    assert (await names(platform, ask, f"?limit=1&cursor={page['nextCursor']}")) == ["1"]


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=bm9uZToz", "cursor"),
        ("cursor=", "cursor"),
        ("status=gone", "status"),
    ],
)
async def test_an_impossible_page_is_refused(platform: Platform, ask: Ask, query: str, param: str) -> None:
    reply = await ask(platform, "GET", f"{BASE}?{query}")

    assert await error(reply) == (422, "validation_error", param)


# Jobs.


@pytest.mark.parametrize("by", ["option", "metadata"])
async def test_a_job_makes_its_resource_in_time(platform: Platform, ask: Ask, clock: Clock, by: str) -> None:
    platform.terms.jobs = by == "option"
    metadata = {} if by == "option" else {"sandbox": "job"}

    accepted = await create(platform, ask, "slow", metadata=metadata)
    path = f"/v1/jobs/{accepted.json()['job_id']}"
    states, listed = [], []
    for seconds in (0.0, 0.1, 0.2):
        clock.now += seconds
        listed.append("slow" in await names(platform, ask))
        states.append((await ask(platform, "GET", path)).json())

    assert accepted.status == 202
    assert listed == [False, False, True]
    assert [state["status"] for state in states] == ["pending", "running", "completed"]
    assert [state["result"] and state["result"]["name"] for state in states] == [None, None, "slow"]
    assert states[1]["completedAt"] is None
    assert states[2]["completedAt"]


@pytest.mark.parametrize("form", ["body", "text"])
async def test_a_job_can_fail_with_a_reason(platform: Platform, ask: Ask, clock: Clock, form: Any) -> None:
    platform.terms.job_error = form
    accepted = await create(platform, ask, "slow", metadata={"sandbox": "job fails"})
    clock.now += 1

    job = (await ask(platform, "GET", f"/v1/jobs/{accepted.json()['job_id']}")).json()

    message = "The resource could not be made"
    assert (job["status"], job["result"]) == ("failed", None)
    assert job["error"] == (message if form == "text" else {"code": "job_failed", "message": message})
    assert "slow" not in await names(platform, ask)


async def test_an_unknown_job_is_not_found(platform: Platform, ask: Ask) -> None:
    assert await error(await ask(platform, "GET", "/v1/jobs/job_1")) == (404, "not_found", None)


# Keys and limits.


async def test_test_keys_live_keys_and_other_plans_see_data_of_their_own(
    platform: Platform, ask: Ask
) -> None:
    made = (await create(platform, ask, "mine")).json()
    keys = [platform.issue(), platform.issue(live=True), platform.issue(plan="business")]

    seen = [await names(platform, ask, key=key) for key in keys]
    replies = [await ask(platform, "GET", f"{BASE}/{made['id']}", headers=bearer(key)) for key in keys]

    assert ["mine" in each for each in seen] == [True, False, False]
    assert [reply.status for reply in replies] == [200, 404, 404]
    assert [key.split("_")[1] for key in keys] == ["test", "live", "test"]


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("resources:read", [200, 200, 403, 403, 403, 403]),
        ("resources:write", [403, 403, 201, 200, 204, 403]),
        ("jobs:read", [403, 403, 403, 403, 403, 404]),
    ],
)
async def test_a_key_does_what_its_scopes_allow(
    platform: Platform, ask: Ask, scope: Any, allowed: list[int]
) -> None:
    path = f"{BASE}/{(await create(platform, ask)).json()['id']}"
    headers = bearer(platform.issue(scopes={scope}))
    calls: list[tuple[str, str, Any]] = [
        ("GET", BASE, None),
        ("GET", path, None),
        ("POST", BASE, {"name": "A"}),
        ("PATCH", path, {"name": "B"}),
        ("DELETE", path, None),
        ("GET", "/v1/jobs/job_1", None),
    ]

    replies = [await ask(platform, method, to, json=body, headers=headers) for method, to, body in calls]

    assert [reply.status for reply in replies] == allowed
    refused = next(reply for reply in replies if reply.status == 403)
    assert (await error(refused))[1] == "insufficient_scope"


@pytest.mark.parametrize(("plan", "limit"), [("starter", 60), ("pro", 600), ("business", 6000)])
async def test_every_answer_tells_the_minute_of_the_plan(
    platform: Platform, ask: Ask, plan: str, limit: int
) -> None:
    headers = bearer(platform.issue(plan=plan))
    replies = [await ask(platform, "GET", path, headers=headers) for path in (BASE, f"{BASE}/res_1")]

    assert [reply.headers["X-RateLimit-Limit"] for reply in replies] == [str(limit)] * 2
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == [str(limit - 1), str(limit - 2)]


async def test_all_keys_of_a_workspace_share_its_minute(platform: Platform, ask: Ask, clock: Clock) -> None:
    clock.now = 60.0 * 1000
    keys = [platform.issue(plan="starter", live=live) for live in (True, False)]
    for number in range(60):
        await ask(platform, "GET", BASE, headers=bearer(keys[number % 2]))

    replies = [await ask(platform, "GET", BASE, headers=bearer(key)) for key in keys]
    clock.now += 60
    later = await ask(platform, "GET", BASE, headers=bearer(keys[0]))

    assert [reply.status for reply in replies] == [429, 429]
    assert (await error(replies[0]))[1] == "rate_limited"
    assert replies[0].headers["Retry-After"] == "60"
    assert later.status == 200


async def test_equal_seeds_give_equal_answers(ask: Ask) -> None:
    seen = []
    for seed in (1, 1, 2):
        async with Sandbox(platforms=("platform",), seed=seed) as sandbox:
            made = await create(sandbox.platform, ask)
            listed = await ask(sandbox.platform, "GET", BASE)
            seen.append((made.body, listed.body))

    assert seen[0] == seen[1] != seen[2]
