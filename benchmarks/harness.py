"""What all benchmarks share: paired rounds, the verdict on a figure, and how results are shown."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Literal

import msgspec

__all__ = [
    "QUICK_ROUNDS",
    "ROUNDS",
    "Better",
    "Figures",
    "Measure",
    "Report",
    "Result",
    "cells",
    "cpu",
    "judge",
    "pairs",
    "ratio",
    "reaches",
    "table",
]

Better = Literal["higher", "lower"]
Measure = Callable[[], float]
"""One measurement, in seconds."""

ROUNDS = 12
QUICK_ROUNDS = 6


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One figure and what was wanted of it."""

    question: str
    case: str
    unit: str
    value: float
    better: Better
    """Which way ``goal`` and ``least`` are meant."""
    goal: float
    least: float
    """The figure that must be reached; a run that misses one fails."""
    ok: bool
    """Whether ``least`` is reached."""


Figures = dict[str, dict[str, float]]
"""What was measured, for a chart: values by label, under a title that names their unit."""


class Report(msgspec.Struct, frozen=True):
    """What a benchmark found; without figures the chart shows the results themselves."""

    results: list[Result]
    figures: Figures = {}


def judge(
    question: str, case: str, value: float, unit: str, *, better: Better, goal: float, least: float
) -> Result:
    """Hold a figure against the least that is asked of it."""
    return Result(
        question=question,
        case=case,
        unit=unit,
        value=round(value, 3),
        better=better,
        goal=goal,
        least=least,
        ok=reaches(value, least, better),
    )


def cpu(work: Callable[[], object]) -> Measure:
    """Return a measurement of the processor time of this process while ``work`` runs."""

    def measure() -> float:
        gc.collect()
        start = time.process_time()
        work()
        return time.process_time() - start

    return measure


def pairs(first: Measure, second: Measure, *, quick: bool) -> list[tuple[float, float]]:
    """Measure both in turn, after one round that does not count.

    Who goes first alternates, so that neither has the better of a machine that slows down or speeds up.
    """
    first(), second()
    rounds = []
    for number in range(QUICK_ROUNDS if quick else ROUNDS):
        if number % 2:
            after, before = second(), first()
        else:
            before, after = first(), second()
        rounds.append((before, after))
    return rounds


def ratio(first: Measure, second: Measure, *, quick: bool) -> float:
    """Return how many times the second the first takes: the median over paired rounds."""
    return median(a / b for a, b in pairs(first, second, quick=quick))


def table(results: Sequence[Result]) -> str:
    """Lay out results for reading."""
    rows = [("question", "case", "value", "goal", "least", "verdict"), *map(cells, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def cells(result: Result) -> tuple[str, ...]:
    """Write a result as one row: question, case, value, goal, least and verdict."""
    sign = "≥" if result.better == "higher" else "≤"
    return (
        result.question,
        result.case,
        f"{result.value:g} {result.unit}",
        f"{sign} {result.goal:g}",
        f"{sign} {result.least:g}",
        _verdict(result),
    )


def _verdict(result: Result) -> str:
    if not result.ok:
        return "MISSED"
    return "goal" if reaches(result.value, result.goal, result.better) else "least"


def reaches(value: float, mark: float, better: Better) -> bool:
    """Tell whether a figure is as good as a mark, or better."""
    return value >= mark if better == "higher" else value <= mark
