"""Command line of the benchmarks: ``python -m benchmarks NAME... [--json] [--quick] [--save]``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from keyword import iskeyword
from pkgutil import iter_modules
from typing import Protocol, cast

import msgspec

import benchmarks
from benchmarks._process import keep_compiled
from benchmarks._saved import save
from benchmarks.harness import Report, Result, table


class Benchmark(Protocol):
    QUESTION: str

    def run(self, *, quick: bool) -> Report: ...


class MissingPeer(Exception):
    pass


def names() -> list[str]:
    """Name all benchmarks; a module whose name would be a keyword of Python ends in an underscore."""
    found = (module.name for module in iter_modules(benchmarks.__path__))
    return sorted(name.rstrip("_") for name in found if name != "harness" and not name.startswith("_"))


def load(name: str) -> Benchmark:
    module = f"{name}_" if iskeyword(name) else name
    try:
        return cast("Benchmark", import_module(f"benchmarks.{module}"))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"flexsdk", "benchmarks"}:
            raise
        raise MissingPeer(f"{name} needs {error.name}: pip install 'flexsdk[bench]'") from None


def question(name: str) -> str:
    try:
        return load(name).QUESTION
    except MissingPeer as missing:
        return f"({missing})"


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run, or all; none lists them")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON list")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and smaller ones")
    parser.add_argument("--save", action="store_true", help="keep results and charts in benchmarks/results")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - {"all", *names()})
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(names())}")
    if "all" in options.names:
        options.names = names()
    return options


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 when a figure is below the least, 2 when a peer is missing."""
    options = parse(arguments)
    if not options.names:
        print("\n".join(f"{name:<17}{question(name)}" for name in names()))
        return 0
    try:
        chosen = {name: load(name) for name in options.names}
    except MissingPeer as missing:
        print(missing, file=sys.stderr)
        return 2
    keep_compiled()
    results = [result for name in chosen for result in measure(name, chosen[name], options)]
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(results)).decode())
    return 0 if all(result.ok for result in results) else 1


def measure(name: str, benchmark: Benchmark, options: argparse.Namespace) -> list[Result]:
    """Run one, and show or keep what it found before the next one begins."""
    report = benchmark.run(quick=options.quick)
    if options.save:
        command = f"python -m benchmarks {name}{' --quick' if options.quick else ''}"
        save(name, benchmark.QUESTION, report, command)
    if not options.json:
        print(table(report.results), end="\n\n", flush=True)
    return report.results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
