"""What type checkers have to see in the blocking clients; read by them only, never run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

from flexsdk import Reply
from flexsdk.blocking import Download, Flapjack, Fleece, FlexOrch, Flextell, Pages, Platform, run
from flexsdk.blocking.flapjack import AnswerStream
from flexsdk.blocking.fleece import Agents
from flexsdk.platforms.flapjack import Answer, Event
from flexsdk.platforms.flapjack.agent_configs import MemoryConfig
from flexsdk.platforms.flapjack.computer_events import ExecResult
from flexsdk.platforms.fleece import Agent, FlowRun
from flexsdk.platforms.fleece.agents import GET
from flexsdk.platforms.flextell import Customer
from flexsdk.structs import Page


async def double(number: int) -> int:
    return number * 2


def names(agents: Agents, pages: Pages[Agent]) -> list[str]:
    return [agent.name for agent in agents.list()] + [agent.name for agent in pages]


with Fleece(plan="pro", timeout=5) as fleece:
    assert_type(fleece, Fleece)
    assert_type(fleece.with_options(timeout=3), Fleece)
    assert_type(fleece.agents.get("a", timeout=2.0), Agent)
    assert_type(fleece.agents.list(), Pages[Agent])
    assert_type(list(fleece.agents.list()), list[Agent])
    assert_type(list(fleece.agents.list().take(3)), list[Agent])
    assert_type(list(fleece.agents.list().batched(3)), list[list[Agent]])
    assert_type(list(fleece.agents.list().pages()), list[Page[Agent]])
    assert_type(fleece.agents.list().filter(lambda a: a.is_active).map(lambda a: a.name).collect(), list[str])
    assert_type(fleece.agents.list().first(), Agent | None)
    assert_type(fleece.agents.list().cursor, str | None)
    assert_type(fleece.flows.runs.wait(fleece.flows.trigger("f"), on_update=print), FlowRun)
    assert_type(list(fleece.flows.runs.as_completed([])), list[FlowRun])
    assert_type(fleece.call(GET, "a"), Agent)
    assert_type(fleece.send(GET, "a"), Reply[Agent])
    assert_type(names(fleece.agents, fleece.agents.list()), list[str])
    fleece.agents.get(3)  # type: ignore[arg-type]  # ids are texts
    fleece.agents.nothing  # type: ignore[attr-defined]  # noqa: B018 - there is no such method
    fleece.agents.list(timeoutt=3)  # type: ignore[call-arg]  # options are checked
    Fleece(session=None)  # type: ignore[call-arg]  # sessions belong to one loop

with Flapjack() as flapjack:
    assert_type(flapjack.threads.stream("t", "Hello"), AnswerStream)
    with flapjack.threads.stream("t", "Hello") as events:
        assert_type(next(events), Event)
        assert_type(events.text(), Iterator[str])
    assert_type(events.result, Answer)
    with flapjack.computers.exec("a", "ls") as output:
        assert_type(output.until_done(), ExecResult)
    assert_type(flapjack.agents.memory.get("a"), MemoryConfig)

with FlexOrch() as flexorch, Flextell() as flextell, Platform() as platform:
    assert_type(flexorch.datasets.export("d", "parquet"), Download)
    assert_type(flexorch.datasets.export("d", "parquet").save("x"), Path)
    assert_type(flextell.collection("x", dict[str, Any]).list(), Pages[dict[str, Any]])
    assert_type(flextell.with_tenant(3).customers.list(), Pages[Customer])
    assert_type(platform.base_url, str)

assert_type(run(double, 21), int)
