"""FlexOrch in the two forms of each contradiction between its sources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from flexorch_kit import INVOICE, Orch
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flexorch.terms import FORMS, Form

A: Form = "A"
B: Form = "B"
BOTH = pytest.mark.parametrize("form", [A, B])
PLACE = {"bucket": "b", "region": "eu"}
AWS = PLACE | {"aws_access_key_id": "flc_test_a", "aws_secret_access_key": "flc_test_b"}
S3 = PLACE | {"access_key_id": "flc_test_a", "secret_access_key": "flc_test_b"}


@pytest.fixture
def orch(sandbox: Sandbox, ask: Ask, clock: Clock) -> Orch:
    return Orch(sandbox.flexorch, ask, clock)


def choose(orch: Orch, **forms: Form) -> None:
    """Ask for forms; the names are those of the conflicts with underscores."""
    for name, form in forms.items():
        assert name.replace("_", "-") in FORMS
        orch.emulator.terms.variants[name.replace("_", "-")] = form


def test_an_unknown_conflict_has_no_form(orch: Orch) -> None:
    with pytest.raises(KeyError, match="colour"):
        orch.emulator.terms.form("colour")


@BOTH
async def test_envelope(orch: Orch, form: Form) -> None:
    choose(orch, envelope=form)
    good = (await orch("GET", "/connectors")).json()
    bad = (await orch("GET", "/jobs/9")).json()
    error = {"code": "NOT_FOUND", "message": "No such job"}

    if form == "A":
        assert (good, bad) == ({"data": {"items": []}}, {"error": error})
    else:
        assert good == {"status": "success", "data": {"items": []}, "error": None}
        assert bad == {"status": "error", "data": None, "error": error}


async def test_the_documents_show_two_answers_without_an_envelope(orch: Orch) -> None:
    choose(orch, envelope="A")
    created = await orch.data("POST", "/connectors", json={"type": "s3", "name": "n", "config": S3})
    tested = (await orch("POST", f"/connectors/{created['id']}/test")).json()
    log = (await orch("GET", "/audit/export")).json()

    assert tested["success"] is True
    assert log == []


async def test_ids_of_the_documents_have_prefixes_all_along_the_chain(orch: Orch, clock: Clock) -> None:
    choose(orch, ids="A")
    job = await orch.processed()
    execution = await orch.data("GET", f"/executions/{job['execution_summary']['execution_id']}")
    build = await orch.data("POST", "/datasets", json={"execution_ids": [execution["id"]]})
    clock.now += 1
    dataset = await orch.data("GET", "/datasets/ds_301")

    assert (job["job_id"], job["document_id"]) == ("job_1001", "doc_501")
    assert (execution["id"], build["job_id"], dataset["id"]) == ("exec_701", "job_1002", "ds_301")


@BOTH
async def test_pagination(orch: Orch, form: Form) -> None:
    choose(orch, pagination=form)
    await orch.upload(*((f"{number}.txt", str(number).encode()) for number in range(5)))
    by_page = await orch.data("GET", "/jobs?page=2&page_size=2")
    by_offset = await orch.data("GET", "/jobs?limit=2&offset=3")

    ids = [[job["job_id"] for job in answer["items"]] for answer in (by_page, by_offset)]
    assert (
        ids
        == {
            "A": [[1005, 1004, 1003, 1002, 1001], [1002, 1001]],
            "B": [[1003, 1002], [1005, 1004, 1003, 1002, 1001]],
        }[form]
    )


async def test_upload_response_of_the_documents(orch: Orch) -> None:
    choose(orch, upload_response="A")
    good = await orch.upload(("a.txt", b"1"), ("b.txt", b"2"))
    bad = await orch.upload(("c.txt", b"3"), ("c.csv", b"4"))
    large = await orch.on("trial").upload(("d.txt", b"x" * (10 * (1 << 20) + 1)))

    assert good.json()["data"] == {"job_ids": [1001, 1002], "status": "queued"}
    assert orch.code(bad) == (415, "UNSUPPORTED_FILE")
    assert orch.code(large) == (413, "FILE_TOO_LARGE")
    assert (await orch.data("GET", "/usage"))["usage"]["credits"]["used"] == 2


async def test_duplicate_response_of_the_documents(orch: Orch) -> None:
    choose(orch, duplicate_response="A")
    await orch.upload(("a.txt", INVOICE))
    alone = await orch.upload(("a.txt", INVOICE))
    among = await orch.upload(("a.txt", INVOICE), ("b.txt", b"2"))

    assert alone.status == 200
    assert alone.json()["data"] == {
        "is_duplicate": True,
        "existing_document_id": 501,
        "existing_job_id": 1001,
    }
    assert [job.get("is_duplicate") for job in among.json()["data"]["jobs"]] == [True, None]


async def test_connector_request_of_the_documents_is_json_alone(orch: Orch) -> None:
    choose(orch, connector_request="A")
    created = await orch.data("POST", "/connectors", json={"type": "s3", "name": "n", "config": S3})
    source = {"connector_id": created["id"], "keys": ["a.pdf", "b.pdf"]}
    form = await orch("POST", "/data-process/async", data={"source": json.dumps(source)})
    body = await orch("POST", "/data-process/async", json={"source": source})

    assert orch.code(form) == (422, "VALIDATION_ERROR")
    assert body.json()["data"]["accepted"] == 2


@BOTH
def test_key_prefix(orch: Orch, form: Form) -> None:
    choose(orch, key_prefix=form)

    assert orch.emulator.issue().startswith({"A": "dfx_test_", "B": "fx_test_"}[form])


@BOTH
async def test_quality_scale(orch: Orch, form: Form) -> None:
    choose(orch, quality_scale=form)
    job = await orch.processed()
    execution = await orch.data("GET", "/executions/701")

    score = job["processing_summary"]["quality"]["score"]
    low, high = {"A": (85, 100), "B": (0.85, 1)}[form]
    assert low <= score <= high
    assert execution["result_meta"]["score"] == score


@BOTH
async def test_quota_status(orch: Orch, form: Form) -> None:
    choose(orch, quota_status=form)
    orch.emulator.terms.credits = 0

    assert orch.code(await orch.upload(("a.txt", b"1"))) == ({"A": 429, "B": 402}[form], "QUOTA_EXCEEDED")


@BOTH
async def test_dataset_build(orch: Orch, form: Form) -> None:
    choose(orch, dataset_build=form)
    await orch.processed()

    answer = await orch.data("POST", "/datasets", json={"name": "All", "execution_ids": [701]})

    if form == "A":
        assert (answer["id"], answer["name"], answer["status"]) == (301, "All", "building")
    else:
        assert (answer["job_id"], answer["job_type"]) == (1002, "dataset_build")


@BOTH
async def test_export_path(orch: Orch, form: Form) -> None:
    choose(orch, export_path=form)
    await orch.dataset()
    path = await orch("GET", "/datasets/301/export/csv")
    query = await orch("GET", "/datasets/301/export?format=csv")

    assert (path.status, query.status) == {"A": (405, 200), "B": (200, 200)}[form]


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (A, ["jsonl", "markdown", "arrow", "xlsx"], ["json", "md", "hf"]),
        (B, ["json", "jsonl", "md", "hf"], ["markdown", "arrow"]),
    ],
)
async def test_export_formats(orch: Orch, form: Form, good: list[str], bad: list[str]) -> None:
    choose(orch, export_formats=form)
    await orch.dataset()
    statuses = [(await orch("GET", f"/datasets/301/export/{name}")).status for name in good + bad]

    assert statuses == [200] * len(good) + [422] * len(bad)


async def test_job_fields_of_the_documents(orch: Orch) -> None:
    choose(orch, job_fields="A")
    job = await orch.processed(locale="tr")

    assert (job["execution_id"], job["quality"]["grade"], job["detected_language"]) == (701, "A", "tr")
    assert (job["pii_findings_count"], job["privacy_applied"]) == (1, True)
    assert job["processing_summary"] == {"pii_type_summary": {"EMAIL": 1}, "fields": {"row_count": 4}}
    assert "execution_summary" not in job


@pytest.mark.parametrize(
    ("form", "place"),
    [
        (A, lambda job: job["failure_reason"]),
        (B, lambda job: job["execution_summary"]["failure_reason"]),
        ("C", lambda job: job["error"]["message"]),
    ],
)
async def test_failure_reason(orch: Orch, form: Form, place: Callable[[Any], str]) -> None:
    choose(orch, failure_reason=form)
    job = await orch.processed("empty.txt", b"")

    assert place(job) == "EMPTY_DOCUMENT"
    assert str(job).count("EMPTY_DOCUMENT") == (2 if form == "C" else 1)


@pytest.mark.parametrize(
    ("form", "body", "status"),
    [
        (A, {"rating": "negative", "issue": "missed_pii"}, 200),
        (A, {"rating": "down"}, 422),
        (B, {"rating": "down", "issue": "pii_missed"}, 200),
        (B, {"rating": "negative"}, 422),
        (B, {"rating": "down", "issue": "missed_pii"}, 422),
    ],
)
async def test_feedback_values(orch: Orch, form: Form, body: dict[str, str], status: int) -> None:
    choose(orch, feedback_values=form)
    await orch.processed()

    assert (await orch("POST", "/jobs/1001/feedback", json=body)).status == status


async def test_profile_shape_of_the_documents(orch: Orch) -> None:
    choose(orch, profile_shape="A")
    await orch.dataset()

    profile = await orch.data("GET", "/datasets/301/profile")

    assert (profile["quality_distribution"], profile["pii_type_summary"]) == ({"A": 4}, {"EMAIL": 1})
    assert "quality" not in profile


async def test_search_fields_of_the_documents(orch: Orch) -> None:
    choose(orch, search_fields="A")
    await orch.dataset("\n".join(f"paper {number}" for number in range(8)).encode())
    body = {"query": "paper", "mode": "structured"}
    answer = await orch.data("POST", "/search", json=body)
    filtered = await orch("POST", "/search", json=body | {"filters": {"language": "en"}})

    assert (len(answer["results"]), answer["total_results"]) == (5, 8)
    assert "chunk_text" in answer["results"][0]
    assert "text" not in answer["results"][0]
    assert orch.code(filtered) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("form", "config", "status"), [(A, AWS, 201), (A, S3, 422), (B, S3, 201), (B, AWS, 422)]
)
async def test_s3_config_keys(orch: Orch, form: Form, config: dict[str, str], status: int) -> None:
    choose(orch, s3_config_keys=form)

    body = {"type": "s3", "name": "n", "config": config}
    assert (await orch("POST", "/connectors", json=body)).status == status


@pytest.mark.parametrize(
    ("form", "plan", "body", "status"),
    [
        (A, "starter", {"cron": "0 2 * * *", "prefix": "in/", "name": "n"}, 201),
        (A, "starter", {"cron": "0 */12 * * *"}, 429),
        (A, "pro", {"cron_expression": "0 2 * * *"}, 422),
        (B, "pro", {"cron_expression": "0 2 * * *"}, 201),
        (B, "pro", {"cron": "0 2 * * *"}, 422),
        (B, "starter", {"cron_expression": "0 2 * * *"}, 403),
    ],
)
async def test_schedules(orch: Orch, form: Form, plan: str, body: dict[str, str], status: int) -> None:
    choose(orch, schedules=form)
    created = await orch.data("POST", "/connectors", json={"type": "s3", "name": "n", "config": S3})

    reply = await orch.on(plan)("POST", f"/connectors/{created['id']}/schedules", json=body)

    assert reply.status == status


async def test_sync_log_fields_of_the_documents(orch: Orch, clock: Clock) -> None:
    choose(orch, sync_log_fields="A")
    created = await orch.data("POST", "/connectors", json={"type": "s3", "name": "n", "config": S3})
    base = f"/connectors/{created['id']}/schedules"
    schedule = await orch.data("POST", base, json={"cron_expression": "0 2 * * *"})
    await orch("POST", f"{base}/{schedule['id']}/trigger")
    clock.now += 1

    log = (await orch.data("GET", f"{base}/{schedule['id']}/logs"))[0]
    assert (log["status"], log["files_processed"], log["error"]) == ("success", 2, None)


async def test_usage_shape_of_the_documents(orch: Orch) -> None:
    choose(orch, usage_shape="A")

    assert await orch.data("GET", "/usage") == {"plan": "pro", "credits_used": 0, "credits_remaining": 6000}


@BOTH
async def test_rate_limit_shape(orch: Orch, form: Form) -> None:
    choose(orch, rate_limit_shape=form)
    await orch("GET", "/jobs")

    answer = await orch.data("GET", "/usage/rate-limits")

    state = {"used": 1, "remaining": 299, "reset_in_seconds": 60}
    assert (
        answer
        == {
            "A": {"plan": "pro", "rate_limit": {"rpm": 300, **state}},
            "B": {"plan": "pro", "unlimited": False, "limit": 300, "window_seconds": 60, **state},
        }[form]
    )


async def test_webhook_secret_of_the_documents_is_the_callers(orch: Orch) -> None:
    choose(orch, webhook_secret="A")
    body = {"url": "http://example.com", "events": ["job.failed"]}
    without = await orch("POST", "/webhooks", json=body)
    created = await orch.data("POST", "/webhooks", json=body | {"secret": "fo_test_secret"})

    assert orch.code(without) == (422, "VALIDATION_ERROR")
    assert "secret" not in created


@pytest.mark.parametrize(
    ("form", "plan", "role", "status"),
    [
        (A, "pro", "member", 201),
        (A, "pro", "editor", 422),
        (A, "starter", "member", 403),
        (B, "enterprise", "editor", 201),
        (B, "enterprise", "member", 422),
        (B, "pro", "editor", 403),
    ],
)
async def test_team_roles(orch: Orch, form: Form, plan: str, role: str, status: int) -> None:
    choose(orch, team_roles=form)
    token = orch.emulator.issue("user", plan=plan)
    body = {"email": "bob@example.com", "role": role}

    reply = await orch("POST", "/team/invite", json=body, headers={"Authorization": f"Bearer {token}"})

    assert reply.status == status


@pytest.mark.parametrize("form", [A, B])
async def test_the_contract_holds_with_all_forms_at_once(
    orch: Orch, session: aiohttp.ClientSession, form: Form
) -> None:
    orch.emulator.terms.variants = dict.fromkeys(FORMS, form)
    await orch.upload(("a.txt", INVOICE))
    orch.clock.now += 1
    paths = ("/jobs", "/jobs/1001", "/documents", "/documents/501", "/executions/701", "/usage", "/datasets")

    assert [(await orch("GET", path)).status for path in paths] == [200] * len(paths)
