"""Splits a watch's bytes into lines, one event each.

Why not `StreamReader.readline`: it fails on long lines, and gives the events that arrived together
one by one, where they should be applied together.
"""

from svcdns import errors


class WatchStreamError(errors.SourceError):
    """The bytes of a watch are not lines of JSON; nothing after them can be trusted."""


class LineSplitter:
    """Bytes in, whole lines out; keeps the unfinished rest, at most `limit` bytes of it."""

    __slots__ = ("_limit", "_pending", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without line ends and without empty ones.

        The lines do not depend on how the bytes were cut into chunks. Raises StreamError for a
        line longer than the limit.
        """
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._pending, lines[0]))
            self._pending.clear()
            self._size = 0
        if rest:
            self._pending.append(rest)
            self._size += len(rest)
        if self._size > self._limit or any(len(line) > self._limit for line in lines):
            raise WatchStreamError(f"a line of the watch is longer than {self._limit} bytes")
        return [line for line in lines if line]
