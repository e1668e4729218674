"""FlexOrch connectors, schedules and webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from flexorch_kit import INVOICE, Orch
from sandbox_kit import Ask, Clock, until

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.exchange import Problem
from flexsdk.sandbox.flexorch.schedules import cron_minutes

S3 = {"bucket": "b", "region": "eu", "access_key_id": "flc_test_a", "secret_access_key": "flc_test_b"}


@pytest.fixture
def orch(sandbox: Sandbox, ask: Ask, clock: Clock) -> Orch:
    return Orch(sandbox.flexorch, ask, clock)


async def connector(orch: Orch, **config: str) -> Any:
    body = {"type": "s3", "name": "Store", "config": S3 | config}
    return await orch.data("POST", "/connectors", json=body)


# Connectors.


async def test_a_connector_never_shows_its_secrets(orch: Orch) -> None:
    created = await connector(orch, prefix="in/")
    listed = (await orch.data("GET", "/connectors"))["items"]

    assert created["config"] == {"bucket": "b", "region": "eu", "prefix": "in/"}
    assert listed == [created] == [await orch.data("GET", f"/connectors/{created['id']}")]


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("ftp", {}, "type"),
        ("s3", {"bucket": "b", "region": "eu"}, "config.access_key_id"),
        ("qdrant", {"url": "http://q"}, "config.collection_name"),
        ("pgvector_external", {}, "config.connection_string"),
    ],
)
async def test_a_connector_needs_the_members_of_its_type(
    orch: Orch, kind: str, config: dict[str, str], field: str
) -> None:
    reply = await orch("POST", "/connectors", json={"type": kind, "name": "n", "config": config})

    assert orch.code(reply) == (422, "VALIDATION_ERROR")
    assert field in reply.json()["error"]["message"]


async def test_a_connector_is_gone_after_it_is_deleted(orch: Orch) -> None:
    path = f"/connectors/{(await connector(orch))['id']}"
    replies = [await orch("DELETE", path), await orch("DELETE", path), await orch("GET", path)]

    assert [reply.status for reply in replies] == [204, 404, 404]
    assert replies[0].body == b""


async def test_a_failed_test_is_a_200(orch: Orch) -> None:
    good, bad = await connector(orch), await connector(orch, bucket="unreachable")
    results = [await orch.data("POST", f"/connectors/{item['id']}/test") for item in (good, bad)]

    assert [result["success"] for result in results] == [True, False]
    assert (await orch.data("GET", f"/connectors/{bad['id']}"))["last_tested_at"] is not None


@pytest.mark.parametrize("how", ["json", "data"])
async def test_objects_of_a_connector_are_processed(orch: Orch, clock: Clock, how: str) -> None:
    source: Any = {"connector_id": (await connector(orch))["id"], "keys": ["in/a.pdf", "b.csv", "in/c.txt"]}
    body = {"source": source if how == "json" else json.dumps(source)}
    answer = await orch.data("POST", "/data-process/async", **{how: body})
    clock.now += 1
    job = await orch.job(answer["jobs"][0]["job_id"])
    reprocess = await orch("POST", f"/documents/{job['document_id']}/reprocess")

    assert [item["filename"] for item in answer["jobs"]] == ["a.pdf", "c.txt"]
    assert answer["rejected"] == [{"filename": "b.csv", "error": "UNSUPPORTED_FILE"}]
    assert job["status"] == "completed"
    assert orch.code(reprocess) == (400, "REPROCESS_NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{", (422, "VALIDATION_ERROR")),
        ('{"connector_id": 1, "keys": []}', (422, "VALIDATION_ERROR")),
        ('{"keys": ["a"]}', (422, "VALIDATION_ERROR")),
        ('{"connector_id": 11, "keys": [1]}', (422, "VALIDATION_ERROR")),
        ('{"connector_id": 9, "keys": ["a.pdf"]}', (404, "NOT_FOUND")),
    ],
)
async def test_a_source_that_makes_no_sense_is_refused(
    orch: Orch, source: str, code: tuple[int, str]
) -> None:
    assert orch.code(await orch("POST", "/data-process/async", data={"source": source})) == code


async def test_an_export_is_pushed_under_a_prefix(orch: Orch) -> None:
    store, dataset = await connector(orch), await orch.dataset(name="Invoices")
    path = f"/datasets/{dataset['id']}"
    body = {"format": "jsonl", "connector_id": store["id"], "prefix": "out/"}

    pushed = await orch.data("POST", path + "/export-s3", json=body)
    unknown = await orch("POST", path + "/export-s3", json=body | {"connector_id": 9})

    size = len((await orch("GET", path + "/export/jsonl")).body)
    assert pushed == {"s3_key": "out/invoices.jsonl", "size_bytes": size}
    assert orch.code(unknown) == (404, "NOT_FOUND")


# Schedules.


async def test_a_sync_runs_by_the_clock_and_the_second_finds_nothing_new(orch: Orch, clock: Clock) -> None:
    base = f"/connectors/{(await connector(orch))['id']}/schedules"
    created = await orch("POST", base, json={"cron_expression": "30 2 * * *", "prefix_filter": "in/"})
    schedule = created.json()["data"]
    path = f"{base}/{schedule['id']}"
    started = await orch("POST", path + "/trigger")
    clock.now += 1
    await orch("POST", path + "/trigger")
    clock.now += 1
    logs = await orch.data("GET", path + "/logs")

    assert (created.status, started.status, started.json()["data"]["status"]) == (201, 202, "running")
    assert (schedule["prefix_filter"], schedule["next_run_at"]) == ("in/", "2026-01-06T02:30:00Z")
    assert [(log["status"], log["files_new"], log["files_skipped"]) for log in logs] == [
        ("completed", 0, 2),
        ("completed", 2, 0),
    ]


async def test_a_schedule_belongs_to_its_connector(orch: Orch) -> None:
    one, two = await connector(orch), await connector(orch)
    schedule = await orch.data(
        "POST", "/scheduler/schedules", json={"connector_id": one["id"], "interval": "6h", "enabled": False}
    )
    listed = [await orch.data("GET", f"/connectors/{item['id']}/schedules") for item in (one, two)]
    foreign = await orch("DELETE", f"/connectors/{two['id']}/schedules/{schedule['id']}")
    own = await orch.data("DELETE", f"/connectors/{one['id']}/schedules/{schedule['id']}")

    assert listed == [[schedule], []]
    assert (schedule["cron_expression"], schedule["is_active"]) == ("0 */6 * * *", False)
    assert (foreign.status, own) == (404, {"deleted": True})


@pytest.mark.parametrize(
    ("plan", "cron", "code"),
    [
        ("starter", "0 2 * * *", (403, "PLAN_UPGRADE_REQUIRED")),
        ("pro", "*/30 * * * *", (429, "RATE_LIMIT_EXCEEDED")),
        ("pro", "50,10 * * * *", (429, "RATE_LIMIT_EXCEEDED")),
        ("enterprise", "*/2 * * * *", (429, "RATE_LIMIT_EXCEEDED")),
        ("pro", "61 * * * *", (422, "VALIDATION_ERROR")),
        ("pro", "0 2 * *", (422, "VALIDATION_ERROR")),
    ],
)
async def test_a_schedule_keeps_to_the_plan(orch: Orch, plan: str, cron: str, code: tuple[int, str]) -> None:
    path = f"/connectors/{(await connector(orch))['id']}/schedules"

    reply = await orch.on(plan)("POST", path, json={"cron_expression": cron})

    assert orch.code(reply) == code
    assert "Retry-After" not in reply.headers


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [
        ("0 2 * * *", [120]),
        ("*/30 1 * * 1-5", [60, 90]),
        ("5-10/5 0,12 1 1 7", [5, 10, 725, 730]),
    ],
)
def test_cron_fields_are_lists_ranges_and_steps(cron: str, minutes: list[int]) -> None:
    assert cron_minutes(cron) == minutes


@pytest.mark.parametrize(
    "cron", ["", "a * * * *", "*/0 * * * *", "5-1 * * * *", "* 24 * * *", "* * 0 * *", "-1 * * * *"]
)
def test_other_cron_fields_are_refused(cron: str) -> None:
    with pytest.raises(Problem, match="cron_expression"):
        cron_minutes(cron)


# Webhooks.


class Receiver:
    """A server that acknowledges deliveries, after it has refused the first ``refusals``."""

    def __init__(self) -> None:
        self.refusals = 0
        self.seen: list[tuple[bytes, str]] = []
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.seen.append((await request.read(), request.headers["X-Flexorch-Signature"]))
        return web.Response(status=500 if len(self.seen) <= self.refusals else 204)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = web.Server(receiver.handle)
    listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/hook"
    yield receiver
    listener.close()
    await server.shutdown(0)


async def subscribe(orch: Orch, url: str, *events: str, **more: Any) -> Any:
    return await orch.data("POST", "/webhooks", json={"url": url, "events": list(events), **more})


async def test_the_secret_is_shown_once(orch: Orch) -> None:
    created = await subscribe(orch, "https://example.com/hook", "job.completed")
    listed = (await orch.data("GET", "/webhooks"))["items"]
    path = f"/webhooks/{created['id']}"
    replies = [await orch("DELETE", path), await orch("DELETE", path)]

    assert created["secret"].startswith("whsec_test_")
    assert listed == [{name: value for name, value in created.items() if name != "secret"}]
    assert [reply.status for reply in replies] == [204, 404]


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://example.com", "events": ["job.failed"]},
        {"url": "http://", "events": ["job.failed"]},
        {"url": "http://[", "events": ["job.failed"]},
        {"url": "http://example.com", "events": ["job.paused"]},
        {"url": "http://example.com", "events": []},
        {
            "url": "http://example.com",
            "events": ["job.failed"],
            "auto_export": {"connector_id": 11, "format": "csv"},
        },
        {
            "url": "http://example.com",
            "events": ["dataset.ready"],
            "auto_export": {"connector_id": 9, "format": "csv"},
        },
        {
            "url": "http://example.com",
            "events": ["dataset.ready"],
            "auto_export": {"connector_id": 11, "format": "docx"},
        },
    ],
)
async def test_a_webhook_that_makes_no_sense_is_refused(orch: Orch, body: dict[str, Any]) -> None:
    await connector(orch)

    assert (await orch("POST", "/webhooks", json=body)).status in (404, 422)


async def test_the_end_of_a_job_is_delivered_with_a_signature(orch: Orch, receiver: Receiver) -> None:
    webhook = await subscribe(orch, receiver.url, "job.completed", "job.failed")
    done = await orch.processed()
    await orch.processed("empty.txt", b"")
    await orch.emulator.deliver()

    body, signature = receiver.seen[0]
    assert signature == hmac.new(webhook["secret"].encode(), body, hashlib.sha256).hexdigest()
    events = [json.loads(body) for body, _ in receiver.seen]
    assert events[0] == {
        "event": "job.completed",
        "job_id": done["job_id"],
        "status": "completed",
        "timestamp": done["completed_at"],
        "quality_grade": "A",
        "pii_findings_count": 1,
    }
    assert (events[1]["event"], events[1]["status"]) == ("job.failed", "failed")


async def test_a_refused_delivery_is_repeated_once(orch: Orch, receiver: Receiver) -> None:
    orch.emulator.terms.webhook_pause = 0
    receiver.refusals = 3
    await subscribe(orch, receiver.url, "job.completed")
    for name in ("a.txt", "b.txt"):
        await orch.processed(name, name.encode())
        await orch.emulator.deliver()

    assert [delivery.statuses for delivery in orch.emulator.deliveries] == [[500, 500], [500, 204]]
    assert len({body for body, _ in receiver.seen}) == 2


async def test_nothing_is_sent_to_other_machines_and_a_dead_port_is_no_error(orch: Orch) -> None:
    orch.emulator.terms.webhook_pause = 0
    await subscribe(orch, "http://192.0.2.1/hook", "job.completed")
    await subscribe(orch, "http://127.0.0.1:9/hook", "job.completed")
    await orch.processed()
    await orch.emulator.deliver()

    assert [delivery.statuses for delivery in orch.emulator.deliveries] == [[], [None, None]]


async def test_a_finished_dataset_is_pushed_before_it_is_told(orch: Orch, receiver: Receiver) -> None:
    store = await connector(orch)
    export = {"connector_id": store["id"], "format": "csv"}
    await subscribe(orch, receiver.url, "dataset.ready", auto_export=export)
    dataset = await orch.dataset()
    await orch.emulator.deliver()

    event = json.loads(receiver.seen[0][0])
    log = [line["event_type"] for line in (await orch.data("GET", "/audit/export"))]
    assert (event["event"], event["dataset_id"]) == ("dataset.ready", dataset["id"])
    assert log == ["job.completed", "dataset.exported", "dataset.built"]
    assert (await orch.data("GET", f"/connectors/{store['id']}"))["last_used_at"] is not None


async def test_a_push_that_cannot_be_made_does_not_keep_the_event_back(
    orch: Orch, receiver: Receiver
) -> None:
    store = await connector(orch)
    export = {"connector_id": store["id"], "format": "csv"}
    await subscribe(orch, receiver.url, "dataset.ready", auto_export=export)
    await orch("DELETE", f"/connectors/{store['id']}")
    await orch.dataset()
    await orch.emulator.deliver()

    assert len(receiver.seen) == 1


async def test_most_of_the_credits_used_is_told_once(orch: Orch, receiver: Receiver) -> None:
    orch.emulator.terms.credits = 5
    await subscribe(orch, receiver.url, "quota.warning")
    for number in range(5):
        await orch.upload((f"{number}.txt", str(number).encode()))
    await orch.emulator.deliver()

    assert [json.loads(body)["event"] for body, _ in receiver.seen] == ["quota.warning"]


async def test_a_job_is_told_although_nobody_asks_for_it(
    ask: Ask, receiver: Receiver, session: aiohttp.ClientSession
) -> None:
    async with Sandbox(platforms=("flexorch",), run_seconds=0.001) as sandbox:
        orch = Orch(sandbox.flexorch, ask, Clock())
        await subscribe(orch, receiver.url, "job.completed")
        await orch.upload(("a.txt", INVOICE))
        await until(lambda: receiver.seen)


async def test_what_waits_is_given_up_when_the_sandbox_stops(ask: Ask, receiver: Receiver) -> None:
    receiver.refusals = 1
    async with Sandbox(platforms=("flexorch",), run_seconds=0) as sandbox:
        orch = Orch(sandbox.flexorch, ask, Clock())
        orch.emulator.terms.webhook_pause = 60
        await subscribe(orch, receiver.url, "job.completed")
        await orch.processed()
        await until(lambda: orch.emulator.deliveries[0].statuses)

    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    assert orch.emulator.deliveries[0].statuses == [500]
    assert "Courier._deliver" not in names
