"""The connections of one worker to its upstreams, TCP and TLS: which one takes a question, and new ones.

    one that takes one more ---> ask --- it ends before the answer ---> once more, with another
    none ---> a new one, which all who need one wait for

One by itself, and when it takes no more, is `stream`.
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
"""Of one upstream."""
TLS_CLOSE_TIMEOUT = 1.0
"""Seconds for the end of TLS, when all is said."""

_STOPPING = "the server stops"


class ConnectionPool:
    """Of all upstreams; counts the questions by transport, and the connections that were opened."""

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
        """The response, whenever it comes; raises OSError."""
        if upstream.tls:
            self.tls_query_count += 1
        else:
            self.tcp_query_count += 1
        again = False
        while True:
            connection = await self._available_connection(upstream)
            try:
                return await connection.exchange(query)
            except ConnectionLostError:
                # Some servers end each connection after an answer: then others wait in line.
                if again and not connection.answer_count:
                    raise
                again = True

    def close(self) -> None:
        """End all connections; who waits gets an error."""
        self._is_closed = True
        for opening in self._pending_connects.values():
            opening.task.cancel()
        for connection in [one for those in self._connections.values() for one in those]:
            connection.abort(_STOPPING)

    async def _available_connection(self, upstream: Upstream) -> PipelinedConnection:
        while True:
            those = self._connections.get(upstream, [])
            for connection in those:
                if connection.is_available:
                    return connection
            if len(those) >= MAX_CONNECTIONS_PER_UPSTREAM:
                raise OSError("too many questions wait for its answers")
            opened = await self._open_connection(upstream)
            if opened is not None and not opened.is_full:
                return opened

    async def _open_connection(self, upstream: Upstream) -> PipelinedConnection | None:
        """A new connection; None where it took too long. One that nobody waits for any more is given up."""
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
        found = opening.task.result()
        if isinstance(found, OSError):
            raise found.with_traceback(None)
        return found

    async def _connect(self, upstream: Upstream) -> PipelinedConnection | OSError | None:
        """Errors are values: it may end when nobody is there to take one."""
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
        those = self._connections.get(upstream, [])
        if connection in those:
            those.remove(connection)
            if not those:
                del self._connections[upstream]


@dataclass(slots=True)
class _PendingConnect:
    task: asyncio.Task[PipelinedConnection | OSError | None]
    waiter_count: int = 0
