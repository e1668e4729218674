"""The tour: sets the stage, plays the scenes, and gives the exit status."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from flexsdk import Flapjack, Fleece, RateLimit, Window, __version__
from flexsdk.cli.demo.scenes import SCENES, Scene
from flexsdk.cli.demo.stage import Pace, Stage
from flexsdk.cli.demo.tally import Tally
from flexsdk.cli.output import can_draw
from flexsdk.cli.screen import PlainScreen, Screen
from flexsdk.core.hooks import Event, RetryScheduled
from flexsdk.sandbox import Sandbox

__all__ = ["play", "tour"]

_SCENE_SECONDS = 30.0
"""A scene that is not over by then has failed."""


def tour() -> int:
    """Play all scenes on the screen that fits stdout; gives the exit status."""
    return asyncio.run(play(_screen(), SCENES, Pace()))


def _screen() -> Screen:
    if not can_draw():
        return PlainScreen()
    from flexsdk.cli.live import LiveScreen

    return LiveScreen()


async def play(screen: Screen, scenes: Sequence[Scene], pace: Pace) -> int:
    """Play the scenes one after the other, also after one has failed; gives the exit status."""
    began = time.monotonic()
    screen.head(f"flexsdk {__version__}: a tour against a sandbox on 127.0.0.1")
    async with _stage(pace) as stage:
        good = [await _part(screen, stage, scene) for scene in scenes]
    seconds = time.monotonic() - began
    if all(good):
        screen.foot(f"All {len(good)} parts worked, in {seconds:.1f} s.", good=True)
        return 0
    screen.foot(f"{good.count(False)} of {len(good)} parts failed.", good=False)
    return 1


@asynccontextmanager
async def _stage(pace: Pace) -> AsyncIterator[Stage]:
    tally = Tally()
    limits = {"fleece": [(pace.allowed, pace.window)]}

    def show_retry(event: Event) -> None:
        if isinstance(event, RetryScheduled):
            asked = f"; it asks for {event.hint:g} s" if event.hint is not None else ""
            stage.pane.line(f"attempt {event.attempt}: the platform answers {event.cause}{asked}")
            stage.pane.status(f"waits {event.wait:.1f} s before the next attempt")

    async with (
        Sandbox(token_delay=pace.token_delay, run_seconds=pace.run_seconds, limits=limits) as sandbox,
        Flapjack(sandbox.flapjack.key, base_url=sandbox.flapjack.base_url, hooks=[tally]) as flapjack,
        Fleece(
            sandbox.fleece.key,
            base_url=sandbox.fleece.base_url,
            limits=RateLimit(Window(requests=pace.allowed, seconds=pace.window)),
            hooks=[tally, show_retry],
        ) as fleece,
    ):
        stage = Stage(pace=pace, sandbox=sandbox, flapjack=flapjack, fleece=fleece, tally=tally)
        yield stage


async def _part(screen: Screen, stage: Stage, scene: Scene) -> bool:
    """Play one scene; whatever goes wrong in it is shown."""
    title, code, act = scene
    with screen.pane(title, code) as stage.pane:
        try:
            async with asyncio.timeout(_SCENE_SECONDS):
                facts = await act(stage)
        except Exception as error:  # noqa: BLE001 - a part may fail in any way; the others are still shown
            stage.pane.end(_reason(error), good=False)
            return False
        stage.pane.end(facts, good=True)
        return True


def _reason(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
