"""TLS in a bad net: what is cut, reset, late or sliced is a whole result or one error of ours, in time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp.connector
import pytest
from faults.chaos import ChaosProxy, End, Toxic, Way
from proofs.broken import ignore_deadlines, let_errors_out, repeat_everything
from proofs.certificates import contexts
from proofs.fault_scenes import GRACE, Pulse
from servers import Peer, RawServer, Request, answer, stream
from service import END, KEY, READ, SAY, WRITE, Item, Service, word

from flexsdk.core.retry import Retry
from flexsdk.core.transport.opened import OpenBody
from flexsdk.errors import CertificateInvalid, FlexError, StreamError, TransportError

Record = Callable[[str, object], None]

DEADLINE = 0.6
PATIENCE = 10.0
"""The deadline where the end has to be good."""
LONG = "x" * 200_000
"""More than one record of TLS."""


@dataclass(frozen=True)
class Scene:
    """A fault of the bytes below TLS; ``warm`` spoils a connection that has served a call."""

    toxic: Toxic
    times: float = math.inf
    warm: bool = False
    recovers: bool = False

    @property
    def deadline(self) -> float:
        return PATIENCE if self.recovers else DEADLINE


def _cut(direction: str, way: Way) -> Toxic:
    return Toxic(up=way) if direction == "up" else Toxic(down=way)


def _cuts(direction: str, *, ends: tuple[End, ...], after: tuple[int, ...], warm: bool) -> dict[str, Scene]:
    """Cut one connection after so many bytes; the next one is good."""
    where = "of a request" if warm else "of a handshake"
    return {
        f"{end}, {each} bytes {direction} {where}": Scene(
            _cut(direction, Way(after=each, end=end)), times=1, warm=warm, recovers=end in FATAL
        )
        for end in ends
        for each in after
    }


FATAL: tuple[End, ...] = ("close", "reset")
ENDS: tuple[End, ...] = ("close", "reset", "shut", "hold")
SHAKES = (0, 1, 4, 5, 6, 60, 127, 128, 200, 400, 600)
RECORDS = (0, 1, 4, 5, 6, 20, 60, 90, 120, 150, 200, 260, 300, 16_384, 16_406, 16_500, 100_000, 199_999)
SCENES: dict[str, Scene] = {
    **_cuts("down", ends=FATAL, after=SHAKES, warm=False),
    **_cuts("up", ends=FATAL, after=SHAKES, warm=False),
    **_cuts("down", ends=FATAL, after=RECORDS, warm=True),
    **_cuts("up", ends=FATAL, after=(0, 1, 5, 6, 30, 100, 200), warm=True),
    **_cuts("down", ends=("shut", "hold"), after=(0, 5, 90, 16_406), warm=True),
    **_cuts("down", ends=("shut", "hold"), after=(0, 5, 400), warm=False),
    "reset as soon as connected": Scene(Toxic(refuse=True)),
    "reset as soon as connected, once": Scene(Toxic(refuse=True), times=1, recovers=True),
    "late": Scene(Toxic(up=Way(latency=0.01), down=Way(latency=0.01)), recovers=True),
    "late, a kept connection": Scene(Toxic(down=Way(latency=0.01)), warm=True, recovers=True),
    "late beyond the deadline": Scene(Toxic(down=Way(latency=30))),
    "late beyond the deadline, a kept connection": Scene(Toxic(down=Way(latency=30)), warm=True),
    "sliced": Scene(Toxic(up=Way(slice=7), down=Way(slice=1_001)), recovers=True),
    "single bytes up": Scene(Toxic(up=Way(slice=1)), recovers=True),
    "slices across records": Scene(Toxic(down=Way(slice=16_405)), recovers=True),
    "a trickle beyond the deadline": Scene(Toxic(down=Way(slice=4, pause=0.1))),
    "slow to close": Scene(Toxic(linger=30), recovers=True),
}


async def _serve(request: Request, peer: Peer) -> None:
    if request.target == "/say":
        await peer.send(stream(word("a"), word("b"), END))
    elif request.target == "/items/long":
        await peer.send(answer(200, b'{"id":"%b"}' % LONG.encode()))
    else:
        await peer.send(answer(200, b'{"id":"a"}'))


async def _read(client: Service, **options: Any) -> object:
    return await client.call(READ, "a", **options)


async def _read_long(client: Service, **options: Any) -> object:
    return await client.call(READ, "long", **options)


async def _write(client: Service, **options: Any) -> object:
    return await client.call(WRITE, body={"text": "a"}, **options)


async def _say(client: Service, **options: Any) -> object:
    async with client.stream(SAY, idle_timeout=5, event_timeout=5, **options) as events:
        return (await events.until_done()).text


Action = Callable[..., Awaitable[object]]
ACTIONS: dict[Action, object] = {
    _read: Item(id="a"),
    _read_long: Item(id=LONG),
    _write: Item(id="a"),
    _say: "ab",
}
REPEATED = (_read, _read_long)
"""Actions that have to end well where the fault comes once."""


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a server's certificate, and let the client trust its maker."""
    server, trusting = contexts(tmp_path, "good")
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    return server


