"""Platform's ways. Source: seed 001, "Errors", "Pagination", "Rate limits"."""

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


class _Body(msgspec.Struct, frozen=True):
    code: str
    message: str = ""
    param: str | None = None


class _Error(msgspec.Struct, frozen=True):
    error: _Body


_decode = decoder(_Error)


def _problem(body: bytes) -> Problem:
    try:
        error = _decode(body).error
    except DecodeError:
        return Problem()
    return Problem(code=error.code, message=error.message, param=error.param)


class _Listing(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    data: list[T]
    has_more: bool = False
    next_cursor: str | None = None


def _wire(page: Any) -> Any:
    (item,) = get_args(page)
    return _Listing[item]  # type: ignore[valid-type]  # made at run time


def _peel(wire: _Listing[Any]) -> Page[Any]:
    return Page(items=wire.data, next_cursor=wire.next_cursor if wire.has_more else None)


LIST = Envelope(_wire, _peel)
"""``{object: "list", data, hasMore, nextCursor}``."""

DIALECT = Dialect(
    name="Platform",
    base_url="https://api.yourdomain.com",
    prefix="/v1",
    problem=_problem,
    plans={
        "starter": (Window(60, 60.0),),
        "pro": (Window(600, 60.0),),
        "business": (Window(6_000, 60.0),),
    },
)
