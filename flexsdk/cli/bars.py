"""Bars of progress, drawn beside the output and only in a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["bars"]


def bars() -> Progress:
    """Make bars, each with a ``fact`` behind it; they go away at the end."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(complete_style="cyan", finished_style="green"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[fact]}", markup=False),
        console=Console(stderr=True, highlight=False),
        transient=True,
        disable=not sys.stderr.isatty(),
        redirect_stdout=False,
        redirect_stderr=False,
    )
