"""What is done with the five platforms while the net is bad, and how each answer is known to be right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform
from flexsdk.core.body import Upload
from flexsdk.core.client import Client
from flexsdk.platforms.flapjack.computer_events import ExecStdout
from flexsdk.platforms.flapjack.events import Token
from flexsdk.platforms.platform import JobAccepted, Resource
from flexsdk.sandbox import Sandbox

CLIENTS: dict[str, type[Client]] = {
    "flapjack": Flapjack,
    "flexorch": FlexOrch,
    "fleece": Fleece,
    "flextell": Flextell,
    "platform": Platform,
}
TENANT = 42
FILE_BYTES = 150_000
RUN_SECONDS = 0.05

Pairs = AsyncIterator[tuple[object, object]]
"""What came, beside what should have come."""


@dataclass
class World:
    """The sandbox, a client of each platform that no fault stands before, and what these have found."""

    sandbox: Sandbox
    folder: Path
    clean: dict[str, Any]
    names: dict[str, dict[Any, str]] = field(default_factory=dict)
    """For each platform the ids of some objects and their names."""
    datasets: list[str] = field(default_factory=list)
    export: bytes = b""
    computer: str = ""
    runner: str = ""
    documents: list[str] = field(default_factory=list)
    catalogue: list[str] = field(default_factory=list)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Start the sandbox, and furnish it with what the actions read."""
    sandbox = Sandbox(run_seconds=RUN_SECONDS, limits={name: [] for name in CLIENTS})
    async with sandbox, AsyncExitStack() as stack:
        clean = {}
        for name in CLIENTS:
            emulator = getattr(sandbox, name)
            clean[name] = await stack.enter_async_context(client_of(name, emulator.key, emulator.base_url))
        made = World(sandbox, folder, clean)
        await asyncio.gather(
            *(furnish(made) for furnish in (_flapjack, _flexorch, _fleece, _flextell, _platform))
        )
        yield made
    assert sandbox.violations == []


def client_of(platform: str, key: str, base_url: str, **settings: Any) -> Any:
    """Make a client; of Flextell one for a tenant."""
    client = CLIENTS[platform](key, base_url=base_url, **settings)
    return client.with_tenant(TENANT) if isinstance(client, Flextell) else client


async def _flapjack(world: World) -> None:
    client: Flapjack = world.clean["flapjack"]
    world.names["flapjack"] = {agent.id: agent.name async for agent in client.agents.list()}
    agent = next(iter(world.names["flapjack"]))
    world.computer = next(id_ for id_, name in world.names["flapjack"].items() if name == "Code Reviewer")
    world.runner = (await client.runners.create("Desk")).id
    await client.runners.steps.create(world.runner, "agent", "Sort", agent_id=agent)
    world.catalogue = [skill.name async for skill in client.skills.browse(limit=2)]


async def _flexorch(world: World) -> None:
    client: FlexOrch = world.clean["flexorch"]
    files = [Upload(f"Invoice {number}\nTotal 30 EUR".encode(), name=f"{number}.txt") for number in range(3)]
    runs = await client.jobs.wait_all((await client.documents.process(*files)).jobs)
    world.documents = [str(run.document_id) for run in runs]
    builds = [await client.datasets.build_from_execution(runs[0], name=f"set {each}") for each in range(5)]
    await client.jobs.wait_all(builds)
    world.names["flexorch"] = {each.id: each.name async for each in client.datasets.list()}
    world.datasets = list(world.names["flexorch"])
    world.export = await client.datasets.export(world.datasets[0], "json").read()


async def _fleece(world: World) -> None:
    world.names["fleece"] = {agent.id: agent.name async for agent in world.clean["fleece"].agents.list()}


async def _flextell(world: World) -> None:
    customers = world.clean["flextell"].customers.list(limit=100)
    world.names["flextell"] = {each.id: each.email async for each in customers}


async def _platform(world: World) -> None:
    client: Platform = world.clean["platform"]
    for number in range(5):
        made = await client.resources.create(f"old {number}")
        assert isinstance(made, Resource)
        await client.resources.update(made.id, status="archived")
    world.names["platform"] = {each.id: each.name async for each in client.resources.list(status="archived")}


# --- calls


async def _gets(world: World, platform: str, get: Callable[[Any], Any], name: Callable[[Any], Any]) -> Pairs:
    """Read some objects one after the other: an answer to another question shows in its id."""
    for id_, known in list(world.names[platform].items())[:4]:
        found = await get(id_)
        yield (found.id, name(found)), (id_, known)


