"""The order in which callbacks run: limiter, gate, renewal, poller and pages are right under any."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import orders
import pytest
from orders import SCENES, Scene
from shuffled_loop import run

from flexsdk.core.call import Call, Reply
from flexsdk.core.gate import _settle, _Slots
from flexsdk.core.limits import RateLimit
from flexsdk.core.poller import Waiter
from flexsdk.core.tokens import Token, TokenAuth
from flexsdk.types import Handler

SEEDS = range(300)
CONTROL_SEEDS = range(60)


@pytest.mark.parametrize("name", SCENES)
def test_it_holds_under_every_order(name: str, record_property: Callable[[str, object], None]) -> None:
    record_property("cases", len(SEEDS))

    assert [seed for seed in SEEDS if not _holds(SCENES[name], seed)] == []


def _holds(scene: Scene, seed: int) -> bool:
    try:
        run(scene, seed)
    except Exception as error:  # noqa: BLE001 - the seed is to be named, whatever went wrong
        print(f"seed {seed}: {error!r}")  # shown by pytest when the test fails
        return False
    return True


# --- controls


class LooksFirst(RateLimit):
    """Looks whether there is room, and takes it later."""

    def __init__(self, *windows: Any, **settings: Any) -> None:
        super().__init__(*windows, **settings)
        self._sent: list[float] = []

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        clock = call.clock
        while sum(clock.monotonic() - each < orders.SECONDS for each in self._sent) >= orders.REQUESTS:
            await clock.sleep(1.0)
        await asyncio.sleep(0)
        self._sent.append(clock.monotonic())
        return await forward(call)


class RenewsForItself(TokenAuth):
    """Renews for each caller who finds no good token."""

    async def _another(self, refused: Token | None, now: float) -> Token:
        if self._token is None or self._token == refused:
            self._token = await self._renew(refused)
        return self._token


def _wakes_and_hopes(patch: pytest.MonkeyPatch) -> None:
    """Puts a slot back and wakes somebody to take it, who does not look whether it is still there."""

    async def take(self: _Slots, timeout: float) -> bool:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn
        self.free -= 1
        return True

    def give_back(self: _Slots) -> None:
        self.free += 1
        while self._waiting:
            if _settle(self._waiting.popleft(), True):
                return

    patch.setattr(_Slots, "take", take)
    patch.setattr(_Slots, "give_back", give_back)


def _forgets_how_far(patch: pytest.MonkeyPatch) -> None:
    """Names the page in a cursor, and not the item."""
    patch.setattr("flexsdk.core.reader.cursor_at", lambda page, skip: page)


def _hears_one(patch: pytest.MonkeyPatch) -> None:
    """Keeps the latest reading only, so that of two that come in one turn one is lost."""
    last = Waiter._last

    def take(self: Waiter[Any], ref: Any, reading: Any) -> None:
        self._ready.clear()
        last(self, ref, reading)

    patch.setattr(Waiter, "_last", take)


def _as_it_is(patch: pytest.MonkeyPatch) -> None:
    """Breaks nothing: the scene has the broken part."""


CONTROLS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Scene]] = {
    "a limiter that looks and then takes": (_as_it_is, partial(orders.limiter, make=LooksFirst)),
    "a limiter that looks and then takes, among others": (
        _as_it_is,
        partial(orders.together, make=LooksFirst),
    ),
    "a renewal for each caller": (_as_it_is, partial(orders.refresh, make=RenewsForItself)),
    "a slot that somebody else may take": (_wakes_and_hopes, orders.gate),
    "a waiter that hears one at a time": (_hears_one, orders.poller),
    "a cursor that forgets how far": (_forgets_how_far, orders.pages),
}


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
def test_a_race_is_found_by_some_order(control: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it, scene = CONTROLS[control]
    break_it(monkeypatch)

    assert any(not _holds(scene, seed) for seed in CONTROL_SEEDS)


@pytest.mark.control
def test_the_usual_order_hides_a_race_that_others_show(monkeypatch: pytest.MonkeyPatch) -> None:
    _wakes_and_hopes(monkeypatch)

    for seed in CONTROL_SEEDS:
        asyncio.run(_awaited(orders.gate, seed))

    assert any(not _holds(orders.gate, seed) for seed in CONTROL_SEEDS)


async def _awaited(scene: Scene, seed: int) -> None:
    await scene(Random(seed))
