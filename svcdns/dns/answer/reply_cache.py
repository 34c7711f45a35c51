"""Replies that are kept for the same queries, all of one version of the table; the oldest make place."""

from collections import deque

MAX_BYTES = 32 << 20
"""Bytes of queries and replies, about."""
ENTRY_OVERHEAD = 192
"""Bytes of a kept reply beside its own and its query's: those of two objects, and their places."""


class ReplyCache(dict[bytes, bytes]):
    """By query; both without their id."""

    __slots__ = ("_oldest_first", "size")

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        """Bytes, as `KEPT` counts them."""
        self._oldest_first: deque[bytes] = deque()
        """Queries, the oldest first: a dict finds its first one slowly once many of its first are gone."""

    def add(self, query: bytes, reply: bytes) -> None:
        """The reply to a query; the same one may come twice in a batch."""
        if query in self:
            return
        self[query] = reply
        self._oldest_first.append(query)
        self.size += len(query) + len(reply) + ENTRY_OVERHEAD
        while self.size > MAX_BYTES:
            oldest = self._oldest_first.popleft()
            self.size -= len(oldest) + len(self.pop(oldest)) + ENTRY_OVERHEAD