def flapjack_gets(world: World, client: Flapjack, tag: str) -> Pairs:
    return _gets(world, "flapjack", client.agents.get, lambda agent: agent.name)


def flexorch_gets(world: World, client: FlexOrch, tag: str) -> Pairs:
    return _gets(world, "flexorch", client.datasets.get, lambda dataset: dataset.name)


def fleece_gets(world: World, client: Fleece, tag: str) -> Pairs:
    return _gets(world, "fleece", client.agents.get, lambda agent: agent.name)


def flextell_gets(world: World, client: Flextell, tag: str) -> Pairs:
    return _gets(world, "flextell", client.customers.get, lambda customer: customer.email)


def platform_gets(world: World, client: Platform, tag: str) -> Pairs:
    return _gets(world, "platform", client.resources.get, lambda resource: resource.name)


async def flapjack_create(world: World, client: Flapjack, tag: str) -> Pairs:
    agent = next(iter(world.names["flapjack"]))
    thread = await client.threads.create(agent, title=tag)
    yield (thread.agent_id, thread.title), (agent, tag)


async def flexorch_reprocess(world: World, client: FlexOrch, tag: str) -> Pairs:
    handle = await client.documents.reprocess(world.documents[2])
    job = await world.clean["flexorch"].jobs.get(handle.id)
    yield job.document_id, world.documents[2]


async def fleece_execute(world: World, client: Fleece, tag: str) -> Pairs:
    agent = next(iter(world.names["fleece"]))
    done = await client.agents.execute(agent, tag)
    yield (done.agent_id, tag in (done.result or "")), (agent, True)


async def flextell_send(world: World, client: Flextell, tag: str) -> Pairs:
    ack = await client.conversations.messages.send(1, tag)
    sent = world.clean["flextell"].conversations.messages.list(1)
    yield {each.id: each.message async for each in sent}.get(ack.message_id), tag


async def platform_create(world: World, client: Platform, tag: str) -> Pairs:
    made = await client.resources.create(tag)
    assert isinstance(made, Resource)
    yield (await world.clean["platform"].resources.get(made.id)).name, tag


async def platform_update(world: World, client: Platform, tag: str) -> Pairs:
    """A write that may be repeated."""
    id_ = next(iter(world.names["platform"]))
    changed = await client.resources.update(id_, description=tag)
    yield (changed.id, changed.description), (id_, tag)


# --- streams


async def flapjack_stream(world: World, client: Flapjack, tag: str) -> Pairs:
    """Listen to an answer; the same question has the same answer where nothing is in the way."""
    clean: Flapjack = world.clean["flapjack"]
    agent = next(iter(world.names["flapjack"]))
    async with clean.threads.stream((await clean.threads.create(agent)).id, tag) as events:
        known = (await events.until_done()).text
    text = ""
    async with client.threads.stream((await clean.threads.create(agent)).id, tag) as events:
        async for event in events:
            text += event.delta if isinstance(event, Token) else ""
            yield (events.result.text, known.startswith(text)), (text, True)
    yield (events.result.outcome, text), ("complete", known)


async def flapjack_exec(world: World, client: Flapjack, tag: str) -> Pairs:
    lines = []
    async with client.computers.exec(world.computer, f"echo {tag}; seq 5") as events:
        async for event in events:
            lines += [event.chunk] if isinstance(event, ExecStdout) else []
    yield (events.result.exit_code, "".join(lines)), (0, f"{tag}\n1\n2\n3\n4\n5\n")


# --- pages


async def _walk(pages: Any, key: Callable[[Any], Any], known: list[Any]) -> Pairs:
    """Walk over a list: each item has to be the next one, and none may be missing."""
    number = 0
    async for item in pages:
        yield key(item), known[number] if number < len(known) else None
        number += 1
    yield number, len(known)


def flapjack_pages(world: World, client: Flapjack, tag: str) -> Pairs:
    return _walk(client.skills.browse(limit=2), lambda skill: skill.name, world.catalogue)


def flexorch_pages(world: World, client: FlexOrch, tag: str) -> Pairs:
    return _walk(client.datasets.list(page_size=2), lambda dataset: dataset.id, world.datasets)


def fleece_pages(world: World, client: Fleece, tag: str) -> Pairs:
    return _walk(client.agents.list(), lambda agent: agent.id, list(world.names["fleece"]))


def flextell_pages(world: World, client: Flextell, tag: str) -> Pairs:
    return _walk(client.customers.list(limit=15), lambda each: each.id, list(world.names["flextell"]))


def platform_pages(world: World, client: Platform, tag: str) -> Pairs:
    archived = client.resources.list(status="archived", limit=2)
    return _walk(archived, lambda resource: resource.id, list(world.names["platform"]))


