"""The page of all defaults says what the code says, and leaves nothing out."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

import flexsdk
from flexsdk import (
    Client,
    Flapjack,
    Fleece,
    FlexOrch,
    Flextell,
    FlextellOAuth,
    OAuth2,
    Platform,
    RateLimit,
    Retry,
)
from flexsdk.cli.credentials import config_path
from flexsdk.core.jobkind import JobKind
from flexsdk.core.limits import Window
from flexsdk.core.settings import Settings
from flexsdk.ext.redis import RedisStore
from flexsdk.ingest import ingest
from flexsdk.platforms import operations
from flexsdk.platforms.flexorch.login import Login
from flexsdk.sandbox import Options

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "defaults.md").read_text("utf-8")
PLATFORMS = (Flapjack, FlexOrch, Fleece, Flextell, Platform)

WHOLE = (Client, Settings, Retry, RateLimit, RedisStore, OAuth2, FlextellOAuth, Login, ingest, Options)
"""Every argument of these needs a row; of everything else those whose default is a number."""

INSIDE = ("flexsdk.core.op", "flexsdk.core.watch", "flexsdk.ingest.work", "flexsdk.protocol")
"""Arguments that no user passes; the budget of repeats is the exception."""

MARKERS = {"AT_ONCE", "UNBOUNDED", "DAY", "MAX_RETRY"}
"""Constants that stand for something, and set nothing."""

UNITS = {"": 1.0, "s": 1.0, "h": 3600.0, "KiB": 1024.0, "MiB": 1024.0**2}


def table_rows() -> Iterator[tuple[str, list[str]]]:
    """Give each name at the beginning of a row, and the cells behind it."""
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            first, *others = line.strip("| ").split(" | ")
            for name in re.findall(r"`([^`]+)`", first):
                yield name, others


ROWS = dict(table_rows())


def modules() -> list[ModuleType]:
    """Load what users import and the extra ``test`` brings; command line and emulator have no figures."""
    aside = ["flexsdk.sandbox", "flexsdk.cli", "flexsdk.blocking", "flexsdk.__main__"]
    aside += ["flexsdk.ext.ray", "flexsdk.ext.dask", "flexsdk.ext.dlt"]
    found = pkgutil.walk_packages(flexsdk.__path__, "flexsdk.")
    return [importlib.import_module(each.name) for each in found if not each.name.startswith(tuple(aside))]


MODULES = modules()


def figure(cell: str) -> float | None:
    """Read a number with its unit, up to a semicolon."""
    number = re.fullmatch(r"([\d.,]*\d) ?(s|h|KiB|MiB|)", cell.partition(";")[0].strip())
    return float(number[1].replace(",", "")) * UNITS[number[2]] if number else None


def says(cell: str, value: object) -> bool:
    """Tell whether a cell means the value; what is no plain value is put in words."""
    if isinstance(value, bool):
        return cell == ("yes" if value else "no")
    if isinstance(value, int | float):
        return figure(cell) == pytest.approx(float(value))
    if isinstance(value, str) and value:
        return cell == f"`{value}`"
    return bool(cell.strip()) and figure(cell) is None


def arguments(subject: Any) -> dict[str, object]:
    """Give the arguments that have a default."""
    if isinstance(subject, type) and issubclass(subject, msgspec.Struct):
        fields = msgspec.structs.fields(subject)
        return {field.name: None if field.default is msgspec.NODEFAULT else field.default for field in fields}
    found = inspect.signature(subject).parameters.values()
    return {each.name: each.default for each in found if each.default is not each.empty}


def public_callables() -> Iterator[tuple[str, Any]]:
    """Give every public function, class and method that users call, by its name inside its module."""
    for module in MODULES:
        if module.__name__.startswith(INSIDE) and module.__name__ != "flexsdk.protocol.retry":
            continue
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
                continue
            if inspect.isfunction(value):
                yield name, value
            elif inspect.isclass(value) and not issubclass(value, msgspec.Struct | BaseException):
                methods = {each: method for each, method in vars(value).items() if inspect.isfunction(method)}
                yield from ((f"{name}.{each}", methods[each]) for each in methods if each[0] != "_")
                yield from ((name, methods[each]) for each in methods if each == "__init__")


def expected_arguments() -> dict[str, object]:
    found: dict[str, object] = {}
    for subject in WHOLE:
        found |= {f"{subject.__name__}({name})": value for name, value in arguments(subject).items()}
    for place, each in (*public_callables(), ("JobKind", JobKind)):
        numbers = {
            name: value
            for name, value in arguments(each).items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        found |= {f"{place}({name})": value for name, value in numbers.items()}
    return found


def passed_on(tree: ast.Module) -> set[str]:
    """Name the constants that are the default of an argument or the time of an operation: those have rows."""
    nodes: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arguments):
            nodes += [*node.defaults, *node.kw_defaults]
        elif isinstance(node, ast.ClassDef):
            nodes += [each.value for each in node.body if isinstance(each, ast.AnnAssign)]
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(statement.value, ast.Call):
            nodes += [each.value for each in statement.value.keywords if each.arg == "timeout"]
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def expected_constants() -> dict[str, object]:
    found = {}
    for module in MODULES:
        tree = ast.parse(inspect.getsource(module))
        targets = [
            target
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        ]
        aside = set() if module.__name__.startswith(INSIDE) else passed_on(tree)
        names = {node.id for node in targets if isinstance(node, ast.Name)} - aside - MARKERS
        for name in sorted(name for name in names if re.fullmatch(r"[A-Z][A-Z0-9_]*", name)):
            if isinstance(value := getattr(module, name), int | float):
                found[f"{module.__name__.removeprefix('flexsdk.')}.{name}"] = value
    return found


def expected_timeouts() -> dict[str, object]:
    return {op.id: op.timeout for ops in operations().values() for op in ops if op.timeout}


FIGURES: Mapping[str, object] = {**expected_arguments(), **expected_constants(), **expected_timeouts()}


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_the_row_says_what_the_code_says(name: str) -> None:
    assert name in ROWS, "docs/defaults.md needs a row for it"
    cell = ROWS[name][0]
    assert says(cell, FIGURES[name]), f"the code says {FIGURES[name]!r}"


def limits_in_words(windows: tuple[Window, ...]) -> str:
    return "; ".join(
        f"{each.requests:,} "
        + (f"in {each.seconds:,.0f} s" if each.seconds else "at a time")
        + (" from 0:00 UTC" if each.align == "utc" else "")
        + (f" per {each.per}" if each.per else "")
        for each in windows
    )


def plans_and_buckets() -> dict[str, tuple[Window, ...]]:
    found = {}
    for client in PLATFORMS:
        dialect = client.dialect
        found |= {f'{dialect.name}(plan="{plan}")': tuple(windows) for plan, windows in dialect.plans.items()}
        found |= {f"{dialect.name} {bucket}": tuple(windows) for bucket, windows in dialect.buckets.items()}
    return found


@pytest.mark.parametrize("name", sorted(plans_and_buckets()))
def test_the_limits_of_a_plan_are_those_in_force(name: str) -> None:
    windows = plans_and_buckets()[name]

    assert ROWS[name][0] == (limits_in_words(windows) or "by contract: learned")


def owner_of(module: ModuleType) -> str:
    return next(each.__name__ for each in PLATFORMS if each.__name__.lower() == module.__name__.split(".")[2])


def job_kinds() -> dict[str, JobKind[Any]]:
    found = {}
    for module in MODULES:
        for kind in vars(module).values():
            if isinstance(kind, JobKind):
                found[f"{owner_of(module)} {kind.name}"] = kind
    return found


@pytest.mark.parametrize("name", sorted(job_kinds()))
def test_the_rhythm_of_a_wait_is_that_of_its_kind(name: str) -> None:
    kind = job_kinds()[name]

    told = [figure(cell) for cell in ROWS[name][:3]]

    assert told == [kind.rhythm.first, kind.rhythm.slowest, kind.patience]


def referred(contract: Any, written: Any) -> Any:
    """Follow a reference inside a contract."""
    for step in written["$ref"].split("/")[1:] if "$ref" in written else ():
        contract = contract[step]
    return contract if "$ref" in written else written


def page_sizes() -> dict[str, tuple[int | None, int]]:
    """Read default and largest size of a page from the contracts."""
    found = {}
    for client in PLATFORMS:
        name = client.dialect.name
        contract = json.loads((ROOT / f"flexsdk/sandbox/contract/{name.lower()}.json").read_text("utf-8"))
        for methods in contract["paths"].values():
            for operation in (each for each in methods.values() if "operationId" in each):
                for written in operation.get("parameters", []):
                    parameter = referred(contract, written)
                    schema = parameter.get("schema", {})
                    if parameter.get("name") in ("limit", "page_size", "per_page") and "maximum" in schema:
                        size = (schema.get("default"), schema["maximum"])
                        found[f"{name} {operation['operationId']}"] = size
    return found


@pytest.mark.parametrize("name", sorted(page_sizes()))
def test_the_size_of_a_page_is_that_of_the_contract(name: str) -> None:
    size, largest = page_sizes()[name]

    assert ROWS[name][0] == ("not published" if size is None else str(size))
    assert ROWS[name][1] == str(largest)


def test_every_environment_variable_has_its_row() -> None:
    read = re.compile(r'(?:environ(?:\.get)?[\[(]|_setting\()\s*"([A-Z_]+)"')
    sources = [path.read_text("utf-8") for path in (ROOT / "flexsdk").rglob("*.py")]
    names = {name for source in sources for name in read.findall(source)}
    for client in PLATFORMS:
        names |= {client.dialect.key_variable, client.dialect.url_variable}

    assert names == {name for name in ROWS if re.fullmatch(r"[A-Z][A-Z_]+", name)}


@pytest.mark.parametrize("client", PLATFORMS)
def test_the_address_is_the_one_that_is_called(client: type[Client]) -> None:
    assert ROWS[client.__name__][0] == f"`{client.dialect.address(None)}`"


def test_the_configuration_file_lies_where_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEXSDK_CONFIG", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if not config_path().is_relative_to("/home/ada/.config"):
        pytest.skip("the page tells the paths of Linux")

    assert f"`~/{config_path().relative_to('/home/ada')}`" in PAGE
    assert f"`~/{config_path().with_name('flextell-token.json').relative_to('/home/ada')}`" in PAGE


def test_no_row_is_about_something_that_is_gone() -> None:
    known = {
        *FIGURES,
        *plans_and_buckets(),
        *job_kinds(),
        *page_sizes(),
        *(each.__name__ for each in PLATFORMS),
    }
    variables = {name for name in ROWS if re.fullmatch(r"[A-Z][A-Z_]+", name)}  # held by a test of their own

    assert set(ROWS) - known - variables == set()
