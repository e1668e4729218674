"""One client in many event loops, one after the other and side by side."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest
from servers import RawServer, answer
from service import KEY, READ, Item, Service


def unclosed(warned: list[warnings.WarningMessage]) -> list[str]:
    """Pick what aiohttp warns of; the sockets of a loop that ended by itself nobody can close any more."""
    return [text for each in warned if (text := str(each.message)).startswith("Unclosed")]


@pytest.fixture
def in_the_background() -> Iterator[Callable[..., RawServer]]:
    """Run a server in a loop of its own; what other tests left open is collected before."""
    gc.collect()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    servers: list[RawServer] = []

    def wait_for(coroutine: object) -> object:
        future: Future[object] = asyncio.run_coroutine_threadsafe(coroutine, loop)  # type: ignore[arg-type]
        return future.result(5)

    def start(*steps: bytes) -> RawServer:
        servers.append(RawServer(*steps))
        wait_for(servers[-1].__aenter__())
        return servers[-1]

    yield start
    for server in servers:
        wait_for(server.__aexit__())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_one_client_serves_several_runs_one_after_the_other(
    in_the_background: Callable[..., RawServer],
) -> None:
    server = in_the_background(answer())
    client = Service(KEY, base_url=server.url)

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert asyncio.run(client.call(READ, "a")) == Item()
        assert asyncio.run(client.call(READ, "b")) == Item()
        asyncio.run(client.aclose())
        gc.collect()

    assert server.connections == 2
    assert unclosed(warned) == []


def test_one_client_serves_several_threads_at_the_same_time(
    in_the_background: Callable[..., RawServer],
) -> None:
    server = in_the_background(answer())
    client = Service(KEY, base_url=server.url)
    together = threading.Barrier(4)
    values: list[object] = []

    async def work() -> None:
        for turn in range(5):
            together.wait(5)
            values.append(await client.call(READ, turn))

    threads = [threading.Thread(target=asyncio.run, args=[work()]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        asyncio.run(client.aclose())
        gc.collect()

    assert values == [Item()] * 20
    assert server.connections == 4
    assert unclosed(warned) == []


def test_closing_from_another_loop_closes_the_connections_of_a_running_one(
    in_the_background: Callable[..., RawServer],
) -> None:
    server = in_the_background(answer())
    client = Service(KEY, base_url=server.url)
    called, closed = threading.Event(), threading.Event()
    left: list[int] = []

    async def work() -> None:
        await client.call(READ, "a")
        called.set()
        await asyncio.to_thread(closed.wait, 5)
        for _ in range(200):
            if not server.open_connections:
                break
            await asyncio.sleep(0.001)
        left.append(server.open_connections)

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        thread = threading.Thread(target=asyncio.run, args=[work()])
        thread.start()
        called.wait(5)
        asyncio.run(client.aclose())
        closed.set()
        thread.join(5)
        gc.collect()

    assert left == [0]
    assert unclosed(warned) == []
