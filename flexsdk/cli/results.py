"""What a call gave, as JSON lines, a table or CSV."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from flexsdk.cli.forms import Form
from flexsdk.cli.output import aligned, can_draw, clean, out
from flexsdk.protocol.redact import Secret

__all__ = ["Printer", "plain"]

_FIRST: Final = ("id", "name", "title", "status", "state", "type")
"""Columns that are shown before others where there is not room for all; JSON and CSV have all."""
_PLAIN_WIDTH: Final = 120
"""Characters of a line where there is no terminal."""
_LONGEST: Final = 60
"""Characters of a cell in a table of several objects."""
_NARROWEST: Final = 16
"""Characters that a cut column has at least."""
_GAP: Final = 2
"""Characters between two columns."""
_VALUE: Final = "value"
"""The column of what is no object."""


def plain(value: Any, *, reveal: bool = False) -> Any:
    """Give a value as JSON knows it, with the names that the platform uses; secrets stay hidden."""

    def encode(odd: Any) -> Any:
        if isinstance(odd, Secret):
            return odd.reveal() if reveal else repr(odd)
        return str(odd)

    return msgspec.to_builtins(value, enc_hook=encode, str_keys=True)


class Printer:
    """Writes values one after the other; a table is written at the end, when all of it is known.

    Args:
        form: by default a table on a terminal and JSON lines elsewhere.
        reveal: write secrets that the answer holds.
    """

    def __init__(self, form: Form | None = None, *, reveal: bool = False) -> None:
        self._form: Form = form or ("table" if can_draw() else "json")
        self._reveal = reveal
        self._rows: list[Any] = []
        self._columns: Sequence[str] | None = None

    def one(self, value: Any) -> None:
        """Write one value by itself; ``None`` is nothing to write."""
        if value is None:
            return
        row = plain(value, reveal=self._reveal)
        if self._form == "table" and isinstance(row, dict):
            cells = [(name, _cell(each)) for name, each in row.items() if each not in (None, [], {})]
            _write_table(("field", "value"), cells)
        else:
            self.add(row)
            self.end()

    def event(self, event: Any) -> None:
        """Write one event of a stream at once, with the name of its kind; as a line of JSON in every form."""
        data = plain(event, reveal=self._reveal)
        body = data if isinstance(data, dict) else {_VALUE: data}
        out(_json({"event": type(event).__name__, **body}))

    def add(self, value: Any) -> None:
        """Write one of several values."""
        row = plain(value, reveal=self._reveal)
        if self._form == "json":
            out(_json(row))
        elif self._form == "csv":
            self._add_csv(row)
        else:
            self._rows.append(row)

    def end(self) -> None:
        """Write what is held back for the table."""
        if self._form == "table" and self._rows:
            objects = [_object(row) for row in self._rows]
            columns = _fitting(_columns(objects), objects)
            rows = [[_cell(row.get(name), longest) for name, longest in columns.items()] for row in objects]
            _write_table(list(columns), rows)
        elif self._form == "table":
            out("nothing")

    def _add_csv(self, row: Any) -> None:
        fields = _object(row)
        if self._columns is None:
            self._columns = list(fields)
            out(_csv(self._columns), end="")
        out(_csv([_guarded(_flat(fields.get(name))) for name in self._columns]), end="")


def _object(row: Any) -> Mapping[str, Any]:
    return row if isinstance(row, dict) else {_VALUE: row}


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Choose simple fields that are not empty everywhere, in the platform's order."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    simple = [name for name in names if _any(rows, name, lambda value: not isinstance(value, dict | list))]
    return simple or names


def _fitting(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Choose the columns that stand beside each other without a fold, with the characters of each.

    What tells most is chosen first; the last one may be cut.
    """
    room = shutil.get_terminal_size().columns if can_draw() else _PLAIN_WIDTH
    chosen: dict[str, int] = {}
    for name in sorted(columns, key=lambda name: _rank(name, rows)):
        width = max(len(name), *(len(str(_cell(row.get(name), _LONGEST))) for row in rows))
        if chosen and width > room:
            if room >= max(_NARROWEST, len(name)):
                chosen[name] = room
            break
        chosen[name] = _LONGEST
        room -= width + _GAP
    return {name: chosen[name] for name in columns if name in chosen}


def _rank(name: str, rows: Sequence[Mapping[str, Any]]) -> int:
    """Tell how early a column is chosen; what is the same in all rows tells nothing."""
    if name in _FIRST:
        return _FIRST.index(name)
    values = [row.get(name) for row in rows]
    same = len(rows) > 1 and all(value == values[0] for value in values)
    return len(_FIRST) + same


def _any(rows: Iterable[Mapping[str, Any]], name: str, good: Callable[[Any], bool]) -> bool:
    values = [value for row in rows if (value := row.get(name)) not in (None, "")]
    return any(good(value) for value in values)


def _cell(value: Any, longest: int | None = None) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = clean(_flat(value))
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def _flat(value: Any) -> str:
    """Give a value as one text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _json(value)


def _guarded(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula: https://owasp.org/www-community/attacks/CSV_Injection."""
    risky = text.startswith(("=", "@", "\t", "\r")) or (text.startswith(("+", "-")) and not _is_number(text))
    return f"'{text}" if risky else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _csv(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _write_table(columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    if not can_draw():
        for line in aligned(columns, rows):
            out(line)
        return
    from flexsdk.cli.live import draw, drawn_table  # an extra, and not needed for plain lines

    draw(drawn_table(columns, rows))
