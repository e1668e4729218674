from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import flexsdk

LATE = (
    "aiohttp",
    "anyio",
    "asyncio",
    "msgspec",
    "yarl",
    "flexsdk.core",
    "flexsdk.platforms",
    "flexsdk.errors",
)


def loaded_by(statement: str) -> set[str]:
    """Run a statement in an interpreter of its own, and list what it has loaded."""
    script = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_of_it_and_no_library() -> None:
    loaded = loaded_by("import flexsdk")

    assert loaded.isdisjoint(LATE)
    assert {name for name in loaded if name.startswith("flexsdk")} == {"flexsdk", "flexsdk._version"}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from flexsdk import Flapjack", "flexsdk.platforms.fleece"),
        ("from flexsdk import Fleece", "flexsdk.platforms.flapjack"),
        ("from flexsdk import FlexError", "aiohttp"),
        ("from flexsdk import errors", "aiohttp"),
        ("from flexsdk import platforms", "flexsdk.platforms.flapjack"),
        ("import flexsdk.platforms.flapjack", "flexsdk.platforms.fleece"),
    ],
)
def test_a_name_loads_only_what_it_needs(statement: str, absent: str) -> None:
    loaded = loaded_by(statement)

    assert not {name for name in loaded if name == absent or name.startswith(f"{absent}.")}
    assert "flexsdk.sandbox" not in loaded


@pytest.mark.parametrize("name", flexsdk.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(flexsdk, name) is not None
    assert getattr(flexsdk, name) is getattr(flexsdk, name)


def test_dir_lists_the_public_names_in_order() -> None:
    assert dir(flexsdk) == sorted(flexsdk.__all__)


def test_an_unknown_name_is_told_by_its_name() -> None:
    with pytest.raises(AttributeError, match="module 'flexsdk' has no attribute 'Nothing'"):
        _ = flexsdk.Nothing  # type: ignore[attr-defined]  # that is the point


def test_type_checkers_see_the_same_names_from_the_same_places() -> None:
    tree = ast.parse(Path(flexsdk.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.name: node.module for node in imports for alias in node.names if node.module != "typing"}
    modules = {name for name, home in seen.items() if home == "flexsdk"}

    assert {name: home for name, home in seen.items() if name not in modules} == flexsdk._HOMES
    assert set(seen) | {"__version__"} == set(flexsdk.__all__)
    assert len(flexsdk.__all__) == len(set(flexsdk.__all__))


def test_star_import_gives_exactly_the_public_names() -> None:
    names: dict[str, object] = {}
    exec("from flexsdk import *", names)

    assert set(names) - {"__builtins__"} == set(flexsdk.__all__)
