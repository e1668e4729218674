"""The plugin in the tests of a project of somebody else's, under each of the plugins for coroutines."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from subpytest import outcome, run

HERE = Path(__file__).parent
PROJECT = HERE / "project"
ROOT = HERE.parents[1]
CASSETTE = "test_with_asyncio.test_a_cassette.json"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


def test_the_tests_of_a_project_pass_under_anyio_and_the_strict_mode_of_pytest_asyncio(project: Path) -> None:
    done = run(project, "-o", "asyncio_mode=strict")

    assert outcome(done) == "15 passed", done.stdout + done.stderr


def test_the_tests_of_a_project_pass_under_the_auto_mode_of_pytest_asyncio(project: Path) -> None:
    done = run(project, "test_with_asyncio.py", "-o", "asyncio_mode=auto")

    assert outcome(done) == "12 passed", done.stdout + done.stderr


def test_says_what_is_wrong_with_a_cassette_and_with_the_sandbox(project: Path) -> None:
    (project / "cassettes" / CASSETTE).unlink()
    (project / "test_bad.py").write_text(
        "def test_bad(flexsdk_sandbox):\n    flexsdk_sandbox.fleece.violations.append('agents_list is odd')\n"
    )

    done = run(project, "-k", "test_a_cassette or test_bad")

    assert outcome(done) == "1 passed, 14 deselected, 2 errors"
    assert "record it first" in done.stdout
    assert "agents_list is odd" in done.stdout


def test_pytest_starts_without_loading_the_sdk() -> None:
    code = (
        "import sys, flexsdk.testing.plugin\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('aiohttp', 'anyio', 'msgspec')])\n"
        "print(sorted(name for name in sys.modules if name.startswith('flexsdk')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    heavy, ours = done.stdout.splitlines()
    assert heavy == "[]"
    assert ours == "['flexsdk', 'flexsdk._version', 'flexsdk.testing', 'flexsdk.testing.plugin']"


def test_the_package_tells_pytest_of_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["entry-points"]["pytest11"] == {"flexsdk": "flexsdk.testing.plugin"}
