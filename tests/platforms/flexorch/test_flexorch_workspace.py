"""Connectors, webhooks, usage, and what else belongs to a workspace, against the sandbox."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clock import VirtualClock
from servers import RawServer, answer

from flexsdk.core.body import Upload
from flexsdk.core.call import Call, Reply
from flexsdk.errors import Attempt, Forbidden, JobFailed, NotFound, RateLimited, SignatureError, Unauthorized
from flexsdk.platforms.flexorch import (
    CREATE_INTERVAL,
    AutoExport,
    Connector,
    ConnectorSource,
    DatasetReadyEvent,
    FineTuneJob,
    FlexOrch,
    IntervalScheduleCreate,
    Job,
    JobCompletedEvent,
    UnknownWebhookEvent,
    receive,
    s3_config,
)
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Fault, Sandbox
from flexsdk.types import Handler

Connect = Callable[..., FlexOrch]

NIGHTLY = "0 2 * * *"


@pytest.fixture
async def connector(flexorch: FlexOrch) -> Connector:
    config = s3_config("docs", "eu-central-1", access_key_id="id", secret_access_key=Secret("hidden-word"))
    return await flexorch.connectors.create("s3", "Archive", config)


# --- connectors and schedules


async def test_makes_reads_tests_and_deletes_a_connector(flexorch: FlexOrch, connector: Connector) -> None:
    found = await flexorch.connectors.get(connector.id)
    tested = await flexorch.connectors.test(connector.id)
    listed = await flexorch.connectors.list().collect()
    await flexorch.connectors.delete(connector.id)

    assert found == connector
    assert tested.success
    assert [each.id for each in listed] == [connector.id]
    assert "hidden-word" not in repr(found)


async def test_pulls_files_from_a_connector(flexorch: FlexOrch, connector: Connector) -> None:
    source = ConnectorSource(connector_id=connector.id, keys=["a.pdf", "b.csv"])

    upload = await flexorch.documents.process(source=source, locale="de")

    assert [job.filename for job in upload.jobs] == ["a.pdf"]
    assert [each.filename for each in upload.rejected] == ["b.csv"]


async def test_schedules_and_follows_syncs(flexorch: FlexOrch, connector: Connector) -> None:
    schedule = await flexorch.connectors.schedules.create(connector.id, NIGHTLY, prefix_filter="in/")
    started = await flexorch.connectors.schedules.trigger(connector.id, schedule.id)
    listed = await flexorch.connectors.schedules.list(connector.id).collect()
    logs = await flexorch.connectors.schedules.logs(connector.id, schedule.id).collect()
    await flexorch.connectors.schedules.delete(connector.id, schedule.id)

    assert [each.id for each in listed] == [schedule.id]
    assert (schedule.cron_expression, schedule.prefix_filter) == (NIGHTLY, "in/")
    assert [log.id for log in logs] == [started.id]
    assert await flexorch.connectors.schedules.list(connector.id).first() is None


async def test_too_short_an_interval_is_not_asked_again(
    flexorch: FlexOrch, connector: Connector, sandbox: Sandbox, clock: VirtualClock
) -> None:
    with pytest.raises(RateLimited):
        await flexorch.connectors.schedules.create(connector.id, "* * * * *")

    assert len(sandbox.flexorch.calls("connectors_schedules_create")) == 1
    assert clock.slept == []


async def test_the_documented_interval_route_can_be_called_raw(
    flexorch: FlexOrch, connector: Connector
) -> None:
    body = IntervalScheduleCreate(connector_id=int(connector.id), interval="24h")

    assert await flexorch.call(CREATE_INTERVAL, body=body)


async def test_writes_an_export_to_a_connector(flexorch: FlexOrch, connector: Connector, built: Job) -> None:
    written = await flexorch.datasets.export_to_connector(built, connector.id, "jsonl", prefix="out/")

    assert written.s3_key == "out/invoices.jsonl"
    assert (written.size_bytes or 0) > 0


# --- deletions


async def test_a_deletion_that_is_not_found_after_a_lost_answer_has_worked(
    flexorch: FlexOrch, connector: Connector, sandbox: Sandbox
) -> None:
    sandbox.flexorch.faults.add(Fault.status(502), operation="connectors_delete", requests=[1])
    await flexorch.connectors.delete(connector.id)
    sandbox.flexorch.faults.add(Fault.status(502), operation="webhooks_delete", requests=[1])

    await flexorch.webhooks.delete("4711")

    assert [call.status for call in sandbox.flexorch.calls("webhooks_delete")] == [502, 404]


async def test_a_deletion_that_is_not_found_at_once_raises(flexorch: FlexOrch) -> None:
    with pytest.raises(NotFound):
        await flexorch.webhooks.delete("4711")


@pytest.mark.parametrize("outcome", ["429", "ConnectFailed"])
async def test_a_deletion_that_is_not_found_after_nothing_was_done_raises(outcome: str) -> None:
    async def refused_once(call: Call, forward: Handler) -> Reply[Any]:
        for each in (outcome, "404"):
            call.history.append(Attempt(number=len(call.history) + 1, outcome=each, started=0, seconds=0))
        raise NotFound("no such webhook", status=404)

    async with FlexOrch("dfx_test_word", middlewares=[refused_once]) as client:
        with pytest.raises(NotFound):
            await client.webhooks.delete("4711")


# --- webhooks


async def test_subscribes_once_and_shows_the_secret_once(flexorch: FlexOrch, connector: Connector) -> None:
    export = AutoExport(connector_id=int(connector.id), format="jsonl")
    webhook = await flexorch.webhooks.create(
        "https://example.com/hook", ["dataset.ready"], auto_export=export
    )
    listed = await flexorch.webhooks.list().collect()
    await flexorch.webhooks.delete(webhook.id)

    assert webhook.secret is not None
    assert webhook.auto_export is not None
    assert webhook.auto_export.connector_id == connector.id
    assert listed[0].secret is None
    assert await flexorch.webhooks.list().first() is None


async def test_reads_what_the_platform_delivers(flexorch: FlexOrch, sandbox: Sandbox, text: Upload) -> None:
    async with RawServer(answer()) as receiver:
        webhook = await flexorch.webhooks.create(receiver.url, ["job.completed", "dataset.ready"])
        assert webhook.secret is not None
        run = await flexorch.jobs.wait((await flexorch.documents.process(text)).jobs[0])
        await flexorch.jobs.wait(await flexorch.datasets.build_from_execution(run))
        await sandbox.flexorch.deliver()
        secret = webhook.secret.reveal()

        events = [
            receive(request.body, request.headers["x-flexorch-signature"], ["an old one", secret])
            for request in receiver.requests
        ]

        with pytest.raises(SignatureError):
            receive(receiver.requests[0].body, receiver.requests[1].headers["x-flexorch-signature"], secret)
    kinds = {type(event): event for event in events}
    assert kinds[JobCompletedEvent].job_id == run.id
    assert DatasetReadyEvent in kinds
    assert len({event.key for event in events}) == len(events)


@pytest.mark.parametrize("changed", ['"job_id":8', '"dataset_id":9', '"timestamp":"2026-01-05T09:00:01Z"'])
def test_the_key_of_an_event_tells_deliveries_from_repetitions(changed: str) -> None:
    def key(fields: str) -> object:
        body = b'{"event":"job.completed"%b}' % fields.encode()
        return receive(body, _sign(body, "word"), "word").key

    assert key(f",{changed}") == key(f",{changed}")
    assert key(f",{changed}") != key("")


def test_an_unknown_event_keeps_its_body() -> None:
    body = b'{"event":"team.joined","job_id":7,"who":{"id":1}}'

    with pytest.raises(SignatureError):
        receive(body, "0" * 64, "word")
    event = receive(body, _sign(body, "word"), "word")

    assert isinstance(event, UnknownWebhookEvent)
    assert (event.event, event.job_id, event.raw["who"]) == ("team.joined", "7", {"id": 1})


def _sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


# --- usage


async def test_reads_credits_history_quality_and_limits(flexorch: FlexOrch, run: Job) -> None:
    usage = await flexorch.usage.get()
    history = await flexorch.usage.history("7d")
    trend = await flexorch.usage.quality_trend("7d")
    limits = await flexorch.usage.rate_limits()

    assert (usage.plan, usage.credits.used) == ("pro", 1.0)
    assert (len(history), history[-1].jobs_count) == (7, 1)
    assert run.quality is not None
    assert trend[-1].score_percent == run.quality.score_percent
    assert (limits.limit, limits.window_seconds) == (300, 60)
    assert (limits.as_limit.limit, limits.as_limit.window) == (300, 60.0)


async def test_the_limiter_learns_what_the_platform_tells(sandbox: Sandbox) -> None:
    platform = sandbox.flexorch
    async with FlexOrch(platform.issue(plan="starter"), base_url=platform.base_url) as client:
        client.limits.learn([(await client.usage.rate_limits()).as_limit])

        assert [state.limit for state in client.limits.snapshot()] == [60]


@pytest.mark.parametrize(
    ("plan", "limits"),
    [("trial", [60]), ("starter", [60]), ("pro", []), ("enterprise", [])],
)
async def test_knows_the_limits_of_plans_that_are_published(
    sandbox: Sandbox, plan: str, limits: list[int]
) -> None:
    platform = sandbox.flexorch
    async with FlexOrch(platform.issue(plan=plan), base_url=platform.base_url, plan=plan) as client:
        await client.usage.get()

        assert [state.limit for state in client.limits.snapshot() if state.limit] == limits


# --- the rest


async def test_reads_the_record_and_the_audit_log(flexorch: FlexOrch, run: Job, tmp_path: Path) -> None:
    record = await flexorch.compliance.get_record()
    events = await flexorch.audit.records()
    path = await flexorch.audit.export().save(tmp_path / "audit.csv")

    assert record.processing_activities
    assert [event.event_type for event in events] == ["job.completed"]
    assert events[0].document_id == run.document_id
    assert len(path.read_bytes().splitlines()) == 2


async def test_trains_a_model(flexorch: FlexOrch, built: Job) -> None:
    started = await flexorch.fine_tune.create(built, "gpt-4o-mini-2024-07-18", suffix="invoices")
    states: list[str] = []

    job = await flexorch.fine_tune.wait(started, on_update=lambda job: states.append(job.status))

    assert job.fine_tuned_model is not None
    assert job.dataset_id == built.dataset_id
    assert states[-1] in ("succeeded", "completed")


@pytest.mark.parametrize("status", ["failed", "cancelled", "canceled"])
async def test_a_model_that_is_not_trained_raises(flexorch: FlexOrch, status: str) -> None:
    job = FineTuneJob(id="1", status=status, error={"message": "too few rows"})

    with pytest.raises(JobFailed, match="too few rows"):
        await flexorch.fine_tune.wait(job)


async def test_sets_an_own_model_account_with_the_right_plan(flexorch: FlexOrch, sandbox: Sandbox) -> None:
    platform = sandbox.flexorch
    with pytest.raises(Forbidden, match="enterprise"):
        await flexorch.settings.set_llm_config("openai", "gpt-5.2", Secret("flx_test_word"))

    async with FlexOrch(platform.issue(plan="enterprise"), base_url=platform.base_url) as client:
        await client.settings.set_llm_config(
            "openai", "gpt-5.2", Secret("flx_test_word"), endpoint="https://x.y"
        )


async def test_sends_the_whole_model_account(to: Connect) -> None:
    async with RawServer(answer(200, b"")) as server:
        await to(server).settings.set_llm_config(
            "custom", "m", Secret("word"), endpoint="https://llm.example"
        )

    assert msgspec.json.decode(server.requests[0].body) == {
        "provider": "custom",
        "model": "m",
        "api_key": "word",
        "endpoint": "https://llm.example",
    }


async def test_team_routes_refuse_a_key(flexorch: FlexOrch) -> None:
    with pytest.raises((Unauthorized, Forbidden)):
        await flexorch.team.invite("ada@example.com", "member")
