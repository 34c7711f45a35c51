"""Accepts DNS over TLS (RFC 7858), and counts each connection from its accept on.

    socket --accept--> TlsHandshake, with a place in ClientConnections --TLS--> TcpConnection in its place
                          |
                          +--evicted, or HANDSHAKE_TIMEOUT--> closed

A server of asyncio shows a connection only after its handshake. Until then nobody could bound how many there
are, and each takes some 40 KiB.
"""

import asyncio
import contextlib
import functools
import logging
import socket
import ssl

from svcdns.rate_limited_log import RateLimitedLogger
from svcdns.serve.worker.client_connections import ClientConnections
from svcdns.serve.worker.tcp import TcpConnection

HANDSHAKE_TIMEOUT = 5.0
"""Seconds that a client has for its TLS handshake."""
ACCEPTS_PER_TURN = 16
"""Connections that are accepted in a turn of the event loop; then others have theirs."""
RETRY_DELAY = 1.0
"""Seconds without accepts after a failure: there may be no descriptor left."""

log = RateLimitedLogger(logging.getLogger("svcdns.worker"))


class TlsListener:
    """One listening socket of a worker; the socket itself stays open when it is closed."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, connections: ClientConnections) -> None:
        """`sock` is bound; `context` may get another certificate while it is used."""
        self._socket = sock
        self._context = context
        self._connections = connections
        self._retry: asyncio.TimerHandle | None = None
        # The event loop has only weak references to tasks.
        self._handshakes: set[asyncio.Task[None]] = set()

    def start(self, backlog: int) -> None:
        """Accept from now on; `backlog` connections may wait for it."""
        self._socket.setblocking(False)
        self._socket.listen(backlog)
        self._resume()

    def close(self) -> None:
        """Accept no more; handshakes end with their connections."""
        self._connections.loop.remove_reader(self._socket)
        if self._retry is not None:
            self._retry.cancel()

    def _resume(self) -> None:
        self._connections.loop.add_reader(self._socket, self._accept_waiting)

    def _accept_waiting(self) -> None:
        try:
            for _ in range(ACCEPTS_PER_TURN):
                client, address = self._socket.accept()
                self._start_handshake(client, address[0])
        except BlockingIOError:
            return
        # The client was gone before it was let in.
        except ConnectionError:
            return
        except OSError as error:
            log.warning("a TLS connection cannot be accepted: %s", error)
            self._connections.loop.remove_reader(self._socket)
            self._retry = self._connections.loop.call_later(RETRY_DELAY, self._resume)

    def _start_handshake(self, client: socket.socket, address: str) -> None:
        client.setblocking(False)
        task = self._connections.loop.create_task(self._shake_hands(client, address))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, client: socket.socket, address: str) -> None:
        """Make a TcpConnection of an accepted socket, or close it."""
        handshake = TlsHandshake(client, self._connections)
        self._connections.add(handshake, address)
        try:
            await self._connections.loop.connect_accepted_socket(
                functools.partial(TcpConnection, self._connections, handshake),
                client,
                ssl=self._context,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT,
            )
        # A client that speaks no TLS, is too slow, or was evicted.
        except (OSError, TimeoutError):
            client.close()
        finally:
            self._connections.remove(handshake)


class TlsHandshake:
    """A connection without a session yet; a `ClientConnection`."""

    def __init__(self, client: socket.socket, connections: ClientConnections) -> None:
        self._socket = client
        self._connections = connections

    def drain(self) -> None:
        """Close now: nothing was asked yet."""
        self.abort()

    def abort(self) -> None:
        """Close now."""
        self._connections.remove(self)
        # The transport has the socket, and notices its end; closing it here would close another one later.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
