"""The README's examples, run as they are printed, against the sandbox."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from flexsdk.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PLATFORMS = ("flapjack", "fleece")

document = Sybil(parsers=[PythonCodeBlockParser()]).parse(ROOT / "README.md")
EXAMPLES = list(document.examples())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox on a loop and a thread of its own, for examples that start a loop themselves."""
    ready, stop = threading.Event(), asyncio.Event()
    box = Sandbox(platforms=PLATFORMS, run_seconds=0.2)
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with box:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield box
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_example_runs_as_printed(
    number: int, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in PLATFORMS:
        emulator = getattr(sandbox, name)
        monkeypatch.setenv(f"{name.upper()}_API_KEY", emulator.key)
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", emulator.base_url)
    document.namespace.clear()
    document.namespace["__name__"] = "example"

    EXAMPLES[number].evaluate()

    assert capsys.readouterr().out.strip(), "an example shows something"


def test_the_readme_prints_two_commands_for_all_set_up() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()

    commands = [line.strip() for line in lines if line.startswith("    python -m pip install")]

    assert commands == [
        'python -m pip install ".[cli]" && python -m flexsdk demo',
        'python -m pip install -e ".[test]" && python -m pytest',
    ]
