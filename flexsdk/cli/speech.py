"""An answer as it comes: words wrapped on a terminal, tools beside it on stderr."""

from __future__ import annotations

import shutil
import sys
from typing import Final

import msgspec
from rich.cells import cell_len

from flexsdk.cli.output import can_draw, clean, out
from flexsdk.cli.results import plain
from flexsdk.platforms.flapjack.events import AuthChallenge, Event, Token, ToolCall, ToolExecuting, ToolResult

__all__ = ["Speech", "dimmed"]

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_LONGEST: Final = 200
"""Characters of a tool's arguments or result."""
_LONG_WORD: Final = 24
"""Characters after which a word is written before its end, as in languages without spaces."""


class Speech:
    """Writes one answer; stdout gets its text alone, and exactly so where it is no terminal."""

    def __init__(self) -> None:
        self._drawn = can_draw()
        self._width = shutil.get_terminal_size().columns
        self._column = 0
        self._word = ""

    def show(self, event: Event) -> None:
        """Write what an event brings."""
        match event:
            case Token(delta=delta):
                self._say("".join(sign for sign in delta if sign.isprintable() or sign in "\n\t"))
            case ToolCall(tool=tool):
                self._aside("→", "calls", f"{tool.name}({tool.arguments})")
            case ToolExecuting(tool_name=name) if not self._drawn:
                self._aside("", "runs", name)
            case ToolResult(tool_name=name, result=result):
                self._aside("←", f"{name} gave", msgspec.json.encode(plain(result)).decode())
            case AuthChallenge(tool_name=name, challenge=challenge):
                self._aside("!", f"{name} needs you:", challenge.redirect_url)

    def end(self) -> None:
        """Write what is held back, and end the line."""
        self._say("")
        self._write_word()
        out()
        self._column = 0

    def _say(self, text: str) -> None:
        if not self._drawn:
            out(text, end="")
            return
        for sign in text:
            if sign in " \n\t":
                self._write_word()
                self._space(sign)
            else:
                self._word += sign
                if len(self._word) > _LONG_WORD:
                    self._write_word()

    def _space(self, sign: str) -> None:
        new_line = sign == "\n" or self._column >= self._width - 1
        out("\n" if new_line else " ", end="")
        self._column = 0 if new_line else self._column + 1

    def _write_word(self) -> None:
        width = cell_len(self._word)
        if self._column and self._column + width > self._width:
            out()
            self._column = 0
        out(self._word, end="")
        self._column = (self._column + width) % self._width
        self._word = ""

    def _aside(self, sign: str, verb: str, fact: str) -> None:
        """Write a line about a tool to stderr, so that stdout is the answer alone."""
        line = clean(fact if self._drawn and verb == "calls" else f"{verb} {fact}")
        line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
        if self._drawn:
            self._write_word()
            if self._column:
                out()
                self._column = 0
            line = f"  {sign} {line}"
        dimmed(line if self._drawn else f"[{line}]")


def dimmed(line: str) -> None:
    """Write a line to stderr, dim where colours are shown."""
    before, after = (_DIM, _PLAIN) if can_draw() else ("", "")
    print(f"{before}{line}{after}", file=sys.stderr, flush=True)
