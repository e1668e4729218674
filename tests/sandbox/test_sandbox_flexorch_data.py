"""FlexOrch datasets and exports."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from typing import Any

import aiohttp
import pytest
from flexorch_kit import Orch
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flexorch.files import LINE, endless


@pytest.fixture
def orch(sandbox: Sandbox, ask: Ask, clock: Clock) -> Orch:
    return Orch(sandbox.flexorch, ask, clock)


async def test_a_build_is_a_job_that_names_its_dataset_at_the_end(orch: Orch, clock: Clock) -> None:
    execution_id = (await orch.processed())["execution_summary"]["execution_id"]
    accepted = await orch(
        "POST", f"/datasets/build-from-execution/{execution_id}", json={"name": "My Invoices"}
    )
    clock.now += 0.1
    during = await orch.data("GET", "/datasets/301")
    unready = await orch("GET", "/datasets/301/rows")
    clock.now += 1
    job = await orch.job(accepted.json()["data"]["job_id"])

    assert (accepted.status, accepted.json()["data"]["job_type"]) == (202, "dataset_build")
    assert (during["status"], during["row_count"], unready.status) == ("building", 0, 404)
    assert job["dataset_summary"] == {
        "dataset_id": 301,
        "name": "My Invoices",
        "slug": "my-invoices",
        "status": "ready",
        "version": 1,
        "row_count": 4,
    }
    assert "processing_summary" not in job


async def test_a_second_build_gives_back_replaces_or_adds(orch: Orch, clock: Clock) -> None:
    first = await orch.dataset()
    path = "/datasets/build-from-execution/701"
    same = await orch.data("POST", path, json={})
    await orch.data("POST", path, json={"replace_existing": True})
    await orch.data("POST", path, json={"force_rebuild": True})
    clock.now += 1
    listed = (await orch.data("GET", "/datasets"))["items"]

    assert same["status"] == "completed"
    assert [(d["id"], d["version"]) for d in listed] == [(first["id"] + 1, 1), (first["id"], 2)]


async def test_a_failed_build_is_a_failed_job(orch: Orch, clock: Clock) -> None:
    await orch.processed()
    build = await orch.data("POST", "/datasets/build-from-execution/701", json={"name": "Will fail"})
    clock.now += 1
    job = await orch.job(build["job_id"])

    assert (job["status"], job["error"]) == ("failed", "The build failed")
    assert (await orch.data("GET", "/datasets/301"))["status"] == "failed"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, (422, "VALIDATION_ERROR")),
        ({"execution_ids": [999]}, (404, "NOT_FOUND")),
        ({"execution_ids": [701], "name": "Taken"}, (422, "VALIDATION_ERROR")),
    ],
)
async def test_a_build_of_several_needs_sources_and_a_new_name(
    orch: Orch, body: dict[str, Any], code: tuple[int, str]
) -> None:
    await orch.dataset(name="Taken")

    assert orch.code(await orch("POST", "/datasets", json=body)) == code


async def test_several_executions_make_one_dataset(orch: Orch, clock: Clock) -> None:
    await orch.processed("a.txt", b"one\ntwo")
    job = await orch.processed("b.txt", b"three")
    await orch.data("POST", "/datasets", json={"execution_ids": [701], "job_ids": [job["job_id"]]})
    clock.now += 1

    rows = await orch.data("GET", "/datasets/301/rows")
    assert [row["text"] for row in rows["rows"]] == ["one", "two", "three"]


async def test_rows_are_filtered_and_paged(orch: Orch) -> None:
    dataset = await orch.dataset("\n".join(f"line {n}" for n in range(30)).encode())
    path = f"/datasets/{dataset['id']}/rows"
    last = await orch.data("GET", path + "?q=LINE&page=3&page_size=12")
    some = await orch.data("GET", path + "?q=line 1&page_size=5")

    assert last["columns"] == ["position", "text", "source"]
    assert (len(last["rows"]), last["pagination"]["has_next"]) == (6, False)
    assert some["pagination"] == {
        "page": 1,
        "page_size": 5,
        "total_rows": 30,
        "filtered_total": 11,
        "returned_rows": 5,
        "has_next": True,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=ready", 1),
        ("status=building", 0),
        ("source_execution_id=701", 1),
        ("source_execution_id=702", 0),
        ("source_document_id=501", 1),
        ("q=QUARTER", 1),
        ("q=year", 0),
        ("job_id=1001", 1),
        ("job_id=1002", 1),
        ("job_id=1003", 0),
    ],
)
async def test_datasets_are_filtered(orch: Orch, query: str, found: int) -> None:
    await orch.dataset(name="Invoices", description="of the quarter")

    listed = await orch.data("GET", f"/datasets?{query}")

    assert (listed["total"], len(listed["items"])) == (found, found)


async def test_the_list_tells_privacy_at_the_top_and_the_detail_below(orch: Orch) -> None:
    dataset = await orch.dataset()
    listed = (await orch.data("GET", "/datasets"))["items"][0]

    assert (listed["pii_findings_count"], listed["privacy_applied"], "privacy" in listed) == (1, True, False)
    assert dataset["privacy"]["pii_type_summary"] == {"EMAIL": 1}


async def test_the_profile_counts_grades_and_masked_records(orch: Orch) -> None:
    dataset = await orch.dataset()
    await orch("GET", f"/datasets/{dataset['id']}/export/csv")

    profile = await orch.data("GET", f"/datasets/{dataset['id']}/profile")

    assert profile["quality"]["grade_distribution"] == {"A": 4}
    assert profile["privacy"] == {
        "pii_findings_count": 1,
        "masked_record_count": 1,
        "clean_record_count": 3,
    }
    assert profile["formats"] == ["csv"]


async def test_the_report_comes_as_json_or_pdf(orch: Orch) -> None:
    path = f"/datasets/{(await orch.dataset())['id']}/compliance-report"
    pdf = await orch("GET", path + "?format=pdf")

    assert (await orch.data("GET", path))["plan_coverage"] == "pro_countries"
    assert (pdf.headers["Content-Type"], pdf.body[:5]) == ("application/pdf", b"%PDF-")


# Exports.


def unzipped(body: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(body)).namelist()


READERS: dict[str, Any] = {
    "json": json.loads,
    "jsonl": lambda body: [json.loads(line) for line in body.splitlines()],
    "csv": lambda body: [
        {**row, "position": int(row["position"])} for row in csv.DictReader(io.StringIO(body.decode()))
    ],
    "xml": lambda body: [
        {"position": int(r[0].text or 0), "text": r[1].text, "source": r[2].text} for r in ET.fromstring(body)
    ],
    "parquet": lambda body: json.loads(body.removeprefix(b"PAR1").removesuffix(b"PAR1")),
}


@pytest.mark.parametrize("name", READERS)
async def test_an_export_holds_all_rows(orch: Orch, name: str) -> None:
    dataset = await orch.dataset(b'a <b> & "c"\nd,e\n\xc3\xbc\n', name='So "what"?\r\n')
    rows = (await orch.data("GET", f"/datasets/{dataset['id']}/rows"))["rows"]

    reply = await orch("GET", f"/datasets/{dataset['id']}/export/{name}")

    assert READERS[name](reply.body) == rows
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert reply.headers["Content-Disposition"] == f'attachment; filename="so-what.{name}"'


@pytest.mark.parametrize(
    ("name", "kind", "files"),
    [
        ("hf", "application/zip", ["dataset_info.json", "state.json", "data-00000-of-00001.arrow"]),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ["[Content_Types].xml", "xl/worksheets/sheet1.xml"],
        ),
    ],
)
async def test_binary_exports_are_archives(orch: Orch, name: str, kind: str, files: list[str]) -> None:
    dataset = await orch.dataset()

    replies = [await orch("GET", f"/datasets/{dataset['id']}/export/{name}") for _ in range(2)]

    assert (replies[0].headers["Content-Type"], unzipped(replies[0].body)) == (kind, files)
    assert replies[0].body == replies[1].body
    assert all(info.date_time[0] == 1980 for info in zipfile.ZipFile(io.BytesIO(replies[0].body)).infolist())


async def test_markdown_is_one_heading_a_record(orch: Orch) -> None:
    dataset = await orch.dataset(b"one\ntwo")

    text = (await orch("GET", f"/datasets/{dataset['id']}/export/md")).body.decode()

    assert text.count("## ") == 2
    assert "- **text**: two\n" in text


async def test_rag_leaves_out_chunks_below_a_grade(orch: Orch) -> None:
    dataset = await orch.dataset()
    path = f"/datasets/{dataset['id']}/export/rag"
    all_, good = [json.loads((await orch("GET", path + query)).body) for query in ("", "?min_quality=B")]

    assert [chunk["metadata"]["quality_grade"] for chunk in all_] == ["B", "C", "A", "B"]
    assert [chunk["chunk_index"] for chunk in good] == [0, 2, 3]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/datasets/301/export/docx", (422, "VALIDATION_ERROR")),
        ("/datasets/9/export/csv", (404, "NOT_FOUND")),
        ("/datasets/301/export/rag?min_quality=E", (422, "VALIDATION_ERROR")),
    ],
)
async def test_errors_of_exports_are_json(orch: Orch, path: str, code: tuple[int, str]) -> None:
    await orch.dataset()

    assert orch.code(await orch("GET", path)) == code


async def test_a_large_export_is_made_while_it_is_sent(orch: Orch, session: aiohttp.ClientSession) -> None:
    dataset = await orch.dataset()
    orch.emulator.terms.export_bytes = 3_000_000
    url = f"{orch.emulator.base_url}/datasets/{dataset['id']}/export/jsonl"
    lines = 0
    async with session.get(url, headers={"X-API-KEY": orch.emulator.key}) as response:
        length = int(response.headers["Content-Length"])
        async for line in response.content:
            json.loads(line)
            lines += 1

    assert (length, lines) == (2930 * 1024, 2930)


@pytest.mark.parametrize("lines", [0, 1, 256, 300])
async def test_a_generated_export_has_exactly_its_size(lines: int) -> None:
    pieces = [piece async for piece in endless(lines * LINE)]

    assert sum(map(len, pieces)) == lines * LINE
    assert max(map(len, pieces), default=0) <= 256 * LINE
