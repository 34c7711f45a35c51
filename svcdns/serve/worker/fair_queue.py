"""Queries that wait to be asked of an upstream, taken from each client in turn; bounded. Pure.

    put --client's own line, oldest first--> take: one of each client, round and round

The room is everybody's while there is enough. When it is full, the client with the longest line loses
its newest query: a client that asks little is never turned away because another one asks much.
"""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """At most `max_size` items of any number of clients."""

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._size = 0
        # In the order of their turns; a client without items is not in it.
        self._lines: OrderedDict[str, deque[Item]] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    def put(self, client: str, item: Item) -> Item | None:
        """Add an item; what had to leave for it, maybe the item itself."""
        line = self._lines.setdefault(client, deque())
        line.append(item)
        self._size += 1
        if self._size <= self._max_size:
            return None

        # Clients are few beside their items, and this is only looked for when the room is full.
        longest = max(self._lines.values(), key=len)
        # Of equals its own: a client that has as much as any other takes nothing from them.
        longest = line if len(line) == len(longest) else longest
        self._size -= 1
        shed = longest.pop()
        # Only with many clients that have one item each: then it is the newest of all.
        if not line:
            del self._lines[client]
        return shed

    def take(self) -> Item | None:
        """The oldest item of the client whose turn it is; None if there is none."""
        if not self._lines:
            return None

        client, line = self._lines.popitem(last=False)
        self._size -= 1
        item = line.popleft()
        if line:
            self._lines[client] = line
        return item
