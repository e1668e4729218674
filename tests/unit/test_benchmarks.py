"""The benchmarks' own promises: verdicts, exit status, and results that are what the files say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import __main__ as command
from benchmarks import _saved
from benchmarks._process import ServerProcess
from benchmarks._svg import bars, shares
from benchmarks.harness import Better, Report, Result, judge, ratio

EMPTY = "Head\n\n<!-- results: begin -->\n\nold\n\n<!-- results: end -->\n\nTail\n"


def result(
    value: float = 1.0, *, better: Better = "lower", least: float = 1.3, case: str = "a case"
) -> Result:
    return judge("probe", case, value, "x", better=better, goal=1.1, least=least)


class Probe:
    """A benchmark that has found something already."""

    QUESTION = "How much?"

    def __init__(self, *results: Result) -> None:
        self.report = Report(list(results), {"Cost in µs": {"by hand": 1.0, "flexsdk": 2.0}})

    def run(self, *, quick: bool) -> Report:
        return self.report


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(*results: Result) -> None:
        monkeypatch.setattr(command, "names", lambda: ["probe"])
        monkeypatch.setattr(command, "load", lambda name: Probe(*results))

    return install


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    page = tmp_path / "performance.md"
    page.write_text(EMPTY)
    monkeypatch.setattr(_saved, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(_saved, "PAGE", page)
    return tmp_path


@pytest.mark.parametrize(
    ("value", "better", "least", "ok"),
    [
        pytest.param(1.3, "lower", 1.3, True, id="at the bar"),
        pytest.param(1.3004, "lower", 1.3, False, id="missed by less than is shown"),
        pytest.param(0.0, "lower", 0.0, True, id="none allowed and none found"),
        pytest.param(5.0, "higher", 5.0, True, id="as high as asked"),
        pytest.param(4.999, "higher", 5.0, False, id="too low"),
    ],
)
def test_a_figure_is_held_against_its_bar(value: float, better: Better, least: float, ok: bool) -> None:
    assert result(value, better=better, least=least).ok is ok


def test_a_ratio_is_the_median_of_paired_rounds_after_one_that_does_not_count() -> None:
    first = iter([100.0, 4.0, 4.0, 40.0, 4.0, 4.0, 4.0])
    second = iter([1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0])

    value = ratio(lambda: next(first), lambda: next(second), quick=True)

    assert value == 2.0
    assert next(first, None) is None


@pytest.mark.parametrize(
    ("values", "status"),
    [pytest.param([1.0, 1.2], 0, id="all reached"), pytest.param([1.0, 1.4], 1, id="one missed")],
)
@pytest.mark.parametrize("options", [[], ["--json"], ["--quick"]], ids=["table", "json", "quick"])
def test_the_exit_status_tells_whether_a_bar_was_missed(
    probe: Any, values: Sequence[float], status: int, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    probe(*map(result, values))

    assert command.main(["probe", *options]) == status


def test_json_is_one_list_of_objects_and_nothing_else(probe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    probe(result(1.4), result(1.0))

    command.main(["probe", "all", "--json"])

    printed = json.loads(capsys.readouterr().out)
    keys = {"question", "case", "unit", "value", "goal", "least", "ok"}
    assert [each["ok"] for each in printed] == [False, True]
    assert all(keys <= each.keys() for each in printed)


def test_without_a_name_they_are_listed_and_none_is_run(
    probe: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    probe(result(9.9))

    assert command.main([]) == 0
    assert "How much?" in capsys.readouterr().out


def test_a_missing_peer_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'openai'", name="openai")

    monkeypatch.setattr(command, "import_module", missing)

    assert command.main(["unary"]) == 2
    assert "unary needs openai: pip install 'flexsdk[bench]'" in capsys.readouterr().err


def test_the_names_are_those_of_the_questions() -> None:
    asked = {"unary", "pages", "sse", "streams", "limits", "import", "decode", "upload", "ingest"}

    assert asked <= set(command.names())


def test_a_saved_run_tells_all_that_is_needed_to_repeat_it(
    probe: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probe(result(1.2))

    command.main(["probe", "--quick", "--save"])

    saved = json.loads((folder / "results" / "probe.json").read_text())
    assert saved["command"] == "python -m benchmarks probe --quick"
    assert saved["versions"]["aiohttp"]
    assert "CPython" in saved["machine"] or "PyPy" in saved["machine"]
    assert saved["figures"] == {"Cost in µs": {"by hand": 1.0, "flexsdk": 2.0}}


def test_saving_writes_the_tables_of_the_page_anew_and_leaves_the_rest(
    probe: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probe(result(1.2, case="one call"))

    command.main(["probe", "--save"])

    page = (folder / "performance.md").read_text()
    assert page.startswith("Head\n")
    assert page.endswith("Tail\n")
    assert "| one call | 1.2 x | ≤ 1.1 | ≤ 1.3 | least |" in page
    assert "old" not in page
    assert page == _saved.with_tables(page, _saved.load())


def test_a_page_without_a_place_for_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        _saved.with_tables("nothing here", [])


def test_the_tables_of_the_documentation_are_the_saved_results() -> None:
    page = _saved.PAGE.read_text(encoding="utf-8")

    assert page == _saved.with_tables(page, _saved.load())


@pytest.mark.parametrize("saved", _saved.load(), ids=lambda saved: saved.name)
def test_the_saved_chart_is_drawn_from_the_saved_figures(saved: _saved.Saved) -> None:
    chart = _saved.RESULTS / f"{saved.name}.svg"

    assert chart.read_text(encoding="utf-8") == _saved.drawing(saved)


def test_bars_are_to_scale_and_tell_how_many_times_ours_each_is() -> None:
    drawing = bars({"Cost <µs>": {"by hand": 50.0, "flexsdk": 100.0, "peer": 400.0}})

    lengths = [float(each.attrib["width"]) for each in _elements(drawing, "rect")[1:]]
    assert lengths == [
        pytest.approx(lengths[2] / 8, abs=0.1),
        pytest.approx(lengths[2] / 4, abs=0.1),
        lengths[2],
    ]
    assert "4.00 x" in drawing
    assert "0.50 x" in drawing


def test_shares_mark_what_missed_its_bar_even_where_none_is_allowed() -> None:
    drawing = shares("probe", [result(1.3), result(9.0, least=0.0), result(0.0, least=0.0)])

    rows = _elements(drawing, "rect")[1:]
    assert [row.attrib["class"] for row in rows] == ["ours", "missed", "ours"]
    assert [float(row.attrib["width"]) for row in rows] == [550.4, 688.0, 0.0]


def _elements(drawing: str, name: str) -> list[ET.Element]:
    return ET.fromstring(drawing).findall(f"{{http://www.w3.org/2000/svg}}{name}")


def test_a_server_that_does_not_start_is_an_error_and_no_endless_wait() -> None:
    with pytest.raises(RuntimeError, match="ended with 1"), ServerProcess("benchmarks._no_such_server"):
        pass