@asynccontextmanager
async def _net(tls: Any) -> AsyncIterator[tuple[RawServer, ChaosProxy, Service]]:
    async with RawServer(_serve, tls=tls) as server, ChaosProxy(server.port) as proxy:
        base_url = f"https://127.0.0.1:{proxy.port}"
        retry = Retry(base=0.005, cap=0.02)
        async with Service(KEY, base_url=base_url, retry=retry, limits=None) as client:
            yield server, proxy, client


async def prove(name: str, tls: Any, actions: tuple[Action, ...] = tuple(ACTIONS)) -> list[str]:
    """Do each thing through one fault; name what is wrong with the outcomes."""
    scene, wrong = SCENES[name], []
    for action in actions:
        async with _net(tls) as (server, proxy, client):
            if scene.warm:
                await client.call(READ, "a", deadline=PATIENCE)
            before = len(server.requests)
            proxy.poison(scene.toxic, times=scene.times)
            pulse = Pulse()
            async with pulse.beating():
                found = await _judged(action, client, scene, pulse)
            arrived = [each for each in server.requests[before:] if each.method == "POST"]
            if len(arrived) > 1:
                found.append(f"arrived {len(arrived)} times")
            proxy.heal()
            found += await _aftermath(client)
        wrong += [f"{action.__name__}: {each}" for each in found]
    return wrong


async def _judged(action: Action, client: Service, scene: Scene, pulse: Pulse) -> list[str]:
    loop = asyncio.get_running_loop()
    began, wrong = loop.time(), []
    try:
        async with asyncio.timeout(3 * scene.deadline):  # what hangs is not waited for
            if (came := await action(client, deadline=scene.deadline)) != ACTIONS[action]:
                wrong.append(f"{came!r:.100} in place of {ACTIONS[action]!r:.100}")
    except CertificateInvalid as error:
        wrong.append(f"a cut is taken for a bad certificate: {error!r}")
    except FlexError as error:
        wrong += _of_error(error, action, scene)
    except Exception as error:  # noqa: BLE001 - whatever else comes out is wrong
        wrong.append(f"no error of ours: {error!r:.200}")
    if loop.time() - began > scene.deadline + GRACE + pulse.late_since(began):
        wrong.append(f"ended {loop.time() - began - scene.deadline:.2f} s after its time")
    return wrong


def _of_error(error: FlexError, action: Action, scene: Scene) -> list[str]:
    """What is wrong with an error: not of the net, a stream that calls itself complete, or one too many."""
    if not isinstance(error, TransportError | StreamError):
        return [f"not of the net: {error!r:.200}"]
    if isinstance(error, StreamError) and error.snapshot.ending == "complete":
        return ["a broken stream that calls itself complete"]
    if scene.recovers and action in REPEATED:
        return [f"{error!r:.200}, though repeating was safe"]
    return []


async def _aftermath(client: Service) -> list[str]:
    """The client works again and holds nothing."""
    try:
        found = await client.call(READ, "a", deadline=5.0)
    except FlexError as error:
        return [f"the client is not usable any more: {error!r}"]
    stats = client.stats()
    held = (stats.under_way, stats.connections_in_use, stats.waiting_for_slot)
    wrong = [f"the client still holds {stats}"] if any(held) else []
    return wrong if found == Item(id="a") else [*wrong, f"{found!r} afterwards"]


@pytest.mark.parametrize("name", SCENES)
async def test_a_fault_below_tls_is_a_whole_result_or_one_error_of_ours(
    name: str, trusted: Any, record_property: Record
) -> None:
    record_property("cases", len(ACTIONS))

    assert await prove(name, trusted) == []


# --- controls


def _swallow_cuts(patch: pytest.MonkeyPatch) -> None:
    async def swallow(self: aiohttp.ClientResponse) -> bytes:
        try:
            return await read(self)
        except aiohttp.ClientError:
            return b'{"id":"x"}'

    read = aiohttp.ClientResponse.read
    patch.setattr(aiohttp.ClientResponse, "read", swallow)


def _end_quietly(patch: pytest.MonkeyPatch) -> None:
    async def quiet(_: OpenBody) -> bytes:
        raise ConnectionResetError

    patch.setattr(OpenBody, "read", quiet)


def _repeat_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flexsdk.core.retry._may_repeat", lambda *_, **__: False)


Control = tuple[Callable[[pytest.MonkeyPatch], None], str, Action, str]
CONTROLS: dict[str, Control] = {
    "a body whose cut is swallowed": (
        _swallow_cuts, "close, 100000 bytes down of a request", _read_long, "in place of",
    ),
    "a stream whose reader fails": (_end_quietly, "late", _say, "no error of ours"),
    "an error of the HTTP library": (
        let_errors_out, "reset, 60 bytes down of a handshake", _write, "no error of ours",
    ),
    "a retry that repeats every write": (
        repeat_everything, "close, 5 bytes down of a request", _write, "arrived 2 times",
    ),
    "a retry that gives up": (
        _repeat_nothing, "close, 5 bytes down of a request", _read, "repeating was safe",
    ),
    "a client without deadlines": (ignore_deadlines, "late beyond the deadline", _read, "after its time"),
}  # fmt: skip


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
async def test_the_harness_sees_a_client_that_is_broken(
    control: str, trusted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it, name, action, complaint = CONTROLS[control]
    break_it(monkeypatch)

    found = await prove(name, trusted, (action,))

    assert any(complaint in each for each in found)
