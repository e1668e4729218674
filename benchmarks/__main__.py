"""Command line of the benchmarks: ``python -m benchmarks NAME... [--json] [--quick]``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

import msgspec

import benchmarks
from benchmarks.harness import Result, table


class Benchmark(Protocol):
    QUESTION: str

    def run(self, *, quick: bool) -> list[Result]: ...


class MissingPeer(Exception):
    pass


def names() -> list[str]:
    found = (module.name for module in iter_modules(benchmarks.__path__))
    return sorted(name for name in found if name != "harness" and not name.startswith("_"))


def load(name: str) -> Benchmark:
    try:
        return cast("Benchmark", import_module(f"benchmarks.{name}"))
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
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to run; none lists them all")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON list")
    parser.add_argument("--quick", action="store_true", help="half the rounds")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(names())}")
    return options


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 when a figure is below the least, 2 when a peer is missing."""
    options = parse(arguments)
    if not options.names:
        print("\n".join(f"{name:<12}{question(name)}" for name in names()))
        return 0
    try:
        chosen = [load(name) for name in options.names]
    except MissingPeer as missing:
        print(missing, file=sys.stderr)
        return 2
    results = [result for benchmark in chosen for result in benchmark.run(quick=options.quick)]
    print(msgspec.json.format(msgspec.json.encode(results)).decode() if options.json else table(results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
