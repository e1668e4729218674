"""FlexOrch documents, jobs and executions, and what plans allow."""

from __future__ import annotations

import hashlib
from typing import Any

import aiohttp
import pytest
from flexorch_kit import INVOICE, Orch
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.forms import Upload

MIB = 1 << 20
LLM = {"provider": "openai", "model": "m", "api_key": "fo_test_key"}


@pytest.fixture
def orch(sandbox: Sandbox, ask: Ask, clock: Clock) -> Orch:
    return Orch(sandbox.flexorch, ask, clock)


def test_all_52_operations_have_behaviour() -> None:
    coverage = Sandbox(platforms=("flexorch",)).coverage()["flexorch"]

    assert (len(coverage.behaviour), coverage.default) == (52, ())


# Uploads.


async def test_an_upload_answers_with_a_job_a_file(orch: Orch) -> None:
    reply = await orch.upload(("a.txt", b"one"), ("b.pdf", b"%PDF two"), locale="de")

    body = reply.json()
    assert (reply.status, body["status"], body["error"]) == (202, "accepted", None)
    assert body["data"]["accepted"] == 2
    assert body["data"]["rejected"] == []
    assert [(job["filename"], job["status"]) for job in body["data"]["jobs"]] == [
        ("a.txt", "queued"),
        ("b.pdf", "queued"),
    ]


async def test_good_files_are_taken_although_others_are_refused(orch: Orch) -> None:
    files = [("a.txt", b"one"), ("b.csv", b"1,2"), ("noend", b"x"), ("big.txt", b"x" * (10 * MIB + 1))]

    reply = await orch.on("trial").upload(*files)

    data = reply.json()["data"]
    assert (reply.status, data["accepted"], [job["filename"] for job in data["jobs"]]) == (202, 1, ["a.txt"])
    assert data["rejected"] == [
        {"filename": "b.csv", "error": "UNSUPPORTED_FILE"},
        {"filename": "noend", "error": "UNSUPPORTED_FILE"},
        {"filename": "big.txt", "error": "FILE_TOO_LARGE"},
    ]


async def test_a_202_may_carry_rejections_alone(orch: Orch) -> None:
    reply = await orch.upload(("b.csv", b"1,2"))

    assert (reply.status, reply.json()["data"]["accepted"]) == (202, 0)


@pytest.mark.parametrize("plan", ["trial", "starter", "pro"])
async def test_a_file_of_exactly_the_limit_is_taken(orch: Orch, plan: str) -> None:
    most = {"trial": 10, "starter": 25, "pro": 50}[plan] * MIB

    data = (await orch.on(plan).upload(("a.txt", b"x" * most), ("b.txt", b"x" * (most + 1)))).json()["data"]

    assert [job["filename"] for job in data["jobs"]] == ["a.txt"]


async def test_the_same_bytes_are_processed_and_charged_once(orch: Orch) -> None:
    first = (await orch.upload(("a.txt", INVOICE))).json()["data"]["jobs"][0]
    second = (await orch.upload(("other.txt", INVOICE), ("c.txt", b"new"))).json()["data"]["jobs"]

    assert {**first, "filename": "other.txt", "is_duplicate": True} == second[0]
    assert "is_duplicate" not in second[1]
    assert (await orch.data("GET", "/usage"))["usage"]["credits"]["used"] == 2


async def test_a_large_upload_is_measured_and_only_its_beginning_is_kept(orch: Orch) -> None:
    content = b"a line of text\n" * 200_000
    await orch.upload(("a.txt", content))

    record = orch.emulator.requests[-1]
    assert record.form is not None
    part = record.form["files"][0]
    assert isinstance(part, Upload)
    assert (part.size, part.sha256) == (3_000_000, hashlib.sha256(content).hexdigest())
    assert part.data == content[: 64 * 1024]
    assert record.body == b""


