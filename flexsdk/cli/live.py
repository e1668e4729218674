"""The drawn form: panels that change while they are watched, and the one style of tables."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flexsdk.cli.output import Cells, out
from flexsdk.cli.screen import Pane

__all__ = ["LiveScreen", "draw", "drawn_table"]

_FRAMES = 15
"""Drawings a second."""
_WIDEST = 96
"""Columns of a panel; longer lines read badly."""
_ECHO = 2
"""Columns left free for the ^C that a terminal writes; a line break there would spoil the drawing."""
_SPEAKER = 5
"""Columns that a speaker's name takes at least, so that speeches stand under each other."""
_ACCENT = "cyan"


def drawn_table(columns: Sequence[str], rows: Sequence[Cells]) -> Table:
    """Draw a table: bold head, one rule, numbers to the right, long cells folded."""
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold"
    )
    for index, column in enumerate(columns):
        numbers = bool(rows) and isinstance(rows[0][index], int)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def draw(content: RenderableType) -> None:
    """Write something drawn to stdout; a reader that has gone ends the process as with all output."""
    console = Console(highlight=False)
    with console.capture() as drawn:
        console.print(content)
    out(drawn.get(), end="")


class LiveScreen:
    """Draws on the terminal behind stdout."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._console.width = min(self._console.width - _ECHO, _WIDEST)

    def head(self, text: str) -> None:
        """Draw a bold line."""
        self._console.print(Text(text, style="bold"))

    @contextmanager
    def pane(self, title: str, code: str) -> Iterator[Pane]:
        """Draw a panel, again and again until the part is over."""
        pane = _LivePane(title, code)
        with Live(pane, console=self._console, refresh_per_second=_FRAMES, vertical_overflow="visible"):
            yield pane

    def foot(self, text: str, *, good: bool) -> None:
        """Draw a last line in the colour of the end."""
        self._console.print(Text(text, style="bold green" if good else "bold red"))


class _LivePane:
    """Everything said so far; drawn by a thread of its own, so that it only ever grows by whole parts."""

    def __init__(self, title: str, code: str) -> None:
        self._title = Text.assemble((title, "bold"), f"  {code}")
        self._parts: list[RenderableType] = []
        self._speech: _Speech | None = None
        self._moving: _Status | _Bar | None = None
        self._border = "dim"

    def __rich__(self) -> RenderableType:
        moving = [self._moving] if self._moving else []
        return Panel(
            Group(*self._parts, *moving),
            title=self._title,
            title_align="left",
            border_style=self._border,
            box=box.ROUNDED,
            padding=(0, 1),
        )

    def say(self, speaker: str, text: str) -> None:
        if self._speech is None or self._speech.speaker != speaker:
            self._speech = _Speech(speaker)
            self._parts.append(self._speech)
        self._speech.words.append(text)

    def line(self, text: str) -> None:
        self._add(Text(text, style="dim"))

    def status(self, text: str) -> None:
        if isinstance(self._moving, _Status):
            self._moving.text = text
        else:
            self._moving = _Status(text)

    def bar(self, done: int, total: int, text: str) -> None:
        self._moving = _Bar(done, total, text)

    def table(self, columns: Sequence[str], rows: Sequence[Cells]) -> None:
        self._add(drawn_table(columns, rows))

    def end(self, text: str, *, good: bool) -> None:
        if isinstance(self._moving, _Status):
            self._moving = None
        elif self._moving:
            self._parts.append(self._moving)
            self._moving = None
        mark, colour = ("✓", "green") if good else ("✗", "red")
        self._border = "dim" if good else colour
        self._add(Text(f"{mark} {text}", style=colour))

    def _add(self, part: RenderableType) -> None:
        self._speech = None
        self._parts.append(part)


class _Speech:
    def __init__(self, speaker: str) -> None:
        self.speaker = speaker
        self.words: list[str] = []

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(min_width=_SPEAKER)
        grid.add_row(Text(self.speaker, style=f"bold {_ACCENT}"), Text("".join(self.words)))
        return grid


class _Status:
    def __init__(self, text: str) -> None:
        self.text = text
        self._began = time.monotonic()
        self._spinner = Spinner("dots", style=_ACCENT)

    def __rich__(self) -> RenderableType:
        seconds = time.monotonic() - self._began
        self._spinner.update(text=Text.assemble(self.text, (f"  {seconds:.1f} s", "dim")))
        return self._spinner


class _Bar:
    def __init__(self, done: int, total: int, text: str) -> None:
        self._bar = ProgressBar(total, done, complete_style=_ACCENT, finished_style=_ACCENT)
        self._text = Text.assemble(f"{done} of {total} ", (text, "dim"))

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(ratio=1)
        grid.add_column()
        grid.add_row(self._bar, self._text)
        return grid
