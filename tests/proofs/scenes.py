"""The states in which work is struck: each a client, a server, and something to do with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from file_kit import CONTENT, FileServer, file_of
from servers import EVENT_STREAM, LAST_CHUNK, Peer, RawServer, Request, answer, chunk
from service import END, KEY, READ, SAY, FakeClock, Item, Service, word

from flexsdk.core.body import Multipart, Upload
from flexsdk.core.call import Call, Reply
from flexsdk.core.clock import SystemClock
from flexsdk.core.limits import AT_ONCE, RateLimit, Window
from flexsdk.core.oauth import OAuth2
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.retry import Retry
from flexsdk.core.tokens import MemoryStore, Token
from flexsdk.protocol.cursor import CURSOR
from flexsdk.protocol.retry import Budget
from flexsdk.structs import Page
from flexsdk.types import Handler

RESERVE = 10.0
TURNS = 6
"""So many turns of the loop, the server takes over an answer."""

Work = Callable[[], Coroutine[Any, Any, Any]]
Leftovers = Callable[[], list[str]]


class HastyClock(FakeClock):
    """Each sleep takes one turn of the loop; one that is cancelled takes no time."""

    async def sleep(self, seconds: float) -> None:
        ends = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, ends)


@dataclass
class Scene:
    """Something to do, ready to begin."""

    client: Service
    server: RawServer
    work: Work
    beside: Work | None = None
    """What others do in the meantime; never struck."""
    leftovers: Leftovers = list
    budget: Budget = field(default_factory=lambda: Budget(ratio=0.0, reserve=RESERVE))
    repeats: int = 0

    def missing_repeats(self) -> float:
        """How many repeats more than were begun have been taken out of the budget."""
        return RESERVE - self.budget._saved - self.repeats


Open = Callable[[Path], AbstractAsyncContextManager[Scene]]


class Items(msgspec.Struct, frozen=True):
    items: list[str]
    next: str | None = None


LIST: Op[Items] = Op("list", "GET", "/list", Items)
SAVE = Op("save", "POST", "/files", Item)


class Platform:
    """Answers whatever the scenes ask for, after some turns of the loop; ``busy`` is so for two requests."""

    def __init__(self) -> None:
        self._refusals = 2

    async def __call__(self, request: Request, peer: Peer) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        path = request.target.partition("?")[0]
        if path == "/say":
            await _speak(peer)
        elif path.startswith("/files/"):
            await FileServer(CONTENT[:300_000])(request, peer)
        elif path == "/items/busy" and self._refusals:
            self._refusals -= 1
            await peer.send(answer(503))
        else:
            await peer.send(_answer(path, request.target))


def _answer(path: str, target: str) -> bytes:
    if path == "/token":
        return answer(200, b'{"access_token":"flc_test_new","expires_in":3600,"refresh_token":"flc_test_r2"}')
    if path == "/list":
        following = {"/list": '"2"', "/list?cursor=2": '"3"'}.get(target, "null")
        return answer(200, f'{{"items":["{target}","b"],"next":{following}}}'.encode())
    return answer(200, b'{"id":"a"}')


async def _speak(peer: Peer) -> None:
    await peer.send(EVENT_STREAM)
    for text in "abc":
        await asyncio.sleep(0)
        await peer.send(chunk(word(text)))
    await peer.send(chunk(END) + LAST_CHUNK)


@asynccontextmanager
async def _scene(
    work: Callable[[Service], Coroutine[Any, Any, Any]],
    *,
    auth: Callable[[RawServer], OAuth2] | None = None,
    **settings: Any,
) -> AsyncIterator[Scene]:
    async with RawServer(Platform()) as server:
        budget = Budget(ratio=0.0, reserve=RESERVE)
        usual: dict[str, Any] = {"clock": HastyClock(), "limits": None, **settings}
        usual |= {"api_key": KEY} if auth is None else {"auth": auth(server)}
        retry = Retry(rng=lambda: 0.5, budget=budget)
        scene: Scene

        async def count(call: Call, forward: Handler) -> Reply[Any]:
            scene.repeats += call.attempt > 1
            return await forward(call)

        client = Service(base_url=server.url, retry=retry, attempt_middlewares=[count], **usual)
        async with client:
            scene = Scene(client, server, lambda: work(client), budget=budget)
            yield scene


def _read(client: Service) -> Coroutine[Any, Any, Any]:
    return client.call(READ, "a")


async def _listen(client: Service) -> None:
    async with client.stream(SAY, idle_timeout=2, event_timeout=2) as events:
        async for _ in events:
            pass


@asynccontextmanager
async def fresh(_: Path) -> AsyncIterator[Scene]:
    async with _scene(_read) as scene:
        yield scene


@asynccontextmanager
async def warm(_: Path) -> AsyncIterator[Scene]:
    async with _scene(_read) as scene:
        await scene.client.call(READ, "a")
        yield scene


@asynccontextmanager
async def contended(_: Path) -> AsyncIterator[Scene]:
    """One slot, which somebody else has and hands over."""
    async with _scene(_read, max_connections=1) as scene:
        await scene.client.call(READ, "a")
        scene.beside = lambda: scene.client.call(READ, "a")
        yield scene


@asynccontextmanager
async def backoff(_: Path) -> AsyncIterator[Scene]:
    async with _scene(lambda client: client.call(READ, "busy", attempts=3)) as scene:
        yield scene


@asynccontextmanager
async def limiter(_: Path) -> AsyncIterator[Scene]:
    """The minute's only place is taken."""
    async with _scene(_read, limits=RateLimit(Window(1, 60.0), max_wait=600)) as scene:
        await scene.client.call(READ, "a")
        yield scene


