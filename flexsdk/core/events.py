"""The contract of an event stream as data: which events exist, and which of them end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from flexsdk.codec import PLAIN_FAILURES, decoder, plain_decoder
from flexsdk.errors import DecodeError
from flexsdk.protocol.sse import ServerSentEvent

__all__ = ["Ending", "EventContract", "Fold"]

E = TypeVar("E")
R = TypeVar("R")
E_contra = TypeVar("E_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

Ending: TypeAlias = Literal["open", "complete", "failed", "cut", "stalled", "cancelled"]
"""How a stream stands: still open, ended as documented, by an error event, by a lost connection or a body
without a last event, by silence, or by its reader."""


class Fold(Protocol[E_contra, R_co]):
    """Gathers the events of one stream into its result."""

    def add(self, events: Sequence[E_contra]) -> None:
        """Take events in, in their order."""
        ...

    def may_end(self) -> bool:
        """Tell whether the body may end here without being cut."""
        ...

    def failure(self) -> tuple[str | None, str | None] | None:
        """Give code and detail when the platform has reported a failure."""
        ...

    def result(self, ending: Ending) -> R_co:
        """Give all that is known, at any time; exact, never more than has arrived."""
        ...


def _no_text(_event: object) -> None:
    return None


class _Typed(msgspec.Struct, frozen=True):
    type: str = "message"


_peek = decoder(_Typed)


class EventContract(msgspec.Struct, Generic[E, R], frozen=True, eq=False, dict=True):
    """What the events of one operation are.

    Args:
        types: the struct for each event name.
        last: those of them that nothing which counts can follow.
        unknown: makes an event of a name that is not listed; platforms add names at any time.
        fold: makes an empty :class:`Fold` for a new stream.
        text: gives the piece of text in an event, if there is one.
        cut_hint: what a caller has to know when the stream breaks before its last event.
    """

    types: Mapping[str, Any]
    last: tuple[type, ...]
    unknown: Callable[[str, bytes], E]
    fold: Callable[[], Fold[E, R]]
    text: Callable[[E], str | None] = _no_text
    cut_hint: str = ""

    @cached_property
    def _plain(self) -> dict[str, Callable[[bytes], E]]:
        """Of the events that others follow."""
        return {name: plain_decoder(struct) for name, struct in self.types.items() if struct not in self.last}

    @cached_property
    def _decoders(self) -> dict[str, Callable[[bytes], E]]:
        return {name: decoder(struct) for name, struct in self.types.items()}

    def decode_all(self, sent: list[ServerSentEvent]) -> tuple[list[E], E | DecodeError | None]:
        """Make the typed events; beside them what ends them: a last one, or one of another shape."""
        events: list[E] = []
        plain = self._plain
        for each in sent:
            try:
                event = plain[each.event](each.raw)
            except (KeyError, *PLAIN_FAILURES):
                try:
                    event = self.decode(each)
                except DecodeError as error:
                    return events, error
                if isinstance(event, self.last):
                    return events, event
            events.append(event)
        return events, None

    def decode(self, sent: ServerSentEvent) -> E:
        """Make the typed event: its type is the ``event:`` line, else ``type`` in the payload.

        Raises:
            DecodeError: a known event whose data has another shape.
        """
        name = sent.event
        decode = self._decoders.get(name)
        if decode is None and name == "message":
            name = _type_in_payload(sent.raw)
            decode = self._decoders.get(name)
        if decode is None:
            return self.unknown(name, sent.raw)
        try:
            return decode(sent.raw)
        except DecodeError:
            mended = sent.data.encode()  # the standard replaces malformed UTF-8, JSON decoders refuse it
            if mended == sent.raw:
                raise
        return decode(mended)


def _type_in_payload(raw: bytes) -> str:
    try:
        return _peek(raw).type
    except DecodeError:
        return "message"
