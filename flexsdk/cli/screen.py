"""What a tour is shown on, and its plain form: lines only, fit for pipes, logs and screen readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from flexsdk.cli.output import Cells, aligned, out

__all__ = ["Pane", "PlainScreen", "Screen"]

_BAR_LINES = 4
"""Lines that a bar leaves behind where it cannot be drawn."""


class Pane(Protocol):
    """The place of one part of a tour."""

    def say(self, speaker: str, text: str) -> None:
        """Add words of a speaker; the same speaker goes on in the same line."""
        ...

    def line(self, text: str) -> None:
        """Add a line that stays."""
        ...

    def status(self, text: str) -> None:
        """Show what is going on, in place of the status before."""
        ...

    def bar(self, done: int, total: int, text: str) -> None:
        """Show how far it is, in place of the bar before."""
        ...

    def table(self, columns: Sequence[str], rows: Sequence[Cells]) -> None:
        """Add a table."""
        ...

    def end(self, text: str, *, good: bool) -> None:
        """Say how the part ended."""
        ...


class Screen(Protocol):
    """Where a tour is shown."""

    def head(self, text: str) -> None:
        """Show what the tour is."""
        ...

    def pane(self, title: str, code: str) -> AbstractContextManager[Pane]:
        """Open the place of a part; ``code`` is the call that it shows."""
        ...

    def foot(self, text: str, *, good: bool) -> None:
        """Show how the tour ended."""
        ...


class PlainScreen:
    """Lines as they come; a status is a line, a bar a line for each quarter."""

    def head(self, text: str) -> None:
        """Write a line."""
        out(text)

    @contextmanager
    def pane(self, title: str, code: str) -> Iterator[Pane]:
        """Write the title and the call as one line."""
        out()
        out(f"== {title}: {code}")
        pane = _PlainPane()
        try:
            yield pane
        finally:
            pane.end_speech()

    def foot(self, text: str, *, good: bool) -> None:
        """Write a last line; the text tells good from bad."""
        out()
        out(text)


class _PlainPane:
    def __init__(self) -> None:
        self._speaker = ""
        self._quarter = 0

    def say(self, speaker: str, text: str) -> None:
        if speaker != self._speaker:
            self.end_speech()
            self._speaker = speaker
            out(f"   {speaker}: ", end="")
        out(text, end="")

    def line(self, text: str) -> None:
        self.end_speech()
        out(f"   {text}")

    def status(self, text: str) -> None:
        self.line(text)

    def bar(self, done: int, total: int, text: str) -> None:
        quarter = done * _BAR_LINES // total
        if quarter != self._quarter:
            self._quarter = quarter
            self.line(f"{done} of {total} {text}")

    def table(self, columns: Sequence[str], rows: Sequence[Cells]) -> None:
        for line in aligned(columns, rows):
            self.line(line)

    def end(self, text: str, *, good: bool) -> None:
        self.line(f"{'ok' if good else 'FAILED'}: {text}")

    def end_speech(self) -> None:
        if self._speaker:
            out()
        self._speaker = ""
