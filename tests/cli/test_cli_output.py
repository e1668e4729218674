from __future__ import annotations

import sys
from typing import Any

import pytest

from flexsdk.cli.output import aligned, can_draw


class Terminal:
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class OldTerminal(Terminal):
    encoding = "cp1252"


class Pipe(Terminal):
    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("stdout", "environment", "draws"),
    [
        pytest.param(Terminal(), {}, True, id="a terminal"),
        pytest.param(Terminal(), {"NO_COLOR": ""}, True, id="an empty NO_COLOR does not count"),
        pytest.param(Terminal(), {"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param(Terminal(), {"TERM": "dumb"}, False, id="a dumb terminal"),
        pytest.param(OldTerminal(), {}, False, id="a terminal without box characters"),
        pytest.param(Pipe(), {}, False, id="a pipe"),
        pytest.param(Pipe(), {"FORCE_COLOR": "1"}, False, id="a pipe stays plain"),
    ],
)
def test_draws_on_terminals_that_can_show_it(
    stdout: Any, environment: dict[str, str], draws: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", stdout)

    assert can_draw() is draws


def test_columns_stand_under_each_other_and_numbers_to_the_right() -> None:
    lines = list(aligned(("name", "n"), [("a", 5), ("abcdef", 1000)]))

    assert lines == ["name    n", "a          5", "abcdef  1000"]


def test_a_table_without_rows_is_its_head() -> None:
    assert list(aligned(("name", "n"), [])) == ["name  n"]
