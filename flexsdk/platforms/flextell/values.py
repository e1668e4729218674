"""Values that Flextell writes in more than one way, and the limits of what is sent.

The endpoint pages come from a PHP framework: numbers and truths also arrive as text, empty maps as ``[]``,
sums of money as text or number, dates with and without a time. Sources: endpoint pages; third-party apps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, overload

import msgspec
from msgspec import UNSET, Meta, UnsetType

from flexsdk.codec import decoder
from flexsdk.errors import ConfigError
from flexsdk.structs import Params

__all__ = [
    "Bool",
    "Id",
    "Int",
    "Map",
    "Money",
    "Moment",
    "Number",
    "OpenObject",
    "SortOrder",
    "Text255",
    "Text1000",
    "as_bool",
    "as_int",
    "as_map",
    "as_number",
    "checked",
    "exact",
    "moment",
]

T = TypeVar("T")

if TYPE_CHECKING:
    Int: TypeAlias = int
    Number: TypeAlias = float
    Bool: TypeAlias = bool
    Map: TypeAlias = dict[str, Any]
else:
    Int = int | float | str
    Number = int | float | str
    Bool = bool | int | str
    Map = dict[str, Any] | list[Any]
# Fields of these types are settled by the ``__post_init__`` of their struct, so that a user sees one type.

Id: TypeAlias = Annotated[int, Meta(ge=1)]
Text255: TypeAlias = Annotated[str, Meta(max_length=255)]
Text1000: TypeAlias = Annotated[str, Meta(max_length=1000)]

Money: TypeAlias = Decimal | int | float | str
"""A sum as the caller has it; it is sent as an exact number."""
Moment: TypeAlias = datetime | date | str
"""A time with its zone, a date, or a text in the form that the platform wants."""
SortOrder: TypeAlias = Literal["asc", "desc"]


def as_int(value: object) -> int | None:
    """Read a whole number that may be a text; ``None`` for what is none."""
    with suppress(ValueError, OverflowError):
        return int(value) if isinstance(value, str | int | float) else None
    return None


def as_number(value: object) -> float | None:
    """Read a number that may be a text; ``None`` for what is none."""
    with suppress(ValueError):
        return float(value) if isinstance(value, str | int | float) else None
    return None


def as_bool(value: object) -> bool | None:
    """Read a truth that may be a text or a number."""
    if value is None:
        return None
    return value.strip().lower() in ("1", "true", "yes") if isinstance(value, str) else bool(value)


def as_map(value: object) -> dict[str, Any]:
    """Read a map; an empty one is a list on the wire."""
    return value if isinstance(value, dict) else {}


class OpenObject(Mapping[str, Any]):
    """An object whose fields are not documented: a mapping, or with :meth:`decode` a struct of your own.

    ``raw`` is the JSON as it came. In the mapping, numbers with a point are :class:`~decimal.Decimal`.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        """Show the fields."""
        return f"OpenObject({self._fields!r})"

    def __getitem__(self, name: str) -> Any:
        """Give a field."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        """Give the names of the fields."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Count the fields."""
        return len(self._fields)

    def decode(self, into: type[T]) -> T:
        """Give the object as a struct; a field of type ``Decimal`` takes text and number.

        Raises:
            DecodeError: it has another shape.
        """
        return decoder(into)(self.raw)

    @cached_property
    def _fields(self) -> dict[str, Any]:
        return as_map(_decode_open(self.raw))


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("number out of range") from None


_decode_open = decoder(object, number=_decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def checked(body: Params) -> msgspec.Raw:
    """Encode a body that keeps the documented limits; sums become exact numbers.

    Raises:
        ConfigError: it does not, or there is nothing in it; nothing was sent.
    """
    try:
        plain = msgspec.to_builtins(body)
        msgspec.convert(plain, type(body))
    except (TypeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{type(body).__name__}: {error}") from None
    if not plain:
        raise ConfigError("nothing to change: pass at least one field")
    return msgspec.Raw(_encoder.encode(body))


@overload
def exact(sum_of_money: Money | UnsetType) -> Decimal | UnsetType: ...
@overload
def exact(sum_of_money: Money | UnsetType | None) -> Decimal | UnsetType | None: ...
def exact(sum_of_money: Money | UnsetType | None) -> Decimal | UnsetType | None:
    """Give a sum without the noise of binary fractions: 0.1 is 0.1."""
    if sum_of_money is None or sum_of_money is UNSET:
        return sum_of_money
    try:
        value = Decimal(str(sum_of_money))
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ConfigError(f"{sum_of_money!r} is no sum of money")
    return value


@overload
def moment(time: Moment) -> str: ...
@overload
def moment(time: Moment | UnsetType) -> str | UnsetType: ...
@overload
def moment(time: Moment | UnsetType | None) -> str | UnsetType | None: ...
def moment(time: Moment | UnsetType | None) -> str | UnsetType | None:
    """Give a time as text; a datetime needs its zone.

    Raises:
        ConfigError: the datetime has none.
    """
    if isinstance(time, datetime) and time.utcoffset() is None:
        raise ConfigError("the datetime has no time zone; add one, as in datetime.now(UTC)")
    return time.isoformat() if isinstance(time, date) else time
