"""Splits a watch's bytes into lines, one event each.

`StreamReader.readline` would fail on long lines. It would also return one by one the events that arrived
together, and should be applied together.
"""

from svcdns import errors


class WatchStreamError(errors.SourceError):
    """The bytes of a watch are not lines of JSON; nothing after them can be trusted."""


class LineSplitter:
    """Bytes in, whole lines out; holds the unfinished last line, of at most `limit` bytes."""

    __slots__ = ("_limit", "_pending", "_size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without line ends and without empty ones.

        The lines do not depend on how the bytes were cut into chunks. Raises WatchStreamError for a
        line longer than the limit.
        """
        *lines, unfinished = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._pending, lines[0]))
            self._pending.clear()
            self._size = 0

        # Joined only at the line's end: a line of many chunks is copied once.
        if unfinished:
            self._pending.append(unfinished)
            self._size += len(unfinished)

        if self._size > self._limit or any(len(line) > self._limit for line in lines):
            raise WatchStreamError(f"a line of the watch is longer than {self._limit} bytes")
        return [line for line in lines if line]
