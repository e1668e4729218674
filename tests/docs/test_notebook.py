"""The notebook runs from start to end, and its stored outputs are those of the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_sandbox import served

from flexsdk.sandbox import Sandbox

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

NOTEBOOK = Path(__file__).parents[2] / "docs/examples/notebook.ipynb"
SECONDS = 60
"""No cell takes longer."""


@pytest.fixture(scope="module")
def stored() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Run a copy of the notebook in a kernel of its own."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in code_cells(notebook):
        cell.outputs = []
    with served(Sandbox()) as environment, pytest.MonkeyPatch.context() as patch:
        own = {name: str(tmp_path_factory.mktemp("own")) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR")}
        for name, value in {**environment, **own}.items():
            patch.setenv(name, value)
        client = nbclient.NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", record_timing=False, coalesce_streams=True
        )
        client.execute()
        yield notebook


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook: Any) -> list[list[str]]:
    """Give the text of every output, cell by cell."""
    return [
        [output.get("text") or output["data"].get("text/html", "") for output in cell.outputs]
        for cell in code_cells(notebook)
    ]


def test_the_stored_outputs_are_those_of_the_run(stored: Any, executed: Any) -> None:
    assert shown(stored) == shown(executed)


def test_the_tour_shows_a_list_a_stream_and_a_job(executed: Any) -> None:
    everything = "".join(text for cell in shown(executed) for text in cell)

    assert all(
        fact in everything
        for fact in ("Email Triager", "[calls orders__lookup]", "complete", "completed", "404 NOT_FOUND")
    )


def test_the_notebook_holds_no_traces_of_the_machine_that_ran_it(stored: Any) -> None:
    assert stored.metadata.keys() <= {"kernelspec", "language_info"}
    assert all(not cell.metadata for cell in stored.cells)
    assert [cell.execution_count for cell in code_cells(stored)] == list(
        range(1, len(code_cells(stored)) + 1)
    )
