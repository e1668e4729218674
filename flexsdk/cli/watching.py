"""Jobs while they go on: drawn in place on a terminal, a line of JSON for each change elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flexsdk.cli.exits import report, status_of
from flexsdk.cli.output import can_draw, clean
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened, run
from flexsdk.errors import FlexError, JobFailed

__all__ = ["watch"]

_FRAMES: Final = 10
"""Drawings a second."""
_JOB_FAILED: Final = 14


@dataclass
class _Row:
    """What is known of a job."""

    job: str
    status: str = "unknown"
    about: str = ""
    """The stage of a job that goes on, or why it failed."""
    good: bool | None = None
    """How it ended; ``None`` while it goes on."""
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    error: FlexError | None = None
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))

    def end(self, *, good: bool, about: str = "") -> None:
        """Note how it ended."""
        self.good = good
        self.about = about
        self.ended = time.monotonic()


def watch(platform: str, job_ids: Sequence[str], *, timeout: float | None, debug: bool) -> int:
    """Show each change of each job; give 14 when one did not end well."""

    async def work() -> int:
        client: Any = opened(platform, Access(debug=debug))
        rows = [_Row(each) for each in dict.fromkeys(job_ids)]
        printer = None if can_draw() else Printer("json")
        async with client:
            with _drawn(rows, shown=printer is None):
                await asyncio.gather(*(_follow(client.jobs, row, timeout, printer) for row in rows))
        return max(_status(row, told=printer is None) for row in rows)

    return run(work)


def _status(row: _Row, *, told: bool) -> int:
    """Give the exit status of one job; an error is told in a line of its own where it was not drawn."""
    if row.error:
        return status_of(row.error) if told else report(row.error)
    return 0 if row.good else _JOB_FAILED


async def _follow(jobs: Any, row: _Row, timeout: float | None, printer: Printer | None) -> None:
    """Note every change of a job; the end of one does not end the others."""
    try:
        state = None
        async with aclosing(jobs.watch(row.job, timeout=timeout)) as changes:
            async for state in changes:
                row.status = state.status
                row.about = getattr(state, "stage", None) or ""  # only FlexOrch tells one
                if printer:
                    printer.add({"job": row.job, "status": row.status, **_more(jobs, state)})
        await jobs.wait(state)
    except JobFailed as failure:
        row.end(good=False, about=jobs.kind.reason(failure.job) or "")
    except FlexError as error:
        row.error = error
        row.end(good=False, about=str(error))
    else:
        row.end(good=True)


def _more(jobs: Any, state: Any) -> dict[str, str]:
    more = {"stage": getattr(state, "stage", None), "reason": jobs.kind.reason(state)}
    return {name: value for name, value in more.items() if value}


@contextmanager
def _drawn(rows: Sequence[_Row], *, shown: bool) -> Iterator[None]:
    if not shown:
        yield
        return
    console = Console(highlight=False)
    with Live(get_renderable=lambda: _table(rows), console=console, refresh_per_second=_FRAMES):
        yield


def _table(rows: Sequence[_Row]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        seconds = (row.ended or time.monotonic()) - row.began
        style = {True: "green", False: "red", None: "cyan"}[row.good]
        about = Text(clean(row.about), style="dim" if row.good is None else style)
        status = Text(clean(row.status), style=style)
        grid.add_row(_mark(row), row.job, status, Text(f"{seconds:.1f} s", style="dim"), about)
    return grid


def _mark(row: _Row) -> Spinner | Text:
    if row.good is None:
        return row.spinner
    return Text("✓", style="green") if row.good else Text("✗", style="red")