@asynccontextmanager
async def one_at_a_time(_: Path) -> AsyncIterator[Scene]:
    """The limiter lets one request through at a time, and somebody else's is under way."""
    async with _scene(_read, limits=RateLimit(Window(1, AT_ONCE)), clock=SystemClock()) as scene:
        await scene.client.call(READ, "a")
        scene.beside = lambda: scene.client.call(READ, "a")
        yield scene


@asynccontextmanager
async def refresh(_: Path) -> AsyncIterator[Scene]:
    clock = HastyClock()

    def auth(server: RawServer) -> OAuth2:
        old = Token(access="flc_test_old", refresh="flc_test_r1", expires_at=clock.time() - 1)
        return OAuth2(
            client_id="flc_test_client",
            client_secret="flc_test_secret",
            redirect_uri="https://app.example/",
            authorize_url=f"{server.url}/login",
            token_url=f"{server.url}/token",
            store=MemoryStore(old),
            clock=clock,
        )

    async with _scene(_read, auth=auth, clock=clock) as scene:
        yield scene


@asynccontextmanager
async def uploading(folder: Path) -> AsyncIterator[Scene]:
    path = folder / "file.bin"
    path.write_bytes(bytes(1_500_000))

    def send(client: Service) -> Coroutine[Any, Any, Any]:
        return client.call(SAVE, body=Multipart(files=[("file", Upload(path))]))

    async with _scene(send) as scene:
        yield scene


@asynccontextmanager
async def streaming(_: Path) -> AsyncIterator[Scene]:
    async with _scene(_listen) as scene:
        await scene.client.call(READ, "a")
        yield scene


@asynccontextmanager
async def paging(_: Path) -> AsyncIterator[Scene]:
    """A list of three pages, of which the next is fetched ahead."""

    async def walk(client: Service) -> None:
        async def fetch(place: dict[str, object]) -> Page[str]:
            found = await client.call(LIST, query={k: v for k, v in place.items() if v is not None})
            return Page(items=found.items, next_cursor=found.next)

        async with Pages(fetch, CURSOR).ahead(2) as pages:
            async for _ in pages:
                await asyncio.sleep(0)

    async with _scene(walk) as scene:
        yield scene


@asynccontextmanager
async def saving(folder: Path) -> AsyncIterator[Scene]:
    target = folder / "saved"
    target.mkdir()
    async with _scene(lambda client: file_of(client).save(target / "rows.bin", sync=True)) as scene:
        scene.leftovers = lambda: [path.name for path in target.iterdir() if path.name != "rows.bin"]
        yield scene


SCENES: dict[str, Open] = {
    "fresh": fresh,
    "warm": warm,
    "contended on one slot": contended,
    "in backoff": backoff,
    "waiting for the limiter": limiter,
    "waiting for the only place": one_at_a_time,
    "in token refresh": refresh,
    "uploading": uploading,
    "in mid-stream": streaming,
    "fetching pages ahead": paging,
    "saving a file": saving,
}
