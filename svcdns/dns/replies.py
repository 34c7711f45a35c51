"""Replies that are kept for the same queries, all of one version of the table; the oldest make place."""

from collections import deque

KEPT = 32 << 20
"""Bytes of queries and replies, about."""
BESIDE = 192
"""Bytes of a kept reply beside its own and its query's: those of two objects, and their places."""


class Replies(dict[bytes, bytes]):
    """By query; both without their id."""

    __slots__ = ("_order", "size")

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        """Bytes, as `KEPT` counts them."""
        self._order: deque[bytes] = deque()
        """Queries, the oldest first: a dict finds its first one slowly once many of its first are gone."""

    def keep(self, asked: bytes, reply: bytes) -> None:
        """The reply to a query; the same one may come twice in a batch."""
        if asked in self:
            return
        self[asked] = reply
        self._order.append(asked)
        self.size += len(asked) + len(reply) + BESIDE
        while self.size > KEPT:
            oldest = self._order.popleft()
            self.size -= len(oldest) + len(self.pop(oldest)) + BESIDE
