"""Fuzzing led by coverage, a few seconds a target; ``python tests/fuzz`` runs as long as you like."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="atheris has no wheel for this Python")

RUNNER = Path(__file__).parent.parent / "fuzz"
TARGETS = ("sse", "errors", "fields", "webhooks")
SECONDS = os.environ.get("FUZZ_SECONDS", "3")
CONTROL_RUNS = 200_000
"""Many more than any control has ever needed."""
FOUND = 77
"""The status of libFuzzer after a failure."""


async def fuzz(target: str, *options: str, folder: Path) -> tuple[int, str]:
    """Run a target in a process of its own; give its status and what it printed."""
    place = f"-artifact_prefix={folder}/"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(RUNNER),
        target,
        place,
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode("utf-8", "replace")


@pytest.mark.parametrize("target", TARGETS)
async def test_no_input_breaks_a_parser(
    target: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    status, output = await fuzz(target, f"-max_total_time={SECONDS}", folder=tmp_path)

    assert status == 0, output[-3_000:]
    runs = re.search(r"Done (\d+) runs", output)
    assert runs is not None
    record_property("cases", int(runs[1]))


@pytest.mark.control
@pytest.mark.parametrize("target", TARGETS)
async def test_a_broken_parser_is_found(target: str, tmp_path: Path) -> None:
    status, output = await fuzz(target, "--control", f"-runs={CONTROL_RUNS}", folder=tmp_path)

    assert status == FOUND, output[-3_000:]
    assert "AssertionError" in output or "DecodeError" in output
