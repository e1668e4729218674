"""The base classes of all data: structs received, structs sent.

Write ``frozen=True, kw_only=True`` on every struct: ``kw_only`` is not inherited, and type checkers want
``frozen`` on each.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "CamelModel", "CamelParams", "Model", "Page", "Params", "UnsetType"]

T = TypeVar("T")


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a platform answers in snake_case. Unknown fields are ignored."""


class CamelModel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what a platform answers in camelCase. Unknown fields are ignored."""


class Params(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of what is sent in snake_case. ``UNSET`` leaves a field out, ``None`` sends null."""


class CamelParams(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of what is sent in camelCase. ``UNSET`` leaves a field out, ``None`` sends null."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list: its items, and what the platform tells of the others.

    ``total`` counts the items of all pages, ``size`` is how many the platform puts on a full page.
    """

    items: list[T]
    total: int | None = None
    next_cursor: str | None = None
    size: int | None = None

    @property
    def truncated(self) -> bool:
        """Whether the platform counts more items than it lets a caller reach from here."""
        return self.next_cursor is None and self.total is not None and self.total > len(self.items)
