"""The connections of one worker to its upstreams, TCP and TLS: which one takes a question, and new ones.

    one that takes one more ---> ask --- it ends before the answer ---> once more, with another
    none ---> a new one, which all who need one wait for

One by itself, and when it takes no more, is `stream`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from svcdns.dns.response import Response
from svcdns.forward import tls
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.question import Query
from svcdns.forward.stream import Connection, LostError

MAX_CONNECTIONS = 4
"""Of one upstream."""
SHUTDOWN = 1.0
"""Seconds for the end of TLS, when all is said."""

_STOPS = "the server stops"


class Connections:
    """Of all upstreams; counts the questions by transport, and the connections that were opened."""

    def __init__(self, options: ForwardOptions, clock: Callable[[], float]) -> None:
        self.tcp = 0
        self.tls = 0
        self.opened = 0
        self._options = options
        self._clock = clock
        self._authorities = tls.Authorities(options.ca)
        self._open: dict[Upstream, list[Connection]] = {}
        self._openings: dict[Upstream, _Opening] = {}
        self._closed = False

    async def ask(self, upstream: Upstream, query: Query) -> Response:
        """The response, whenever it comes; raises OSError."""
        if upstream.tls:
            self.tls += 1
        else:
            self.tcp += 1
        again = False
        while True:
            connection = await self._one_that_takes(upstream)
            try:
                return await connection.ask(query)
            except LostError:
                # Some servers end each connection after an answer: then others wait in line.
                if again and not connection.answered:
                    raise
                again = True

    def close(self) -> None:
        """End all connections; who waits gets an error."""
        self._closed = True
        for opening in self._openings.values():
            opening.task.cancel()
        for connection in [one for those in self._open.values() for one in those]:
            connection.abort(_STOPS)

    async def _one_that_takes(self, upstream: Upstream) -> Connection:
        while True:
            those = self._open.get(upstream, [])
            for connection in those:
                if connection.takes:
                    return connection
            if len(those) >= MAX_CONNECTIONS:
                raise OSError("too many questions wait for its answers")
            opened = await self._opened(upstream)
            if opened is not None and not opened.is_full:
                return opened

    async def _opened(self, upstream: Upstream) -> Connection | None:
        """A new connection; None where it took too long. One that nobody waits for any more is given up."""
        if self._closed:
            raise OSError(_STOPS)
        opening = self._openings.get(upstream)
        if opening is None:
            task = asyncio.get_running_loop().create_task(self._connect(upstream))
            opening = self._openings[upstream] = _Opening(task)
        opening.waiting += 1
        try:
            await asyncio.wait((opening.task,))
        finally:
            opening.waiting -= 1
            if opening.task.done() or not opening.waiting:
                opening.task.cancel()
                if self._openings.get(upstream) is opening:
                    del self._openings[upstream]
        if opening.task.cancelled():
            raise OSError(_STOPS)
        found = opening.task.result()
        if isinstance(found, OSError):
            raise found.with_traceback(None)
        return found

    async def _connect(self, upstream: Upstream) -> Connection | OSError | None:
        """Errors are values: it may end when nobody is there to take one."""
        connection = Connection(
            self._clock, self._options.max_age, lambda: self._forget(upstream, connection)
        )
        try:
            async with asyncio.timeout(self._options.attempt_timeout):
                await self._create(upstream, connection)
        except TimeoutError:
            return None
        except (OSError, ValueError) as error:
            return self._authorities.explain(error, upstream)
        self.opened += 1
        if not connection.is_lost:
            self._open.setdefault(upstream, []).append(connection)
        return connection

    async def _create(self, upstream: Upstream, connection: Connection) -> None:
        create = asyncio.get_running_loop().create_connection
        if upstream.tls:
            await create(
                lambda: connection,
                upstream.host,
                upstream.port,
                ssl=self._authorities.context(),
                server_hostname=tls.server_name(upstream),
                ssl_shutdown_timeout=SHUTDOWN,
            )
        else:
            await create(lambda: connection, upstream.host, upstream.port)

    def _forget(self, upstream: Upstream, connection: Connection) -> None:
        those = self._open.get(upstream, [])
        if connection in those:
            those.remove(connection)
            if not those:
                del self._open[upstream]


@dataclass(slots=True)
class _Opening:
    task: asyncio.Task[Connection | OSError | None]
    waiting: int = 0
