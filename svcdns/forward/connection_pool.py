"""The TCP and TLS connections of one worker to its upstreams: which one takes a question.

    an open connection has room ---> ask --- it ends before the answer ---> ask another one
    none has room ---> open one; all questions to this upstream wait for the same one

`pipelined_connection` is one connection, and decides when that one takes no more questions.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from svcdns.dns.wire.response import Response
from svcdns.forward import upstream_tls
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.pipelined_connection import ConnectionLostError, PipelinedConnection
from svcdns.forward.questions import UpstreamQuery

MAX_CONNECTIONS_PER_UPSTREAM = 4
"""A bound for both sides: many servers limit the connections of one client."""
TLS_CLOSE_TIMEOUT = 1.0
"""Seconds that an upstream has to end TLS properly: nothing is lost if it does not."""

_STOPPING = "the server stops"


class ConnectionPool:
    """The connections to all upstreams, with counts of questions by transport and of opened connections."""

    def __init__(self, options: ForwardOptions, clock: Callable[[], float]) -> None:
        self.tcp_query_count = 0
        self.tls_query_count = 0
        self.opened_count = 0
        self._options = options
        self._clock = clock
        self._trust_store = upstream_tls.TrustStore(options.ca)
        self._connections: dict[Upstream, list[PipelinedConnection]] = {}
        self._pending_connects: dict[Upstream, _PendingConnect] = {}
        self._is_closed = False

    async def exchange(self, upstream: Upstream, query: UpstreamQuery) -> Response:
        """The response, whenever it comes; raises OSError. The caller bounds the time."""
        if upstream.tls:
            self.tls_query_count += 1
        else:
            self.tcp_query_count += 1

        is_second_try = False
        while True:
            connection = await self._available_connection(upstream)
            try:
                return await connection.exchange(query)
            except ConnectionLostError:
                # Some servers end each connection after one answer. So a connection that has
                # answered others does not use up the second try.
                if is_second_try and not connection.answer_count:
                    raise
                is_second_try = True

    def close(self) -> None:
        """End all connections; pending questions get an OSError."""
        self._is_closed = True
        for opening in self._pending_connects.values():
            opening.task.cancel()

        # Copies: `abort` may call `_remove`.
        for connections in list(self._connections.values()):
            for connection in list(connections):
                connection.abort(_STOPPING)

    async def _available_connection(self, upstream: Upstream) -> PipelinedConnection:
        while True:
            connections = self._connections.get(upstream, [])
            for connection in connections:
                if connection.is_available:
                    return connection

            if len(connections) >= MAX_CONNECTIONS_PER_UPSTREAM:
                raise OSError("too many questions wait for its answers")

            # Others who waited for it too may have filled it meanwhile.
            opened = await self._open_connection(upstream)
            if opened is not None and not opened.is_full:
                return opened

    async def _open_connection(self, upstream: Upstream) -> PipelinedConnection | None:
        """A new connection; None if it took too long. Cancelled when nobody waits for it any more."""
        if self._is_closed:
            raise OSError(_STOPPING)

        opening = self._pending_connects.get(upstream)
        if opening is None:
            task = asyncio.get_running_loop().create_task(self._connect(upstream))
            opening = self._pending_connects[upstream] = _PendingConnect(task)

        opening.waiter_count += 1
        try:
            await asyncio.wait((opening.task,))
        finally:
            opening.waiter_count -= 1
            if opening.task.done() or not opening.waiter_count:
                opening.task.cancel()
                if self._pending_connects.get(upstream) is opening:
                    del self._pending_connects[upstream]

        if opening.task.cancelled():
            raise OSError(_STOPPING)

        connection = opening.task.result()
        if isinstance(connection, OSError):
            # Raised by each waiter: the traceback of one must not grow with the others'.
            raise connection.with_traceback(None)
        return connection

    async def _connect(self, upstream: Upstream) -> PipelinedConnection | OSError | None:
        """Returns errors: an exception that nobody retrieves would be logged by asyncio."""
        connection = PipelinedConnection(
            self._clock, self._options.max_age, lambda: self._remove(upstream, connection)
        )
        try:
            async with asyncio.timeout(self._options.attempt_timeout):
                await self._connect_transport(upstream, connection)
        except TimeoutError:
            return None
        except (OSError, ValueError) as error:
            return self._trust_store.describe_error(error, upstream)

        self.opened_count += 1
        if not connection.is_closed:
            self._connections.setdefault(upstream, []).append(connection)
        return connection

    async def _connect_transport(self, upstream: Upstream, connection: PipelinedConnection) -> None:
        create = asyncio.get_running_loop().create_connection
        if upstream.tls:
            await create(
                lambda: connection,
                upstream.host,
                upstream.port,
                ssl=self._trust_store.ssl_context(),
                server_hostname=upstream_tls.server_name(upstream),
                ssl_shutdown_timeout=TLS_CLOSE_TIMEOUT,
            )
        else:
            await create(lambda: connection, upstream.host, upstream.port)

    def _remove(self, upstream: Upstream, connection: PipelinedConnection) -> None:
        connections = self._connections.get(upstream, [])
        if connection in connections:
            connections.remove(connection)
            if not connections:
                del self._connections[upstream]


@dataclass(slots=True)
class _PendingConnect:
    task: asyncio.Task[PipelinedConnection | OSError | None]
    waiter_count: int = 0
