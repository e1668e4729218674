"""Where the sources about FlexOrch disagree, all forms are taken: envelopes, ids, pages, keys and quotas.

Form A is that of the documentation, form B that of the vendor's packages; the sandbox answers in both. The
name of a test begins with the key of its conflict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
import pytest
from clock import VirtualClock
from servers import RawServer, answer

from flexsdk.core.body import Upload
from flexsdk.errors import DecodeError, NotFound, QuotaExceeded
from flexsdk.platforms.flexorch import (
    FlexOrch,
)
from flexsdk.platforms.flexorch.connectors import TEST
from flexsdk.platforms.flexorch.jobs import GET as GET_JOB
from flexsdk.sandbox import Sandbox

Connect = Callable[..., FlexOrch]
Form = Literal["A", "B"]

FORMS = pytest.mark.parametrize("form", ["A", "B"])


def read(kind: Any, body: bytes) -> Any:
    return msgspec.json.decode(body, type=kind)


# --- envelope


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"success","data":{"success":true,"latency_ms":3},"error":null,"meta":{}}',
        b'{"data":{"success":true,"latency_ms":3}}',
        b'{"success":true,"latency_ms":3}',
        b'{"data":{"success":true,"latency_ms":3},"a_field_of_tomorrow":1}',
    ],
    ids=["live", "documented", "bare", "new"],
)
def test_envelope_is_taken_off_in_every_form(body: bytes) -> None:
    assert TEST.decode(body).success


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"error","data":null,"error":{"code":"QUOTA_EXCEEDED","message":"no credits"}}',
        b'{"error":{"code":"QUOTA_EXCEEDED","message":"no credits"}}',
        b'{"error":{"code":"QUOTA_EXCEEDED","message":"no credits"},"trace":"1"}',
        b'{"data":{"id":1},"error":{"code":"QUOTA_EXCEEDED","message":"no credits"}}',
    ],
    ids=["live", "documented", "new", "with data"],
)
async def test_envelope_with_an_error_raises_whatever_the_status(to: Connect, body: bytes) -> None:
    async with RawServer(answer(200, body)) as server:
        with pytest.raises(QuotaExceeded, match="no credits") as caught:
            await to(server).jobs.get(1)

    assert (caught.value.code, len(caught.value.attempts)) == ("QUOTA_EXCEEDED", 1)


async def test_envelope_with_an_error_raises_also_where_the_answer_says_nothing(to: Connect) -> None:
    async with RawServer(answer(200, b'{"error":{"code":"NOT_FOUND"}}')) as server:
        with pytest.raises(NotFound):
            await to(server).connectors.schedules.delete(1, 2)


def test_envelope_is_not_seen_in_a_bare_job_with_an_error_of_its_own() -> None:
    job = GET_JOB.decode(b'{"job_id":7,"status":"failed","error":{"message":"no text"}}')

    assert (job.id, job.failure_reason) == ("7", "no text")


# --- ids


@FORMS
async def test_ids_are_text_whether_they_come_as_numbers_or_words(
    sandbox: Sandbox, flexorch: FlexOrch, text: Upload, form: Form
) -> None:
    sandbox.flexorch.terms.variants["ids"] = form

    upload = await flexorch.documents.process(text)
    run = await flexorch.jobs.wait(upload.jobs[0])

    assert run.id == upload.jobs[0].id
    assert isinstance(run.execution_id, str)
    assert isinstance((await flexorch.executions.get(run)).id, str)


@pytest.mark.parametrize(("given", "sent"), [("7", 7), (7, 7), ("con_7", "con_7")])
async def test_ids_of_digits_are_sent_as_numbers(to: Connect, given: Any, sent: Any) -> None:
    async with RawServer(answer(200, b'{"data":{}}')) as server:
        await to(server).datasets.export_to_connector(1, given, "csv")

    assert msgspec.json.decode(server.requests[0].body)["connector_id"] == sent


# --- pagination


@pytest.mark.parametrize("setting", ["omit_total", "max_page_size", "none"])
async def test_pagination_ends_without_total_and_with_clamped_pages(
    sandbox: Sandbox, flexorch: FlexOrch, setting: str
) -> None:
    sandbox.flexorch.terms.omit_total = setting == "omit_total"
    sandbox.flexorch.terms.max_page_size = 2 if setting == "max_page_size" else 100
    await flexorch.documents.process(*[Upload(b"%d" % n, name=f"{n}.txt") for n in range(5)])

    jobs = await flexorch.jobs.list(page_size=3).collect()

    assert len({job.id for job in jobs}) == len(jobs) == 5


@pytest.mark.parametrize(
    "told",
    [{"total": 2}, {"page_size": 3}, {"total": None, "page_size": 3}],
    ids=["total", "size", "no total"],
)
async def test_pagination_asks_for_no_page_that_cannot_be_there(to: Connect, told: dict[str, Any]) -> None:
    body = msgspec.json.encode({"data": {"items": [{"id": 1}, {"id": 2}], **told}})
    async with RawServer(answer(200, body)) as server:
        jobs = await to(server).jobs.list().collect()

    assert (len(jobs), len(server.requests)) == (2, 1)


async def test_pagination_by_offset_where_the_page_is_ignored(sandbox: Sandbox, flexorch: FlexOrch) -> None:
    sandbox.flexorch.terms.variants["pagination"] = "A"
    await flexorch.documents.process(*[Upload(b"%d" % n, name=f"{n}.txt") for n in range(5)])

    jobs = await flexorch.jobs.list(page_size=2).collect()

    assert len({job.id for job in jobs}) == len(jobs) == 5
    assert all(not ({"page", "limit"} <= call.query.keys()) for call in sandbox.flexorch.calls("jobs_list"))


def page(*ids: int) -> bytes:
    return answer(200, msgspec.json.encode({"data": {"items": [{"id": number} for number in ids]}}))


async def test_pagination_stops_where_page_and_offset_are_ignored(to: Connect) -> None:
    async with RawServer(page(1, 2)) as server:
        jobs = await to(server).jobs.list().collect()

    assert [job.id for job in jobs] == ["1", "2"]
    assert [line.split(" ")[1] for line in server.lines] == [
        "/v1/jobs?page=1",
        "/v1/jobs?page=2",
        "/v1/jobs?limit=2&offset=2",
    ]


async def test_pagination_by_offset_is_asked_of_jobs_only(to: Connect) -> None:
    async with RawServer(page(1, 2)) as server:
        documents = await to(server).documents.list().collect()

    assert [document.id for document in documents] == ["1", "2"]
    assert len(server.requests) == 2


async def test_pagination_of_equal_rows_never_ends_silently(to: Connect) -> None:
    page = {"rows": [{"a": 1}], "pagination": {"filtered_total": 2, "page_size": 1}}
    async with RawServer(answer(200, msgspec.json.encode({"data": page}))) as server:
        with pytest.raises(DecodeError, match="same page"):
            await to(server).datasets.rows(1).collect()


async def test_pagination_goes_on_by_offset_to_the_end(to: Connect) -> None:
    async with RawServer(page(1, 2), page(1, 2), page(3, 4), page(5), page()) as server:
        jobs = await to(server).jobs.list().collect()

    assert [job.id for job in jobs] == ["1", "2", "3", "4", "5"]
    assert server.lines[-1].split(" ")[1] == "/v1/jobs?limit=2&offset=6"


@pytest.mark.parametrize("body", [b'{"data":[{"id":1}]}', b'[{"id":1}]'], ids=["in data", "bare"])
async def test_pagination_takes_a_bare_array(to: Connect, body: bytes) -> None:
    async with RawServer(answer(200, body), answer(200, b"[]")) as server:
        assert len(await to(server).jobs.list().collect()) == 1


# --- key-prefix


@pytest.mark.parametrize("prefix", ["dfx_", "fx_", ""])
async def test_key_prefix_is_not_checked_and_little_of_a_key_is_shown(prefix: str) -> None:
    key = f"{prefix}test_5f0c9d7b1a2e4c6f8091a2b3"

    async with FlexOrch(key) as client:
        assert key not in repr(client.__dict__)


# --- quota-status


@pytest.mark.parametrize("form", ["A", "B"])
async def test_quota_status_does_not_matter_and_is_never_asked_again(
    sandbox: Sandbox, flexorch: FlexOrch, text: Upload, clock: VirtualClock, form: Form
) -> None:
    sandbox.flexorch.terms.variants["quota-status"] = form
    sandbox.flexorch.terms.credits = 0

    with pytest.raises(QuotaExceeded):
        await flexorch.documents.process(text)

    assert len(sandbox.flexorch.calls("documents_process")) == 1
