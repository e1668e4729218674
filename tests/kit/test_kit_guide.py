"""The guide to testing: its examples are the tests of a project, and pass."""

from __future__ import annotations

import re
from pathlib import Path

from anyio import to_thread
from subpytest import outcome, run

from flexsdk.sandbox import Sandbox

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "testing.md"


async def test_the_examples_pass_as_printed(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", _read(GUIDE), re.DOTALL)
    for number, block in enumerate(blocks):
        (tmp_path / f"test_guide_{number}.py").write_text(block)
    auto = ("-o", "asyncio_mode=auto", "-W", "error")

    async with Sandbox(platforms=["fleece"]) as real:
        keys = {"FLEECE_API_KEY": real.fleece.key, "FLEECE_BASE_URL": real.fleece.base_url}
        recorded = await to_thread.run_sync(
            lambda: run(tmp_path, *auto, "-k", "recorded", "--flexsdk-cassettes=record", **keys)
        )
    replayed = await to_thread.run_sync(lambda: run(tmp_path, *auto))

    assert outcome(recorded) == "1 passed, 6 deselected", recorded.stdout
    assert outcome(replayed) == "7 passed", replayed.stdout
    (cassette,) = _files(tmp_path / "cassettes")
    assert real.fleece.key not in _read(cassette)


def _files(folder: Path) -> list[Path]:
    return [*folder.iterdir()]


def _read(path: Path) -> str:
    return path.read_text()