@pytest.mark.parametrize(
    ("form", "code"),
    [
        pytest.param({"file": "x"}, (400, "MISSING_INPUT"), id="a part named file"),
        pytest.param({"files": "x"}, (400, "MISSING_INPUT"), id="files without a file name"),
        pytest.param({"locale": "de"}, (400, "MISSING_INPUT"), id="no input at all"),
    ],
)
async def test_an_upload_without_input_is_refused(
    orch: Orch, form: dict[str, str], code: tuple[int, str]
) -> None:
    parts = aiohttp.FormData(default_to_multipart=True)
    for name, value in form.items():
        parts.add_field(name, value)

    reply = await orch("POST", "/data-process/async", data=parts)

    assert orch.code(reply) == code


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"--b\r\nno end", id="no end"),
        pytest.param(b"--b\r\n\r\nx\r\n--b--\r\n", id="no name"),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="locale"\r\n\r\n\xff\r\n--b--\r\n', id="no text"
        ),
    ],
)
async def test_a_broken_form_is_refused(orch: Orch, body: bytes) -> None:
    headers = {"X-API-KEY": orch.emulator.key, "Content-Type": "multipart/form-data; boundary=b"}

    reply = await orch("POST", "/data-process/async", data=body, headers=headers)

    assert orch.code(reply) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("config", ["{", "[1]", '{"a":' * 100_000, '{"document_type_hint": 1}'])
async def test_a_pipeline_config_has_to_be_an_object(orch: Orch, config: str) -> None:
    reply = await orch.upload(("a.txt", b"x"), pipeline_config=config)

    assert orch.code(reply) == (422, "VALIDATION_ERROR")


# Jobs.


async def test_a_job_moves_on_by_the_clock(orch: Orch, clock: Clock) -> None:
    job_id = (await orch.upload(("a.txt", b"one"))).json()["data"]["jobs"][0]["job_id"]
    seen = []
    for seconds in (0.04, 0.02, 0.04, 0.04, 0.04, 0.03):
        clock.now += seconds
        job = await orch.job(job_id)
        seen.append((job["status"], (job["result_meta"] or {}).get("pipeline_stage")))

    assert seen == [
        ("queued", None),
        ("running", "extract"),
        ("running", "privacy"),
        ("running", "quality"),
        ("running", "dataset"),
        ("completed", None),
    ]
    assert job["completed_at"] > job["created_at"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.txt", b"", "EMPTY_DOCUMENT"),
        ("blank.html", b"<p> </p>\n", "EMPTY_DOCUMENT"),
        ("empty.pdf", b"", "EMPTY_DOCUMENT"),
        ("corrupt.pdf", b"%PDF", "UNSUPPORTED_FILE"),
        ("please-fail.txt", b"x", "The document could not be read"),
    ],
)
async def test_some_files_fail_with_status_200(orch: Orch, name: str, content: bytes, reason: str) -> None:
    job = await orch.processed(name, content)

    assert (job["status"], job["execution_summary"]["failure_reason"]) == ("failed", reason)


async def test_a_job_tells_quality_and_privacy(orch: Orch) -> None:
    job = await orch.processed()

    processing, execution = job["processing_summary"], job["execution_summary"]
    assert processing["quality"]["grade"] == "A"
    assert processing["row_count"] == 4
    assert processing["privacy"] == execution["privacy"]
    assert execution["privacy"] == {
        "pii_findings_count": 1,
        "privacy_applied": True,
        "masked_record_count": 1,
        "pii_type_summary": {"EMAIL": 1},
    }


async def test_an_execution_holds_the_masked_records(orch: Orch) -> None:
    job = await orch.processed(locale="tr")
    path = f"/executions/{job['execution_summary']['execution_id']}"

    execution = await orch.data("GET", path)

    assert execution["document_type"] == "invoice"
    assert execution["result_meta"]["detected_language"] == "tr"
    assert execution["output_summary"]["row_count"] == len(execution["records"]) == 4
    assert execution["records"][1]["text"] == "Mail: [MASKED_EMAIL]"


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("call +49 30 1234567 now", "call [MASKED_PHONE] now", "PHONE"),
        ("to DE89 3704 0044 0532 0130 00", "to [MASKED_IBAN]", "IBAN"),
        ("ada@example.com.", "[MASKED_EMAIL].", "EMAIL"),
    ],
)
async def test_personal_data_is_masked_unless_the_config_says_no(
    orch: Orch, text: str, masked: str, kind: str
) -> None:
    texts, counts = [], []
    for number, config in enumerate(("{}", '{"mask_pii": false}')):
        job = await orch.processed(f"{number}.txt", f"{number} {text}".encode(), pipeline_config=config)
        execution_id = job["execution_summary"]["execution_id"]
        texts.append((await orch.data("GET", f"/executions/{execution_id}"))["records"][0]["text"])
        counts.append(job["execution_summary"]["privacy"]["pii_type_summary"])

    assert texts == ["0 " + masked, "1 " + text]
    assert counts == [{kind: 1}] * 2


