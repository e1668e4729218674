"""Bytes to structs and back: one decoder per type, every failure as :class:`DecodeError`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_args

import msgspec

from flexsdk.errors import ConfigError, DecodeError
from flexsdk.protocol.redact import Secret

__all__ = ["PLAIN_FAILURES", "Envelope", "decoder", "encode", "plain_decoder"]

T = TypeVar("T")

Decode = Callable[[bytes], T]

_PATH = re.compile(r" - at `(?P<path>.+)`$")
_EXCERPT_BYTES = 65_536

PLAIN_FAILURES = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What msgspec raises for bad input; the latter two are outside its own family."""


class Envelope(msgspec.Struct, frozen=True):
    """How a platform wraps an answer.

    ``wire`` makes the type on the wire from the type that the user gets, ``peel`` makes the user's value
    from the decoded wire value. Both run without a detour over dicts.
    """

    wire: Callable[[Any], Any]
    peel: Callable[[Any], Any]


def decoder(
    answer: type[T] | None, envelope: Envelope | None = None, *, number: Callable[[str], Any] | None = None
) -> Decode[T]:
    """Build the function that turns a body into a value.

    Args:
        answer: the type of the value; ``None`` ignores the body.
        envelope: how the platform wraps it.
        number: makes the value of a decimal number that has no type of its own, in place of ``float``; a
            ``ValueError`` of it is a failure like any other.
    """
    if answer is None:
        return _ignore
    decode = plain_decoder(envelope.wire(answer) if envelope else answer, number=number)
    return _Decoder(decode, envelope.peel if envelope else None, answer).decode


def plain_decoder(wire: Any, *, number: Callable[[str], Any] | None = None) -> Decode[Any]:
    """Build a function that raises one of ``PLAIN_FAILURES``, for callers who handle these themselves."""
    kind = Any if wire is object else wire  # msgspec takes object for a type of the user's
    return msgspec.json.Decoder(kind, dec_hook=_decode_secret, float_hook=number).decode


def encode(body: Any) -> bytes:
    """Encode a struct or plain data as JSON, and refuse what JSON cannot carry."""
    try:
        return _encoder.encode(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"the body cannot be sent as JSON: {error}") from None


_encoder = msgspec.json.Encoder(decimal_format="number")  # platforms document numbers


def _decode_secret(kind: type, value: Any) -> Any:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"Expected `{kind.__name__}`, got `{type(value).__name__}`")  # msgspec adds the path


def _ignore(body: bytes) -> Any:
    return None


class _Decoder(Generic[T]):
    """A msgspec decoder whose failures all become one error."""

    __slots__ = ("_answer", "_decode", "_peel")

    def __init__(self, decode: Callable[[bytes], Any], peel: Callable[[Any], T] | None, answer: Any) -> None:
        self._decode = decode
        self._peel = peel
        self._answer = answer

    def decode(self, body: bytes) -> T:
        try:
            value = self._decode(body)
        except PLAIN_FAILURES as error:
            failure = _failure(error, self._answer, body)
        else:
            return self._peel(value) if self._peel else value
        raise failure


def _failure(error: Exception, answer: Any, body: bytes) -> DecodeError:
    """Name path, type and reason."""
    expected = answer.__name__ if isinstance(answer, type) and not get_args(answer) else str(answer)
    found = _PATH.search(str(error))
    reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    message = f"the answer is no {expected}: {reason or type(error).__name__}"
    return DecodeError(
        message, expected=expected, path=found["path"] if found else "$", body=body[:_EXCERPT_BYTES]
    )
