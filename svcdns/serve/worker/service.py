"""What a transport asks of the worker: answers at once, or later; and a place to count them.

Queries and replies are without their id, which the transport keeps: a reply that is kept is the same
bytes for whoever asks, and a datagram's id stays where it was received.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.serve.worker.traffic import Outcome, TrafficCounter

SendReply: TypeAlias = Callable[[bytes], None]
"""Gives a reply to its client, if that is still there."""


class QueryService(Protocol):
    """The worker, as UDP and TCP see it."""

    def answer_later(self, forward: PendingQuery, send: SendReply) -> None:
        """Ask an upstream, and send the reply when it is there."""
        ...

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """Where a transport (`udp`, `tcp`, `tls`) counts what it does."""
        ...


class DatagramService(QueryService, Protocol):
    """As UDP alone does."""

    def answer_batch(self, batch: Sequence[bytes]) -> Sequence[Outcome]:
        """What becomes of each; all answers come from one version of the table."""
        ...


class StreamService(QueryService, Protocol):
    """As TCP alone does."""

    def begin_transaction(self) -> AbstractContextManager[object]:
        """One version of the table: all that is answered within comes from it."""
        ...

    def answer(self, packet: bytes) -> Outcome:
        """What becomes of it."""
        ...
