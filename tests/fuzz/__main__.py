"""Feed parsers with bytes that coverage leads to new places: ``python tests/fuzz [TARGET [OPTION ...]]``.

Targets are sse, errors, fields and webhooks; without one all run at once for ``FUZZ_SECONDS`` (or 300).
Options are those of libFuzzer: ``-max_total_time=3600``, ``-runs=10000``, a folder to keep new inputs in, or
a file with one input to repeat. ``--control`` breaks the parser first; then a failure has to be found.

A failure ends with status 77, the traceback, and the input as Base64 and as a file in the folder for
temporary files.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

HERE = Path(__file__).parent
TARGETS = ("sse", "errors", "fields", "webhooks")
DEFAULT_SECONDS = "300"
LONGEST_INPUT = 4_096
"""Bytes; long enough for what is quadratic to run into the time limit of one input."""


def fuzz(target: str, options: list[str]) -> None:
    """Run one target in this process, which libFuzzer ends."""
    import atheris

    module = import_module(f"fuzz_{target}")
    # Function by function: the import hook can only follow the whole package, and takes seconds for it.
    for function in {each for watched in module.WATCHED for each in _functions(watched)}:
        atheris.instrument_func(function)
    if "--control" in options:
        options.remove("--control")
        module.break_it()
    seeds = ",".join(map(str, sorted((HERE / "seeds" / target).iterdir())))
    prefix = Path(tempfile.gettempdir()) / f"fuzz-{target}-"
    usual = [
        f"-seed_inputs={seeds}",
        f"-artifact_prefix={prefix}",
        f"-max_len={LONGEST_INPUT}",
        "-timeout=10",
    ]
    atheris.Setup([sys.argv[0], *usual, *options], module.check)
    atheris.Fuzz()


def _functions(watched: ModuleType) -> Iterator[FunctionType]:
    """Give the functions and methods that are written in a module."""
    for value in vars(watched).values():
        members = vars(value).values() if isinstance(value, type) else [value]
        for member in members:
            found = inspect.unwrap(getattr(member, "fget", member))
            if isinstance(found, FunctionType) and found.__module__ == watched.__name__:
                yield found


def fuzz_all() -> None:
    """Run all targets at once, each in a process of its own, and then show what each has said."""
    seconds = os.environ.get("FUZZ_SECONDS", DEFAULT_SECONDS)
    options = [f"-max_total_time={seconds}", "-print_final_stats=1"]
    with ThreadPoolExecutor() as threads:
        ended = list(threads.map(lambda target: _ended(target, options), TARGETS))
    for target, process in zip(TARGETS, ended, strict=True):
        print(f"== {target}\n{process.stdout}", flush=True)
    sys.exit(max(abs(process.returncode) for process in ended))


def _ended(target: str, options: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE), target, *options]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    if len(sys.argv) > 1:
        fuzz(sys.argv[1], sys.argv[2:])
    else:
        fuzz_all()
