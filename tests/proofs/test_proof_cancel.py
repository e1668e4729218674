"""Every await: work is struck as it waits for the k-th time, for every k, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from census import census, excess
from scenes import SCENES, Open, Platform, Scene
from servers import RawServer
from service import CONTRACT, KEY, READ, Service, until
from strikes import CANCELS, Outcome, Struck, Way, by_cancel, by_closing

from flexsdk.core.call import Call, Reply
from flexsdk.core.deadline import AttemptTimer
from flexsdk.core.gate import Gate, _Slots
from flexsdk.core.op import Op, StreamOp
from flexsdk.core.partfile import PartFile
from flexsdk.core.retry import Retry
from flexsdk.core.turns import Turns
from flexsdk.errors import FlexError
from flexsdk.protocol.retry import Budget
from flexsdk.types import Handler

MOST_WAITS = 300
"""No scene waits that often; so the loop over k ends."""
STOP: Op[None] = Op("stop", "POST", "/stop", None)
TALK: StreamOp[Any, Any] = StreamOp("talk", "POST", "/say", None, events=CONTRACT, stop=STOP)
SETTLING = 400
"""So many milliseconds the loop and its threads have to end what was cancelled."""
Record = Callable[[str, object], None]


async def prove(open_scene: Open, way: Way, folder: Path, *, waking: bool = False) -> tuple[int, list[str]]:
    """Strike at every wait in turn; give how many there were, and what was found wrong."""
    for number in range(1, MOST_WAITS):
        place = folder / str(number)
        place.mkdir()
        async with open_scene(place) as scene:
            outcome, found = await _strike(scene, way, number, waking=waking)
        if found or not outcome.reached:
            return number - 1, [f"wait {number}: {what}" for what in found]
    return MOST_WAITS, ["it never ends"]


async def _strike(scene: Scene, way: Way, number: int, *, waking: bool) -> tuple[Outcome, list[str]]:
    before = census(scene.client, scene.server)
    beside = asyncio.ensure_future(scene.beside()) if scene.beside else None
    if beside:
        await asyncio.sleep(0)
    outcome = await way(Struck(scene.work(), number, waking=waking), scene.client.aclose)
    closed = way is by_closing and outcome.reached
    found = [] if _as_expected(outcome, closed=closed) else [f"ended as {outcome.word}"]
    if beside:
        await asyncio.wait([beside], timeout=2)
        beside.exception()
    found += await _left(scene, before)
    if not closed and outcome.reached:
        found += await _unusable(scene)
    return outcome, found


def _as_expected(outcome: Outcome, *, closed: bool) -> bool:
    if closed:  # those who wait meanwhile may finish, or get an error that says so
        return outcome.word in ("finished", "ConfigError", "ConnectionLost", "StreamTruncated")
    if outcome.reached:
        return outcome.word == "stopped"
    return outcome.word == "finished"


async def _left(scene: Scene, before: Counter[str]) -> list[str]:
    """Name what is still there once the loop has had its time."""

    def left() -> list[str]:
        repeats = scene.missing_repeats()
        owed = [f"{repeats:g} repeats of the budget"] if repeats > 0 else []
        return excess(before, census(scene.client, scene.server)) + owed + scene.leftovers()

    for _ in range(SETTLING):
        if not left():
            return []
        await asyncio.sleep(0.001)
    return left()


async def _unusable(scene: Scene) -> list[str]:
    try:
        async with asyncio.timeout(2):
            await scene.client.call(READ, "a")
    except (FlexError, TimeoutError) as error:
        return [f"the client is not usable any more: {error!r}"]
    return []


@pytest.mark.parametrize("waking", [False, True], ids=["asleep", "waking"])
@pytest.mark.parametrize("way", CANCELS)
@pytest.mark.parametrize("scene", SCENES)
async def test_nothing_is_left_wherever_it_is_cancelled(
    scene: str, way: str, waking: bool, tmp_path: Path, record_property: Record
) -> None:
    cases, found = await prove(SCENES[scene], CANCELS[way], tmp_path, waking=waking)
    record_property("cases", cases)

    assert found == []
    assert cases >= 1


@pytest.mark.parametrize("scene", SCENES)
async def test_nothing_is_left_wherever_the_client_is_closed(
    scene: str, tmp_path: Path, record_property: Record
) -> None:
    cases, found = await prove(SCENES[scene], by_closing, tmp_path)
    record_property("cases", cases)

    assert found == []
    assert cases >= 1


@pytest.mark.parametrize("way", CANCELS)
async def test_a_client_whose_closing_is_cancelled_can_be_closed_again(
    way: str, record_property: Record
) -> None:
    cases = 0
    for number in range(1, MOST_WAITS):
        async with RawServer(Platform()) as server:
            outcome, left = await _strike_closing(server, CANCELS[way], number)
        assert (outcome.word, left) == ("stopped" if outcome.reached else "finished", 0)
        if not outcome.reached:
            break
        cases = number
    record_property("cases", cases)

    assert cases >= 1


async def _strike_closing(server: RawServer, way: Way, number: int) -> tuple[Outcome, int]:
    """Close a client with an open stream, whose stop call then is under way; give the tasks that are left."""
    tasks = len(asyncio.all_tasks() - server._tasks)
    client = Service(KEY, base_url=server.url, limits=None)
    events = client.stream(TALK, idle_timeout=2, event_timeout=2, stop_on_exit=True)
    await events.__aenter__()
    outcome = await way(Struck(client.aclose(), number, waking=False), client.aclose)
    await client.aclose()
    await until(lambda: server.open_connections == 0)
    assert events.result.ending == "cancelled"
    return outcome, len(asyncio.all_tasks() - server._tasks) - tasks


# --- controls: broken variants, each of which the harness has to see


def _broken_gate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_Slots, "give_back", lambda self: None)


def _broken_budget(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Budget, "give_back", lambda self: None)


def _broken_limiter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Turns, "lose", lambda self, ticket, clock, *, sent: None)


def _broken_timer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AttemptTimer, "__exit__", lambda self, *_: False)


def _broken_retry(patch: pytest.MonkeyPatch) -> None:
    """Takes a cancel for a failure."""

    async def swallow(self: Retry, call: Call, forward: Handler) -> Reply[Any]:
        with suppress(asyncio.CancelledError):
            return await forward(call)
        return await forward(call)

    patch.setattr(Retry, "__call__", swallow)


def _left_task(patch: pytest.MonkeyPatch) -> None:
    async def leave(self: Gate, call: Call, forward: Handler) -> Reply[Any]:
        LEFT.append(asyncio.ensure_future(asyncio.sleep(3600)))
        return await forward(call)

    patch.setattr(Gate, "__call__", leave)


def _left_descriptor(patch: pytest.MonkeyPatch) -> None:
    abandon = PartFile.abandon

    def leave(self: PartFile) -> None:
        LEFT.append(os.open(os.devnull, os.O_RDONLY))
        abandon(self)

    patch.setattr(PartFile, "abandon", leave)


LEFT: list[Any] = []
CONTROLS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str]] = {
    "a gate that forgets to give back": (_broken_gate, "warm", "slots"),
    "a budget that keeps what was not used": (_broken_budget, "in backoff", "repeats of the budget"),
    "a limiter that keeps a place": (_broken_limiter, "waiting for the limiter", "limiter slots"),
    "a timer that goes on": (_broken_timer, "fresh", "attempt timers"),
    "a retry that swallows the cancel": (_broken_retry, "warm", "ended as finished"),
    "a task that is left": (_left_task, "fresh", "tasks"),
    "a file that is left open": (_left_descriptor, "saving a file", "descriptors"),
}


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
async def test_the_harness_sees_what_is_left(
    control: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it, scene, what = CONTROLS[control]
    break_it(monkeypatch)

    _, found = await prove(SCENES[scene], by_cancel, tmp_path)
    monkeypatch.undo()
    _tidy()

    assert any(what in each for each in found)


def _tidy() -> None:
    while LEFT:
        match LEFT.pop():
            case int(descriptor):
                os.close(descriptor)
            case asyncio.Task() as task:
                task.cancel()
