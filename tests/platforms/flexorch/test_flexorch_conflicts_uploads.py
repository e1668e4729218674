"""Where the sources about FlexOrch disagree, all forms are taken: uploads, builds and exports.

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
from flexsdk.errors import BadRequest, NotFound
from flexsdk.platforms.flexorch import (
    Connector,
    ConnectorSource,
    FlexOrch,
    Job,
    JobHandle,
    UploadResult,
    s3_config,
)
from flexsdk.platforms.flexorch.dataset_data import DatasetBuild
from flexsdk.platforms.flexorch.uploads import ProcessResult, upload_result
from flexsdk.sandbox import Sandbox

Connect = Callable[..., FlexOrch]
Form = Literal["A", "B"]

FORMS = pytest.mark.parametrize("form", ["A", "B"])


def read(kind: Any, body: bytes) -> Any:
    return msgspec.json.decode(body, type=kind)


def uploaded(body: bytes, *names: str) -> UploadResult:
    return upload_result(read(ProcessResult, body), names)


# --- upload and duplicates


@FORMS
async def test_upload_response_gives_every_job_with_its_name(
    sandbox: Sandbox, flexorch: FlexOrch, text: Upload, form: Form
) -> None:
    sandbox.flexorch.terms.variants["upload-response"] = form

    upload = await flexorch.documents.process(text, Upload(b"Invoice 8", name="second.txt"))

    assert [job.filename for job in upload.jobs] == ["invoice.txt", "second.txt"]


@pytest.mark.parametrize(
    ("body", "names", "jobs", "rejected"),
    [
        (b'{"job_ids":[1,2]}', ["a", "b"], [("1", "a"), ("2", "b")], []),
        (
            b'{"job_ids":["job_2"],"rejected":[{"filename":"a","error":"X"}]}',
            ["a", "b"],
            [("job_2", "b")],
            ["a"],
        ),
        (b'{"job_ids":[1]}', ["a", "b"], [("1", None)], []),
        (
            b'{"jobs":[{"filename":"a","job_id":1}],"job_ids":[1,2]}',
            ["a"],
            [("1", "a"), ("2", "a")],
            [],
        ),
        (b'{"jobs":[{"filename":"a","status":"failed"}]}', ["a"], [], ["a"]),
        (b'{"is_duplicate":true}', ["a"], [], ["a"]),
    ],
    ids=["by order", "without the refused", "other number", "both forms", "no id", "duplicate without id"],
)
def test_upload_response_loses_nothing(
    body: bytes, names: list[str], jobs: list[tuple[str, str | None]], rejected: list[str]
) -> None:
    upload = uploaded(body, *names)

    assert [(job.id, job.filename) for job in upload.jobs] == jobs
    assert [each.filename for each in upload.rejected] == rejected


@FORMS
async def test_duplicate_response_is_the_job_of_the_first_upload(
    sandbox: Sandbox, flexorch: FlexOrch, text: Upload, form: Form
) -> None:
    sandbox.flexorch.terms.variants["duplicate-response"] = form
    first = await flexorch.documents.process(text)

    again = await flexorch.documents.process(text)

    (duplicate,) = again.duplicates
    assert (duplicate.id, duplicate.filename) == (first.jobs[0].id, "invoice.txt")
    assert duplicate.is_duplicate
    assert again.jobs == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"is_duplicate":true,"existing_document_id":5,"existing_job_id":7}',
        b'{"existing_document_id":"5","existing_job_id":"7"}',
        b'{"jobs":[{"filename":"a","job_id":9,"existing_job_id":7,"existing_document_id":5}]}',
        b'{"jobs":[{"filename":"a","job_id":9,"existing_job_id":7,"document_id":5}]}',
        b'{"jobs":[{"filename":"a","job_id":7,"document_id":5,"is_duplicate":true}]}',
    ],
    ids=["documented", "without the mark", "in an item", "job of an item", "marked item"],
)
def test_duplicate_response_is_a_handle_in_every_form(body: bytes) -> None:
    upload = uploaded(body, "a")

    handle = JobHandle(id="7", document_id="5", filename="a", is_duplicate=True)
    assert (upload.jobs, upload.duplicates) == ([], [handle])


# --- connector-request


@pytest.fixture
async def connector(flexorch: FlexOrch) -> Connector:
    config = s3_config("docs", "eu", access_key_id="id", secret_access_key="word")
    return await flexorch.connectors.create("s3", "Archive", config)


@FORMS
async def test_connector_request_sends_all_keys_at_once(
    sandbox: Sandbox, flexorch: FlexOrch, connector: Connector, form: Form
) -> None:
    sandbox.flexorch.terms.variants["connector-request"] = form
    source = ConnectorSource(connector_id=connector.id, keys=["a.pdf", "b.pdf"])

    upload = await flexorch.documents.process(source=source)

    kinds = [call.headers["Content-Type"] for call in sandbox.flexorch.calls("documents_process")]
    assert [job.filename for job in upload.jobs] == ["a.pdf", "b.pdf"]
    assert kinds == ["application/x-www-form-urlencoded", "application/json"][: 2 if form == "A" else 1]


async def test_connector_request_is_not_sent_as_json_where_a_field_would_be_lost(to: Connect) -> None:
    source = ConnectorSource(connector_id="7", keys=["a.pdf"])
    async with RawServer(answer(400, b'{"error":{"code":"MISSING_INPUT"}}')) as server:
        with pytest.raises(BadRequest):
            await to(server).documents.process(source=source, pipeline_config={"mask_pii": False})

    assert len(server.requests) == 1
    assert b"connector_id%22%3A7" in server.requests[0].body


# --- dataset-build


@FORMS
async def test_dataset_build_gives_a_job_or_a_dataset(
    sandbox: Sandbox, flexorch: FlexOrch, run: Job, form: Form
) -> None:
    sandbox.flexorch.terms.variants["dataset-build"] = form
    assert run.execution_id is not None

    build = await flexorch.datasets.build("both", execution_ids=[run.execution_id])

    dataset_id = (await flexorch.jobs.wait(build.job)).dataset_id if build.job else build.id
    assert (await flexorch.datasets.get(dataset_id or "")).name == "both"


def test_dataset_build_may_answer_with_both() -> None:
    build = read(DatasetBuild, b'{"job_id":7,"id":3,"status":"building"}')

    assert (build.id, build.job.id, build.job.status) == ("3", "7", "building")


# --- export-path and export-formats


@FORMS
async def test_export_path_of_both_forms_gives_the_file(
    sandbox: Sandbox, flexorch: FlexOrch, built: Job, form: Form
) -> None:
    sandbox.flexorch.terms.variants["export-path"] = form

    assert (await flexorch.datasets.export(built, "jsonl").read()).count(b"\n") == 3


@pytest.mark.parametrize("status", [404, 405])
async def test_export_path_falls_back_where_the_route_is_missing(to: Connect, status: int) -> None:
    async with RawServer(answer(status, b'{"detail":"Not Found"}'), answer(200, b"a")) as server:
        assert await to(server).datasets.export("ds_1", "markdown").read() == b"a"

    assert [line.split(" ")[1] for line in server.lines] == [
        "/v1/datasets/ds_1/export/md",
        "/v1/datasets/ds_1/export?format=md",
    ]


@pytest.mark.parametrize(
    ("body", "quality"),
    [(b'{"error":{"code":"NOT_FOUND"}}', {}), (b'{"detail":"Not Found"}', {"min_quality": "B"})],
    ids=["no such dataset", "a quality that would be lost"],
)
async def test_export_path_does_not_fall_back_otherwise(
    to: Connect, body: bytes, quality: dict[str, Any]
) -> None:
    async with RawServer(answer(404, body)) as server:
        with pytest.raises(NotFound):
            await to(server).datasets.export("ds_1", "rag", **quality).read()

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("given", "sent"), [("markdown", "md"), ("arrow", "hf"), ("csv", "csv"), ("avro", "avro")]
)
async def test_export_formats_have_two_names_and_stay_open(to: Connect, given: str, sent: str) -> None:
    async with RawServer(answer(200, b"")) as server:
        await to(server).datasets.export(1, given).read()

    assert server.lines[0].split(" ")[1] == f"/v1/datasets/1/export/{sent}"
