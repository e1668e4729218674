"""The stubs say what is there: they are fresh, complete, and accepted by type checkers."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from flexsdk.blocking._stubs import stubs

FOLDER = Path(__file__).parents[3] / "flexsdk" / "blocking"
SCRIPT = Path(__file__).parent / "typed_script.py"
NAMES = ["core", "flapjack", "fleece", "flexorch", "flextell", "platform"]


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """The stubs as they should be, by the names of their modules."""
    return {path.stem: text for path, text in stubs().items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_is_fresh(name: str, written: dict[str, str]) -> None:
    found = (FOLDER / f"{name}.pyi").read_text("utf-8")

    assert found == written[name], "run: python -m flexsdk.blocking._stubs"


def test_no_stub_is_left_over(written: dict[str, str]) -> None:
    assert set(NAMES) == set(written) == {path.stem for path in FOLDER.glob("*.pyi")}


@pytest.mark.parametrize("name", NAMES)
def test_all_that_a_stub_promises_is_there(name: str) -> None:
    module: Any = import_module(f"flexsdk.blocking.{name}")
    stub = ast.parse((FOLDER / f"{name}.pyi").read_text("utf-8"))
    classes = [node for node in stub.body if isinstance(node, ast.ClassDef)]

    promised = {
        (cls.name, each.name) for cls in classes for each in cls.body if isinstance(each, ast.FunctionDef)
    }
    missing = {(cls, method) for cls, method in promised if method not in dir(getattr(module, cls))}

    assert promised
    assert missing == set()


@pytest.mark.slow
def test_mypy_accepts_a_script_and_knows_its_types() -> None:
    mypy = pytest.importorskip("mypy.api")

    said, trouble, status = mypy.run(["--strict", "--config-file", "", str(SCRIPT)])

    assert (said.splitlines()[-1:], trouble, status) == (
        ["Success: no issues found in 1 source file"],
        "",
        0,
    ), said


@pytest.mark.slow
@pytest.mark.skipif(not (find_spec("pyright") and shutil.which("node")), reason="needs pyright and node")
def test_pyright_accepts_the_same_script(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(SCRIPT)]

    said = json.loads(subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).stdout)

    assert said["generalDiagnostics"] == []
    assert said["summary"]["filesAnalyzed"] == 1