async def test_an_execution_is_not_there_before_its_job_has_ended(orch: Orch, clock: Clock) -> None:
    await orch.upload(("a.txt", b"one"))
    before = await orch("GET", "/executions/701")
    clock.now += 1
    after = await orch("GET", "/executions/701")

    assert (before.status, after.status) == (404, 200)


async def test_a_degraded_run_completes_without_records(orch: Orch) -> None:
    job = await orch.processed("degraded.pdf", b"%PDF")
    execution_id = job["execution_summary"]["execution_id"]
    execution = await orch.data("GET", f"/executions/{execution_id}")
    build = await orch("POST", f"/datasets/build-from-execution/{execution_id}")

    assert (job["status"], job["execution_summary"]["degraded"]) == ("completed", True)
    assert (execution["records"], len(execution["result_meta"]["step_failures"])) == ([], 1)
    assert orch.code(build) == (400, "NO_OUTPUT_DATA")


async def test_feedback_is_null_until_it_is_given_and_the_last_one_counts(orch: Orch) -> None:
    path = f"/jobs/{(await orch.processed())['job_id']}/feedback"
    before = await orch("GET", path)
    await orch.data("POST", path, json={"rating": "up"})
    await orch.data("POST", path, json={"rating": "down", "issue": "pii_missed", "notes": "n"})
    after = await orch.data("GET", path)

    assert (before.status, before.json()["data"]) == (200, None)
    assert (after["rating"], after["issue"], after["notes"]) == ("down", "pii_missed", "n")


# Documents.


async def test_a_document_tells_its_runs(orch: Orch, clock: Clock) -> None:
    document_id = (await orch.processed())["document_id"]
    accepted = await orch("POST", f"/documents/{document_id}/reprocess", json={"pipeline_config": {}})
    during = await orch.data("GET", f"/documents/{document_id}")
    clock.now += 1
    after = await orch.data("GET", f"/documents/{document_id}")

    job_id = accepted.json()["data"]["job_id"]
    assert accepted.status == 202
    assert accepted.json()["meta"] == {"poll": f"/v1/jobs/{job_id}"}
    assert [run["status"] for run in during["processing_history"]] == ["completed", "queued"]
    assert (after["file_ext"], after["status"], after["processing_count"]) == (".txt", "processed", 2)
    assert [run["quality_grade"] for run in after["processing_history"]] == ["A", "A"]
    assert (await orch.data("GET", "/usage"))["usage"]["credits"]["used"] == 2


async def test_only_stored_uploads_can_be_reprocessed(orch: Orch, clock: Clock) -> None:
    document_id = (await orch.processed())["document_id"]
    clock.now += 90 * 86_400 - 1  # one second has passed while it was processed

    kept = await orch.on("enterprise")("POST", f"/documents/{document_id}/reprocess")
    gone = await orch("POST", f"/documents/{document_id}/reprocess")
    unknown = await orch("POST", "/documents/9/reprocess")

    assert kept.status == 202
    assert orch.code(gone) == (400, "DOCUMENT_FILE_NOT_AVAILABLE")
    assert orch.code(unknown) == (404, "DOCUMENT_NOT_FOUND")


async def test_lists_are_cut_into_pages_newest_first(orch: Orch) -> None:
    await orch.upload(*((f"{number}.txt", str(number).encode()) for number in range(5)))
    for path in ("/documents", "/jobs"):
        pages = [await orch.data("GET", f"{path}?page={n}&page_size=2") for n in (1, 2, 3, 4)]

        ids = [item.get("id", item.get("job_id")) for page in pages for item in page["items"]]
        assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
        assert ids == sorted(ids, reverse=True)
        assert {(page["total"], page["page_size"]) for page in pages} == {(5, 2)}


