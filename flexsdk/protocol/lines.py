"""Lines out of pieces of any size, in linear time."""

from flexsdk.errors import EventTooLarge

__all__ = ["LineSplitter"]


class LineSplitter:
    """Joins pieces and cuts them at line feeds; ``number`` counts the lines given so far.

    Args:
        limit: most bytes that are kept of a line which is not complete.
    """

    def __init__(self, limit: int) -> None:
        self.number = 0
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """Take a piece and return the lines that it completes, without their line feeds.

        Raises:
            EventTooLarge: a line that spans pieces is above the limit.
        """
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = self._joined(lines[0])
        self.number += len(lines)
        self._add(rest)
        return lines

    def finish(self) -> bytes:
        """Return what follows the last line feed."""
        line = self._joined(b"")
        self.number += 1
        return line

    def _joined(self, end: bytes) -> bytes:
        self._add(end)
        line = b"".join(self._pending)
        self._pending.clear()
        self._size = 0
        return line

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise EventTooLarge(f"line {self.number + 1} is above {self._limit} bytes", limit=self._limit)
        self._pending.append(piece)
