"""What streams and downloads share: a call whose answer is left open, entered once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Self

from flexsdk.core.call import Reply, Source
from flexsdk.core.watch import Watch
from flexsdk.errors import ConfigError

__all__ = ["Opening"]


class Opening:
    """An answer that is read while it comes. The request is sent on entering ``async with``."""

    __slots__ = ("_open_call", "_reply", "_source", "_watch")
    noun: ClassVar[str]

    def __init__(self, open_call: Callable[[], Awaitable[Reply[None]]], watch: Watch) -> None:
        self._open_call: Callable[[], Awaitable[Reply[None]]] | None = open_call
        self._watch = watch
        self._reply: Reply[None] | None = None
        self._source: Source

    async def __aenter__(self) -> Self:
        """Send the request; returns when the platform has begun to answer."""
        if self._reply is not None or self._open_call is None:
            raise ConfigError(f"a {self.noun} is entered once; call the method again for a new one")
        self._reply = await self._open_call()
        self._open_call = None  # and with it the body that was sent
        assert self._reply.source is not None, "such operations answer with an open body"
        self._source = self._reply.source
        self._watch.start(self._source, self._reply.call.time_left())
        return self

    @property
    def reply(self) -> Reply[None]:
        """Status, headers, request id and attempts of the answer.

        Raises:
            ConfigError: it has not been entered yet.
        """
        if self._reply is None:
            raise ConfigError(f"enter the {self.noun} with `async with` first; it has not been entered yet")
        return self._reply
