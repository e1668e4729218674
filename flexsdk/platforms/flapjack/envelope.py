"""How Flapjack wraps lists: not at all. A list is a bare array without pages."""

from __future__ import annotations

from typing import Any, get_args

from flexsdk.codec import Envelope
from flexsdk.structs import Page

__all__ = ["LIST"]


def _wire(page: Any) -> Any:
    (item,) = get_args(page)
    return list[item]  # type: ignore[valid-type]  # made at run time


def _peel(items: list[Any]) -> Page[Any]:
    return Page(items=items, total=len(items))


LIST = Envelope(_wire, _peel)
"""A bare array, taken as the one and only page."""
