"""Every method of Fleece, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from clock import VirtualClock, standing_still
from servers import RawServer, answer, silence
from service import until

from flexsdk import Fleece
from flexsdk.core.retry import Retry
from flexsdk.errors import (
    APIError,
    ApprovalRequired,
    BadRequest,
    ConfigError,
    Conflict,
    ConnectionLost,
    Forbidden,
    JobFailed,
    JobTimeout,
    NotFound,
    RateLimited,
    Unauthorized,
)
from flexsdk.platforms.fleece.agents import AgentExecution
from flexsdk.platforms.fleece.keys import LIST_KEYS
from flexsdk.platforms.fleece.runs import FlowRun
from flexsdk.sandbox import Fault, Sandbox

KEY = "flc_test_5f0c9d7b1a2e4c6f8091a2b3c4d5e6f7"
NOBODY = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(now=0.0, patience=20)


@pytest.fixture
async def sandbox(clock: VirtualClock) -> AsyncIterator[Sandbox]:
    """The platform, on the same clock as its client."""
    async with Sandbox(platforms=("fleece",), clock=clock.time, run_seconds=9) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
async def fleece(sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[Fleece]:
    async with Fleece(
        sandbox.fleece.key, base_url=sandbox.fleece.base_url, clock=clock, limits=None
    ) as client:
        yield client


async def flow_id(fleece: Fleece, title: str) -> str:
    return next(flow.id for flow in await fleece.flows.list().collect() if flow.title == title)


# --- agents


async def test_agents_are_listed_and_read(fleece: Fleece) -> None:
    agents = await fleece.agents.list().collect()

    assert "Email Triager" in [agent.name for agent in agents]
    assert await fleece.agents.get(agents[0].id) == agents[0]
    assert agents[0].created_at is not None


async def test_an_execution_gives_its_result_and_costs_once(fleece: Fleece, sandbox: Sandbox) -> None:
    agent = await fleece.agents.list().first()
    assert agent is not None
    execution = await fleece.agents.execute(agent.id, "Sort my mail", timezone="Europe/Paris")

    sent = msgspec.json.decode(sandbox.fleece.requests[-1].body)
    assert sent == {"task": "Sort my mail", "timezone": "Europe/Paris"}
    assert execution.raise_for_status() is execution
    assert "Sort my mail" in (execution.result or "")
    assert sandbox.fleece.credits_used == 1


async def test_a_failed_execution_is_a_value_that_can_be_raised(fleece: Fleece) -> None:
    agent = await fleece.agents.list().first()
    assert agent is not None
    execution = await fleece.agents.execute(agent.id, "Please fail")

    assert (execution.status, execution.result) == ("failed", None)
    with pytest.raises(JobFailed, match="ended as failed: The task could not be finished") as raised:
        execution.raise_for_status()
    assert raised.value.job == execution


@pytest.mark.parametrize("status", ["cancelled", "failed", "new"])
def test_an_execution_that_is_not_completed_is_not_taken_for_success(status: str) -> None:
    with pytest.raises(JobFailed, match="no reason given"):
        AgentExecution(id="e", status=status).raise_for_status()


@pytest.mark.parametrize(
    "fault",
    [Fault.reset(acted=True), Fault.status(500), Fault.status(502)],
    ids=lambda each: f"{each.kind} {each.code}",
)
async def test_an_execution_that_may_have_cost_credits_is_not_repeated(
    fleece: Fleece, sandbox: Sandbox, fault: Fault
) -> None:
    agent = await fleece.agents.list().first()
    assert agent is not None
    sandbox.fleece.faults.add(fault, operation="agents_execute", requests={1})
    with pytest.raises((ConnectionLost, APIError)):
        await fleece.agents.execute(agent.id, "Sort my mail")

    assert len(sandbox.fleece.calls("agents_execute")) == 1


async def test_an_execution_is_waited_for_as_long_as_agents_work() -> None:
    seen: list[float] = []

    async def look(call: Any, forward: Any) -> Any:
        seen.append(call.timeout)
        return await forward(call)

    async with (
        RawServer(answer(200, b'{"id":"e","status":"completed"}')) as server,
        Fleece(KEY, base_url=server.url, middlewares=[look]) as client,
    ):
        await client.agents.execute("a", "t")
        await client.agents.execute("a", "t", timeout=5)

    assert seen == [300.0, 5.0]


# --- flows and runs


async def test_flows_are_listed_and_read(fleece: Fleece) -> None:
    flows = await fleece.flows.list().collect()

    assert {"active", "paused", "draft", "error"} <= {flow.status for flow in flows}
    assert await fleece.flows.get(flows[0].id) == flows[0]


async def test_a_run_is_waited_for_with_its_updates(fleece: Fleece, clock: VirtualClock) -> None:
    flow = await flow_id(fleece, "Weekly Mail Summary")
    updates: list[FlowRun] = []
    run = await fleece.flows.runs.wait(await fleece.flows.trigger(flow), on_update=updates.append)

    assert run.status == "completed"
    assert run.result_data is not None
    assert updates[-1] == run
    assert {update.status for update in updates[:-1]} <= {"pending", "running"}
    assert 9 <= clock.now <= 15
    assert await fleece.flows.runs.get(flow, run.id) == run


async def test_a_run_that_fails_is_an_error_with_its_reason(fleece: Fleece) -> None:
    run = await fleece.flows.trigger(await flow_id(fleece, "Broken Importer"))
    with pytest.raises(JobFailed, match="the run ended as failed: The importer found no file") as raised:
        await fleece.flows.runs.wait(run)

    assert raised.value.job.id == run.id


async def test_a_wait_that_runs_out_tells_the_last_state(fleece: Fleece) -> None:
    run = await fleece.flows.trigger(await flow_id(fleece, "Invoice Approval"))
    with pytest.raises(JobTimeout, match="the run is still pending") as raised:
        await fleece.flows.runs.wait(run, timeout=20)

    assert raised.value.job.status == "pending"


async def test_a_run_that_is_done_is_not_asked_for_again(fleece: Fleece, sandbox: Sandbox) -> None:
    run = FlowRun(id="r", status="completed", flow_id="f")

    assert await fleece.flows.runs.wait(run) is run
    assert sandbox.fleece.requests == []


async def test_a_run_without_its_flow_says_how_to_go_on(fleece: Fleece) -> None:
    with pytest.raises(ConfigError, match=r"runs\.get\(flow_id, run_id\)"):
        await fleece.flows.runs.wait(FlowRun(id="r", status="running"))


async def test_a_cancelled_wait_leaves_the_run_alone(
    fleece: Fleece, sandbox: Sandbox, clock: VirtualClock
) -> None:
    flow = await flow_id(fleece, "Weekly Mail Summary")
    run = await fleece.flows.trigger(flow)
    sandbox.fleece.faults.add(Fault.silence(), operation="flows_runs_get", requests={1})
    task = asyncio.create_task(fleece.flows.runs.wait(run))
    await clock.sleep(2.1)
    await standing_still(lambda: sandbox.fleece.calls("flows_runs_get"))
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert (await fleece.flows.runs.wait(run)).status == "completed"
    assert {record.operation for record in sandbox.fleece.requests} == {
        "flows_list",
        "flows_trigger",
        "flows_runs_get",
    }


async def test_a_look_that_gets_no_answer_ends_with_the_wait(clock: VirtualClock) -> None:
    running = b'{"id":"r","status":"running","flowId":"f"}'
    async with (
        RawServer(answer(200, running), silence) as server,
        Fleece(KEY, base_url=server.url, clock=clock) as client,
    ):
        with pytest.raises(JobTimeout, match="still running after 10 s"):
            await client.flows.runs.wait(FlowRun(id="r", status="running", flow_id="f"), timeout=10)
        await until(lambda: server.open_connections == 0)

    assert len(server.requests) == 2


async def test_runs_are_listed_newest_first_and_tell_that_there_are_more(
    fleece: Fleece, sandbox: Sandbox
) -> None:
    flow = await flow_id(fleece, "Daily Standup Digest")
    for limit, count in ((None, 50), (100, 100), (1, 1)):
        (page,) = [page async for page in fleece.flows.runs.list(flow, limit=limit).pages()]
        assert (len(page.items), page.total, page.truncated) == (count, 130, True)

    newest = page.items[0]
    assert newest.created_at is not None
    assert sandbox.fleece.requests[-1].raw_path.endswith("/runs?limit=1")
    few = await flow_id(fleece, "Broken Importer")
    (page,) = [page async for page in fleece.flows.runs.list(few).pages()]
    assert not page.truncated


@pytest.mark.parametrize("limit", [0, -1, 101])
async def test_an_impossible_limit_is_refused(fleece: Fleece, sandbox: Sandbox, limit: int) -> None:
    with pytest.raises(ConfigError, match="limit must be 1 to 100"):
        fleece.flows.runs.list("f", limit=limit)
    assert sandbox.fleece.requests == []


async def test_a_flow_that_runs_or_is_paused_is_not_triggered(fleece: Fleece) -> None:
    flow = await flow_id(fleece, "Weekly Mail Summary")
    await fleece.flows.trigger(flow)
    with pytest.raises(Conflict, match="Flow is already running"):
        await fleece.flows.trigger(flow)
    with pytest.raises(BadRequest, match="Flow is not active"):
        await fleece.flows.trigger(await flow_id(fleece, "Paused Newsletter"))


async def test_a_trigger_is_not_repeated_when_its_answer_is_lost(fleece: Fleece, sandbox: Sandbox) -> None:
    flow = await flow_id(fleece, "Weekly Mail Summary")
    sandbox.fleece.faults.add(Fault.close(acted=True), operation="flows_trigger", requests={1})
    with pytest.raises(ConnectionLost):
        await fleece.flows.trigger(flow)

    assert len(sandbox.fleece.calls("flows_trigger")) == 1
    assert (await fleece.flows.get(flow)).is_running


# --- keys


async def test_a_new_key_is_shown_to_nobody_but_works(fleece: Fleece) -> None:
    made = await fleece.keys.create("CI")
    plain = made.key.reveal()

    assert plain.startswith(made.key_prefix)
    assert plain not in f"{made!r}{made}{made.key}"
    async with Fleece(made.key, base_url=fleece.base_url) as other:
        assert {key.name for key in await other.keys.list().collect()} == {"Sandbox", "CI"}

    await fleece.keys.delete(made.id)
    async with Fleece(made.key, base_url=fleece.base_url) as other:
        with pytest.raises(Unauthorized):
            await other.keys.list().collect()


async def test_a_key_above_the_plan_is_refused_with_the_platforms_reason(fleece: Fleece) -> None:
    for number in range(4):
        await fleece.keys.create(f"key {number}")
    with pytest.raises(Forbidden, match="API key limit of your plan reached"):
        await fleece.keys.create("one too many")


async def test_a_plan_without_access_is_told_so(fleece: Fleece, sandbox: Sandbox) -> None:
    async with Fleece(sandbox.fleece.issue(plan="free"), base_url=fleece.base_url) as free:
        with pytest.raises(Forbidden, match="API access requires Pro plan or higher"):
            await free.agents.list().collect()


@pytest.mark.parametrize("status", [200, 204])
async def test_a_deletion_takes_a_body_and_none(status: int) -> None:
    body = b'{"success":true}' if status == 200 else b""
    async with RawServer(answer(status, body)) as server, Fleece(KEY, base_url=server.url) as client:
        await client.keys.delete("k")

    assert server.lines == ["DELETE /keys/k HTTP/1.1"]


# --- the dialect


LISTS = {
    "agents": (lambda client: client.agents.list(), b'{"id":"a","name":"n"}'),
    "flows": (lambda client: client.flows.list(), b'{"id":"a","title":"n"}'),
    "runs": (lambda client: client.flows.runs.list("f"), b'{"id":"a","status":"done"}'),
    "keys": (lambda client: client.keys.list(), b'{"id":"a","name":"n"}'),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("before", "after", "total"),
    [(b"[", b"]", None), (b'{"data":[', b'],"total":7}', 7), (b'{"total":1,"data":[', b'],"flowId":"f"}', 1)],
    ids=["bare", "wrapped", "wrapped, other order"],
)
async def test_a_list_may_be_bare_or_wrapped(
    name: str, before: bytes, after: bytes, total: int | None
) -> None:
    make, item = LISTS[name]
    async with (
        RawServer(answer(200, before + item + after)) as server,
        Fleece(KEY, base_url=server.url) as client,
    ):
        (page,) = [page async for page in make(client).pages()]

    assert [each.id for each in page.items] == ["a"]
    assert page.total == total
    assert page.truncated == (total == 7)


async def test_errors_are_prose_and_have_no_code(fleece: Fleece) -> None:
    with pytest.raises(NotFound) as missing:
        await fleece.agents.get(NOBODY)
    assert (missing.value.code, missing.value.message) == (None, "Not found")

    async with Fleece("flc_test_wrong", base_url=fleece.base_url) as stranger:
        with pytest.raises(Unauthorized, match="401: Unauthorized"):
            await stranger.agents.list().collect()


@pytest.mark.parametrize("body", [b'{"error":{"message":"m"}}', b'{"error":7}', b"<html>", b""], ids=repr)
async def test_an_error_of_another_shape_is_the_error_of_its_status(body: bytes) -> None:
    async with RawServer(answer(400, body)) as server, Fleece(KEY, base_url=server.url) as client:
        with pytest.raises(BadRequest, match="Fleece answered with status 400"):
            await client.agents.get("a")


async def test_a_minute_limit_is_waited_out(clock: VirtualClock) -> None:
    async with (
        Sandbox(platforms=("fleece",), clock=clock.time, limits={"fleece": [(2, 60.0)]}) as sandbox,
        Fleece(sandbox.fleece.key, base_url=sandbox.fleece.base_url, clock=clock, limits=None) as fleece,
    ):
        for _ in range(3):
            reply = await fleece.send(LIST_KEYS)
        assert [each.outcome for each in reply.attempts] == ["429", "200"]
        assert reply.rate_limit[0].remaining == 1
        assert sum(clock.slept) <= 62

        await fleece.send(LIST_KEYS)
        with pytest.raises(RateLimited) as raised:
            await fleece.with_options(attempts=1).send(LIST_KEYS)
    assert raised.value.limit == 2
    assert raised.value.remaining == 0
    assert raised.value.reset_at is not None
    assert raised.value.retry_after is not None


HOSTILE: list[tuple[str, str | None]] = [
    ("", None),
    (".", None),
    ("a\n", None),
    ("../keys", "..%2Fkeys"),
    ("a/b?c#d", "a%2Fb%3Fc%23d"),
    ("%2F..", "%252F.."),
]

METHODS: dict[str, tuple[str, Callable[[Fleece, str], Any]]] = {
    "agents.get": ("GET /api/v1/agents/{}", lambda client, id_: client.agents.get(id_)),
    "agents.execute": ("POST /api/v1/agents/{}/execute", lambda client, id_: client.agents.execute(id_, "t")),
    "flows.get": ("GET /api/v1/flows/{}", lambda client, id_: client.flows.get(id_)),
    "flows.trigger": ("POST /api/v1/flows/{}/trigger", lambda client, id_: client.flows.trigger(id_)),
    "runs.list": ("GET /api/v1/flows/{}/runs", lambda client, id_: client.flows.runs.list(id_).collect()),
    "runs.get, flow": ("GET /api/v1/flows/{}/runs/r", lambda client, id_: client.flows.runs.get(id_, "r")),
    "runs.get, run": ("GET /api/v1/flows/f/runs/{}", lambda client, id_: client.flows.runs.get("f", id_)),
    "keys.delete": ("DELETE /api/v1/keys/{}", lambda client, id_: client.keys.delete(id_)),
}


@pytest.mark.parametrize(("id_", "segment"), HOSTILE, ids=lambda each: ascii(each))
@pytest.mark.parametrize("method", METHODS)
async def test_an_id_stays_one_segment_or_nothing_is_sent(method: str, id_: str, segment: str | None) -> None:
    line, call = METHODS[method]
    async with (
        RawServer(answer(404)) as server,
        Fleece(KEY, base_url=f"{server.url}/api/v1", retry=Retry(attempts=1)) as client,
    ):
        with pytest.raises(ConfigError if segment is None else NotFound):
            await call(client, id_)

    assert server.lines == ([] if segment is None else [f"{line.format(segment)} HTTP/1.1"])


async def test_a_run_that_needs_approval_is_told_at_once_where_that_is_asked_for() -> None:
    async with (
        Sandbox(platforms=("fleece",)) as sandbox,
        Fleece(sandbox.fleece.key, base_url=sandbox.fleece.base_url) as client,
    ):
        flows = await client.flows.list().collect()
        asking = next(flow for flow in flows if flow.mode == "always_ask" and flow.status == "active")
        run = await client.flows.trigger(asking.id)

        with pytest.raises(ApprovalRequired, match="approval") as raised:
            await client.flows.runs.wait(run, on_pending="raise")

    assert raised.value.job == run


async def test_a_run_of_an_automatic_flow_is_waited_for_though_it_is_pending(clock: VirtualClock) -> None:
    async with (
        Sandbox(platforms=("fleece",), run_seconds=0.01) as sandbox,
        Fleece(sandbox.fleece.key, base_url=sandbox.fleece.base_url, clock=clock) as client,
    ):
        flows = await client.flows.list().collect()
        automatic = next(flow for flow in flows if flow.mode == "auto" and flow.status == "active")
        run = await client.flows.trigger(automatic.id)
        await asyncio.sleep(0.03)

        assert (await client.flows.runs.wait(run, on_pending="raise")).status == "completed"
