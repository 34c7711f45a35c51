"""Replies that stay the same, of one version of the table; new ones push out the oldest."""

from collections import deque

MAX_BYTES = 32 << 20
"""Approximate bytes of all entries: for each worker, some 100,000 usual replies."""
ENTRY_OVERHEAD = 192
"""Bytes of an entry beside its query and reply: two objects' headers, and their places in dict and deque."""


class ReplyCache(dict[bytes, bytes]):
    """Reply by query, both without their id; read as the dict it is."""

    __slots__ = ("_oldest_first", "size")

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        """Bytes, as MAX_BYTES counts them."""
        self._oldest_first: deque[bytes] = deque()
        """Queries, the oldest first: a dict finds its first key slowly once many before it were deleted."""

    def add(self, query: bytes, reply: bytes) -> None:
        """Cache a reply; a query that came before in its batch keeps the reply that it has."""
        if query in self:
            return

        self[query] = reply
        self._oldest_first.append(query)
        self.size += len(query) + len(reply) + ENTRY_OVERHEAD

        while self.size > MAX_BYTES:
            oldest = self._oldest_first.popleft()
            self.size -= len(oldest) + len(self.pop(oldest)) + ENTRY_OVERHEAD
