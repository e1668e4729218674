"""Waiting for Flapjack's long work: runs of runners, code sessions, computers."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from clock import VirtualClock
from servers import Peer, RawServer, Request, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import ConfigError, JobFailed, JobPaused, JobTimeout, NotFound
from flexsdk.platforms.flapjack import CodeSession, Runner, RunnerRun
from flexsdk.platforms.flapjack.code_session_messages import CodeSessionMessage
from flexsdk.platforms.flapjack.computers import Repo
from flexsdk.sandbox import Fault, Sandbox

RUN_SECONDS = 20.0


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(patience=20)


@pytest.fixture
async def sandbox(clock: VirtualClock) -> AsyncIterator[Sandbox]:
    async with Sandbox(platforms=("flapjack",), clock=clock.time, run_seconds=RUN_SECONDS) as sandbox:
        yield sandbox
    assert sandbox.violations == []


@pytest.fixture
async def flapjack(sandbox: Sandbox, clock: VirtualClock) -> AsyncIterator[Flapjack]:
    async with Flapjack(
        sandbox.flapjack.key, base_url=sandbox.flapjack.base_url, clock=clock, limits=None
    ) as client:
        yield client


@pytest.fixture
async def runner(flapjack: Flapjack) -> Runner:
    """A runner whose step costs 0.01 US dollars."""
    agent = await flapjack.agents.list().first()
    assert agent is not None
    runner = await flapjack.runners.create("Desk")
    await flapjack.runners.steps.create(runner.id, "agent", "Sort", agent_id=agent.id)
    return runner


async def start(flapjack: Flapjack, prompt: str = "Mend the tests") -> CodeSession:
    template = await flapjack.code_agents.list().first()
    assert template is not None
    return await flapjack.code_sessions.start(template.id, prompt)


def calls(sandbox: Sandbox, operation: str) -> int:
    return len(sandbox.flapjack.calls(operation))


# --- runs of runners


async def test_a_run_is_waited_for(flapjack: Flapjack, runner: Runner) -> None:
    updates: list[str] = []
    run = await flapjack.runners.runs.create(runner.id, {"ticket": 7})
    done = await flapjack.runners.runs.wait(run, on_update=lambda run: updates.append(run.status))

    assert (done.id, done.status, done.output["ticket"]) == (run.id, "completed", 7)
    assert list(dict.fromkeys(updates)) in (["pending", "running", "completed"], ["running", "completed"])


async def test_a_run_is_watched(flapjack: Flapjack, runner: Runner) -> None:
    run = await flapjack.runners.runs.create(runner.id)

    assert [run.status async for run in flapjack.runners.runs.watch(run)] == ["running", "completed"]


async def test_a_cancelled_run_has_failed(flapjack: Flapjack, runner: Runner) -> None:
    run = await flapjack.runners.runs.create(runner.id)
    await flapjack.runners.runs.cancel(runner.id, run.id)
    with pytest.raises(JobFailed, match="ended as cancelled"):
        await flapjack.runners.runs.wait(run)


async def test_a_run_over_its_budget_is_resumed_and_waited_for_again(
    flapjack: Flapjack, runner: Runner
) -> None:
    runners = flapjack.runners
    await runners.budget.replace(runner.id, max_cost_usd=0.0001, period="run", action="pause")
    run = await runners.runs.create(runner.id)
    with pytest.raises(JobPaused, match="the run is paused") as raised:
        await runners.runs.wait(run)

    paused = raised.value.job
    assert paused.paused
    await runners.budget.replace(runner.id, max_cost_usd=None)
    await runners.runs.resume(runner.id, run.id)
    assert (await runners.runs.wait(paused)).status == "completed"


async def test_many_runs_of_one_runner_are_read_through_its_list(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    runs = [await flapjack.runners.runs.create(runner.id) for _ in range(20)]
    done = await flapjack.runners.runs.wait_all(runs)

    assert [run.id for run in done] == [run.id for run in runs]
    assert all(run.status == "completed" for run in done)
    assert calls(sandbox, "runners_runs_list") <= 8
    assert calls(sandbox, "runners_runs_get") <= 4


@pytest.mark.parametrize("status", [404, 405])
async def test_a_run_is_read_by_its_trace_where_it_has_no_path(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner, status: int
) -> None:
    sandbox.flapjack.faults.add(Fault.status(status), operation="runners_runs_get")
    run = await flapjack.runners.runs.create(runner.id)
    done = await flapjack.runners.runs.wait(run)

    assert (done.id, done.runner_id, done.status, done.total_cost_usd) == (
        run.id,
        runner.id,
        "completed",
        0.01,
    )
    # Asked for until a trace has shown that the run is there though its path is not.
    assert calls(sandbox, "runners_runs_get") < calls(sandbox, "logs_list")


async def test_many_runs_are_read_by_their_traces_where_they_have_no_paths(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    for operation in ("runners_runs_get", "runners_runs_list"):
        sandbox.flapjack.faults.add(Fault.status(404), operation=operation)
    runs = [await flapjack.runners.runs.create(runner.id) for _ in range(30)]
    done = [run async for run in flapjack.runners.runs.as_completed(runs)]

    assert {run.id for run in done} == {run.id for run in runs}
    assert {run.status for run in done} == {"completed"}
    assert calls(sandbox, "runners_runs_list") == 1


async def test_a_run_that_is_gone_is_not_found_where_runs_have_paths(
    flapjack: Flapjack, sandbox: Sandbox, runner: Runner
) -> None:
    run = await flapjack.runners.runs.create(runner.id)
    sandbox.flapjack.faults.add(Fault.status(404), operation="runners_runs_get", requests={2})
    with pytest.raises(NotFound):
        await flapjack.runners.runs.wait(run)


async def test_a_run_without_its_runner_says_how_to_go_on(flapjack: Flapjack) -> None:
    with pytest.raises(ConfigError, match=r"runs\.get"):
        await flapjack.runners.runs.wait(RunnerRun(id="r", status="running"))


# --- code sessions


async def test_a_session_is_waited_for(flapjack: Flapjack) -> None:
    session = await start(flapjack)

    assert (await flapjack.code_sessions.wait(session)).status == "finished"
    assert (await flapjack.code_sessions.wait(session.id)).status == "finished"


async def test_a_session_that_breaks_has_failed(flapjack: Flapjack) -> None:
    with pytest.raises(JobFailed, match="code session ended as error: The prompt asked for a failure"):
        await flapjack.code_sessions.wait(await start(flapjack, "Please fail"))


async def test_a_wait_after_a_follow_up_waits_for_the_new_end(
    flapjack: Flapjack, sandbox: Sandbox, clock: VirtualClock
) -> None:
    done = await flapjack.code_sessions.wait(await start(flapjack))
    old = sandbox.flapjack.requests[-1]
    assert old.operation == "code_sessions_get"
    for named in (done, None):
        message = await flapjack.code_sessions.messages.send(done.id, "And the documents")
        began = clock.now
        # A read right after the follow-up may still show the old end.
        stale = b'{"id":"%b","status":"finished"}' % done.id.encode()
        first = calls(sandbox, "code_sessions_get") + 1
        sandbox.flapjack.faults.add(
            Fault.status(200, body=stale), operation="code_sessions_get", requests={first}
        )
        assert (await flapjack.code_sessions.wait(named or message)).status == "finished"
        assert clock.now >= began + RUN_SECONDS


async def test_a_finished_session_without_a_follow_up_is_finished_soon(
    flapjack: Flapjack, clock: VirtualClock
) -> None:
    done = await flapjack.code_sessions.wait(await start(flapjack))
    began = clock.now

    assert (await flapjack.code_sessions.wait(done)).status == "finished"
    assert clock.now <= began + 15.0


async def test_many_sessions_are_read_through_the_list(flapjack: Flapjack, sandbox: Sandbox) -> None:
    sessions = [await start(flapjack) for _ in range(10)]
    ended = [session async for session in flapjack.code_sessions.as_completed(sessions)]

    assert len(ended) == 10
    assert calls(sandbox, "code_sessions_get") <= 2


async def test_each_event_of_a_session_comes_once_and_none_is_missed(flapjack: Flapjack) -> None:
    session = await start(flapjack)
    events = [event async for event in flapjack.code_sessions.follow(session)]

    assert [event.id for event in events] == [
        event.id async for event in flapjack.code_sessions.events.list(session.id)
    ]
    assert [event.type for event in events] == ["prompt", "stdout", "tool_call", "file_edit", "status"]


async def test_an_event_that_comes_with_the_end_is_not_missed(clock: VirtualClock) -> None:
    timelines = [[b'"a"'], [b'"a"', b'"b"'], [b'"a"', b'"b"', b'"c"']]

    async def serve(request: Request, peer: Peer) -> None:
        body = b'{"id":"s","status":"finished"}'
        if request.target.endswith("/events"):
            events = timelines.pop(0) if len(timelines) > 1 else timelines[0]
            body = b"[%b]" % b",".join(b'{"type":%b}' % word for word in events)
        await peer.send(answer(200, body))

    async with RawServer(serve) as server, Flapjack(KEY, base_url=server.url, clock=clock) as client:
        followed = [event.type async for event in client.code_sessions.follow("s")]

    assert followed == ["a", "b"]


async def test_a_timeline_that_is_left_leaves_nothing(flapjack: Flapjack) -> None:
    session = await start(flapjack)
    before = asyncio.all_tasks()
    async for _ in flapjack.code_sessions.follow(session):
        break
    followed = flapjack.code_sessions.follow(session, timeout=2)
    with pytest.raises(JobTimeout):
        [event async for event in followed]
    await followed.aclose()
    await asyncio.sleep(0)

    assert asyncio.all_tasks() <= before


async def test_a_message_without_its_session_says_so(flapjack: Flapjack) -> None:
    with pytest.raises(ConfigError, match="hand in the session"):
        await flapjack.code_sessions.wait(CodeSessionMessage(id="m"))


# --- computers


async def test_a_computer_is_waited_for_at_the_pace_of_the_platform(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    made = await flapjack.computers.create_from_template("blank")

    assert (await flapjack.computers.wait(made)).status == "ready"
    moments = [record.started for record in sandbox.flapjack.calls("computer_status")]
    assert all(9.9 <= after - before <= 13 for before, after in pairwise(moments))
    assert (await flapjack.computers.wait(made.agent.id)).status == "ready"


async def test_a_computer_that_does_not_start_says_where_its_log_is(flapjack: Flapjack) -> None:

    repo = Repo(url="https://github.com/flex/app", install_cmd="fail")
    made = await flapjack.computers.create_from_template("blank", repo=repo)
    with pytest.raises(JobFailed, match=r"computer ended as error: .*bootstrap"):
        await flapjack.computers.wait(made)


async def test_a_webhook_ends_the_wait_for_a_computer(flapjack: Flapjack, clock: VirtualClock) -> None:
    made = await flapjack.computers.create_from_template("blank")
    began = clock.now
    waiting = asyncio.create_task(flapjack.computers.wait(made))
    await clock.sleep(RUN_SECONDS + 0.1)
    flapjack.computers.notify(made.agent.id)
    await waiting

    assert clock.now <= began + RUN_SECONDS + 1


# --- handles


async def test_what_names_long_work_can_be_pickled(flapjack: Flapjack, runner: Runner) -> None:
    run = await flapjack.runners.runs.create(runner.id)
    session = await start(flapjack)
    made = await flapjack.computers.create_from_template("blank")

    for handle in (run, session, made):
        assert pickle.loads(pickle.dumps(handle)) == handle
