"""The guide to observability: its trace is what the script prints, its tables are whole."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
from doc_pages import pieces
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from flexsdk.core import hooks
from flexsdk.core.hooks import (
    BodyOpened,
    CallEnded,
    Event,
    FirstEvent,
    LimiterRefused,
    RetryScheduled,
    StreamEnded,
)
from flexsdk.core.measures import METRICS
from flexsdk.ext.prometheus import Metrics

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = DOCS / "guides" / "observability.md"
EXAMPLES = DOCS / "examples" / "observability"


def test_the_trace_in_the_guide_is_what_the_script_prints_but_for_the_times(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (printed,) = [piece.text for piece in pieces(GUIDE) if piece.text.startswith("answer a customer")]

    runpy.run_path(str(EXAMPLES / "trace.py"), run_name="__main__")

    assert _timeless(capsys.readouterr().out) == _timeless(printed)


def _timeless(tree: str) -> list[str]:
    times = re.sub(r"-\s+\d+|\d+ ms|(?<=seconds )[\d.e-]+|(?<=wait )[\d.e-]+", "#", tree)
    return times.strip().splitlines()


def test_every_event_and_every_metric_has_its_row() -> None:
    text = GUIDE.read_text()
    events = [
        name
        for name, value in vars(hooks).items()
        if isinstance(value, type) and value in Event.__subclasses__()
    ]

    rows = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))

    assert set(events) <= rows
    for metric in METRICS:
        (row,) = [line for line in text.splitlines() if f"| `{metric.name}` |" in line]
        assert [label for label in metric.labels if f"`{label}`" not in row] == []


def _exposed() -> dict[str, set[str]]:
    """Give the names of all samples, as they are scraped, and their labels."""
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for event in (
        CallEnded(op="read", outcome="200", attempts=1, seconds=0.1),
        RetryScheduled(op="read", attempt=1, cause="503", wait=0.1),
        LimiterRefused(op="read", limit="minute"),
        BodyOpened(op="say"),
        FirstEvent(op="say", seconds=0.1),
        StreamEnded(op="say", outcome="complete", events=1, seconds=0.1, tokens={"input": 1}),
    ):
        metrics(event)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def _expressions() -> list[str]:
    board = json.loads((EXAMPLES / "grafana.json").read_text())
    queries = [
        variable["query"]["query"] for variable in board["templating"]["list"] if variable["type"] == "query"
    ]
    return queries + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", _expressions())
def test_the_dashboard_asks_for_metrics_and_labels_that_exist(expression: str) -> None:
    exposed = _exposed()

    names = re.findall(r"flexsdk_\w+", expression)
    grouped = [label for group in re.findall(r"by \(([\w, ]+)\)", expression) for label in group.split(", ")]
    labels = {*re.findall(r'(\w+)=~?"', expression), *grouped}

    assert len(names) == 1
    assert labels <= exposed[names[0]]


def test_the_guide_names_metrics_that_exist() -> None:
    exposed = {name.removesuffix("_count") for name in _exposed()} | _exposed().keys()

    assert set(re.findall(r"flexsdk_\w+", GUIDE.read_text())) <= exposed


def test_the_dashboard_shows_every_metric() -> None:
    shown = " ".join(_expressions())

    missing = [metric.name for metric in METRICS if metric.name.replace(".", "_") not in shown]

    assert missing == []
