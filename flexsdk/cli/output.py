"""Plain output: lines for pipes, files and terminals without colour. Needs no extra."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import TypeAlias

__all__ = ["Cells", "aligned", "can_draw", "clean", "out"]

Cells: TypeAlias = Sequence[str | int]
"""One row of a table; numbers stand to the right."""


def can_draw() -> bool:
    """Tell whether stdout is a terminal that takes colours, box characters and moves of the cursor."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":  # https://no-color.org
        return False
    return sys.stdout.isatty() and sys.stdout.encoding.lower() in ("utf-8", "utf8")


def out(text: str = "", *, end: str = "\n") -> None:
    """Write to stdout at once; when its reader has gone, end the process quietly with status 1."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        # The interpreter flushes at its exit, too, and that must not fail. SystemExit passes through hooks
        # and task groups, which hold or wrap ordinary exceptions.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


def clean(text: str) -> str:
    """Give the text as one line that moves no cursor and sets no colour, whatever a platform has sent."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def aligned(columns: Sequence[str], rows: Sequence[Cells]) -> Iterator[str]:
    """Yield the lines of a table without rules, the head first."""
    widths = [max(len(str(row[index])) for row in (columns, *rows)) for index in range(len(columns))]
    for row in (columns, *rows):
        yield "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _padded(cell: str | int, width: int) -> str:
    return cell.ljust(width) if isinstance(cell, str) else str(cell).rjust(width)
