"""The scenes: each uses the SDK as a program would, checks what it promises, and gives its facts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from flexsdk.cli.demo.stage import Stage, check
from flexsdk.platforms.flapjack import Token, ToolCall, ToolResult
from flexsdk.platforms.fleece import FlowRun
from flexsdk.sandbox import Fault

__all__ = ["SCENES", "Scene"]

Scene = tuple[str, str, Callable[[Stage], Awaitable[str]]]
"""Title, the call that is shown, and the scene."""

QUESTION = "Where is my order A-1001?"


async def conversation(stage: Stage) -> str:
    """Stream an answer, with the tools that the agent calls in between."""
    flapjack, pane = stage.flapjack, stage.pane
    agents = {agent.name: agent async for agent in flapjack.agents.list()}
    thread = await flapjack.threads.create(agents["Order Desk"].id)
    pane.say("you", QUESTION)
    pieces: list[str] = []
    tools: list[str] = []
    async with flapjack.threads.stream(thread.id, QUESTION) as events:
        async for event in events:
            match event:
                case Token(delta=delta):
                    pieces.append(delta)
                    pane.say("agent", delta)
                case ToolCall(tool=tool):
                    pane.say("tool", f"{tool.name} {tool.arguments}")
                case ToolResult(tool_name=name, result=result):
                    tools.append(name)
                    pane.say("tool", f" -> {json.dumps(result)}")
    answer = events.result
    check(answer.outcome == "complete", "the answer is complete")
    check("".join(pieces) == answer.text, "the pieces make up the platform's own text")
    check(tools == ["orders__lookup"], "the agent looked the order up")
    return f"{len(pieces)} tokens as they came, {len(tools)} tool call, and the whole text is exact"


async def agents(stage: Stage) -> str:
    """Walk over a list; pages are fetched as they are needed."""
    found = stage.fleece.agents.list()
    rows = [(agent.name, agent.type, agent.model or "", agent.total_tasks_completed) async for agent in found]
    stage.pane.table(("agent", "type", "model", "tasks"), rows)
    pages = len(stage.sandbox.fleece.calls("agents_list"))
    check(bool(rows) and len(set(rows)) == len(rows), "every agent is listed once")
    return f"{len(rows)} agents with {pages} request; Fleece sends one page"


async def flow(stage: Stage) -> str:
    """Start work that takes its time, and wait for it."""
    flows, pane = stage.fleece.flows, stage.pane
    ready = [flow async for flow in flows.list() if flow.status == "active" and flow.mode == "auto"]
    run = await flows.trigger(ready[0].id)

    def show(run: FlowRun) -> None:
        pane.status(f"{ready[0].title}, run {run.id[:8]}: {run.status}")

    show(run)
    run = await flows.runs.wait(run, timeout=15.0, on_update=show)
    check(run.status == "completed", "the run completed")
    return f"the run {run.status}, {run.tokens_used} tokens used: {run.result_summary}"


async def rate_limit(stage: Stage) -> str:
    """Make many calls at once; the client's limiter holds them to what the platform allows."""
    fleece, pace, done = stage.fleece, stage.pace, 0
    agent = await anext(fleece.agents.list())

    async def read() -> None:
        nonlocal done
        await fleece.agents.get(agent.id)
        done += 1
        allowed = f"{pace.allowed} allowed in {pace.window:g} s"
        stage.pane.bar(done, pace.calls, f"calls, {allowed}, {_refused(stage)} refused")

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(pace.calls):
            group.create_task(read())
    seconds = time.monotonic() - began
    refused = _refused(stage)
    check(refused == 0, f"the platform refused nothing; it refused {refused}")
    return f"{done} calls in {seconds:.1f} s, {refused} refused"


def _refused(stage: Stage) -> int:
    """Count the refusals of the platform, as the platform itself has recorded them."""
    return sum(record.status == 429 for record in stage.sandbox.fleece.requests)


async def retry(stage: Stage) -> str:
    """Make a call that fails once; the wait that the platform asks for is kept."""
    fault = Fault.status(503, retry_after=stage.pace.retry_after)
    stage.sandbox.fleece.faults.add(fault, operation="flows_get", requests=[1])
    first = await anext(stage.fleece.flows.list())
    flow = await stage.fleece.flows.get(first.id)
    requests = stage.sandbox.fleece.calls("flows_get")
    statuses = [record.status for record in requests]
    check(statuses == [503, 200], f"one failure, one success; it was {statuses}")
    seconds = requests[1].started - requests[0].started
    check(seconds >= stage.pace.retry_after, f"it came again after {seconds:.2f} s, not too early")
    check(flow.id == first.id, "the answer is the one asked for")
    return f"503, then 200 after {seconds:.1f} s; the caller saw the answer only"


async def summary(stage: Stage) -> str:
    """Show what the hooks have counted, and hold it against what the platforms have seen."""
    tally = stage.tally
    stage.pane.table(("counted by hooks", "times", ""), list(tally.rows()))
    seen = len(stage.sandbox.flapjack.requests) + len(stage.sandbox.fleece.requests)
    check(not stage.sandbox.violations, "every answer kept the contract of its platform")
    check(tally.attempts == seen, f"{tally.attempts} attempts counted, {seen} requests seen by the platforms")
    return f"the platforms have seen {seen} requests, too"


SCENES: tuple[Scene, ...] = (
    ("A conversation", "flapjack.threads.stream(id, text)", conversation),
    ("A list", "fleece.agents.list()", agents),
    ("Work that takes time", "fleece.flows.runs.wait(run)", flow),
    ("A rate limit, kept", "Fleece(limits=RateLimit(...))", rate_limit),
    ("A failure, repeated", "fleece.flows.get(id)", retry),
    ("Summary", "Fleece(hooks=[tally])", summary),
)
