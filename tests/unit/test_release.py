"""What has to agree before a release: version, changelog, Pythons, checks, and what the packages hold."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsdk

ROOT = Path(__file__).parents[2]
RUN = ROOT / ".ci" / "run"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")

in_a_clone = pytest.mark.skipif(
    not (RUN.exists() and WORKFLOW.exists()), reason="no clone: CI is not in the sdist"
)

IN_A_SDIST = {
    *("flexsdk", "tests", "docs", "benchmarks", "mkdocs.yml", "pyproject.toml", "LICENSE", "PKG-INFO"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".gitignore"),
}
"""``.gitignore`` is what hatchling takes along always."""


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    return found


def steps() -> set[str]:
    """Give the commands of the workflow."""
    return {step["run"] for job in jobs().values() for step in job["steps"] if "run" in step}


def checks() -> set[str]:
    """Give the commands of ``.ci/run`` that can fail because of the code; benchmarks are shown only."""
    tools = r"^(?:ruff|mypy|lint-imports|python -m (?:pytest|flexsdk|mkdocs|twine)).*$"
    lines = re.findall(tools, RUN.read_text("utf-8"), re.MULTILINE)
    return {line.partition(" || ")[0].strip() for line in lines}


def pythons() -> list[str]:
    return re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))


def test_the_version_stands_in_one_place() -> None:
    source = (ROOT / "flexsdk" / "_version.py").read_text("utf-8")

    assert f'__version__ = "{flexsdk.__version__}"' in source
    assert PROJECT["dynamic"] == ["version"]
    assert version("flexsdk") == flexsdk.__version__


def test_the_changelog_has_a_section_for_the_version_and_newer_ones_come_first() -> None:
    sections = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", CHANGELOG, re.MULTILINE)

    assert sections[0] == ("Unreleased", "")
    assert sections[1][0] == flexsdk.__version__
    assert all(date for _, date in sections[1:])
    assert [date for _, date in sections[1:]] == sorted((date for _, date in sections[1:]), reverse=True)
    kinds = set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_python_that_is_promised_is_tested() -> None:
    assert pythons() == sorted(pythons(), key=lambda name: int(name.partition(".")[2]))
    assert PROJECT["requires-python"] == f">={pythons()[0]}"
    assert f"Python {pythons()[0]} to {pythons()[-1]}" in (ROOT / "README.md").read_text("utf-8")


@in_a_clone
def test_the_workflow_tests_the_pythons_of_the_classifiers() -> None:
    assert jobs()["test"]["strategy"]["matrix"]["python"] == pythons()


@in_a_clone
def test_every_check_of_the_local_run_is_in_the_workflow() -> None:
    assert {"ruff check .", "mypy", "lint-imports", "python -m pytest -m slow"} <= checks()
    assert checks() - steps() == set()


@in_a_clone
def test_the_workflow_has_what_one_machine_cannot_do() -> None:
    assert any("--resolution lowest-direct" in step for step in steps())
    assert {
        "python -m build",
        "python -m mkdocs build --strict",
        "python -m twine check --strict dist/*",
    } <= steps()


@in_a_clone
def test_no_step_of_the_workflow_may_write_or_run_for_ever() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))

    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in jobs().items() if "timeout-minutes" not in job] == []


@pytest.mark.slow
def test_the_packages_hold_what_they_should_and_nothing_else(tmp_path: Path) -> None:
    for needed in ("build", "twine"):
        pytest.importorskip(needed)
    python = [sys.executable, "-m"]

    subprocess.run([*python, "build", "--outdir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    wheel, sdist = next(tmp_path.glob("*.whl")), next(tmp_path.glob("*.tar.gz"))

    subprocess.run([*python, "twine", "check", "--strict", str(wheel), str(sdist)], check=True)
    own = {str(path.relative_to(ROOT)) for path in (ROOT / "flexsdk").rglob("*") if path.is_file()}
    own = {name for name in own if "__pycache__" not in name}
    with zipfile.ZipFile(wheel) as packed:
        assert {name for name in packed.namelist() if ".dist-info/" not in name} == own
    with tarfile.open(sdist) as packed_sources:
        names = {name.partition("/")[2] for name in packed_sources.getnames()}
    assert {name.partition("/")[0] for name in names} <= IN_A_SDIST
    assert own <= names
    assert [name for name in names if re.search(r"__pycache__|\.pyc$|_cache/|\.hypothesis/", name)] == []
