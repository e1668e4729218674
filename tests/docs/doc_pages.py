"""Markdown pages as programs: what a reader would type, run in order, and held against what the page shows.

| in the page | what happens |
|---|---|
| a ``python`` block | it runs as a part of ``__main__``; the blocks of a page share one namespace |
| a ``bash`` block | it runs as one script; a command that fails ends it |
| a ``console`` block | its lines after ``$`` run as one script; the other lines are what that prints |
| a ``text`` block directly after one of them | it is what the terminal shows; ``...`` stands for anything |
| ``<!-- file: NAME -->`` above any block | the block is that file, and is not run |
| ``<!-- file: NAME``, its lines, ``-->`` | the lines are that file |
| ``<!-- AGENT: command -->`` | in later commands the word AGENT stands for what this command prints |
| ``<!-- not run: reason -->`` above a block | it is not run |

``pip install "flexsdk[extra]"`` is not run either: there has to be such an extra. The folder is an empty one.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from doctest import ELLIPSIS, OutputChecker
from importlib.metadata import metadata
from io import StringIO
from pathlib import Path
from types import ModuleType

RUN = frozenset({"python", "bash", "console"})
SHOWN = frozenset({"text", "json", "toml", "yaml", "html", "javascript", "sql", "csv"})
SECONDS = 120.0
"""No command of a page takes longer."""

_PIECE = re.compile(
    r"^<!-- (?P<order>file|not run|[A-Z]+): (?P<argument>[^\n]*?)(?: -->|\n(?P<content>.*?)^-->)\n"
    r"|^(?P<indent> *)(?P<fence>```|~~~)(?P<language>[^\n]*)\n(?P<source>.*?)^(?P=indent)(?P=fence)\n",
    re.MULTILINE | re.DOTALL,
)
_INSTALL = re.compile(r"(?:python -m )?pip install \"?flexsdk(?:\[(?P<extras>[\w,]+)\])?\"?")


class PageError(AssertionError):
    """A page that does not say the truth."""


@dataclass(frozen=True)
class Piece:
    """A block of code, or a comment that says what to do with the next one."""

    page: Path
    line: int
    order: str
    argument: str
    language: str
    text: str
    adjacent: bool
    """Whether it stands directly behind the piece before."""

    @property
    def place(self) -> str:
        return f"{self.page.name}:{self.line}"


def pieces(page: Path) -> list[Piece]:
    """Read a page."""
    text = page.read_text(encoding="utf-8").rstrip("\n") + "\n"
    found, end = [], 0
    for match in _PIECE.finditer(text):
        found.append(
            Piece(
                page=page,
                line=text.count("\n", 0, match.start()) + 1,
                order=match["order"] or "",
                argument=match["argument"] or "",
                language=match["language"] or "",
                text=textwrap.dedent(match["source"] or match["content"] or ""),
                adjacent=not text[end : match.start()].strip(),
            )
        )
        end = match.end()
    return found


def not_run(page: Path) -> list[str]:
    """Name the blocks of a page that are not run, with the reasons."""
    return [f"{piece.place} {piece.argument}" for piece in pieces(page) if piece.order == "not run"]


def run(page: Path, folder: Path) -> None:
    """Run all blocks of a page in this folder, in the environment as it is.

    Raises:
        PageError: a command failed, or something else was printed than the page shows.
    """
    with _main() as main:
        reader = _Reader(main, folder)
        for piece in pieces(page):
            reader.read(piece)


class _Reader:
    """Somebody who follows a page from its first line to its last."""

    def __init__(self, main: ModuleType, folder: Path) -> None:
        self._main = main
        self._folder = folder
        self._words: dict[str, str] = {}
        self._order = self._argument = ""
        self._printed: str | None = None

    def read(self, piece: Piece) -> None:
        if not piece.order:
            self._printed = self._take(piece, self._order if piece.adjacent else "")
            self._order = ""
            return
        self._order, self._argument = piece.order, piece.argument
        if piece.text:
            self._write(piece)
            self._order = ""
        elif piece.order not in ("file", "not run"):
            self._words[piece.order] = self._shell(piece.argument, piece).strip()

    def _take(self, piece: Piece, order: str) -> str | None:
        """Handle one block, and give what it has printed, if it is one that prints."""
        if piece.language not in RUN | SHOWN:
            raise PageError(f"{piece.place}: {piece.language!r} is no language of these pages")
        if order == "file":
            self._write(piece)
        elif order == "not run":
            return None
        elif piece.language == "python":
            return self._python(piece)
        elif piece.language in RUN:
            return self._commands(piece)
        elif piece.language == "text" and piece.adjacent and self._printed is not None:
            _compare(piece, piece.text, self._printed)
        return None

    def _write(self, piece: Piece) -> None:
        (self._folder / self._argument).write_text(piece.text, encoding="utf-8")

    def _python(self, piece: Piece) -> str:
        code = compile("\n" * piece.line + piece.text, str(piece.page), "exec", dont_inherit=True)
        printed = StringIO()
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                exec(code, self._main.__dict__)
        finally:
            sys.stdout.write(printed.getvalue())
        return printed.getvalue()

    def _commands(self, piece: Piece) -> str:
        lines = piece.text.splitlines()
        shown = ""
        if piece.language == "console":
            shown = "".join(f"{line}\n" for line in lines if not line.startswith(("$ ", "> ")))
            lines = [line[2:] for line in lines if line.startswith(("$ ", "> "))]
        script = "\n".join(line for line in lines if not _installs(line, piece))
        for word, meaning in self._words.items():
            script = re.sub(rf"\b{word}\b", meaning, script)
        printed = self._shell(script, piece)
        if shown:
            _compare(piece, shown, printed)
        return printed

    def _shell(self, script: str, piece: Piece) -> str:
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self._folder,
            env={**os.environ, "PATH": path, "COLUMNS": "80", "TERM": "dumb"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise PageError(f"{piece.place}: exit status {done.returncode} of\n{script}\n{done.stdout}")
        return done.stdout


@contextmanager
def _main() -> Iterator[ModuleType]:
    """Be a program of its own: what looks up a class by its module finds it, and logs go to the terminal."""
    ours, main, root = sys.modules["__main__"], ModuleType("__main__"), logging.root
    handlers, level = root.handlers, root.level
    sys.modules["__main__"], root.handlers = main, []
    try:
        yield main
    finally:
        sys.modules["__main__"], root.handlers = ours, handlers
        root.setLevel(level)


def _installs(line: str, piece: Piece) -> bool:
    match = _INSTALL.fullmatch(line.strip())
    known = metadata("flexsdk").get_all("Provides-Extra") or []
    for extra in (match["extras"] or "").split(",") if match else ():
        if extra and extra not in known:
            raise PageError(f"{piece.place}: there is no extra {extra!r}")
    return match is not None


def _compare(piece: Piece, shown: str, printed: str) -> None:
    """Hold what is shown against what was printed; blanks at the ends of lines do not count."""
    wanted, got = (re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE) for text in (shown, printed))
    if not OutputChecker().check_output(wanted.rstrip("\n") + "\n", got.rstrip("\n") + "\n", ELLIPSIS):
        raise PageError(f"{piece.place} shows\n{wanted}\nbut this was printed\n{got}")
