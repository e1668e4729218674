"""Flextell's ways: envelopes, errors, pages. Source: seed 000; guides; endpoint pages."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, get_args
from urllib.parse import parse_qs

import msgspec

from flexsdk.codec import Envelope, decoder
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.errors import ConfigError, DecodeError
from flexsdk.platforms.flextell.values import OpenObject
from flexsdk.protocol.cursor import EitherPages
from flexsdk.structs import Page

__all__ = ["DATA", "DIALECT", "LIST", "MAX_PAGE", "OPEN", "OPEN_BARE", "OPEN_LIST", "PAGES", "check_limit"]

T = TypeVar("T")

MAX_PAGE = 100
"""Most items of a page."""

PAGES = EitherPages(limit="per_page")
"""The page style of the endpoints under ``/v1``."""


class _Error(msgspec.Struct, frozen=True):
    """``{error, message}`` of the API, the form of RFC 6749, and ``{message, errors}`` of the framework."""

    error: str | None = None
    message: str | None = None
    error_description: str | None = None
    hint: str | None = None
    errors: Any = None


_decode = decoder(_Error)


def _problem(body: bytes) -> Problem:
    try:
        error = _decode(body)
    except DecodeError:
        return Problem()
    return Problem(
        code=error.error,
        message=error.message or error.error_description or error.hint or "",
        param=next(iter(error.errors), None) if isinstance(error.errors, dict) else None,
    )


DIALECT = Dialect(name="Flextell", base_url="https://dev.flextell.ai/api", problem=_problem)


class _Data(msgspec.Struct, Generic[T], frozen=True):
    """``{data}`` and ``{success, data}``; the status tells of success."""

    data: T


DATA = Envelope(lambda answer: _Data[answer], lambda wire: wire.data)  # type: ignore[valid-type]  # at run time
OPEN = Envelope(lambda _: _Data[msgspec.Raw], lambda wire: OpenObject(bytes(wire.data)))
OPEN_BARE = Envelope(lambda _: msgspec.Raw, lambda wire: OpenObject(bytes(wire)))


class _Meta(msgspec.Struct, frozen=True):
    cursor: str | None = None
    has_more: bool | None = None
    total: int | None = None
    current_page: int | None = None
    last_page: int | None = None
    per_page: int | None = None


class _Links(msgspec.Struct, frozen=True):
    next: str | None = None


class _Listing(msgspec.Struct, Generic[T], frozen=True):
    """``{data, meta}`` with a cursor in the guides, ``{data, links, meta}`` with numbers under ``/v1``."""

    data: list[T]
    meta: _Meta = _Meta()
    links: _Links = _Links()


def _wire(page: Any) -> Any:
    (item,) = get_args(page)
    return list[item] | _Listing[item]  # type: ignore[valid-type]  # made at run time


def _peel(wire: list[Any] | _Listing[Any]) -> Page[Any]:
    if isinstance(wire, list):
        return Page(items=wire)
    following = _next(wire) if wire.data else None
    return Page(items=wire.data, total=wire.meta.total, size=wire.meta.per_page, next_cursor=following)


def _peel_open(wire: list[msgspec.Raw] | _Listing[msgspec.Raw]) -> Page[Any]:
    page = _peel(wire)
    return msgspec.structs.replace(page, items=[OpenObject(bytes(each)) for each in page.items])


LIST = Envelope(_wire, _peel)
"""All kinds of lists; what the answer carries tells which kind it is."""
OPEN_LIST = Envelope(lambda _: list[msgspec.Raw] | _Listing[msgspec.Raw], _peel_open)


def _next(page: _Listing[Any]) -> str | None:
    """Tell where the list goes on: by cursor, by link, or by count."""
    meta = page.meta
    if meta.cursor is not None or meta.has_more is not None:
        return None if meta.has_more is False else meta.cursor
    if (linked := _linked(page.links.next or "")) is not None:
        return linked
    if meta.current_page is not None and meta.last_page is not None:
        return f"page={meta.current_page + 1}" if meta.current_page < meta.last_page else None
    if page.links.next is None:
        return None
    raise DecodeError("the next page has neither number nor cursor", expected="page", path="$.links.next")


def _linked(link: str) -> str | None:
    """Take page or cursor out of a link; its host and all else are left alone."""
    query = parse_qs(link.partition("?")[2].partition("#")[0])
    if "page" in query:
        return f"page={query['page'][0]}"
    return query.get("cursor", [None])[0]


def check_limit(limit: int | None) -> int | None:
    """Refuse a size of pages that the platform refuses."""
    if limit is not None and not 1 <= limit <= MAX_PAGE:
        raise ConfigError(f"limit must be 1 to {MAX_PAGE}, not {limit!r}")
    return limit
