"""How FlexOrch wraps answers, cuts lists and writes ids. Where its sources disagree, all forms are taken."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, get_args

import msgspec
from msgspec.structs import force_setattr

from flexsdk.codec import Envelope, decoder
from flexsdk.core.op import Op
from flexsdk.errors import DecodeError
from flexsdk.platforms.flexorch.dialect import DIALECT
from flexsdk.protocol.cursor import NumberedPages
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, Model, Page, UnsetType

__all__ = ["LIST", "PAGES", "ROWS", "UNDOCUMENTED", "Answer", "Endpoint", "Id", "first", "plain", "sent_id"]

T = TypeVar("T")

PAGES = NumberedPages("page", "page_size")

if TYPE_CHECKING:
    Id: TypeAlias = str
else:
    Id = str | int
"""An id in an answer: a number in live answers, a word in the documentation, here always ``str``."""


UNDOCUMENTED: Any = Any
"""The answer of an operation of which no source shows any."""


class Answer(Model, frozen=True, kw_only=True):
    """Base of answers that hold ids: makes every field ``id`` and ``…_id`` a ``str``."""

    def __post_init__(self) -> None:
        """Write numbers as text; what an id looks like is the platform's affair."""
        for name in _id_fields(type(self)):
            value: object = getattr(self, name)
            if isinstance(value, int):
                force_setattr(self, name, str(value))


@cache
def _id_fields(kind: type[Answer]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name == "id" or name.endswith("_id"))


def sent_id(value: str | int) -> str | int:
    """Give an id as it goes into a body: a number when it is all digits, as the documentation types it."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def plain(secret: str | Secret) -> str:
    """Give the text of a secret, for the body that sends it."""
    return secret.reveal() if isinstance(secret, Secret) else secret


def first(*values: T | None) -> T | None:
    """Give the first value that is there."""
    return next((value for value in values if value is not None), None)


_NULL = msgspec.Raw(b"null")


class _Outer(msgspec.Struct, frozen=True):
    """What tells an envelope from a bare answer.

    No answer has a field ``data``, and only objects with an id have an ``error`` of their own.
    """

    data: msgspec.Raw | UnsetType = UNSET
    error: msgspec.Raw = _NULL
    id: msgspec.Raw | UnsetType = UNSET
    job_id: msgspec.Raw | UnsetType = UNSET

    @property
    def failed(self) -> bool:
        """Whether this is an error, whatever its status says."""
        own = self.data is UNSET and (self.id is not UNSET or self.job_id is not UNSET)
        return bytes(self.error) != b"null" and not own


_open = decoder(_Outer)


def _payload(body: bytes) -> bytes:
    """Take the answer out of ``{status, data, error, meta}`` or ``{data}``; a bare one stays as it is."""
    try:
        outer = _open(body)
    except DecodeError:
        return body  # a bare array, or no JSON: the payload's own decoder tells
    if outer.failed:
        raise DIALECT.error(200, body, request_id=None, retry_after=None, limits=(), now=0.0)
    return body if outer.data is UNSET else bytes(outer.data)


class Endpoint(Op[T], frozen=True, eq=False):
    """An operation whose answer may stand in an envelope or bare.

    An answer of ``UNDOCUMENTED`` is plain data, ``None`` for an empty body. A success whose
    ``error`` is not null raises like an answer with an error status.
    """

    @cached_property
    def decode(self) -> Callable[[bytes], T]:
        """The decoder of the payload, built at first use."""
        decode = decoder(self.answer, self.envelope)
        silent: tuple[object, ...] = (None, UNDOCUMENTED)

        def read(body: bytes) -> T:
            if not body and self.answer in silent:
                return decode(b"null")
            return decode(_payload(body))

        return read


class _Items(msgspec.Struct, Generic[T], frozen=True):
    items: list[T]
    total: int | None = None
    page_size: int | None = None


class _Cut(msgspec.Struct, frozen=True):
    filtered_total: int | None = None
    page_size: int | None = None


class _Rows(msgspec.Struct, Generic[T], frozen=True):
    rows: list[T]
    pagination: _Cut = _Cut()


def _wire(page: Any) -> Any:
    (item,) = get_args(page)
    return list[item] | _Items[item]  # type: ignore[valid-type]  # made at run time


def _peel(wire: list[Any] | _Items[Any]) -> Page[Any]:
    if isinstance(wire, list):
        return Page(items=wire)
    return Page(items=wire.items, total=wire.total, size=wire.page_size)


def _wire_rows(page: Any) -> Any:
    (item,) = get_args(page)
    return list[item] | _Rows[item]  # type: ignore[valid-type]  # made at run time


def _peel_rows(wire: list[Any] | _Rows[Any]) -> Page[Any]:
    if isinstance(wire, list):
        return Page(items=wire)
    cut = wire.pagination
    return Page(items=wire.rows, total=cut.filtered_total, size=cut.page_size)


LIST = Envelope(_wire, _peel)
"""``{items, total, page, page_size}``, often without ``total``, or a bare array."""

ROWS = Envelope(_wire_rows, _peel_rows)
"""The records of a dataset: ``{rows, pagination}``, or a bare array."""
