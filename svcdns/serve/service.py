"""What a transport asks of the worker: answers at once, or later; and a place to count them.

Queries and replies are without their id, which the transport keeps: a reply that is kept is the same
bytes for whoever asks, and a datagram's id stays where it was received.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from svcdns.dns.query import Forward
from svcdns.serve.counting import Counting, Reply

Send: TypeAlias = Callable[[bytes], None]
"""Gives a reply to its client, if that is still there."""


class Service(Protocol):
    """The worker, as UDP and TCP see it."""

    def later(self, forward: Forward, send: Send) -> None:
        """Ask an upstream, and send the reply when it is there."""
        ...

    def counting(self, protocol: str, family: socket.AddressFamily) -> Counting:
        """Where a transport (`udp`, `tcp`, `tls`) counts what it does."""
        ...


class DatagramService(Service, Protocol):
    """As UDP alone does."""

    def datagrams(self, batch: Sequence[bytes]) -> Sequence[Reply]:
        """What becomes of each; all answers come from one version of the table."""
        ...


class StreamService(Service, Protocol):
    """As TCP alone does."""

    def session(self) -> AbstractContextManager[object]:
        """One version of the table: all that is answered within comes from it."""
        ...

    def answer(self, asked: bytes) -> Reply:
        """What becomes of it."""
        ...
