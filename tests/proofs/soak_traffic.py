"""Traffic of every kind over platforms where things go wrong, and what is left of it after each round.

Run as ``python soak_traffic.py SECONDS LEAK``, it writes a line of JSON for each round. It leaks so many
bytes a call on purpose.

Each round runs the same mix of work and then comes to rest. Then garbage is collected, and all that the
process holds is read: bytes that the C library has given out, blocks of Python's allocator, pages (RSS),
descriptors and tasks.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from flexsdk import Flapjack, Fleece, FlexOrch, Flextell, Platform
from flexsdk.core.call import Call, Reply
from flexsdk.core.client import Client
from flexsdk.core.retry import Retry
from flexsdk.errors import FlexError
from flexsdk.platforms.flextell import FlextellOAuth
from flexsdk.protocol import pools
from flexsdk.types import Handler

PLATFORMS = Path(__file__).with_name("soak_platforms.py")
WORKERS = 10
STEPS = 15
"""So many pieces of work a worker does in a round."""
REMEMBERED = 64
"""So many answers a limiter remembers: fewer than usual, so that its memory is full after one round."""
READS = 5
JOBS = 10
PATIENCE = 0.5
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STATM = Path("/proc/self/statm")
HASTE: dict[str, Any] = {"idle_timeout": PATIENCE, "event_timeout": PATIENCE}
LEFT: list[bytes] = []


class _Mallinfo(ctypes.Structure):
    """What glibc 2.33 and later tells of its heap, in bytes."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks"),
            *("fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


_mallinfo2 = ctypes.CDLL(None).mallinfo2
_mallinfo2.restype = _Mallinfo


def heap() -> int:
    """Give the bytes that the C library has given out and not got back."""
    told = _mallinfo2()
    return int(told.uordblks + told.hblkhd)


def _resident() -> int:
    """Give the bytes of this process that are in memory.

    A path made anew for each look would fill the interpreter's table of interned strings with its parts: that
    grew by 546,528 bytes after some 600 looks.
    """
    with _STATM.open("rb") as statm:
        return int(statm.read().split()[1]) * PAGE_BYTES


class Round(msgspec.Struct):
    """What the process holds at rest, and what it has done so far."""

    calls: int
    failures: int
    heap: int
    resident: int
    blocks: int
    descriptors: int
    tasks: int
    busy: int
    """What the clients say they hold, beside idle connections."""


class Traffic:
    """The clients, and the work that is done with them."""

    def __init__(self, places: dict[str, list[str]], leak: int) -> None:
        self._places = places
        self._leak = leak
        self.calls = 0
        self.failures: Counter[str] = Counter()
        self.clients: list[Client] = []
        self._random = random.Random(7)

    async def __aenter__(self) -> Traffic:
        self._stack = AsyncExitStack()
        self.fleece = await self._open(Fleece)
        self.flapjack = await self._open(Flapjack)
        self.flexorch = await self._open(FlexOrch)
        self.platform = await self._open(Platform)
        self.flextell = await self._open(Flextell, api_key=None, auth=await self._login())
        agents = await _until_done(lambda: self.flapjack.agents.list().collect())
        made = await _until_done(lambda: self.flapjack.threads.create(agents[0].id))
        self.thread_id: str = made.id
        self.fleece_id: str = (await _until_done(lambda: self.fleece.agents.list().collect()))[0].id
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self, kind: type[Any], **settings: Any) -> Any:
        client = await self._stack.enter_async_context(self._make(kind, **settings))
        self.clients.append(client)
        return client.with_options(timeout=PATIENCE)  # shorter than what some operations take by default

    def _make(self, kind: type[Any], **settings: Any) -> Any:
        base_url, key = self._places[kind.__name__.lower()]
        usual = {"api_key": key, "base_url": base_url, "timeout": PATIENCE, "middlewares": [self._count]}
        return kind(**usual | {"retry": Retry(base=0.005, cap=0.02)} | settings)

    async def _count(self, call: Call, forward: Handler) -> Reply[Any]:
        self.calls += 1
        if self._leak:
            LEFT.append(bytes(self._leak))
        return await forward(call)

    async def _login(self) -> FlextellOAuth:
        id_, secret, back = self._places["login"]
        oauth = FlextellOAuth(
            redirect_uri=back, base_url=self._places["flextell"][0], client_id=id_, client_secret=secret
        )
        login = oauth.authorization_url()

        async def agree() -> None:
            async with (
                aiohttp.ClientSession() as browser,
                browser.get(login.url, allow_redirects=False) as answer,
            ):
                await oauth.exchange(answer.headers["Location"], login.state, login.verifier)

        await _until_done(agree)
        return oauth

    # Work.

    async def read(self) -> None:
        for _ in range(READS):
            await self.fleece.agents.get(self.fleece_id)

    async def ask(self) -> None:
        await self.fleece.agents.execute(self.fleece_id, "Sort the inbox")

    async def miss(self) -> None:
        await self.platform.resources.get("res_none")

    async def hear(self) -> None:
        async with self.flapjack.threads.stream(self.thread_id, "custom order", **HASTE) as events:
            await events.until_done()

    async def leave(self) -> None:
        async with self.flapjack.threads.stream(self.thread_id, "slow", **HASTE) as events:
            await anext(events)

    async def walk(self) -> None:
        await self.platform.resources.list(limit=2).collect(limit=5)

    async def walk_ahead(self) -> None:
        async with self.platform.resources.list(limit=1).ahead(2) as pages:
            await anext(pages)

    async def make(self) -> None:
        made: Any = await self.platform.resources.create("Soak", metadata={"a": "b"})
        await self.platform.resources.delete(made.id)

    async def download(self) -> None:
        await self.flexorch.audit.export(deadline=PATIENCE).read()

    async def sign_in(self) -> None:
        await self.flextell.with_tenant(42).rooms.list(limit=1).first()

    async def cancel(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.002):
                await self.fleece.with_options(headers={"X-Soak": "1"}).agents.list().collect()

    async def open_and_close(self) -> None:
        async with self._make(Fleece) as client:
            await client.agents.get(self.fleece_id)

    async def wait_for_jobs(self) -> None:
        jobs = [await self.platform.resources.create("Job", metadata={"sandbox": "job"}) for _ in range(JOBS)]
        async for _ in self.platform.jobs.as_completed([job.job_id for job in jobs], timeout=2.5):
            pass

    # Rounds.

    async def _try(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except FlexError as error:
            self.failures[type(error).__name__] += 1

    async def _run_worker(self) -> None:
        mix = [
            *[self.read, self.ask, self.miss, self.hear, self.leave, self.walk, self.walk_ahead],
            *[self.make, self.download, self.sign_in, self.cancel, self.open_and_close],
        ]
        for _ in range(STEPS):
            await self._try(self._random.choice(mix))

    async def run_round(self) -> Round:
        await asyncio.gather(self._try(self.wait_for_jobs), *(self._run_worker() for _ in range(WORKERS)))
        return await self._at_rest()

    async def _at_rest(self) -> Round:
        for _ in range(100):
            if not self._busy() and len(asyncio.all_tasks()) == 1:
                break
            await asyncio.sleep(0.01)
        return self._look()

    def _look(self) -> Round:
        gc.collect()
        idle = sum(each.stats().connections for each in self.clients)
        return Round(
            calls=self.calls,
            failures=self.failures.total(),
            heap=heap(),
            resident=_resident(),
            blocks=sys.getallocatedblocks(),
            descriptors=len(os.listdir("/proc/self/fd")) - idle,  # noqa: PTH208 - counted only
            tasks=len(asyncio.all_tasks()),
            busy=self._busy(),
        )

    def _busy(self) -> int:
        counts = [each.stats() for each in self.clients]
        return sum(
            each.connections_in_use
            + each.under_way
            + each.waiting_for_slot
            + each.waiting_for_limit
            + each.tasks
            for each in counts
        )


async def _until_done(work: Callable[[], Awaitable[Any]]) -> Any:
    """Repeat what prepares the traffic, in spite of the faults."""
    for _ in range(20):
        with suppress(FlexError, KeyError):
            return await work()
    raise RuntimeError("the platforms fail too often")


async def run(places: dict[str, list[str]], seconds: float, leak: int) -> None:
    ends = time.monotonic() + seconds
    async with Traffic(places, leak) as traffic:
        while time.monotonic() < ends:
            sys.stdout.write(msgspec.json.encode(await traffic.run_round()).decode() + "\n")
            sys.stdout.flush()
    sys.stderr.write(f"{dict(traffic.failures)}\n")


def main(seconds: float, leak: int) -> None:
    pools._REMEMBERED = REMEMBERED
    with subprocess.Popen(
        [sys.executable, str(PLATFORMS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as platforms:
        assert platforms.stdin is not None
        assert platforms.stdout is not None
        asyncio.run(run(json.loads(platforms.stdout.readline()), seconds, leak))
        platforms.stdin.close()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
