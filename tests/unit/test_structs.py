from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil

import msgspec
import pytest

from flexsdk import platforms
from flexsdk.core.pages import Pages
from flexsdk.platforms.fleece.runs import FlowRun
from flexsdk.structs import CamelModel, CamelParams, Model, Page, Params


@pytest.mark.parametrize(
    ("page", "truncated"),
    [
        (Page(items=[1, 2], total=2), False),
        (Page(items=[1, 2], total=3), True),
        (Page(items=[1, 2], total=3, next_cursor="a"), False),
        (Page(items=[1, 2]), False),
        (Page(items=[], total=0), False),
        (Page(items=[], total=1), True),
    ],
    ids=["all", "more", "another page", "not told", "empty", "none of one"],
)
def test_a_page_is_truncated_when_more_is_counted_than_can_be_reached(
    page: Page[int], truncated: bool
) -> None:
    assert page.truncated is truncated


def test_pages_is_not_page() -> None:
    assert not issubclass(Pages, Page)


def structs() -> list[type[msgspec.Struct]]:
    """Find every struct that a platform gives or takes."""
    found: list[type[msgspec.Struct]] = []
    for module in pkgutil.walk_packages(platforms.__path__, "flexsdk.platforms."):
        names = vars(importlib.import_module(module.name)).values()
        found += [
            each
            for each in names
            if isinstance(each, type)
            and issubclass(each, Model | CamelModel | Params | CamelParams)
            and each.__module__ == module.name
        ]
    return found


def test_every_struct_is_frozen_and_takes_keywords_only() -> None:
    found = structs()

    assert len(found) > 20
    for struct in found:
        assert struct.__struct_config__.frozen, struct
        with pytest.raises(TypeError):
            struct(*["x"] * len(struct.__struct_fields__) or ["x"])


def test_none_is_never_a_default_of_what_is_sent_for_defaults_are_left_out_and_null_means_something() -> None:
    for struct in structs():
        if issubclass(struct, Params | CamelParams):
            assert None not in struct.__struct_defaults__, struct


def test_what_is_received_can_be_copied_pickled_and_compared() -> None:
    run = FlowRun(id="r", status="completed", result_data={"a": 1})

    assert pickle.loads(pickle.dumps(run)) == copy.deepcopy(run) == run
    with pytest.raises(AttributeError):
        run.id = "s"  # type: ignore[misc]  # frozen
