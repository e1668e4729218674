"""The guide for users of the vendor's FlexOrch client: a row for everything it has, and both sides work."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doc_pages import Piece, pieces
from service import KEY

import flexsdk
from flexsdk import FlexOrch, errors
from flexsdk.sandbox import Sandbox
from flexsdk.testing import VirtualClock

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "migrate-flexorch-sdk.md"
TEXT = GUIDE.read_text("utf-8")
METHODS = dict(re.findall(r"^\| `([\w.]+)` \| `(flex[\w.]+)` \|", TEXT, re.MULTILINE))
ERRORS = dict(re.findall(r"^\| `(\w+)` \| `([A-Z]\w+)` \|", TEXT, re.MULTILINE))


def resolve(path: str) -> Any:
    first, *names = path.split(".")
    found: Any = FlexOrch(KEY) if first == "flexorch" else flexsdk
    for name in names:
        found = getattr(found, name)
    return found


def methods_of(kind: object) -> Iterator[str]:
    return (name for name, _ in inspect.getmembers(kind, inspect.isroutine) if not name.startswith("_"))


def vendor_methods(vendor: Any) -> set[str]:
    """Name all public methods: of the client, of its resources, and of the objects that it gives."""
    with vendor.FlexOrchClient(KEY) as client:
        things = {"client": client} | {
            f"client.{name}": resource for name, resource in vars(client).items() if not name.startswith("_")
        }
    things |= {"job": vendor.Job, "document": vendor.Document, "dataset": vendor.Dataset}
    things |= {"retriever": vendor.FlexOrchRetriever, "reader": vendor.FlexOrchReader}
    return {f"{place}.{name}" for place, thing in things.items() for name in methods_of(thing)}


def test_every_method_of_the_vendors_client_has_a_row_and_no_other() -> None:
    vendor = pytest.importorskip("flexorch_sdk")

    assert METHODS.keys() == vendor_methods(vendor) | {"FlexOrchClient"}


def test_every_error_of_the_vendors_client_has_a_row_and_no_other() -> None:
    vendor = pytest.importorskip("flexorch_sdk")

    classes = {name for name in vendor.__all__ if inspect.isclass(getattr(vendor, name))}

    assert ERRORS.keys() == {name for name in classes if issubclass(getattr(vendor, name), Exception)}


def test_no_class_of_the_vendors_client_with_methods_is_left_out() -> None:
    vendor = pytest.importorskip("flexorch_sdk")

    classes = [getattr(vendor, name) for name in vendor.__all__]
    with_methods = {kind.__name__ for kind in classes if inspect.isclass(kind) and set(vars_of(kind))}

    assert with_methods == {
        "FlexOrchClient", "Job", "Document", "Dataset", "FlexOrchRetriever", "FlexOrchReader",
    }  # fmt: skip


def vars_of(kind: type) -> Iterator[str]:
    return (name for name, value in vars(kind).items() if inspect.isfunction(value) and name[0] != "_")


@pytest.mark.parametrize("path", sorted(set(METHODS.values())))
def test_the_counterpart_of_a_method_can_be_called(path: str) -> None:
    assert callable(resolve(path))


@pytest.mark.parametrize("name", sorted(set(ERRORS.values())))
def test_the_counterpart_of_an_error_is_one_of_ours(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.FlexError)


def vendor_side() -> Piece:
    found = pieces(GUIDE)
    (number,) = [number for number, piece in enumerate(found) if piece.order == "not run"]
    return found[number + 1]


def test_the_vendors_side_does_what_ours_does(
    flexsdk_sandbox: Sandbox,
    flexsdk_clock: VirtualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    vendor = pytest.importorskip("flexorch_sdk")
    settings = vendor.FlexOrchClient.__init__.__kwdefaults__
    monkeypatch.setitem(settings, "base_url", flexsdk_sandbox.flexorch.base_url)
    monkeypatch.setattr("time.sleep", flexsdk_clock.advance)
    monkeypatch.chdir(tmp_path)

    exec(vendor_side().text, {"__name__": "example"})

    assert capsys.readouterr().out == "A 2\n"
