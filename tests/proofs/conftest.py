"""The marks of the proofs, and their table at the end of ``pytest -m proofs``."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import aiohttp
import pytest

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "control: a broken variant that its suite has to catch")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("full"):
            item.add_marker("proofs")


@pytest.fixture(autouse=True)
def plain_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count no descriptors of aiodns: they come with a session's first use and stay as long as it."""
    monkeypatch.setattr("aiohttp.connector.DefaultResolver", aiohttp.ThreadedResolver)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.option.markexpr != "proofs":
        return
    rows: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            _count(rows[Path(report.nodeid.partition("::")[0]).stem.removeprefix("test_proof_")], report)
    terminalreporter.section("proofs")
    terminalreporter.write_line(f"{'suite':<12}{'cases':>8}{'failures':>10}{'controls caught':>18}")
    for suite, (cases, failures, caught, controls) in sorted(rows.items()):
        terminalreporter.write_line(f"{suite:<12}{cases:>8,}{failures:>10}{f'{caught} of {controls}':>18}")


def _count(row: list[int], report: pytest.TestReport) -> None:
    """Add a report: cases and failures of the suite itself, or one control."""
    if "control" in report.keywords:
        row[2] += report.passed
        row[3] += 1
    else:
        row[0] += sum(value for name, value in report.user_properties if name == "cases") or 1
        row[1] += report.failed
