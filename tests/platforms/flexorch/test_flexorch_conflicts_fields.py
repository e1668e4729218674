"""Where the sources about FlexOrch disagree, all forms are taken: names and places of fields.

Form A is that of the documentation, form B that of the vendor's packages; the sandbox answers in both. The
name of a test begins with the key of its conflict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
import pytest
from servers import RawServer, answer

from flexsdk.core.body import Upload
from flexsdk.errors import APIError, JobFailed
from flexsdk.platforms.flexorch import (
    FlexOrch,
    Job,
    Quality,
    SearchHit,
    SyncLog,
    s3_config,
)
from flexsdk.platforms.flexorch.dataset_data import DatasetProfile
from flexsdk.platforms.flexorch.usage import RateLimits, Usage
from flexsdk.sandbox import Sandbox

Connect = Callable[..., FlexOrch]
Form = Literal["A", "B"]

FORMS = pytest.mark.parametrize("form", ["A", "B"])


def read(kind: Any, body: bytes) -> Any:
    return msgspec.json.decode(body, type=kind)


# --- quality-scale


@pytest.mark.parametrize(
    ("score", "grade", "percent"),
    [
        (0.91, "A", 91.0),
        (91.0, "A", 91.0),
        (0.5, "C", 50.0),
        (0.5, "D", 0.5),
        (0.3, "D", 30.0),
        (1.0, "A", 100.0),
        (1.0, "D", 1.0),
        (0.0, "D", 0.0),
        (0.91, None, 91.0),
        (0.7, "A", 0.7),
        (None, "A", None),
    ],
)
def test_quality_scale_is_told_by_the_grade(
    score: float | None, grade: str | None, percent: float | None
) -> None:
    assert Quality(score=score, grade=grade).score_percent == percent


@FORMS
async def test_quality_scale_is_the_same_in_both_forms(
    sandbox: Sandbox, flexorch: FlexOrch, text: Upload, form: Form
) -> None:
    sandbox.flexorch.terms.variants["quality-scale"] = form
    upload = await flexorch.documents.process(text)

    run = await flexorch.jobs.wait(upload.jobs[0])
    execution = await flexorch.executions.get(run)

    assert run.quality is not None
    assert execution.result_meta is not None
    assert 85 <= (run.quality.score_percent or 0) <= 100
    assert execution.result_meta.score_percent == run.quality.score_percent


# --- job-fields and failure-reason


@FORMS
async def test_job_fields_are_found_in_every_place(
    sandbox: Sandbox, flexorch: FlexOrch, text: Upload, form: Form
) -> None:
    sandbox.flexorch.terms.variants["job-fields"] = form
    upload = await flexorch.documents.process(text)

    run = await flexorch.jobs.wait(upload.jobs[0])

    assert run.quality is not None
    assert run.privacy is not None
    assert (run.quality.grade, run.privacy.pii_findings_count) == ("A", 1)
    assert run.execution_id is not None


def test_job_fields_are_taken_from_the_freshest_place() -> None:
    job = read(
        Job,
        b'{"id":1,"execution_id":10,"pii_findings_count":1,"quality_grade":"D","quality_score":0.1,'
        b'"processing_summary":{"execution_id":11,"quality":{"grade":"B"},"privacy":{"pii_findings_count":2}},'
        b'"execution_summary":{"execution_id":12,"privacy":{"pii_findings_count":3}}}',
    )

    assert (job.execution_id, job.quality.grade, job.privacy.pii_findings_count) == ("12", "B", 3)
    assert msgspec.structs.replace(job, status="completed").execution_id == "12"


def test_job_fields_of_the_top_level_count_where_no_summary_has_them() -> None:
    job = read(Job, b'{"id":1,"quality_grade":"B","quality_score":0.7,"privacy_applied":true}')

    assert (job.quality.grade, job.quality.score_percent, job.privacy.privacy_applied) == ("B", 70.0, True)


@pytest.mark.parametrize(
    "body",
    [
        b'"failure_reason":"EMPTY"',
        b'"execution_summary":{"failure_reason":"EMPTY"},"error":"other"',
        b'"error":"EMPTY"',
        b'"error":{"message":"EMPTY","code":"other"}',
        b'"error":{"code":"EMPTY"}',
    ],
)
async def test_failure_reason_is_found_in_every_place(flexorch: FlexOrch, body: bytes) -> None:
    job = read(Job, b'{"id":1,"status":"failed",' + body + b"}")

    with pytest.raises(JobFailed, match="ended as failed: EMPTY"):
        await flexorch.jobs.wait(job)


@pytest.mark.parametrize("form", ["A", "B", "C"])
async def test_failure_reason_of_all_forms(
    sandbox: Sandbox, flexorch: FlexOrch, form: Literal["A", "B", "C"]
) -> None:
    sandbox.flexorch.terms.variants["failure-reason"] = form
    upload = await flexorch.documents.process(Upload(b"x", name="corrupt.pdf"))

    with pytest.raises(JobFailed, match="UNSUPPORTED_FILE"):
        await flexorch.jobs.wait(upload.jobs[0])


# --- words and fields


@pytest.mark.parametrize(
    ("given", "sent"), [("positive", "up"), ("negative", "down"), ("up", "up"), ("down", "down")]
)
async def test_feedback_values_are_sent_as_the_service_knows_them(to: Connect, given: Any, sent: str) -> None:
    async with RawServer(answer(200, b'{"data":{}}')) as server:
        await to(server).jobs.feedback.submit(7, given, issue="poor_extraction")

    body = read(dict[str, Any], server.requests[0].body)
    assert body == {"rating": sent, "issue": "poor_extraction"}


@FORMS
async def test_profile_shape_has_the_grades_under_one_name(
    sandbox: Sandbox, flexorch: FlexOrch, built: Job, form: Form
) -> None:
    sandbox.flexorch.terms.variants["profile-shape"] = form

    assert (await flexorch.datasets.profile(built)).grades == {"A": 3}


def test_profile_shape_may_be_empty() -> None:
    assert DatasetProfile().grades == {}


@FORMS
async def test_search_fields_give_the_text_under_one_name(
    sandbox: Sandbox, flexorch: FlexOrch, built: Job, form: Form
) -> None:
    sandbox.flexorch.terms.variants["search-fields"] = form
    await flexorch.datasets.index(built)
    await flexorch.datasets.wait_for_index(built)

    found = await flexorch.search.query("Invoice")

    assert "Invoice" in found.results[0].text
    assert read(SearchHit, b'{"chunk_text":"a"}').text == "a"


async def test_search_fields_leave_the_number_of_hits_to_the_platform(to: Connect) -> None:
    async with RawServer(answer(200, b'{"data":{"results":[]}}')) as server:
        await to(server).search.query("Invoice")
        await to(server).search.query("Invoice", top_k=3, dataset_id="41", filters={"language": "de"})

    plain, full = (read(dict[str, Any], request.body) for request in server.requests)
    assert plain == {"query": "Invoice"}
    assert full == {"query": "Invoice", "top_k": 3, "filters": {"language": "de", "dataset_id": 41}}


def test_s3_config_keys_are_those_of_the_live_service() -> None:
    config = s3_config("docs", "eu", access_key_id="id", secret_access_key="word", prefix="in/")

    assert config == {
        "bucket": "docs",
        "region": "eu",
        "access_key_id": "id",
        "secret_access_key": "word",
        "prefix": "in/",
    }


async def test_s3_config_keys_of_ones_own_pass_through(to: Connect) -> None:
    config = {"bucket": "docs", "aws_access_key_id": "id"}
    async with RawServer(answer(201, b'{"data":{"id":1}}')) as server:
        await to(server).connectors.create("s3", "Archive", config)

    assert read(dict[str, Any], server.requests[0].body)["config"] == config


async def test_schedules_are_sent_in_the_live_form_only(to: Connect) -> None:
    async with RawServer(answer(201, b'{"data":{"id":1}}')) as server:
        await to(server).connectors.schedules.create("c_1", "0 2 * * *", prefix_filter="in/")

    assert server.lines[0].split(" ")[1] == "/v1/connectors/c_1/schedules"
    assert read(dict[str, Any], server.requests[0].body) == {
        "cron_expression": "0 2 * * *",
        "prefix_filter": "in/",
    }


@pytest.mark.parametrize("name", ["error", "error_message"])
def test_sync_log_fields_give_the_reason_under_one_name(name: str) -> None:
    log = read(SyncLog, b'{"id":1,"status":"failed","%b":"no access"}' % name.encode())

    assert log.error_message == "no access"


# --- usage


@pytest.mark.parametrize(
    "body",
    [
        b'{"plan":"pro","usage":{"credits":{"used":5,"remaining":7,"limit":12}}}',
        b'{"credits_used":5,"credits_remaining":7}',
    ],
    ids=["live", "documented"],
)
def test_usage_shape_gives_the_balance_of_both_forms(body: bytes) -> None:
    balance = read(Usage, body).credits

    assert (balance.used, balance.remaining) == (5.0, 7.0)


@FORMS
async def test_rate_limit_shape_is_one_struct(sandbox: Sandbox, flexorch: FlexOrch, form: Form) -> None:
    sandbox.flexorch.terms.variants["rate-limit-shape"] = form

    limits = await flexorch.usage.rate_limits()

    assert (limits.plan, limits.limit, limits.window_seconds) == ("pro", 300, 60)
    assert limits.remaining is not None
    assert limits.reset_in_seconds is not None


def test_rate_limit_shape_keeps_the_flat_fields() -> None:
    limits = read(RateLimits, b'{"unlimited":true,"limit":null}')

    assert (limits.unlimited, limits.limit, limits.window_seconds) == (True, None, None)


# --- webhook-secret


@FORMS
async def test_webhook_secret_is_taken_and_given(sandbox: Sandbox, flexorch: FlexOrch, form: Form) -> None:
    sandbox.flexorch.terms.variants["webhook-secret"] = form
    own = "flx_test_own_word" if form == "A" else msgspec.UNSET

    webhook = await flexorch.webhooks.create("https://example.com/hook", ["job.completed"], secret=own)

    assert (webhook.secret is None) == (form == "A")


# --- team-roles and jwt-vs-key


@pytest.mark.parametrize("role", ["editor", "member", "a_role_of_tomorrow"])
async def test_team_roles_are_any_words(to: Connect, role: str) -> None:
    async with RawServer(answer(201, b"")) as server:
        await to(server).team.invite("ada@example.com", role)

    assert read(dict[str, Any], server.requests[0].body)["role"] == role


async def test_jwt_vs_key_is_the_choice_of_each_client(sandbox: Sandbox, flexorch: FlexOrch) -> None:
    with pytest.raises(APIError) as caught:
        await flexorch.team.invite("ada@example.com", "member")

    assert caught.value.status in (401, 403)
    headers = sandbox.flexorch.calls("team_invite")[0].headers
    assert "X-API-KEY" in headers
    assert "Authorization" not in headers
