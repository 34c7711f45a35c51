"""A worker's UDP socket: batches of datagrams through one handler, as many as one turn may take."""

import contextlib
import socket
from asyncio import AbstractEventLoop
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

from svcdns.serve import mmsg

BATCHES_PER_TURN = 4
"""Then the loop serves its other sockets, and comes back."""

Session: TypeAlias = Callable[[], AbstractContextManager[mmsg.Handler]]
"""Opens the table for a batch: all its answers come from one version."""


def attach(loop: AbstractEventLoop, sock: socket.socket, batch: "mmsg.Batch | None", session: Session) -> None:
    """Answer what arrives at the socket from now on; batches of one where the platform has no more."""
    if batch is None:
        loop.add_reader(sock, _read_singly, sock, session)
        return
    wildcard = sock.getsockname()[0] in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    pktinfo = mmsg.enable_pktinfo(sock) if wildcard else 0
    loop.add_reader(sock, _read_batches, sock.fileno(), pktinfo, batch, session)


def _read_batches(fd: int, pktinfo: int, batch: mmsg.Batch, session: Session) -> None:
    for _ in range(BATCHES_PER_TURN):
        with session() as handler:
            if batch.exchange(fd, pktinfo, handler) < mmsg.BATCH:
                return


def _read_singly(sock: socket.socket, session: Session) -> None:
    with session() as handler:
        for _ in range(mmsg.BATCH):
            try:
                packet, client = sock.recvfrom(mmsg.SLOT)
            except (BlockingIOError, InterruptedError, ConnectionRefusedError):
                return
            if (reply := handler(packet)) is not None:
                with contextlib.suppress(OSError):
                    sock.sendto(reply, client)
