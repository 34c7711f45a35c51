"""What a transport needs of the worker: replies at once or later, and a place to count them.

Queries and replies come without their id, which the transport keeps. So a cached reply is the same
bytes for every client, and the id of a datagram stays in the buffer where it was received.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.serve.worker.traffic import Outcome, TrafficCounter

SendReply: TypeAlias = Callable[[bytes], None]
"""Sends a reply without its id to the client, if that is still there."""

ClientAddress: TypeAlias = Callable[[int], bytes]
"""Returns the address, as 4 or 16 bytes, of the client that sent the query at this index of its batch."""


class QueryService(Protocol):
    """What every transport needs."""

    def answer_later(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """Ask an upstream, and call `send` with the reply when it is there.

        `client` is its address as text: who asks much waits longer than others.
        """
        ...

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """Where a transport (`udp`, `tcp` or `tls`) counts the traffic of an address family."""
        ...


class DatagramService(QueryService, Protocol):
    """What UDP needs besides."""

    def answer_batch(self, batch: Sequence[bytes], client_at: ClientAddress) -> Sequence[Outcome]:
        """The outcome of each query, in their order; all from one version of the table."""
        ...

    def give_up(self, reason: str) -> None:
        """End the worker, whose sockets cannot be used: another takes its place."""
        ...

    def limit_late_reply(self, packet: bytes, reply: bytes, host: str) -> bytes | None:
        """What to send to a client in place of a reply that had to wait: the same, unless it is limited."""
        ...


class StreamService(QueryService, Protocol):
    """What TCP and TLS need besides."""

    def begin_transaction(self) -> AbstractContextManager[object]:
        """One version of the table: all queries within this context are answered from it."""
        ...

    def answer(self, packet: bytes, client: bytes) -> Outcome:
        """The outcome of a query of this address, 4 or 16 bytes; within `begin_transaction`."""
        ...
