"""How many places of a bounded room each client may take; pure.

A client may take a place while it has fewer than `FREE_FACTOR` times those that are free. So one that is
alone gets four fifths of the room, two get four ninths each, and there is always a place for a client
that has none yet. Nothing is set aside for those who want nothing.
"""

FREE_FACTOR = 4
"""A client alone gets FREE_FACTOR / (FREE_FACTOR + 1) of the room."""

OURSELVES = ""
"""The client of questions of our own, such as renewals of popular answers: only the room bounds it."""


class ClientShares:
    """The places that are taken, by client."""

    def __init__(self) -> None:
        self.total = 0
        self._by_client: dict[str, int] = {}

    def has_room(self, client: str, limit: int) -> bool:
        """Whether this client may take one more of `limit` places."""
        free = limit - self.total
        if client == OURSELVES:
            return free > 0
        return self._by_client.get(client, 0) < FREE_FACTOR * free

    def take(self, client: str) -> None:
        """The client takes a place, whether it may or not."""
        self.total += 1
        self._by_client[client] = self._by_client.get(client, 0) + 1

    def give_back(self, client: str) -> None:
        """A place that the client has taken is free again."""
        self.total -= 1
        left_over = self._by_client[client] - 1
        # Clients without a place are forgotten, so that the dict is bounded by the room.
        if left_over:
            self._by_client[client] = left_over
        else:
            del self._by_client[client]
