"""Browser, FastAPI on uvicorn, client, emulator: the whole way of a relayed answer."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated, Any
from weakref import ref

import pytest
from fastapi import Depends, FastAPI, Response
from fastapi_kit import browser, served
from servers import EVENT_STREAM, Peer, RawServer, Request, answer, chunk
from service import until

from flexsdk import Flapjack
from flexsdk.ext.fastapi import client, clients, install, relay
from flexsdk.sandbox import Sandbox

KEY = "fj_test_0123456789abcdef"


def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


def chat(base_url: str, key: str, made: list[Any], **settings: Any) -> FastAPI:
    """Make an application that relays answers; references to their streams are put into ``made``."""
    app = FastAPI(lifespan=clients(flapjack=lambda: Flapjack(key, base_url=base_url, **settings)))
    install(app)

    @app.get("/ask")
    async def ask(
        thread: str, question: str, flapjack: Annotated[Flapjack, Depends(client(Flapjack))]
    ) -> Response:
        stream = flapjack.threads.stream(thread, question, stop_on_exit=True, tools=[add])
        made.append(ref(stream))
        return relay(stream)

    return app


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(platforms=["flapjack"]) as sandbox:
        yield sandbox
    assert sandbox.violations == []


async def thread_of(sandbox: Sandbox) -> str:
    async with Flapjack(sandbox.flapjack.key, base_url=sandbox.flapjack.base_url) as flapjack:
        agent = await flapjack.agents.create("A")
        return (await flapjack.threads.create(agent.id)).id


async def test_the_events_of_the_platform_reach_the_browser_and_functions_run_between(
    sandbox: Sandbox,
) -> None:
    thread = await thread_of(sandbox)
    emulated = sandbox.flapjack

    async with (
        served(chat(emulated.base_url, emulated.key, [])) as url,
        browser(url, f"/ask?thread={thread}&question=add") as page,
    ):
        said = await page.sees(b"0\r\n\r\n")

    names = [line[7:] for line in said.splitlines() if line.startswith(b"event: ")]
    assert names[0] == b"meta"
    assert b"requires_action" in names
    assert names[names.index(b"requires_action") + 1 :].count(b"tool_result") == 1
    assert names[-1] == b"done"
    assert b"error" not in names


async def test_a_browser_that_leaves_cancels_the_answer_and_tells_the_platform_to_stop(
    sandbox: Sandbox,
) -> None:
    thread = await thread_of(sandbox)
    emulated = sandbox.flapjack
    emulated.options.token_delay = 0.01

    async with served(chat(emulated.base_url, emulated.key, [])) as url:
        async with browser(url, f"/ask?thread={thread}&question=slow") as page:
            await page.sees(b"event: token")
        await until(lambda: emulated.calls("threads_stop"))
        (stopped,) = emulated.calls("threads_stop")

    assert stopped.status < 300
    assert emulated.open_connections == 0


async def test_no_such_thread_is_an_answer_of_its_own(sandbox: Sandbox) -> None:
    emulated = sandbox.flapjack

    async with (
        served(chat(emulated.base_url, emulated.key, [])) as url,
        browser(url, "/ask?thread=thread_none&question=Hi") as page,
    ):
        head = await page.sees(b"\r\n\r\n")
        told = await page.sees(b"}")

    assert head.startswith(b"HTTP/1.1 404")
    assert b"application/problem+json" in head
    assert b'"upstream_status":404' in told


class _Platform:
    """Sends a token and then nothing, until the reader leaves; counts the readers and those who said stop."""

    def __init__(self) -> None:
        self.readers = 0
        self.stopped = 0

    async def __call__(self, request: Request, peer: Peer) -> None:
        if request.target.endswith("/stop"):
            self.stopped += 1
            await peer.send(answer())
            return
        self.readers += 1
        try:
            await peer.send(EVENT_STREAM + chunk(b'event: token\ndata: {"delta":"word "}\n\n'))
            await peer.until_gone()
        finally:
            self.readers -= 1


@pytest.mark.parametrize(
    "browsers", [pytest.param(100, id="100"), pytest.param(1_000, id="1000", marks=pytest.mark.slow)]
)
async def test_a_crowd_that_leaves_leaves_nothing_behind(browsers: int) -> None:
    platform = _Platform()
    made: list[Any] = []
    async with (
        RawServer(platform) as upstream,
        served(chat(upstream.url, KEY, made, max_connections=2_000)) as url,
    ):
        async with AsyncExitStack() as crowd:
            for _ in range(browsers):
                page = await crowd.enter_async_context(browser(url, "/ask?thread=t&question=Hi"))
                await page.sees(b"event: token")
            assert platform.readers == browsers

        await until(lambda: platform.readers == 0 and platform.stopped == browsers)
        await until(lambda: not [task for task in asyncio.all_tasks() if "Relayed" in repr(task)])
        gc.collect()
        assert [stream for stream in made if stream()] == []
