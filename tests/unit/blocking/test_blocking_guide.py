"""The examples of the guide, run as they are printed, against the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "blocking.md"

document = Sybil(parsers=[PythonCodeBlockParser()]).parse(GUIDE)
EXAMPLES = list(document.examples())


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_example_of_the_guide_runs_as_printed(
    number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    document.namespace.clear()
    document.namespace["__name__"] = "example"

    EXAMPLES[number].evaluate()

    assert capsys.readouterr().out.strip(), "an example shows something"


def test_the_guide_has_examples() -> None:
    assert len(EXAMPLES) == 5
