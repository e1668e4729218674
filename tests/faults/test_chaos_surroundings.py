"""What is around the client: names, queues, pools, other loops, forks, and proxies of the environment."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from faults.chaos import full_backlog
from faults.loads import CALLERS
from file_kit import FileServer, file_of
from servers import Peer, RawServer, Request, answer
from service import KEY, READ, WRITE, Item, Service, until

from flexsdk.core.retry import Retry
from flexsdk.errors import ConnectFailed, Timeout

FORKER = Path(__file__).with_name("forker.py")
SOON = 0.15
ENOUGH = 1.0
"""Seconds in which all tasks have come to wait."""
TASKS = 500


async def named(request: Request, peer: Peer) -> None:
    """Answer with the id that was asked for, after some turns of the loop."""
    for _ in range(3):
        await asyncio.sleep(0)
    await peer.send(answer(200, b'{"id":"%b"}' % request.target.rpartition("/")[2].encode()))


# --- names


class Names(AbstractResolver):
    """Gives these addresses for any name, after so many failures; without addresses it never answers."""

    def __init__(self, *addresses: str, failures: int = 0) -> None:
        self._addresses = addresses
        self.failures = failures

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if self.failures:
            self.failures -= 1
            raise OSError(None, "Temporary failure in name resolution")
        if not self._addresses:
            await asyncio.Event().wait()
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in self._addresses
        ]

    async def close(self) -> None:
        pass


async def call_by_name(names: Names, server: RawServer, **options: Any) -> Item:
    """Write, so that whatever arrives twice shows."""
    connector = aiohttp.TCPConnector(resolver=names)
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"http://localhost:{server.port}"
        client = Service(KEY, base_url=url, session=session, limits=None, retry=Retry(base=0.001, cap=0.001))
        return await client.call(WRITE, body={"id": "a"}, **options)


async def test_a_name_that_is_found_at_the_second_try_costs_no_write() -> None:
    async with RawServer(answer(200, b'{"id":"a"}')) as server:
        assert await call_by_name(Names("127.0.0.1", failures=2), server) == Item(id="a")

    assert len(server.requests) == 1


async def test_a_name_that_is_not_found_is_a_failed_connection() -> None:
    names = Names("127.0.0.1", failures=100)
    async with RawServer(answer()) as server:
        with pytest.raises(ConnectFailed) as raised:
            await call_by_name(names, server)

    assert len(raised.value.attempts) == 4
    assert server.requests == []


async def test_a_resolver_that_never_answers_does_not_hold_a_call() -> None:
    async with RawServer(answer()) as server:
        with pytest.raises(Timeout) as raised:
            await call_by_name(Names(), server, deadline=SOON)

    assert raised.value.phase == "deadline"


async def test_a_dead_address_of_a_name_is_passed_over() -> None:
    async with RawServer(answer(200, b'{"id":"a"}')) as server:
        assert await call_by_name(Names("127.0.0.2", "127.0.0.1"), server, attempts=1) == Item(id="a")


# --- queues and pools


@pytest.mark.parametrize("op", [READ, WRITE], ids=["read", "write"])
async def test_a_full_queue_of_a_server_ends_calls_at_their_deadline(op: Any) -> None:
    ids = ("a",) if op is READ else ()
    async with full_backlog() as port, Service(KEY, base_url=f"http://127.0.0.1:{port}") as client:
        calls = [client.call(op, *ids, deadline=SOON) for _ in range(CALLERS)]
        ended = await asyncio.gather(*calls, return_exceptions=True)

        assert {type(each) for each in ended} == {Timeout}
        assert client.stats().under_way == 0


async def test_two_connections_serve_five_hundred_tasks() -> None:
    async with (
        RawServer(named) as server,
        Service(KEY, base_url=server.url, limits=None, max_connections=2) as client,
    ):
        found = await asyncio.gather(*(client.call(READ, str(number)) for number in range(TASKS)))

    assert [item.id for item in found] == [str(number) for number in range(TASKS)]
    assert server.connections == 2


async def test_whoever_gets_no_connection_in_time_says_so_and_the_others_go_on() -> None:
    """Everybody gives up while the server is silent: by deadline, or by being cancelled."""
    speak = asyncio.Event()

    async def patient(request: Request, peer: Peer) -> None:
        await speak.wait()
        await named(request, peer)

    async with (
        RawServer(patient) as server,
        Service(KEY, base_url=server.url, limits=None, retry=None, max_connections=2) as client,
    ):
        waiting = [
            asyncio.ensure_future(client.call(READ, str(number), deadline=ENOUGH)) for number in range(TASKS)
        ]
        await until(lambda: client.stats().waiting_for_slot == TASKS - 2)
        for task in waiting[::5]:
            task.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        speak.set()

        assert (await client.call(READ, "a")).id == "a"
        assert (client.stats().under_way, client.stats().waiting_for_slot) == (0, 0)

    phases = [each.phase for each in ended if isinstance(each, Timeout)]
    assert sum(isinstance(each, asyncio.CancelledError) for each in ended) == TASKS // 5
    assert len(phases) == TASKS - TASKS // 5
    assert set(phases) == {"queue", "deadline"}


# --- loops and processes


class ServerThread:
    """A server on a loop and in a thread of its own, for tests that run loops themselves."""

    def __enter__(self) -> str:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = RawServer(named)
        self._run(self._server.__aenter__())
        return self._server.url

    def __exit__(self, *_: object) -> None:
        self._run(self._server.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


async def ask(client: Service, name: str) -> list[str]:
    found = await asyncio.gather(*(client.call(READ, f"{name}-{number}") for number in range(CALLERS)))
    return [item.id for item in found]


def test_a_client_serves_one_loop_after_the_other() -> None:
    with ServerThread() as url:
        client = Service(KEY, base_url=url, limits=None, max_connections=3)
        for loop in ("one", "two", "three"):
            assert asyncio.run(ask(client, loop)) == [f"{loop}-{number}" for number in range(CALLERS)]
        asyncio.run(client.aclose())


def test_a_client_serves_several_loops_at_the_same_time() -> None:
    found: dict[str, list[str]] = {}
    with ServerThread() as url:
        client = Service(KEY, base_url=url, limits=None, max_connections=3)

        def work(name: str) -> None:
            found[name] = asyncio.run(ask(client, name))

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asyncio.run(client.aclose())

    assert found == {name: [f"{name}-{number}" for number in range(CALLERS)] for name in "abcd"}


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there is no fork here")
@pytest.mark.parametrize("when", ["between loops", "in a running loop"])
async def test_a_client_serves_both_sides_of_a_fork(when: str) -> None:
    async with RawServer(named) as server:
        ended = await asyncio.to_thread(
            subprocess.run, [sys.executable, str(FORKER), server.url, when], capture_output=True, timeout=60
        )

    assert (ended.stderr, ended.stdout) == (b"", b"child right, parent right\n")


# --- proxies of the environment


async def read(client: Service) -> None:
    await client.call(READ, "a")


async def download(client: Service) -> None:
    await file_of(client).read()


@pytest.mark.parametrize("work", [read, download])
@pytest.mark.parametrize("asked_for", [False, True], ids=["not asked for", "asked for"])
async def test_proxies_of_the_environment_serve_only_who_asks_for_them(
    work: Callable[[Service], Awaitable[None]], asked_for: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = RawServer(FileServer(b"{}")), RawServer(answer())
    async with server, proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        async with aiohttp.ClientSession(trust_env=True) as session:
            settings = {"session": session} if asked_for else {}
            async with Service(KEY, base_url=server.url, limits=None, **settings) as client:
                await work(client)

    assert (len(server.requests), len(proxy.requests)) == ((0, 1) if asked_for else (1, 0))
