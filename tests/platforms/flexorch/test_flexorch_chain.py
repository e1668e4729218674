"""From the document to the exported file, against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from flexsdk.core.body import Upload
from flexsdk.errors import BadRequest, ConfigError, JobFailed, JobTimeout, NotFound
from flexsdk.platforms.flexorch import ConnectorSource, FlexOrch, Job
from flexsdk.sandbox import Sandbox

# --- documents


async def pieces() -> AsyncIterator[bytes]:
    yield b"Invoice 9\n"
    yield b"Total 90 EUR"


async def test_sends_files_of_every_kind_in_one_request(
    flexorch: FlexOrch, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "path.txt"
    path.write_text("Invoice 8")
    named = BytesIO(b"Invoice 10")
    named.name = "object.txt"

    upload = await flexorch.documents.process(path, str(path), named, Upload(pieces(), name="it.txt"))

    assert [job.filename for job in upload.jobs] == ["path.txt", "object.txt", "it.txt"]
    assert [job.filename for job in upload.duplicates] == ["path.txt"]
    assert len(sandbox.flexorch.calls("documents_process")) == 1


async def test_a_refused_file_does_not_lose_the_others(flexorch: FlexOrch, text: Upload) -> None:
    upload = await flexorch.documents.process(text, Upload(b"a,b", name="table.csv"))

    assert [job.filename for job in upload.jobs] == ["invoice.txt"]
    assert [(each.filename, each.error) for each in upload.rejected] == [("table.csv", "UNSUPPORTED_FILE")]


async def test_an_upload_of_refused_files_only_is_a_value(flexorch: FlexOrch) -> None:
    upload = await flexorch.documents.process(Upload(b"a,b", name="table.csv"))

    assert (upload.jobs, len(upload.rejected)) == ([], 1)


async def test_sends_language_and_configuration_as_fields(
    flexorch: FlexOrch, sandbox: Sandbox, text: Upload
) -> None:
    await flexorch.documents.process(text, locale="de", pipeline_config={"mask_pii": False})

    form = sandbox.flexorch.calls("documents_process")[0].form
    assert form is not None
    assert {name: [part.text for part in parts] for name, parts in form.items() if name != "files"} == {
        "locale": ["de"],
        "pipeline_config": ['{"mask_pii":false}'],
    }


@pytest.mark.parametrize(
    ("plan", "name", "size", "message"),
    [
        ("trial", "a.txt", 10 * 1024 * 1024 + 1, "above the 10485760"),
        ("starter", "a.txt", 25 * 1024 * 1024 + 1, "above the 26214400"),
        ("pro", "a.csv", 1, "no file of type 'csv'"),
        ("enterprise", "a", 1, "no file of type ''"),
        ("gold", "a.txt", 1, "no plan 'gold'"),
    ],
)
async def test_sends_nothing_that_the_plan_does_not_take(
    flexorch: FlexOrch, sandbox: Sandbox, plan: str, name: str, size: int, message: str
) -> None:
    upload = Upload(bytes(size), name=name)

    with pytest.raises(ConfigError, match=message):
        await flexorch.documents.process(upload, plan=plan)  # type: ignore[arg-type]  # the test of a word

    assert sandbox.flexorch.requests == []


async def test_sends_what_is_just_inside_the_plan(flexorch: FlexOrch) -> None:
    upload = await flexorch.documents.process(Upload(bytes(10 * 1024 * 1024), name="A.TXT"), plan="trial")

    assert len(upload.jobs) == 1


@pytest.mark.parametrize("files", [(), ("file",)], ids=["neither", "both"])
async def test_takes_either_files_or_a_source(flexorch: FlexOrch, files: tuple[str, ...]) -> None:
    source = ConnectorSource(connector_id=1, keys=["a.pdf"]) if files else None

    with pytest.raises(ConfigError, match="pass files, or source="):
        await flexorch.documents.process(*[Upload(b"x", name=name) for name in files], source=source)


async def test_reads_a_document_with_its_runs_and_runs_it_again(flexorch: FlexOrch, run: Job) -> None:
    assert run.document_id is not None
    again = await flexorch.documents.reprocess(run.document_id, pipeline_config={"mask_pii": True})
    await flexorch.jobs.wait(again)

    document = await flexorch.documents.get(run.document_id)

    assert {each.job_id for each in document.processing_history} == {run.id, again.id}


async def test_walks_over_all_documents(flexorch: FlexOrch) -> None:
    files = [Upload(f"Invoice {number}".encode(), name=f"{number}.txt") for number in range(5)]
    await flexorch.documents.process(*files)

    names = [document.filename async for document in flexorch.documents.list(page_size=2)]

    assert sorted(names) == [f"{number}.txt" for number in range(5)]


# --- jobs


async def test_waits_at_growing_intervals(flexorch: FlexOrch, sandbox: Sandbox, text: Upload) -> None:
    upload = await flexorch.documents.process(text)
    seen: list[str] = []

    job = await flexorch.jobs.wait(upload.jobs[0], on_update=lambda job: seen.append(job.status))

    assert job.status == "completed"
    assert seen[-1] == "completed"
    first, second, third, *_ = [record.started for record in sandbox.flexorch.calls("jobs_get")]
    assert 1.6 <= second - first <= 2.1 < third - second <= 4.1


async def test_wait_takes_an_id_and_a_finished_job(flexorch: FlexOrch, sandbox: Sandbox, run: Job) -> None:
    reads = len(sandbox.flexorch.calls("jobs_get"))

    assert await flexorch.jobs.wait(run) is run
    assert (await flexorch.jobs.wait(int(run.id))).id == run.id
    assert len(sandbox.flexorch.calls("jobs_get")) == reads + 1


async def test_a_failed_job_raises_with_its_reason(flexorch: FlexOrch) -> None:
    upload = await flexorch.documents.process(Upload(b"", name="nothing.txt"))

    with pytest.raises(JobFailed, match="EMPTY_DOCUMENT") as caught:
        await flexorch.jobs.wait(upload.jobs[0])

    assert caught.value.job.failure_reason == "EMPTY_DOCUMENT"


async def test_a_wait_that_runs_out_leaves_the_job_alone(flexorch: FlexOrch, text: Upload) -> None:
    upload = await flexorch.documents.process(text)

    with pytest.raises(JobTimeout, match="it goes on"):
        await flexorch.jobs.wait(upload.jobs[0], timeout=3)

    assert (await flexorch.jobs.wait(upload.jobs[0])).status == "completed"


async def test_gives_many_jobs_as_they_end_the_failed_ones_too(flexorch: FlexOrch, text: Upload) -> None:
    upload = await flexorch.documents.process(text, Upload(b"", name="empty.txt"))

    ended = {job.id: job.failed async for job in flexorch.jobs.as_completed([*upload.jobs, *upload.jobs])}

    assert ended == {upload.jobs[0].id: False, upload.jobs[1].id: True}


async def test_a_wait_for_many_jobs_runs_out_too(flexorch: FlexOrch, text: Upload) -> None:
    first = await flexorch.documents.process(text)
    await flexorch.jobs.wait(first.jobs[0])
    second = await flexorch.documents.process(Upload(b"Invoice 8", name="second.txt"))
    ended = flexorch.jobs.as_completed([*second.jobs, *first.jobs], timeout=1)

    assert (await anext(ended)).id == first.jobs[0].id
    with pytest.raises(JobTimeout, match="the job is still queued") as caught:
        await anext(ended)
    assert caught.value.job.id == second.jobs[0].id


async def test_lists_jobs_newest_first(flexorch: FlexOrch, run: Job, built: Job) -> None:
    assert [job.id async for job in flexorch.jobs.list(page_size=1)] == [built.id, run.id]


async def test_rates_a_result(flexorch: FlexOrch, run: Job) -> None:
    assert await flexorch.jobs.feedback.get(run.id) is None

    await flexorch.jobs.feedback.submit(run.id, "down", issue="wrong_values", notes="the total")

    stored = await flexorch.jobs.feedback.get(run.id)
    assert stored is not None
    assert (stored.rating, stored.issue, stored.notes) == ("down", "wrong_values", "the total")


# --- executions and datasets


async def test_reads_the_records_of_a_run(flexorch: FlexOrch, run: Job) -> None:
    execution = await flexorch.executions.get(run)

    assert execution.id == run.execution_id
    assert [record["text"] for record in execution.records][-1] == "[MASKED_EMAIL]"
    assert await flexorch.executions.get(execution) == execution


async def test_a_job_without_a_run_says_what_to_do(flexorch: FlexOrch, built: Job) -> None:
    with pytest.raises(ConfigError, match="names no execution; wait for it"):
        await flexorch.executions.get(built)


async def test_a_job_without_a_dataset_says_what_to_do(flexorch: FlexOrch, run: Job) -> None:
    with pytest.raises(ConfigError, match="names no dataset; wait for a build"):
        flexorch.datasets.export(run, "csv")


async def test_builds_reads_and_exports_a_dataset(flexorch: FlexOrch, built: Job, tmp_path: Path) -> None:
    dataset = await flexorch.datasets.get(built)

    path = await flexorch.datasets.export(dataset, "jsonl").save(tmp_path / "rows.jsonl")

    assert (dataset.name, dataset.status) == ("invoices", "ready")
    assert len(path.read_bytes().splitlines()) == dataset.row_count == 3


async def test_streams_the_lines_of_an_export(flexorch: FlexOrch, built: Job) -> None:
    async with flexorch.datasets.export(built, "jsonl") as export:
        lines = [line async for line in export.lines(dict)]

    assert [line["position"] for line in lines] == [1, 2, 3]


async def test_includes_good_chunks_only(flexorch: FlexOrch, built: Job, sandbox: Sandbox) -> None:
    await flexorch.datasets.export(built, "rag", min_quality="B").read()

    assert "min_quality=B" in str(sandbox.flexorch.calls("datasets_export")[0])


async def test_builds_one_dataset_from_several_runs(flexorch: FlexOrch, run: Job) -> None:
    assert run.execution_id is not None
    started = await flexorch.datasets.build("both", execution_ids=[run.execution_id])

    assert started.job is not None
    assert (await flexorch.jobs.wait(started.job)).dataset_id is not None


@pytest.mark.parametrize("given", [{}, {"execution_ids": [1], "job_ids": [1]}], ids=["neither", "both"])
async def test_a_build_takes_executions_or_jobs(flexorch: FlexOrch, given: dict[str, list[int]]) -> None:
    with pytest.raises(ConfigError, match="pass execution_ids= or job_ids="):
        await flexorch.datasets.build("name", **given)


async def test_a_degraded_run_builds_no_dataset(flexorch: FlexOrch) -> None:
    upload = await flexorch.documents.process(Upload(b"Invoice 7", name="degraded.txt"))
    run = await flexorch.jobs.wait(upload.jobs[0])

    with pytest.raises(BadRequest, match="NO_OUTPUT_DATA"):
        await flexorch.datasets.build_from_execution(run)

    assert run.degraded


async def test_walks_over_rows_and_finds_some(flexorch: FlexOrch, built: Job) -> None:
    rows = await flexorch.datasets.rows(built, page_size=2).collect()
    found = await flexorch.datasets.rows(built, text="Total").collect()

    assert [row["position"] for row in rows] == [1, 2, 3]
    assert [row["position"] for row in found] == [2]


async def test_reads_statistics_and_reports(flexorch: FlexOrch, built: Job) -> None:
    profile = await flexorch.datasets.profile(built)
    report = await flexorch.datasets.compliance_report(built)
    pdf = await flexorch.datasets.compliance_pdf(built).read()

    assert profile.grades == {"A": 3}
    assert report.dataset_id == built.dataset_id
    assert pdf.startswith(b"%PDF")


async def test_indexes_and_walks_over_chunks(flexorch: FlexOrch, sandbox: Sandbox, built: Job) -> None:
    await flexorch.datasets.index(built)
    index = await flexorch.datasets.wait_for_index(built)

    chunks = await flexorch.datasets.chunks(built, page_size=1).collect()
    good = await flexorch.datasets.chunks(built, quality_grades=["A", "B"], pii_masked=True).collect()

    assert index.status == "ready"
    assert len(chunks) == index.total_chunks == 3
    assert 0 < len(good) < 3
    query = sandbox.flexorch.calls("datasets_chunks")[-1].query
    assert (query["quality_grade"], query["pii_masked"]) == ("A,B", "true")


async def test_chunks_of_a_dataset_without_index_are_not_found(flexorch: FlexOrch, built: Job) -> None:
    with pytest.raises(NotFound):
        await flexorch.datasets.chunks(built).first()


@pytest.mark.parametrize("mode", ["auto", "structured", "semantic", "hybrid"])
async def test_searches_in_every_mode(flexorch: FlexOrch, built: Job, mode: str) -> None:
    await flexorch.datasets.index(built)
    await flexorch.datasets.wait_for_index(built)
    assert built.dataset_id is not None

    found = await flexorch.search.query(
        "Invoice",
        mode=mode,  # type: ignore[arg-type]  # parametrized
        top_k=1,
        dataset_id=built.dataset_id,
        filters={"language": "und"},
    )

    assert len(found.results) <= 1
    assert found.query == "Invoice"
    assert mode in ("auto", found.mode)


async def test_lists_datasets_by_state_and_source(flexorch: FlexOrch, run: Job, built: Job) -> None:
    ready = flexorch.datasets.list(status="ready", source_execution_id=run.execution_id)

    assert [dataset.id async for dataset in ready] == [built.dataset_id]
    assert await flexorch.datasets.list(status="failed").first() is None
