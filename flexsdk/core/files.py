"""Answers that are files: read piece by piece, saved whole or not at all."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import anyio.to_thread

from flexsdk.codec import decoder
from flexsdk.core.body import Progress
from flexsdk.core.call import Reply
from flexsdk.core.filebody import FileBody
from flexsdk.core.partfile import PartFile, sync_folder
from flexsdk.core.saving import UNPACKED, OpenCall, Saving
from flexsdk.core.watch import Watch
from flexsdk.errors import ConfigError, DecodeError
from flexsdk.protocol.disposition import suggested_name
from flexsdk.protocol.lines import LineSplitter
from flexsdk.protocol.partial import version_of

__all__ = ["Download"]

T = TypeVar("T")

IDLE_SECONDS = 60.0
"""Most time without a byte while somebody waits for one."""
MAX_READ_BYTES = 64 * 1024 * 1024
"""Most bytes of :meth:`Download.read`."""
MAX_LINE_BYTES = 16 * 1024 * 1024
"""Most bytes of one line of :meth:`Download.lines`."""


class Download(FileBody):
    """A file of the platform's: ``save`` or ``read`` it, or enter it and iterate over bytes or ``lines``.

    The request is sent by ``save``, by ``read``, or on entering ``async with``; a download is used once.
    A link to another host is followed without credentials, over https.

    Raises while reading:
        ConnectionLost: the body was cut.
        StreamStalled: no byte for ``idle_timeout`` seconds of waiting.
    """

    def __init__(self, open_call: OpenCall, *, idle_timeout: float = IDLE_SECONDS) -> None:
        super().__init__(lambda: open_call({"headers": UNPACKED}), Watch(idle_timeout))
        self._with_options = open_call
        self._idle = idle_timeout

    @property
    def size(self) -> int | None:
        """The size in bytes that the platform announced; ``None`` where it did not, or sends it packed."""
        return version_of(self.reply.headers).size

    @property
    def filename(self) -> str | None:
        """The name that the platform suggests, made safe: one name without folders; ``None`` without one."""
        return _suggested(self.reply)

    async def read(self) -> bytes:
        """Give the whole file, up to 64 MiB; use ``save`` above that."""
        pieces: list[bytes] = []
        size = 0
        async with self:
            async for piece in self:
                size += len(piece)
                if size > MAX_READ_BYTES:
                    raise DecodeError(
                        f"the file is above {MAX_READ_BYTES} bytes; use save()", expected="file"
                    )
                pieces.append(piece)
        return b"".join(pieces)

    async def lines(self, into: type[T] | None = None) -> AsyncIterator[T]:
        """Iterate over JSON lines, each decoded into ``into`` or into plain data; empty lines are skipped.

        The download must have been entered, so that leaving early closes the connection.

        Raises:
            DecodeError: a line has another shape; the message names its number, from 1.
            EventTooLarge: a line is above 16 MiB.
        """
        decode: Callable[[bytes], T] = decoder(into or object)  # type: ignore[arg-type]  # object stands for T
        splitter = LineSplitter(MAX_LINE_BYTES)
        async for piece in self:
            first = splitter.number + 1
            for number, line in enumerate(splitter.feed(piece), first):
                if line.strip():
                    yield _decoded(decode, line, number)
        if (line := splitter.finish()).strip():
            yield _decoded(decode, line, splitter.number)

    async def save(
        self,
        path: str | os.PathLike[str],
        *,
        resume: bool = False,
        sync: bool = False,
        on_progress: Progress | None = None,
    ) -> Path:
        """Write the file, and give its path, which appears complete or not at all.

        A cut download goes on where it stopped, as often as the client's ``retry`` and the call's
        ``attempts`` allow, where the platform serves ranges and tells versions apart; else it begins again.

        Args:
            path: the file, which is replaced if it was there; or a folder that exists, where the file gets
                the name that the platform suggests and replaces nothing.
            resume: keep what has arrived in ``path.part`` when the download fails or the process is killed,
                and go on with it the next time. Not for folders.
            sync: wait until the disk has it, so that it survives a loss of power.
            on_progress: told of the bytes that have arrived.

        Raises:
            ConfigError: ``resume`` with a folder, a folder but no name, or two downloads into one part.
            FileExistsError: the folder has a file of that name already.
        """
        if self._reply is not None:
            raise ConfigError("a download is used once; call the method again for a new one")
        place = _Place(Path(path))
        # Opened at once, not in a thread: a cancellation would lose the descriptor.
        part = place.open_part(resume=resume)
        try:
            self._reply = await Saving(
                self._with_options,
                part,
                accept=place.accept,
                idle_timeout=self._idle,
                on_progress=on_progress,
            ).run()
            if sync:
                await anyio.to_thread.run_sync(part.sync)
            part.finish(place.target)  # at once too, so that no cancellation comes between
        finally:
            part.abandon()
        if sync:
            await anyio.to_thread.run_sync(sync_folder, place.target.parent)
        return place.target


class _Place:
    """Where a file is to be saved."""

    def __init__(self, path: Path) -> None:
        self.target = path
        self._folder = path if path.is_dir() else None

    def open_part(self, *, resume: bool) -> PartFile:
        if self._folder is None:
            return PartFile.kept(self.target) if resume else PartFile.beside(self.target)
        if resume:
            raise ConfigError("to resume, the name is needed before it is sent: pass a file, not a folder")
        return PartFile.beside(self._folder / "download")

    def accept(self, reply: Reply[None]) -> None:
        """Choose the name in a folder. One that is not the user's own replaces nothing."""
        if self._folder is None:
            return
        name = _suggested(reply)
        if name is None:
            raise ConfigError("the platform names no file; pass a file to save(), not a folder")
        self.target = self._folder / name
        if os.path.lexists(self.target):
            raise FileExistsError(f"{self.target} is there already; pass the whole path to replace it")


def _suggested(reply: Reply[None]) -> str | None:
    return suggested_name(reply.headers.get("Content-Disposition", ""))


def _decoded(decode: Callable[[bytes], T], line: bytes, number: int) -> T:
    try:
        return decode(line)
    except DecodeError as error:
        failure = DecodeError(
            f"line {number}: {error}", expected=error.expected, path=error.path, body=error.body
        )
    raise failure
