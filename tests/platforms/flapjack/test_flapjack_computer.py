"""Persistent computers: templates, status, the stream of the start, and commands with their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from clock import VirtualClock
from flapjack_kit import last_body
from servers import EVENT_STREAM, RawServer, answer, chunk, close, stream, then
from service import KEY
from transcripts import frame

from flexsdk import Flapjack
from flexsdk.core.limits import LimitState
from flexsdk.errors import (
    BadRequest,
    ConfigError,
    Conflict,
    ConnectionLost,
    NotFound,
    RateLimited,
    StreamFailed,
    StreamStalled,
    StreamTruncated,
)
from flexsdk.platforms.flapjack import (
    AgentFromTemplateCreate,
    Bootstrap,
    BootstrapDone,
    BootstrapLog,
    BootstrapStatus,
    ComputerExecRequest,
    EnvVar,
    ExecExit,
    ExecResult,
    ExecStarted,
    ExecStderr,
    ExecStdout,
    Repo,
    UnknownEvent,
)
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Fault, Sandbox

PASSWORD = "hunter2-hunter2-hunter2"
EXEC = "POST /api/agents/{}/computer/exec HTTP/1.1"


async def owner(client: Flapjack, name: str = "Code Reviewer") -> str:
    """Give the id of an agent that has a computer from the start."""
    return next(agent.id for agent in await client.agents.list().collect() if agent.name == name)


async def test_an_agent_is_made_from_a_template_and_gets_ready(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.computers.create_from_template(
        "node-playwright",
        name="Builder",
        repo=Repo(url="https://github.com/ada/site", branch="main", install_cmd="npm ci"),
        env={"TOKEN": Secret(PASSWORD)},
        size_class="large",
        webhook_url="https://hooks.example.com/flapjack",
        external_app_id="app-1",
    )
    assert last_body(sandbox) == {
        "template": "node-playwright",
        "name": "Builder",
        "repo": {"url": "https://github.com/ada/site", "branch": "main", "installCmd": "npm ci"},
        "envVars": [{"key": "TOKEN", "value": PASSWORD}],
        "sizeClass": "large",
        "webhookUrl": "https://hooks.example.com/flapjack",
        "externalAppId": "app-1",
    }
    assert sandbox.flapjack.requests[-1].headers["Idempotency-Key"] == "app-1"
    assert (made.status, made.agent.name, made.idempotent) == ("bootstrapping", "Builder", False)
    assert (made.template, made.bootstrap_run_id is not None) == ("node-playwright", True)

    async with flapjack.computers.bootstrap(made.agent.id) as events:
        seen = [event async for event in events]

    assert seen == [
        BootstrapStatus(status="bootstrapping"),
        BootstrapLog(chunk="Starting node-playwright\n"),
        BootstrapLog(chunk="Cloning https://github.com/ada/site at main\n"),
        BootstrapLog(chunk="$ npm ci\n"),
        BootstrapLog(chunk="exited with 0\n"),
        BootstrapStatus(status="ready"),
        BootstrapDone(),
    ]
    log = "".join(event.chunk for event in seen if isinstance(event, BootstrapLog))
    assert events.result == Bootstrap(outcome="complete", status="ready", log=log)
    status = await flapjack.computers.status(made.agent.id)
    assert (status.status, status.computer.agent_id) == ("ready", made.agent.id)
    assert status.signals is not None
    assert status.signals.dev_server is not None
    assert (status.signals.dev_server.port, status.signals.dev_server.listening) == (3000, True)


async def test_a_start_that_fails_is_told_by_the_status_and_not_by_the_end(flapjack: Flapjack) -> None:
    repo = Repo(url="https://github.com/ada/site", install_cmd="make fail")
    made = await flapjack.computers.create_from_template("blank", repo=repo)

    async with flapjack.computers.bootstrap(made.agent.id) as events:
        text = [piece async for piece in events.text()]

    assert (events.result.outcome, events.result.status) == ("complete", "error")
    assert text[-1] == "exited with 1\n"
    with pytest.raises(Conflict, match="error"):
        await flapjack.computers.exec(made.agent.id, "echo hi").__aenter__()


async def test_a_creation_whose_answer_is_lost_makes_one_agent(flapjack: Flapjack, sandbox: Sandbox) -> None:
    sandbox.flapjack.faults.add(
        Fault.reset(acted=True), operation="computer_create_from_template", requests={1}
    )

    made = await flapjack.computers.create_from_template("blank", name="Once")

    assert made.idempotent
    assert [agent.name for agent in await flapjack.agents.list().collect()].count("Once") == 1
    first, second = sandbox.flapjack.calls("computer_create_from_template")
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert msgspec.json.decode(first.body)["externalAppId"] == first.headers["Idempotency-Key"]


@pytest.mark.parametrize(
    ("given", "handle", "key"),
    [
        ({"external_app_id": "app-1"}, "app-1", "app-1"),
        ({"idempotency_key": "key-1"}, "key-1", "key-1"),
        ({"external_app_id": "app-1", "idempotency_key": "key-1"}, "app-1", "key-1"),
    ],
    ids=["the handle", "the key", "both"],
)
async def test_the_handle_is_also_the_idempotency_key_unless_one_is_given(
    flapjack: Flapjack, sandbox: Sandbox, given: dict[str, Any], handle: str, key: str
) -> None:
    first = await flapjack.computers.create_from_template("blank", **given)
    second = await flapjack.computers.create_from_template("blank", **given)

    assert last_body(sandbox)["externalAppId"] == handle
    assert sandbox.flapjack.requests[-1].headers["Idempotency-Key"] == key
    assert (first.idempotent, second.idempotent, second.agent) == (False, True, first.agent)


async def test_two_creations_without_a_handle_make_two_agents(flapjack: Flapjack) -> None:
    first = await flapjack.computers.create_from_template("blank")
    second = await flapjack.computers.create_from_template("blank")

    assert first.agent.id != second.agent.id


async def test_the_older_name_of_a_computer_is_read_too() -> None:
    body = b'{"agent":{"id":"a"},"sandbox":{"agent_id":"a","status":"ready"}}'
    async with RawServer(answer(201, body)) as server, Flapjack(KEY, base_url=server.url) as client:
        made = await client.computers.create_from_template("blank")

    assert made.status == "ready"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"repo": Repo(url="https://gitlab.com/a/b")}, "github.com", id="another host"),
        pytest.param({"webhook_url": "http://example.com"}, "https://", id="webhook without TLS"),
        pytest.param({"env": {"A-B": "x"}}, "no name of a variable", id="odd variable"),
        pytest.param({"external_app_id": "a\nb"}, "control characters", id="handle that is no header"),
    ],
)
async def test_what_the_platform_refuses_is_refused_before_it_is_sent(
    flapjack: Flapjack, sandbox: Sandbox, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        await flapjack.computers.create_from_template("blank", **arguments)

    assert sandbox.flapjack.requests == []


async def test_an_unknown_template_has_the_code_of_the_platform(flapjack: Flapjack) -> None:
    with pytest.raises(BadRequest) as refused:
        await flapjack.computers.create_from_template("cobol")

    assert refused.value.code is not None
    assert refused.value.code.startswith("INVALID_TEMP")


async def test_an_agent_without_a_computer_has_no_status(flapjack: Flapjack) -> None:
    agent = await flapjack.agents.create("Desk")

    with pytest.raises(NotFound, match="no computer"):
        await flapjack.computers.status(agent.id)


async def test_a_command_says_its_output_and_its_exit_code(flapjack: Flapjack, sandbox: Sandbox) -> None:
    agent_id = await owner(flapjack)

    async with flapjack.computers.exec(
        agent_id,
        "pwd; printenv STAGE; echo wrong >&2; exit 3",
        cwd="/srv",
        env={"STAGE": Secret("test")},
        command_timeout=1.5,
    ) as events:
        seen = [event async for event in events]

    assert last_body(sandbox) == {
        "command": "pwd; printenv STAGE; echo wrong >&2; exit 3",
        "cwd": "/srv",
        "timeoutMs": 1500,
        "env": {"STAGE": "test"},
    }
    assert isinstance(seen[0], ExecStarted)
    assert seen[0].exec_id is not None
    assert seen[1:] == [
        ExecStdout(chunk="/srv\n"),
        ExecStdout(chunk="test\n"),
        ExecStderr(chunk="wrong\n"),
        ExecExit(exit_code=3),
    ]
    assert events.result == ExecResult(
        outcome="complete", stdout="/srv\ntest\n", stderr="wrong\n", exit_code=3
    )


async def test_the_text_of_a_command_is_its_standard_output(flapjack: Flapjack) -> None:
    agent_id = await owner(flapjack)

    async with flapjack.computers.exec(agent_id, "seq 3; echo no >&2") as events:
        assert [piece async for piece in events.text()] == ["1\n", "2\n", "3\n"]


async def test_a_stopped_computer_wakes_for_a_command(flapjack: Flapjack) -> None:
    agent_id = await owner(flapjack, "Data Analyst")
    assert (await flapjack.computers.status(agent_id)).status == "stopped"

    async with flapjack.computers.exec(agent_id, "echo awake") as events:
        result = await events.until_done()

    assert (result.stdout, result.exit_code) == ("awake\n", 0)
    assert (await flapjack.computers.status(agent_id)).status == "ready"


@pytest.mark.parametrize("command", ["", "  \n"], ids=["empty", "blank"])
async def test_an_empty_command_is_refused_before_it_is_sent(
    flapjack: Flapjack, sandbox: Sandbox, command: str
) -> None:
    with pytest.raises(ConfigError, match="command is empty"):
        flapjack.computers.exec("a", command)
    with pytest.raises(ConfigError, match="command_timeout"):
        flapjack.computers.exec("a", "ls", command_timeout=0)

    assert sandbox.flapjack.requests == []


STARTED = frame("exec_started", {"type": "exec_started", "execId": "e-1"})
OUTPUT = frame("stdout", {"type": "stdout", "chunk": "half"})
EXIT = frame("exit", {"type": "exit", "exitCode": 0})


async def run(client: Flapjack, **options: Any) -> tuple[list[Any], ExecResult]:
    async with client.computers.exec("a", "make", **options) as events:
        return [event async for event in events], events.result


@pytest.mark.parametrize(
    "body",
    [b"", STARTED, STARTED + OUTPUT, STARTED + OUTPUT + EXIT[:-1], STARTED + OUTPUT + EXIT[:-2]],
    ids=["nothing", "started", "output", "one byte short", "no end of line"],
)
@pytest.mark.parametrize("clean", [True, False], ids=["clean end", "lost connection"])
async def test_a_command_without_an_exit_may_still_run_and_is_not_run_again(
    body: bytes, *, clean: bool
) -> None:
    served = stream(body) if clean else then(EVENT_STREAM + chunk(body), close)
    async with RawServer(served) as server, Flapjack(KEY, base_url=server.url) as client:
        with pytest.raises(StreamTruncated, match="the command may still run") as cut:
            await run(client)

    output = "half" if OUTPUT in body else ""
    assert cut.value.snapshot == ExecResult(outcome="cut", stdout=output, stderr="", exit_code=None)
    assert server.lines == [EXEC.format("a")]


async def test_a_command_whose_answer_never_began_is_not_run_again() -> None:
    async with (
        RawServer(close, stream(STARTED, EXIT)) as server,
        Flapjack(KEY, base_url=server.url) as client,
    ):
        with pytest.raises(ConnectionLost):
            await run(client)

    assert server.lines == [EXEC.format("a")]


@pytest.mark.parametrize("line", [True, False], ids=["event line", "type in the data"])
async def test_the_type_of_an_event_stands_in_its_line_or_in_its_data(*, line: bool) -> None:
    events = [
        ("exec_started", {"execId": "e-1"}),
        ("stdout", {"chunk": "é"}),
        ("stderr", {"chunk": "!"}),
        ("news", {"a": 1}),
        ("exit", {"exitCode": None}),
    ]
    frames = [
        frame(name, data) if line else frame(name, {"type": name, **data}).split(b"\n", 1)[1]
        for name, data in events
    ]
    async with RawServer(stream(*frames)) as server, Flapjack(KEY, base_url=server.url) as client:
        seen, result = await run(client)

    assert seen[:3] == [ExecStarted(exec_id="e-1"), ExecStdout(chunk="é"), ExecStderr(chunk="!")]
    assert isinstance(seen[3], UnknownEvent)
    assert result == ExecResult(outcome="complete", stdout="é", stderr="!", exit_code=None)


async def test_an_error_event_is_raised_with_the_output_so_far(flapjack: Flapjack) -> None:
    agent_id = await owner(flapjack)

    async with flapjack.computers.exec(agent_id, "echo before; crash") as events:
        with pytest.raises(StreamFailed) as failed:
            await events.until_done()

    assert (failed.value.code, failed.value.detail) == ("COMPUTER_LOST", "The computer went away")
    assert failed.value.snapshot == ExecResult(outcome="failed", stdout="before\n", stderr="")


async def test_a_silent_command_is_a_stall_with_the_output_so_far(flapjack: Flapjack) -> None:
    agent_id = await owner(flapjack)

    async with flapjack.computers.exec(agent_id, "echo before; sleep 60", idle_timeout=0.05) as events:
        with pytest.raises(StreamStalled) as stalled:
            await events.until_done()

    assert stalled.value.snapshot == ExecResult(outcome="stalled", stdout="before\n", stderr="")


@pytest.mark.parametrize(
    "body", [b"", frame("status", {"status": "bootstrapping"})], ids=["nothing", "status"]
)
async def test_a_cut_start_says_where_to_look(body: bytes) -> None:
    async with (
        RawServer(stream(body)) as server,
        Flapjack(KEY, base_url=server.url) as client,
        client.computers.bootstrap("a") as events,
    ):
        with pytest.raises(StreamTruncated, match=r"computers\.status tells"):
            await events.until_done()

    assert events.result.outcome == "cut"
    assert events.result.status == ("bootstrapping" if body else None)


def states(client: Flapjack, key: str) -> dict[str, LimitState]:
    return {
        each.name: each
        for each in client.limits.snapshot(clock=client.clock)
        if each.bucket == "computer_exec" and each.key == key
    }


async def test_a_fourth_command_of_an_agent_waits_until_one_ends() -> None:
    clock = VirtualClock()
    served = stream(STARTED, EXIT)
    async with RawServer(served) as server, Flapjack(KEY, base_url=server.url, clock=clock) as client:
        opened = [await client.computers.exec("a", "make").__aenter__() for _ in range(3)]
        fourth = asyncio.create_task(run(client))
        other = client.computers.exec("b", "make")
        async with other:
            await other.until_done()
        assert states(client, "a")["commands of an agent at a time"].in_flight == 3
        assert (len(server.requests), fourth.done()) == (4, False)

        await opened[0].until_done()
        await opened[0].aclose()
        await fourth
        for events in opened[1:]:
            await events.aclose()

    assert server.lines.count(EXEC.format("a")) == 4


async def test_sixty_commands_of_an_agent_start_in_a_minute_and_the_next_one_waits() -> None:
    clock = VirtualClock()
    async with (
        RawServer(stream(STARTED, EXIT)) as server,
        Flapjack(KEY, base_url=server.url, clock=clock) as client,
    ):
        begun = clock.now
        for _ in range(60):
            await run(client)
        assert clock.now == begun

        await run(client)

    assert clock.now >= begun + 60.0
    assert len(server.requests) == 61


async def test_six_hundred_commands_a_minute_is_the_limit_of_all_agents_together(flapjack: Flapjack) -> None:
    async with flapjack.computers.exec(await owner(flapjack), "echo hi") as events:
        await events.until_done()

    common = states(flapjack, "")["commands a minute"]
    assert (common.limit, common.remaining) == (600, 599)


async def test_no_command_of_many_is_refused_by_the_platform(flapjack: Flapjack, sandbox: Sandbox) -> None:
    agent_id = await owner(flapjack)

    async def output(number: int) -> str:
        async with flapjack.computers.exec(agent_id, f"echo {number}") as events:
            return (await events.until_done()).stdout

    assert await asyncio.gather(*map(output, range(12))) == [f"{number}\n" for number in range(12)]
    assert {record.status for record in sandbox.flapjack.calls("computer_exec")} == {200}


async def test_a_refusal_by_the_platform_is_repeated_because_nothing_has_run(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    agent_id = await owner(flapjack)
    refusal = Fault.status(429, retry_after=0.01)
    sandbox.flapjack.faults.add(refusal, operation="computer_exec", requests={1})

    async with flapjack.computers.exec(agent_id, "echo hi") as events:
        assert (await events.until_done()).stdout == "hi\n"

    assert len(sandbox.flapjack.calls("computer_exec")) == 2


async def test_a_client_without_a_limiter_meets_the_limit_of_the_platform(sandbox: Sandbox) -> None:
    platform = sandbox.flapjack
    async with Flapjack(platform.key, base_url=platform.base_url, limits=None, retry=None) as client:
        agent_id = await owner(client)
        opened = [await client.computers.exec(agent_id, "sleep 60").__aenter__() for _ in range(3)]
        with pytest.raises(RateLimited) as refused:
            await client.computers.exec(agent_id, "echo hi").__aenter__()
        for events in opened:
            await events.aclose()

    assert refused.value.retry_after == 1


SHY: list[Any] = [
    EnvVar(key="TOKEN", value=PASSWORD),
    AgentFromTemplateCreate(template="blank", env_vars=[EnvVar(key="TOKEN", value=PASSWORD)]),
    ComputerExecRequest(command=f"login {PASSWORD}", env={"TOKEN": PASSWORD}),
]


@pytest.mark.parametrize("struct", SHY, ids=lambda each: type(each).__name__)
def test_a_secret_is_in_no_repr(struct: Any) -> None:
    assert PASSWORD not in f"{struct!r} {struct}"


METHODS: dict[str, tuple[str, Callable[[Flapjack], Any]]] = {
    "status": ("GET /api/agents/{}/computer/status", lambda c: c.computers.status("a/b")),
    "bootstrap": (
        "GET /api/agents/{}/computer/bootstrap/stream",
        lambda c: c.computers.bootstrap("a/b").__aenter__(),
    ),
    "exec": ("POST /api/agents/{}/computer/exec", lambda c: c.computers.exec("a/b", "ls").__aenter__()),
}


@pytest.mark.parametrize("method", METHODS)
async def test_an_id_stays_one_segment(method: str) -> None:
    line, call = METHODS[method]
    async with RawServer(answer(404)) as server, Flapjack(KEY, base_url=server.url) as client:
        with pytest.raises(NotFound):
            await call(client)

    assert server.lines == [f"{line.format('a%2Fb')} HTTP/1.1"]
