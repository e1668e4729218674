"""The vendor's own SDK drives the sandbox: it was written by others, against the live service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flexorch_kit import INVOICE
from sandbox_kit import Clock

from flexsdk.sandbox import Fault, Sandbox

vendor = pytest.importorskip(
    "flexorch_sdk", reason="flexorch-sdk is not installed: the extra bench brings it"
)


@pytest.fixture
def client(sandbox: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a client that waits on the clock of the sandbox."""

    def sleep(seconds: float) -> None:
        clock.now += seconds

    waits = SimpleNamespace(sleep=sleep, monotonic=clock)
    monkeypatch.setattr("flexorch_sdk.models.job.time", waits)
    monkeypatch.setattr("flexorch_sdk._transport.time", waits)
    with vendor.FlexOrchClient(sandbox.flexorch.key, base_url=sandbox.flexorch.base_url) as client:
        yield client


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.txt"
    path.write_bytes(INVOICE)
    return path


def built(client: Any, invoice: Path) -> Any:
    return client.process(invoice, locale="de").wait().build_dataset(name="Invoices").wait().dataset()


async def test_the_chain_from_a_file_to_an_export(client: Any, invoice: Path, tmp_path: Path) -> None:
    def chain() -> tuple[Any, Any, bytes]:
        job = client.process(invoice, locale="de", pipeline_config={"mask_pii": True}).wait()
        dataset = job.build_dataset(name="Invoices").wait().dataset()
        return job, dataset, dataset.export("jsonl", path=tmp_path / "out.jsonl")

    job, dataset, exported = await asyncio.to_thread(chain)

    assert (job.status, job.degraded, job.pii_masked, job.pii_type_summary) == (
        "completed",
        False,
        True,
        {"EMAIL": 1},
    )
    assert job.quality_grade == "A"
    assert 0.85 < job.quality_score <= 1
    assert (dataset.name, dataset.slug, dataset.status, dataset.row_count) == (
        "Invoices",
        "invoices",
        "ready",
        4,
    )
    assert (dataset.pii_masked, dataset.pii_findings_count) == (True, 1)
    assert (tmp_path / "out.jsonl").read_bytes() == exported
    assert exported.count(b"\n") == 4


async def test_a_dataset_is_previewed_indexed_and_searched(client: Any, clock: Clock, invoice: Path) -> None:
    def work() -> dict[str, Any]:
        dataset = built(client, invoice)
        started = dataset.index()["status"]
        clock.now += 1
        return {
            "started": started,
            "index": dataset.index_status(),
            "chunks": dataset.chunks(quality_grade="A,B", pii_masked=True),
            "rows": dataset.rows(q="paper"),
            "profile": dataset.profile(),
            "report": dataset.compliance_report(),
            "pdf": dataset.compliance_report("pdf"),
            "hits": client.search("pay paper", top_k=2, filters={"language": "de"}),
            "formats": {name: dataset.export(name) for name in ("csv", "rag", "parquet", "hf", "xlsx", "md")},
        }

    seen = await asyncio.to_thread(work)

    assert (seen["started"], seen["index"]["status"]) == ("indexing", "ready")
    assert seen["chunks"]["total"] == 3
    assert [row["text"] for row in seen["rows"]["rows"]] == ["Pay paper within 30 days"]
    assert seen["profile"]["privacy"]["masked_record_count"] == 1
    assert seen["report"]["dataset_name"] == "Invoices"
    assert seen["pdf"].startswith(b"%PDF")
    assert [hit.text for hit in seen["hits"]] == ["Pay paper within 30 days"]
    assert seen["hits"][0].score == 1
    assert all(seen["formats"].values())


async def test_connectors_schedules_and_pulled_documents(client: Any, clock: Clock, invoice: Path) -> None:
    def work() -> dict[str, Any]:
        keys = {"access_key_id": "flc_test_a", "secret_access_key": "flc_test_b"}
        connector = client.connectors.create("S3", "s3", {"bucket": "b", "region": "eu", **keys})
        schedule = client.connectors.create_schedule(connector.id, "0 2 * * *", "in/")
        log = client.connectors.trigger_schedule(connector.id, schedule.id)
        clock.now += 1
        seen = {
            "config": connector.config,
            "test": client.connectors.test(connector.id).success,
            "schedules": [one.id for one in client.connectors.list_schedules(connector.id)] == [schedule.id],
            "log": (log.status, client.connectors.schedule_logs(connector.id, schedule.id)[0].status),
            "jobs": [job.wait().status for job in client.process_from_s3(connector.id, ["a.pdf", "b.pdf"])],
            "pushed": built(client, invoice).export_to_s3(connector.id, "csv", "out/")["s3_key"],
        }
        client.connectors.delete_schedule(connector.id, schedule.id)
        client.connectors.delete(connector.id)
        return seen | {"left": client.connectors.list()}

    seen = await asyncio.to_thread(work)

    assert seen == {
        "config": {"bucket": "b", "region": "eu"},
        "test": True,
        "schedules": True,
        "log": ("running", "completed"),
        "jobs": ["completed", "completed"],
        "pushed": "out/invoices.csv",
        "left": [],
    }


