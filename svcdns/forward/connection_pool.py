"""The TCP and TLS connections of one worker to its upstreams: which one takes a question.

    an open connection has room ---> ask --- it ends before the answer ---> ask another one
    none has room ---> open one; all questions to this upstream wait for the same one

`pipelined_connection` is one connection, and decides when that one takes no more questions.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from svcdns import socket_addresses
from svcdns.dns.wire.response import Response
from svcdns.forward import upstream_tls
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.pipelined_connection import ConnectionLostError, PipelinedConnection
from svcdns.forward.questions import UpstreamQuery

# With 256 questions each (`MAX_PENDING`), they carry the 1,000 that a route has in flight by default.
MAX_CONNECTIONS_PER_UPSTREAM = 4
"""A bound for both sides: many servers limit the connections of one client."""
# asyncio would wait for 30 s.
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
        # Counted here, not at each try: these are questions, and a second try asks the same one.
        if upstream.tls:
            self.tls_query_count += 1
        else:
            self.tcp_query_count += 1

        is_second_try = False
        # It ends: after the second loss, only a connection that has answered something gives one more turn.
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
            # `wait`, unlike `await task`, does not cancel the task with the one waiter that gives up.
            await asyncio.wait((opening.task,))
        finally:
            opening.waiter_count -= 1
            # The first waiter that wakes up forgets the attempt, so the next question begins another one.
            # Cancelling does nothing to a task that is done.
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
        # The lambda reads `connection` when it is called, which is after this assignment.
        connection = PipelinedConnection(
            self._clock, self._options.max_age, lambda: self._remove(upstream, connection)
        )
        try:
            async with asyncio.timeout(self._options.attempt_timeout):
                await self._connect_transport(upstream, connection)
        except TimeoutError:
            # None, not an error: waiters try again, and each has a deadline of its own that decides.
            return None
        except (OSError, ValueError) as error:
            return self._trust_store.describe_error(error, upstream)

        self.opened_count += 1
        # Between its start and now the upstream may have closed it, and `_remove` has come too early.
        if not connection.is_closed:
            self._connections.setdefault(upstream, []).append(connection)
        return connection

    async def _connect_transport(self, upstream: Upstream, connection: PipelinedConnection) -> None:
        create = asyncio.get_running_loop().create_connection
        host = socket_addresses.without_idle_scope(upstream.host)
        if upstream.tls:
            await create(
                lambda: connection,
                host,
                upstream.port,
                ssl=self._trust_store.ssl_context(),
                server_hostname=upstream_tls.server_name(upstream),
                ssl_shutdown_timeout=TLS_CLOSE_TIMEOUT,
            )
        else:
            await create(lambda: connection, host, upstream.port)

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
