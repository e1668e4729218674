"""What is done with each item, and what may be repeated of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Final, Generic, TypeVar

import msgspec

from flexsdk.codec import decoder, encode
from flexsdk.core.op import Op, Replay
from flexsdk.errors import ConfigError
from flexsdk.protocol.checks import check_seconds
from flexsdk.protocol.intake import Terms

__all__ = ["Operation"]

I = TypeVar("I")  # noqa: E741 - the item
V = TypeVar("V")

KEEPS_SECONDS: Final = 23 * 3600.0
"""An hour less than the day for which the documented platform keeps idempotency keys."""


@dataclass(frozen=True)
class Operation(Generic[I, V]):
    """One call for each item, as a client method: ``Operation(platform.resources.create, CREATE)``.

    Args:
        call: given an item, makes the call and gives its value. Where the operation takes an idempotency
            key it is also given ``idempotency_key=``, and has to pass it on.
        op: the operation behind the call, which says what may be repeated; or that word itself. A call that
            makes several requests is as unsafe as the worst of them.
        key: names an item in the journal, the same in every run; by default its number in the source, and
            then the source has to give the same items in the same order each time.
        value: the type that recorded values are decoded to, plain data by default.
        name: what the journal calls the operation; by default the operation's id.
        keeps: seconds for which the platform honours an idempotency key. An item in flight at the end of a
            run is repeated within that time only, after it the item is uncertain.
    """

    call: Callable[..., Awaitable[V]]
    op: Op[Any] | Replay
    _: KW_ONLY
    key: Callable[[I], str] | None = None
    value: Any = Any
    name: str = ""
    keeps: float = KEEPS_SECONDS

    def __post_init__(self) -> None:
        """Check the time."""
        check_seconds("keeps", self.keeps)

    @property
    def replay(self) -> Replay:
        """What may be repeated."""
        return self.op.repeats if isinstance(self.op, Op) else self.op

    @property
    def terms(self) -> Terms:
        """What a journal is held to."""
        own = self.op.id if isinstance(self.op, Op) else getattr(self.call, "__qualname__", "operation")
        return Terms(name=self.name or own, replay=self.replay, keyed=self.key is not None, keeps=self.keeps)

    def key_of(self, position: int, item: I) -> str:
        """Name an item."""
        if self.key is None:
            return str(position)
        key: object = self.key(item)
        if isinstance(key, str) and key and key.isprintable():
            return key
        raise ConfigError(f"key= has to give printable text for every item, not {key!r}")

    def digest(self, item: I) -> bytes:
        """Tell whether it is the same item; empty where only its key can tell.

        Paths count by their text, not by what lies there.
        """
        try:
            raw = msgspec.json.encode(item, enc_hook=_plain, order="deterministic")
        except (TypeError, ValueError, RecursionError):
            if self.key is not None:
                return b""
            raise ConfigError(
                f"an item of type {type(item).__name__} is no plain data; name items with key="
            ) from None
        return blake2b(raw, digest_size=16).digest()

    def encode(self, value: V) -> bytes | None:
        """Turn a value into what the journal keeps; ``None`` where that cannot be."""
        try:
            return encode(value)
        except ConfigError:
            return None

    def decode(self, note: bytes | None) -> Any:
        """Give the value of a recorded item.

        Raises:
            DecodeError: the journal holds a value of another shape than ``value=``.
        """
        return None if note is None else decoder(self.value)(note)


def _plain(item: Any) -> str:
    if isinstance(item, PurePath):
        return str(item)
    raise TypeError
