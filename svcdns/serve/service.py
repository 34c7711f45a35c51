"""What a transport asks of the worker: answers at once, or later; and a place to count them."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from svcdns.dns.query import Forward
from svcdns.serve.counting import Counting

Handler: TypeAlias = Callable[[bytes], bytes | Forward | None]
"""A query's reply, a question that an upstream must answer first, or None where no reply is due."""

Send: TypeAlias = Callable[[bytes], None]
"""Gives a reply to its client, if that is still there."""


class Service(Protocol):
    """The worker, as UDP and TCP see it."""

    def session(self, stream: bool) -> AbstractContextManager[Handler]:
        """The table for a batch of queries: all answers come from one version of it."""
        ...

    def later(self, forward: Forward, send: Send) -> None:
        """Ask an upstream, and send the reply when it is there."""
        ...

    def counting(self, protocol: str, family: socket.AddressFamily) -> Counting:
        """Where a transport (`udp`, `tcp`, `tls`) counts what it does."""
        ...
