"""One file on its way to the disk, over as many answers as it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from time import perf_counter
from typing import TypeVar

import anyio.to_thread
import msgspec

from flexsdk.core.body import Progress, Transfer
from flexsdk.core.call import Call, Reply
from flexsdk.core.filebody import FileBody
from flexsdk.core.partfile import PartFile
from flexsdk.core.watch import Watch
from flexsdk.errors import APIError, Attempt, ConnectionLost, DecodeError, StreamStalled
from flexsdk.protocol.partial import continued, range_headers, version_of
from flexsdk.types import CallOptions

__all__ = ["UNPACKED", "OpenCall", "Saving"]

T = TypeVar("T")

OpenCall = Callable[[CallOptions], Awaitable[Reply[None]]]
"""Makes the call, with these options over its own."""

UNPACKED = {"Accept-Encoding": "identity"}
"""aiohttp 3.14 takes a packed body that was cut for a whole one, if only its outer length is right."""

SLOW_SECONDS = 0.01
"""A write to the system's cache costs less than a trip to a thread; after a slow one, all make the trip."""


class Saving:
    """Fetches one file into a part of it; what is cut goes on where it stopped, if the platform lets it.

    It goes on as long as the client's :class:`~flexsdk.core.retry.Retry` allows, which counts every HTTP
    attempt. Content is asked for unpacked, since only that can be counted and gone on with.

    Args:
        accept: looks at each answer before its body is read, and may refuse it by raising.
    """

    def __init__(
        self,
        open_call: OpenCall,
        part: PartFile,
        *,
        accept: Callable[[Reply[None]], None],
        idle_timeout: float,
        on_progress: Progress | None,
    ) -> None:
        self._open_call = open_call
        self._part = part
        self._accept = accept
        self._idle_timeout = idle_timeout
        self._on_progress = on_progress
        self._options: CallOptions = {}
        self._calls: list[Call] = []
        self._body: FileBody | None = None
        self._slow_disk = False

    async def run(self) -> Reply[None]:
        """Fetch the file, and give the last answer; the part then holds all of it.

        Raises:
            ConnectionLost: an answer was cut, or had another length than announced, and it may not go on.
            StreamStalled: no byte came in time, and it may not go on.
        """
        try:
            while True:
                body = await self._open()
                failure = await self._receive(body)
                if failure is None:
                    return body.reply
                body.close()
                await self._pause(body.reply, failure)
        finally:
            if self._body:
                self._body.close()

    async def _open(self) -> FileBody:
        """Ask for what is missing; for the whole file if nothing of it can be kept."""
        headers = range_headers(self._part.have, self._part.version)
        body = await self._ask_for_rest(headers) if headers else None
        if body is None:
            body = await self._ask({})
            if body.reply.status == 206:
                raise DecodeError("a part of the file came that was not asked for", expected="file")
            await self._restart(body)
        self._tell()
        return body

    async def _ask_for_rest(self, headers: Mapping[str, str]) -> FileBody | None:
        """Ask for the rest; ``None`` when what came does not fit to what is there."""
        try:
            body = await self._ask(headers)
        except APIError as error:
            if error.status != 416:
                raise
            return None
        if body.reply.status != 206:  # another version by now, or ranges are not served
            await self._restart(body)
            return body
        version = continued(body.reply.headers, self._part.have, self._part.version)
        if version is None or self._part.origin != _origin(body.reply):
            body.close()
            return None
        self._part.version = version
        return body

    async def _ask(self, headers: Mapping[str, str]) -> FileBody:
        options: CallOptions = {**self._options, "headers": {**UNPACKED, **headers}}
        body = FileBody(lambda: self._open_call(options), Watch(self._idle_timeout))
        await body.__aenter__()
        self._body = body
        self._calls.append(body.reply.call)
        self._accept(body.reply)
        return body

    async def _restart(self, body: FileBody) -> None:
        await _in_thread(lambda: self._part.restart(_origin(body.reply), version_of(body.reply.headers)))

    async def _receive(self, body: FileBody) -> ConnectionLost | StreamStalled | None:
        """Write the body down; give what broke it, if anything did."""
        size = self._part.version.size
        try:
            async for piece in body:
                await self._write(piece)
                self._tell()
                if size is not None and self._part.have > size:
                    break
        except (ConnectionLost, StreamStalled) as error:
            return error
        done = self._part.have
        if size in (None, done):
            return None
        if done > size:
            await _in_thread(self._part.restart)  # nothing of it can be trusted
        return ConnectionLost(f"{done} bytes came in place of the {size} that were announced")

    async def _write(self, piece: bytes) -> None:
        if self._slow_disk:
            await _in_thread(lambda: self._part.write(piece))
            return
        began = perf_counter()
        self._part.write(piece)
        self._slow_disk = perf_counter() - began > SLOW_SECONDS

    async def _pause(self, reply: Reply[None], failure: ConnectionLost | StreamStalled) -> None:
        """Wait as the client's Retry says before the next answer is asked for, or let the failure go."""
        call = reply.call
        lost = failure if isinstance(failure, ConnectionLost) else ConnectionLost(str(failure))
        if call.retry is None or not await call.retry.pause(call, lost):
            failure.attempts = self._attempts()
            raise failure
        self._options["attempts"] = call.retry.left(call)
        if call.deadline is not None:
            self._options["deadline"] = max(call.time_left(), 0.001)

    def _attempts(self) -> tuple[Attempt, ...]:
        """Give the attempts of all calls, numbered through."""
        attempts = [attempt for call in self._calls for attempt in call.history]
        return tuple(
            msgspec.structs.replace(attempt, number=number) for number, attempt in enumerate(attempts, 1)
        )

    def _tell(self) -> None:
        if self._on_progress:
            number = sum(len(call.history) for call in self._calls)
            self._on_progress(Transfer(self._part.have, self._part.version.size, number))


def _origin(reply: Reply[None]) -> str:
    """Name the file without showing where it is: a digest of platform, operation and target."""
    call = reply.call
    return sha256(f"{call.dialect.name}\n{call.op.id}\n{call.target}".encode()).hexdigest()


async def _in_thread(work: Callable[[], T]) -> T:
    return await anyio.to_thread.run_sync(work)