async def test_webhooks_usage_and_feedback(client: Any, invoice: Path) -> None:
    def work() -> dict[str, Any]:
        webhook = client.webhooks.register("http://example.com/hook", ["job.completed", "quota.warning"])
        job = client.process(invoice).wait()
        client.jobs.submit_feedback(job.id, "down", issue="wrong_values")
        seen = {
            "secret": bool(webhook.secret),
            "listed": [(one.id, one.secret) for one in client.webhooks.list()] == [(webhook.id, None)],
            "usage": client.usage.current(),
            "history": sum(day.credits_used for day in client.usage.history("7d")),
            "trend": [day.job_count for day in client.usage.quality_trend("7d")],
            "limits": client.usage.rate_limits(),
            "feedback": client.jobs.get_feedback(job.id).issue,
            "documents": [document.filename for document in client.documents.list()],
        }
        client.webhooks.delete(webhook.id)
        return seen

    seen = await asyncio.to_thread(work)

    usage, limits = seen.pop("usage"), seen.pop("limits")
    assert seen == {
        "secret": True,
        "listed": True,
        "history": 1,
        "trend": [1],
        "feedback": "wrong_values",
        "documents": ["invoice.txt"],
    }
    assert (usage.plan, usage.credits_used, usage.credits_remaining) == ("pro", 1, 5999)
    assert not usage.is_trial
    assert (limits.limit, limits.unlimited, limits.window_seconds) == (300, False, 60)


async def test_its_errors_are_the_ones_of_its_package(client: Any, sandbox: Sandbox, invoice: Path) -> None:
    def codes() -> list[tuple[str, str]]:
        seen = []
        for act in (
            lambda: client.jobs.get("9"),
            lambda: client.process(invoice.with_suffix(".csv")),
            lambda: client.webhooks.register("ftp://example.com", ["job.failed"]),
        ):
            with pytest.raises(vendor.FlexOrchError) as caught:
                act()
            seen.append((type(caught.value).__name__, caught.value.error_code))
        return seen

    invoice.with_suffix(".csv").write_text("a,b\n")

    assert await asyncio.to_thread(codes) == [
        ("NotFoundError", "NOT_FOUND"),
        ("ValidationError", ""),
        ("ValidationError", "VALIDATION_ERROR"),
    ]


async def test_it_waits_out_a_rate_limit(client: Any, sandbox: Sandbox) -> None:
    sandbox.flexorch.faults.add(Fault.status(429, retry_after=7), operation="usage_get", requests=[1])

    usage = await asyncio.to_thread(client.usage.current)

    assert usage.plan == "pro"
    assert len(sandbox.flexorch.calls("usage_get")) == 2


# What follows are defects of version 0.3.3, not of the sandbox.


async def test_it_takes_an_exhausted_quota_for_a_rate_limit(
    client: Any, sandbox: Sandbox, invoice: Path
) -> None:
    """Its transport looks at the status alone: it sends an upload three times that can never succeed."""
    sandbox.flexorch.terms.credits = 0

    with pytest.raises(vendor.RateLimitError, match="credits"):
        await asyncio.to_thread(client.process, invoice)

    assert len(sandbox.flexorch.calls("documents_process")) == 3


async def test_it_loses_the_reason_of_a_failed_job(client: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """It reads only the top-level member, so the place that the vendor's MCP server reads is lost."""
    reasons = []
    for form, content in (("A", ""), ("B", " ")):
        sandbox.flexorch.terms.variants["failure-reason"] = form
        (tmp_path / "empty.txt").write_text(content)
        job = await asyncio.to_thread(client.process, tmp_path / "empty.txt")
        with pytest.raises(vendor.JobFailedError) as caught:
            await asyncio.to_thread(job.wait)
        reasons.append(caught.value.failure_reason)

    assert reasons == ["EMPTY_DOCUMENT", ""]


async def test_it_takes_a_job_that_has_failed_before_the_wait_for_a_success(
    client: Any, clock: Clock, tmp_path: Path
) -> None:
    """Its wait returns at once on any last state, and looks for a failure only after a poll."""
    (tmp_path / "empty.txt").touch()
    job = await asyncio.to_thread(client.process, tmp_path / "empty.txt")
    clock.now += 1
    found = await asyncio.to_thread(client.jobs.get, job.id)

    waited = await asyncio.to_thread(found.wait)

    assert waited.status == "failed"


async def test_it_does_not_unwrap_the_envelope_of_the_documents(client: Any, sandbox: Sandbox) -> None:
    """It wants status, data and error at once; with data alone everything it reads is empty."""
    sandbox.flexorch.terms.variants["envelope"] = "A"

    usage = await asyncio.to_thread(client.usage.current)

    assert usage.plan == ""