# --- jobs


async def flapjack_job(world: World, client: Flapjack, tag: str) -> Pairs:
    run = await client.runners.runs.create(world.runner)
    done = await client.runners.runs.wait(run)
    yield (done.id, done.status), (run.id, "completed")


async def flexorch_jobs(world: World, client: FlexOrch, tag: str) -> Pairs:
    files = [Upload(f"{tag} {number}".encode(), name=f"{tag}-{number}.txt") for number in range(3)]
    upload = await client.documents.process(*files)
    ended = [job async for job in client.jobs.as_completed(upload.jobs)]
    yield {job.id for job in ended}, {job.id for job in upload.jobs}
    yield {job.status for job in ended}, {"completed"}


async def fleece_job(world: World, client: Fleece, tag: str) -> Pairs:
    flow = await world.clean["fleece"].flows.list().first()
    assert flow is not None
    run = await client.flows.trigger(flow.id)
    done = await client.flows.runs.wait(run)
    yield (done.id, done.status), (run.id, "completed")


async def platform_job(world: World, client: Platform, tag: str) -> Pairs:
    accepted = await client.resources.create(tag, metadata={"sandbox": "job"})
    assert isinstance(accepted, JobAccepted)
    done = await client.jobs.wait(accepted.job_id)
    yield (done.id, done.status), (accepted.job_id, "completed")


# --- uploads and downloads


def _file(tag: str) -> Upload:
    return Upload(f"{tag} ".encode() * (FILE_BYTES // (len(tag) + 1)), name=f"{tag}.txt")


async def flapjack_upload(world: World, client: Flapjack, tag: str) -> Pairs:
    agent = next(iter(world.names["flapjack"]))
    stored = await client.knowledge.upload(_file(tag), agent_id=agent, title=tag)
    known = {each.id: each.title async for each in world.clean["flapjack"].knowledge.list(agent_id=agent)}
    yield (stored.title, known.get(stored.id)), (tag, tag)


async def flexorch_upload(world: World, client: FlexOrch, tag: str) -> Pairs:
    upload = await client.documents.process(_file(tag))
    yield ([job.filename for job in upload.jobs], upload.rejected), ([f"{tag}.txt"], [])


async def flextell_upload(world: World, client: Flextell, tag: str) -> Pairs:
    file = _file(tag)
    stored = await client.files.upload(file, "other", description=tag)
    yield (stored.description, stored.size), (tag, file.size)


async def flexorch_read(world: World, client: FlexOrch, tag: str) -> Pairs:
    yield await client.datasets.export(world.datasets[0], "json").read(), world.export


async def flexorch_save(world: World, client: FlexOrch, tag: str) -> Pairs:
    path = await client.datasets.export(world.datasets[0], "json").save(world.folder / f"{tag}.json")
    yield path.read_bytes(), world.export


@dataclass(frozen=True)
class Action:
    """Something to do, in a platform's words.

    ``once`` are the operations that must not arrive twice; an action without any is safe to repeat.
    ``asks_again`` tells whether it is repeated by itself when its answer breaks while it is read.
    """

    act: Callable[[World, Any, str], Pairs]
    once: tuple[str, ...] = ()
    asks_again: bool = True

    @property
    def platform(self) -> str:
        return self.act.__name__.partition("_")[0]

    @property
    def name(self) -> str:
        return self.act.__name__


ACTIONS = [
    Action(flapjack_gets),
    Action(flexorch_gets),
    Action(fleece_gets),
    Action(flextell_gets),
    Action(platform_gets),
    Action(flapjack_create, ("threads_create",)),
    Action(flexorch_reprocess, ("documents_reprocess",)),
    Action(fleece_execute, ("agents_execute",)),
    Action(flextell_send, ("conversations_messages_send",)),
    Action(platform_create),
    Action(platform_update),
    Action(flapjack_stream, ("threads_send_message",)),
    Action(flapjack_exec, ("computer_exec",)),
    Action(flapjack_pages),
    Action(flexorch_pages),
    Action(fleece_pages),
    Action(flextell_pages),
    Action(platform_pages),
    Action(flapjack_job, ("runners_runs_create",)),
    Action(flexorch_jobs, ("documents_process",)),
    Action(fleece_job, ("flows_trigger",)),
    Action(platform_job),
    Action(flapjack_upload, ("knowledge_upload",)),
    Action(flexorch_upload, ("documents_process",)),
    Action(flextell_upload, ("files_upload",)),
    Action(flexorch_read, asks_again=False),
    Action(flexorch_save),
]