async def test_pages_can_be_cut_shorter_lose_their_total_or_repeat(orch: Orch) -> None:
    await orch.upload(*((f"{number}.txt", str(number).encode()) for number in range(5)))
    orch.emulator.terms.max_page_size = 3
    orch.emulator.terms.omit_total = True
    short = await orch.data("GET", "/documents?page_size=100")
    orch.emulator.terms.ignore_page = True
    again = await orch.data("GET", "/documents?page_size=100&page=2")

    assert (len(short["items"]), short["page_size"], "total" in short) == (3, 3, False)
    assert again["items"] == short["items"]


@pytest.mark.parametrize("query", ["page=0", "page_size=101", "page_size=x"])
async def test_a_page_out_of_range_is_refused(orch: Orch, query: str) -> None:
    assert orch.code(await orch("GET", f"/documents?{query}")) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("id_", ["9", "job_x", "-1", "1" * 5000, "%00", "\u00b2"])
async def test_an_unknown_job_is_not_found(orch: Orch, id_: str) -> None:
    assert orch.code(await orch("GET", f"/jobs/{id_}")) == (404, "NOT_FOUND")


# Plans.


async def test_credits_run_out(orch: Orch) -> None:
    orch.emulator.terms.credits = 2
    both = await orch.upload(("a.txt", b"1"), ("b.txt", b"2"))
    known = await orch.upload(("a.txt", b"1"))
    more = await orch.upload(("c.txt", b"3"))

    assert (both.status, known.status) == (202, 202)
    assert orch.code(more) == (429, "QUOTA_EXCEEDED")
    assert "Retry-After" not in more.headers
    assert (await orch.data("GET", "/usage"))["usage"]["credits"] == {"used": 2, "limit": 2, "remaining": 0}


async def test_a_trial_ends_after_30_days(orch: Orch, clock: Clock) -> None:
    trial = orch.on("trial")
    first = await trial.data("GET", "/usage")
    clock.now += 30 * 86_400 - 1
    last = await trial.upload(("a.txt", b"1"))
    clock.now += 1
    over = await trial.upload(("b.txt", b"2"))
    usage = await trial.data("GET", "/usage")

    assert first["trial"]["trial_days_remaining"] == 30
    assert (last.status, usage["trial"]["trial_days_remaining"]) == (202, 0)
    assert orch.code(over) == (402, "TRIAL_EXPIRED")


@pytest.mark.parametrize(
    ("plan", "method", "path", "body", "min_plan"),
    [
        ("starter", "POST", "/datasets/9/index", None, "pro"),
        ("starter", "GET", "/datasets/9/chunks", None, "pro"),
        ("starter", "GET", "/datasets/9/compliance-report", None, "pro"),
        ("starter", "POST", "/search", {"query": "x", "mode": "semantic"}, "pro"),
        ("starter", "POST", "/search", {"query": "x", "mode": "hybrid"}, "pro"),
        ("starter", "POST", "/fine-tune", {"dataset_id": 9, "model": "m"}, "pro"),
        ("trial", "POST", "/connectors", {"type": "s3", "name": "n", "config": {}}, "starter"),
        (
            "pro",
            "POST",
            "/settings/llm-config",
            LLM,
            "enterprise",
        ),
    ],
)
async def test_a_plan_that_is_too_small_is_told_which_one_will_do(
    orch: Orch, plan: str, method: str, path: str, body: Any, min_plan: str
) -> None:
    reply = await orch.on(plan)(method, path, json=body)

    assert orch.code(reply) == (403, "PLAN_UPGRADE_REQUIRED")
    assert reply.json()["error"]["min_plan"] == min_plan


async def test_equal_seeds_give_equal_worlds(ask: Ask) -> None:
    worlds = []
    for seed in (1, 1, 2):
        async with Sandbox(platforms=("flexorch",), seed=seed, run_seconds=0) as sandbox:
            orch = Orch(sandbox.flexorch, ask, Clock())
            dataset = await orch.dataset(b"%PDF")
            webhook = {"url": "http://example.com", "events": ["job.failed"]}
            secret = (await orch.data("POST", "/webhooks", json=webhook))["secret"]
            worlds.append((sandbox.flexorch.key, secret, str(dataset)))

    assert worlds[0] == worlds[1]
    assert worlds[0][:2] != worlds[2][:2]
