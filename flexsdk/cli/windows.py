"""The windows of rate limits as bars: drawn in place on a terminal, lines elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from rich.console import Console
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flexsdk.cli.credentials import key_sources
from flexsdk.cli.exits import report
from flexsdk.cli.live import draw
from flexsdk.cli.login import saved_login
from flexsdk.cli.output import can_draw, clean, out
from flexsdk.cli.session import Access, opened, run
from flexsdk.cli.tree import CLIENTS
from flexsdk.core.client import Client
from flexsdk.core.op import Op
from flexsdk.errors import APIError, ConfigError, FlexError
from flexsdk.protocol.ratelimit import LimitState

__all__ = ["limits"]

_LOOK: Final = {
    "flapjack": "/api/agents",
    "fleece": "/flows",
    "flextell": "/v1/tenants",
    "platform": "/resources",
}
"""What is read to learn the limits from its headers."""
_WIDTH: Final = 30
_WIDEST: Final = 100
"""Columns of the drawing; longer bars tell no more."""
_TICK: Final = 1.0
"""Seconds between drawings; the times until the resets go on without a request."""
_LENGTHS: Final = {" per 60 s": " a minute", " per 3600 s": " an hour", " per 86400 s": " a day"}
_SCALE: Final = ((0.5, "green"), (0.2, "yellow"), (0.0, "red"))
"""The colour of a bar by the share that is left at least."""


def limits(platforms: Sequence[str], *, plan: str | None, every: float | None, debug: bool) -> int:
    """Show each window as a bar, once or again and again; give the status of the first failure."""

    async def work() -> int:
        chosen = _chosen(platforms, plan)
        async with AsyncExitStack() as stack:
            looks = []
            for name in chosen:
                client = opened(name, Access(debug=debug, plan=plan))
                looks.append(_Look(name, await stack.enter_async_context(client)))
            await (_live(looks, every) if every and can_draw() else _plainly(looks, every))
        statuses = [report(look.error) for look in looks if look.error]
        return statuses[0] if statuses else 0

    return run(work)


def _chosen(platforms: Sequence[str], plan: str | None) -> Sequence[str]:
    chosen = list(dict.fromkeys(platforms)) or [name for name in CLIENTS if _has_key(name)]
    if not chosen:
        raise ConfigError("no platform has a key; run: flexsdk keys set PLATFORM")
    if plan and len(chosen) > 1:
        raise ConfigError("--plan is that of one platform: name it")
    return chosen


def _has_key(platform: str) -> bool:
    found = next(key_sources(platform), None)
    return found is not None or (platform == "flextell" and saved_login(None) is not None)


class _Look:
    """What is known of one platform; ``error`` is why the last look failed."""

    def __init__(self, platform: str, client: Any) -> None:
        self.platform = platform
        self.error: FlexError | None = None
        self._client: Client = client

    async def again(self) -> None:
        """Make one cheap request; an answer without success tells limits, too."""
        try:
            await _ask(self.platform, self._client)
        except FlexError as error:
            self.error = error
        else:
            self.error = None

    def windows(self) -> list[LimitState]:
        """Give the windows with known numbers."""
        states = self._client.limits.snapshot()
        return [each for each in states if each.limit is not None and each.remaining is not None]


async def _ask(platform: str, client: Any) -> None:
    if platform == "flexorch":  # tells them in an answer of its own, which is not counted
        told = await client.usage.rate_limits()
        client.limits.learn([told.as_limit])
        return
    try:
        await client.call(Op("limits", "GET", _LOOK[platform], None), attempts=1)
    except APIError as error:
        if error.status in (0, 401):
            raise


async def _plainly(looks: Sequence[_Look], every: float | None) -> None:
    while True:
        await asyncio.gather(*(look.again() for look in looks))
        if can_draw():
            draw(_table(looks))
        else:
            for line in _lines(looks):
                out(line)
        if every is None:
            return
        await asyncio.sleep(every)


async def _live(looks: Sequence[_Look], every: float) -> None:
    loop = asyncio.get_running_loop()
    with Live(console=Console(highlight=False), auto_refresh=False) as screen:
        while True:
            await asyncio.gather(*(look.again() for look in looks))
            until = loop.time() + every
            while (left := until - loop.time()) > 0:
                screen.update(_table(looks), refresh=True)
                await asyncio.sleep(min(left, _TICK))


def _table(looks: Sequence[_Look]) -> Constrain:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for part in (None, None, 1, None, None):
        grid.add_column(ratio=part, no_wrap=True)
    for look in looks:
        name = Text(look.platform, style="bold")
        if look.error:
            grid.add_row(name, Text(clean(str(look.error)), style="red"))
            continue
        for state in look.windows():
            grid.add_row(name, *_cells(state))
            name = Text()
        if name:
            grid.add_row(name, Text("tells no limits", style="dim"))
    return Constrain(grid, _WIDEST)


def _cells(state: LimitState) -> tuple[Text, ProgressBar, Text, Text]:
    limit, remaining = state.limit or 0, state.remaining or 0
    share = remaining / max(limit, 1)
    colour = next(colour for least, colour in _SCALE if share >= least)
    bar = ProgressBar(max(limit, 1), remaining, complete_style=colour, finished_style=colour)
    reset = Text(f"all free in {_span(state.reset_after)}" if state.reset_after else "", style="dim")
    return Text(_label(state)), bar, Text(f"{remaining} of {limit} left"), reset


def _lines(looks: Sequence[_Look]) -> Iterator[str]:
    for look in looks:
        windows = [] if look.error else look.windows()
        for state in windows:
            limit, remaining = state.limit or 0, state.remaining or 0
            filled = round(_WIDTH * min(remaining / max(limit, 1), 1))
            reset = f", all free in {_span(state.reset_after)}" if state.reset_after else ""
            bar = f"[{'#' * filled:.<{_WIDTH}}]"
            yield f"{look.platform} {_label(state)} {bar} {remaining} of {limit} left{reset}"
        if not windows and not look.error:
            yield f"{look.platform} tells no limits"


def _label(state: LimitState) -> str:
    """Name a window as people do."""
    name = state.name
    for length, words in _LENGTHS.items():
        name = name.replace(length, words)
    return clean(" ".join(filter(None, (state.bucket, name))))


def _span(seconds: float) -> str:
    """Give a length of time in its two largest units."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
