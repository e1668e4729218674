"""What the import of the package costs a program."""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median

from benchmarks.harness import Measure, Result, judge, pairs

QUESTION = "What does `import flexsdk` add to the start of an interpreter?"

COUNT_AIOHTTP = "import flexsdk, sys; print(sum(name.partition('.')[0] == 'aiohttp' for name in sys.modules))"


def run(*, quick: bool) -> list[Result]:
    rounds = pairs(_start("import flexsdk"), _start("pass"), quick=quick)
    added = median(1000 * (with_import - bare) for with_import, bare in rounds)
    loaded = int(_python(COUNT_AIOHTTP))
    return [
        judge("import", "import over a bare interpreter", added, "ms", better="lower", goal=15, least=20),
        judge("import", "aiohttp modules loaded by it", loaded, "modules", better="lower", goal=0, least=0),
    ]


def _start(code: str) -> Measure:
    """Return a measurement of the processor time of a new interpreter that runs ``code``."""

    def measure() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _python(code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

    return measure


def _python(code: str) -> bytes:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout
