"""The faults, and the run of an action through one: what it gave, when it ended, what it left behind."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from faults import raw_faults as forged
from faults.chaos import ChaosProxy, Toxic, Way
from msgspec import structs
from proofs.fault_actions import Action, World, client_of

from flexsdk import deadline
from flexsdk.core.retry import Retry
from flexsdk.errors import FlexError, StreamError
from flexsdk.platforms.flapjack.runner_runs import RunnerRuns
from flexsdk.platforms.fleece.runs import Runs
from flexsdk.platforms.flexorch.jobs import Jobs as FlexOrchJobs
from flexsdk.platforms.platform.jobs import Jobs as PlatformJobs
from flexsdk.protocol.poll import Rhythm

DEADLINE = 0.8
PATIENCE = 10.0
"""The deadline where the end has to be good; a busy machine is no fault."""
GRACE = 0.25
"""Seconds after the deadline in which a call has ended."""
AFTERWARDS = 5.0
"""Seconds for the plain call that shows that the client is still of use."""
CASE = "X-Case"
QUICK = Rhythm(first=0.02, slowest=0.1)


@dataclass(frozen=True)
class Scene:
    """A fault: of the bytes, of the answers, or of both.

    ``recovers`` says that an action which may be repeated has to end well.
    """

    toxic: Toxic | None = None
    forgery: forged.Forgery | None = None
    times: float = math.inf
    warm: bool = False
    """Whether the client has connections from before."""
    recovers: bool = False
    spares: frozenset[str] = frozenset()
    """Actions for which nothing in HTTP tells the fault from the truth."""

    @property
    def deadline(self) -> float:
        return PATIENCE if self.recovers else DEADLINE


FILES = frozenset({"flexorch_read", "flexorch_save"})


def _up(**way: Any) -> Scene:
    return Scene(Toxic(up=Way(**way)))


def _down(**way: Any) -> Scene:
    return Scene(Toxic(down=Way(**way)))


def _once(scene: Scene) -> Scene:
    """The same fault for the first exchange only, over a connection from before."""
    return dataclasses.replace(scene, times=1, warm=True, recovers=True)


BYTES: dict[str, Scene] = {
    "reset as soon as connected": Scene(Toxic(refuse=True)),
    "reset in the request": _up(after=90, end="reset"),
    "closed in the request": _up(after=90),
    "shut in the request": _up(after=90, end="shut"),
    "half-open in the request": _up(after=90, end="hold"),
    "reset in the upload": _up(after=60_000, end="reset"),
    "closed in the upload": _up(after=60_000),
    "half-open in the upload": _up(after=60_000, end="hold"),
    "reset before the answer": _down(after=0, end="reset"),
    "closed before the answer": _down(after=0),
    "shut before the answer": _down(after=0, end="shut"),
    "half-open before the answer": _down(after=0, end="hold"),
    "reset in the head": _down(after=25, end="reset"),
    "closed in the head": _down(after=25),
    "half-open in the head": _down(after=25, end="hold"),
    "reset in the body": _down(after=330, end="reset"),
    "closed in the body": _down(after=330),
    "shut in the body": _down(after=330, end="shut"),
    "half-open in the body": _down(after=330, end="hold"),
    "late beyond the deadline": _down(latency=30),
    "a trickle beyond the deadline": _down(slice=4, pause=0.1),
    "a trickle of the request": _up(slice=16, pause=0.1),
}
MILD: dict[str, Scene] = {
    "late": Scene(Toxic(up=Way(latency=0.01), down=Way(latency=0.01)), recovers=True),
    "sliced": Scene(Toxic(up=Way(slice=4096), down=Way(slice=7)), recovers=True),
    "narrow": Scene(Toxic(down=Way(slice=1024, pause=0.002)), recovers=True),
    "slow to close": Scene(Toxic(linger=30), forged.announced_close, recovers=True),
    "in chunks": Scene(forgery=forged.whole, recovers=True),
    "100 and 103 first": Scene(forgery=forged.continue_first, recovers=True),
    "closed after each answer": Scene(forgery=forged.closed_after, recovers=True),
    "reset after each answer": Scene(forgery=forged.reset_after, recovers=True),
    "two answers at once": Scene(forgery=forged.two_at_once, recovers=True),
}
FORGED: dict[str, Scene] = {
    "garbage": Scene(forgery=forged.garbage, spares=FILES),
    "HTML": Scene(forgery=forged.html),
    "HTML under the right name": Scene(forgery=forged.html_as_promised, spares=FILES),
    "nothing": Scene(forgery=forged.nothing, spares=FILES),
    "another content type": Scene(forgery=forged.other_type),
    "half of it": Scene(forgery=forged.half, spares=FILES),
    "a packed body without its end": Scene(forgery=forged.gzip_cut, spares=FILES),
    "packed by its name only": Scene(forgery=forged.gzip_lie),
    "a length above that of the body": Scene(forgery=forged.length_too_long),
    "a length below that of the body": Scene(forgery=forged.length_too_short),
    "no last chunk": Scene(forgery=forged.no_last_chunk),
    "no last chunk and a reset": Scene(forgery=forged.no_last_chunk_and_reset),
    "half a chunk": Scene(forgery=forged.half_a_chunk),
    "a bad chunk": Scene(forgery=forged.bad_chunk),
    "a body without an end": Scene(forgery=forged.unending),
    "another protocol": Scene(forgery=forged.other_protocol),
    "a bad status line": Scene(forgery=forged.bad_status),
    "an endless head": Scene(forgery=forged.endless_head),
    "a dripping head": Scene(forgery=forged.dripping_head),
    "a dripping body": Scene(forgery=forged.dripping_body),
    "502 for ever": Scene(forgery=forged.BAD_GATEWAY),
}
BURSTS: dict[str, Scene] = {
    f"{name}, twice": Scene(forgery=forgery, times=2, recovers=True)
    for name, forgery in {
        "502": forged.BAD_GATEWAY,
        "503": forged.UNAVAILABLE,
        "504": forged.GATEWAY_TIMEOUT,
        "503 with Retry-After": forged.COME_BACK,
    }.items()
}
SINGLE = {
    f"{name}, once": _once(scene)
    for name, scene in BYTES.items()
    if not name.startswith(("half-open", "late", "a trickle", "shut"))
}
CUTS = {
    f"closed after {each} bytes, once": _once(_down(after=each)) for each in (1, 150, 220, 280, 400, 1500)
}
SCENES: dict[str, Scene] = {**BYTES, **SINGLE, **CUTS, **MILD, **FORGED, **BURSTS}


class Pulse:
    """Beats in the loop, and tells how late the loop itself has been: no client can be quicker than that."""

    EVERY = 0.01

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        self._due = math.inf

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self._beat())
        try:
            yield
        finally:
            task.cancel()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._due = loop.time() + self.EVERY
            await asyncio.sleep(self.EVERY)
            self._late.append((loop.time(), loop.time() - self._due))

    def late_since(self, began: float) -> float:
        """Give the longest delay of a beat since then, that of the one to come included."""
        pending = asyncio.get_running_loop().time() - self._due
        return max(pending, 0.0, *(late for at, late in self._late if at >= began))


@dataclass
class Net:
    """The way from a client to its platform, with the two that may spoil it."""

    proxy: ChaosProxy
    forger: forged.Forger | None

    def poison(self, scene: Scene) -> None:
        if scene.toxic is not None:
            self.proxy.poison(scene.toxic, times=scene.times)
        if self.forger is not None and scene.forgery is not None:
            self.forger.poison(scene.forgery, times=scene.times)

    def heal(self) -> None:
        """Spoil nothing from the next request on; connections that the fault has left behind stay."""
        self.proxy.heal()
        if self.forger is not None:
            self.forger.heal()


@asynccontextmanager
async def net(scene: Scene, upstream: int) -> AsyncIterator[Net]:
    """Lay the way; over the forger only where something is forged."""
    async with AsyncExitStack() as stack:
        forger = None
        if scene.forgery is not None:
            forger = await stack.enter_async_context(forged.Forger(upstream))
            upstream = forger.port
        yield Net(await stack.enter_async_context(ChaosProxy(upstream)), forger)


@dataclass
class Verdict:
    """How an action ended: ``right`` or the name of its error, and what is wrong with that."""

    outcome: str
    wrong: list[str]


async def run(world: World, action: Action, name: str, pulse: Pulse) -> Verdict:
    """Do one thing through one fault, and judge it."""
    scene = SCENES[name]
    emulator = getattr(world.sandbox, action.platform)
    tag = f"{action.name}-{crc32(name.encode())}"
    async with net(scene, emulator._port) as way:
        base_url = emulator.base_url.replace(str(emulator._port), str(way.proxy.port))
        retry = Retry(base=0.005, cap=0.02)
        client = client_of(action.platform, emulator.key, base_url, retry=retry, headers={CASE: tag})
        async with client:
            if scene.warm:
                await _plain(world, client, action)
            way.poison(scene)
            outcome, wrong = await _act(world, action, client, tag, scene.deadline, pulse)
            if scene.recovers and not action.once and action.asks_again and outcome != "right":
                wrong.append(f"{outcome}, though repeating was safe")
            way.heal()
            wrong += await _aftermath(world, client, action, pulse)
        wrong += _twice(world, action, tag)
    return Verdict(outcome, [f"{action.name}: {each}" for each in wrong])


async def _act(
    world: World, action: Action, client: Any, tag: str, seconds: float, pulse: Pulse
) -> tuple[str, list[str]]:
    loop = asyncio.get_running_loop()
    wrong: list[str] = []
    outcome = "right"
    began = loop.time()
    try:
        async with asyncio.timeout(seconds * 3):  # what hangs is not waited for
            with deadline(seconds):
                async for came, meant in action.act(world, client, tag):
                    if came != meant:
                        wrong.append(f"{came!r:.200} in place of {meant!r:.200}")
    except FlexError as error:
        outcome = type(error).__name__
        wrong += _snapshot_of(error)
    except BaseException as error:  # noqa: BLE001 - whatever else comes out is wrong
        outcome = f"{error!r:.200}"
        wrong.append(f"no error of ours: {outcome}")
    wrong += _overdue("the action", loop.time() - began - seconds, pulse.late_since(began))
    return outcome, wrong


def _snapshot_of(error: FlexError) -> list[str]:
    """What a stream that broke says of itself: never that it is complete."""
    if isinstance(error, StreamError) and getattr(error.snapshot, "outcome", "") == "complete":
        return ["a broken stream that calls itself complete"]
    return []


def _overdue(what: str, over: float, late: float) -> list[str]:
    return [f"{what} ended {over:.2f} s after its time"] if over > GRACE + late else []


async def _plain(world: World, client: Any, action: Action) -> list[str]:
    """Make a plain call, and give what is wrong with it."""
    id_ = next(iter(world.names[action.platform]))
    get: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "flapjack": lambda: client.agents.get(id_, deadline=AFTERWARDS),
        "flexorch": lambda: client.datasets.get(id_, deadline=AFTERWARDS),
        "fleece": lambda: client.agents.get(id_, deadline=AFTERWARDS),
        "flextell": lambda: client.customers.get(id_, deadline=AFTERWARDS),
        "platform": lambda: client.resources.get(id_, deadline=AFTERWARDS),
    }
    try:
        found = await get[action.platform]()
    except FlexError as error:
        return [f"the client is not usable any more: {error!r}"]
    return [] if found.id == id_ else [f"{found.id} in place of {id_} afterwards"]


async def _aftermath(world: World, client: Any, action: Action, pulse: Pulse) -> list[str]:
    """The client works again, holds nothing, and closes at once."""
    loop = asyncio.get_running_loop()
    wrong = await _plain(world, client, action)
    stats = client.stats()
    held = (stats.under_way, stats.connections_in_use, stats.waiting_for_slot, stats.waiting_for_limit)
    if any(held):
        wrong.append(f"the client still holds {stats}")
    began = loop.time()
    await client.aclose()
    return wrong + _overdue("closing", loop.time() - began, pulse.late_since(began))


def _twice(world: World, action: Action, tag: str) -> list[str]:
    """Name writes that arrived more often than they may have."""
    requests = getattr(world.sandbox, action.platform).requests
    records = [each for each in requests if each.headers.get(CASE) == tag]
    counts = Counter(each.operation for each in records)
    keys = {each.headers.get("Idempotency-Key") for each in records if each.operation == "resources_create"}
    wrong = [f"{each} arrived {counts[each]} times" for each in action.once if counts[each] > 1]
    return wrong + [f"{len(keys)} idempotency keys for one creation"] * (len(keys) > 1)


def look_often(patch: Any) -> None:
    """Let waits for jobs look so often that several looks fall into the deadline."""
    for kind in (Runs, RunnerRuns, FlexOrchJobs, PlatformJobs):
        patch.setattr(kind, "kind", structs.replace(kind.kind, rhythm=QUICK))
