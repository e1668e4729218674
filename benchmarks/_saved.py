"""Results that are kept: a JSON file and a chart of each benchmark, and the tables of the page about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks._machine import machine, versions
from benchmarks._svg import bars, shares
from benchmarks.harness import Figures, Report, Result, cells

__all__ = ["PAGE", "RESULTS", "Saved", "drawing", "load", "save", "with_tables"]

RESULTS = Path(__file__).with_name("results")
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_BEGIN, _END = "<!-- results: begin -->", "<!-- results: end -->"


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one benchmark, and all that is needed to repeat it."""

    name: str
    question: str
    command: str
    date: str
    machine: str
    versions: dict[str, str]
    results: list[Result]
    figures: Figures


def save(name: str, question: str, report: Report, command: str) -> None:
    """Write the run and its chart, and bring the tables of the page up to date."""
    saved = Saved(
        name=name,
        question=question,
        command=command,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=machine(),
        versions=versions(),
        results=report.results,
        figures=report.figures,
    )
    RESULTS.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(saved), indent=1)
    (RESULTS / f"{name}.json").write_bytes(text + b"\n")
    (RESULTS / f"{name}.svg").write_text(drawing(saved), encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), load()), encoding="utf-8")


def load() -> list[Saved]:
    """Read all runs that were saved, by name."""
    decode = msgspec.json.Decoder(Saved).decode
    return [decode(path.read_bytes()) for path in sorted(RESULTS.glob("*.json"))]


def drawing(saved: Saved) -> str:
    """Draw the figures of a run, or where it has none its results."""
    if saved.figures:
        return bars(saved.figures)
    return shares(f"{saved.name}: how much of what is allowed is taken", saved.results)


def with_tables(page: str, runs: Iterable[Saved]) -> str:
    """Give the page with the tables of these runs in place of those that it has."""
    head, begin, rest = page.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"the page lacks {_BEGIN} or {_END}")
    tables = "".join(f"{_table(run)}\n\n" for run in runs)
    return f"{head}{begin}\n\n{tables}{end}{tail}"


def _table(saved: Saved) -> str:
    rows = ["| case | measured | goal | bar | reached |", "|---|---|---|---|---|"]
    rows += [f"| {' | '.join(cells(result)[1:])} |" for result in saved.results]
    about = f"`{saved.command}`, {saved.date}, {saved.machine}; chart: `benchmarks/results/{saved.name}.svg`"
    return "\n".join([f"### {saved.name}", "", saved.question, "", *rows, "", about])
