"""Fleece's ways: errors as prose, lists wrapped once and bare once. Source: seed 003, the API reference."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args

import msgspec

from flexsdk.codec import Envelope, decoder
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.core.limits import Window
from flexsdk.errors import DecodeError
from flexsdk.structs import Page

__all__ = ["DIALECT", "LIST"]

T = TypeVar("T")


class _Error(msgspec.Struct, frozen=True):
    """``error`` is prose, never a code."""

    error: str


_decode = decoder(_Error)


def _problem(body: bytes) -> Problem:
    try:
        return Problem(message=_decode(body).error)
    except DecodeError:
        return Problem()


class _Listing(msgspec.Struct, Generic[T], frozen=True):
    data: list[T]
    total: int | None = None


def _wire(page: Any) -> Any:
    (item,) = get_args(page)
    return list[item] | _Listing[item]  # type: ignore[valid-type]  # made at run time


def _peel(wire: list[Any] | _Listing[Any]) -> Page[Any]:
    if isinstance(wire, list):
        return Page(items=wire)
    return Page(items=wire.data, total=wire.total)


LIST = Envelope(_wire, _peel)
"""``{data, total}`` in the reference, a bare array in the quick start and for keys: both are taken."""

DAY = 86_400.0

DIALECT = Dialect(
    name="Fleece",
    base_url="https://fleeceai.app/api/v1",
    problem=_problem,
    plans={
        "pro": (Window(60, 60.0), Window(5_000, DAY, align="utc")),
        "business": (Window(300, 60.0), Window(50_000, DAY, align="utc")),
    },
)
