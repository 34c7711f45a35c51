"""What a worker answers: from the table, or from upstreams; in one thread and one event loop (`working`).

py-lmdb gives up the GIL at each `get`: a second busy thread would cost milliseconds per answer.
"""

import asyncio
import logging
import random
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from svcdns.dns import query, records, respond, wire
from svcdns.dns.meta import ZoneKind
from svcdns.dns.policy import Policy
from svcdns.dns.query import Forward, Resolved
from svcdns.dns.view import View
from svcdns.forward.exchange import Exchanges
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.notes import Note
from svcdns.forward.options import NOT_KEPT
from svcdns.forward.question import Question
from svcdns.forward.upstreams import Upstreams
from svcdns.serve import channel
from svcdns.serve.connections import Connections
from svcdns.serve.counting import Counting, Reply
from svcdns.serve.ledger import Ledger
from svcdns.serve.querylog import QueryLog
from svcdns.serve.runtime_config import Block
from svcdns.serve.service import Send
from svcdns.table import reader
from svcdns.table.reader import Reader

log = logging.getLogger("svcdns.worker")

TOO_LONG = Resolved(
    records.SERVFAIL,
    wire.Sections(),
    wire.extended_error(wire.NO_REACHABLE_AUTHORITY, "the CNAMEs were not followed to their end in time"),
)

_ANY_ID = bytes(wire.ID)
"""Of a query on the slow path, whose reply's is taken off again."""


class Worker:
    """What one worker process holds."""

    def __init__(
        self,
        live: Path,
        block: Block,
        policy: Policy | None = None,
        loop_key: bytes = b"",
        tell: Callable[[Note], None] = lambda note: None,
        log: QueryLog | None = None,
    ) -> None:
        self._begin = Reader(live).begin
        self._ledger = Ledger(log)
        self._exchanges = Exchanges(time.monotonic)
        self._upstreams = Upstreams(block.routes, self._exchanges, time.monotonic, tell, loop_key)
        self._forwarder = Forwarder(block.cache or NOT_KEPT, self._upstreams, time.monotonic, self._is_ours)
        self._longest_timeout = max((route.options.timeout for route in block.routes), default=0)
        self._tasks: set[asyncio.Task[None]] = set()
        order = random.Random(secrets.randbits(128))  # noqa: S311 - the order of records is no secret
        self._view = View(
            order.getrandbits,
            socket.gethostname(),
            outside=self._forwarder if block.routes else None,
            policy=policy,
            loop_key=loop_key,
        )
        self._view.has_prefix = lambda prefix: reader.has_prefix(self._transaction, prefix)
        self._version = -1
        self._tick = 0
        """When the view's next second begins (`time.monotonic`)."""

    def counting(self, protocol: str, family: socket.AddressFamily) -> Counting:
        """Service: where a transport counts what it does."""
        return self._ledger.counting(protocol, family)

    def told(self, connections: Connections, late: float) -> channel.Counted:
        """What it tells the supervisor of itself; `late` is how late it is for that, in seconds."""
        self._ledger.late(late)
        waiting = len(self._tasks)
        return self._ledger.told(self._forwarder, self._upstreams, self._exchanges, connections, waiting)

    @property
    def waiting(self) -> int:
        """Queries that wait for upstreams; none does so for ever."""
        return len(self._tasks)

    def start(self) -> None:
        """Begin what goes on beside the queries; in the event loop."""
        self._upstreams.start()

    def close(self) -> None:
        """End it, and what waits for upstreams."""
        self._upstreams.close()
        self._exchanges.close()
        for task in self._tasks:
            task.cancel()

    def datagrams(self, batch: Sequence[bytes]) -> Sequence[Reply]:
        """Service: what becomes of each."""
        with self.session():
            return respond.respond_all(self._view, batch, self._answer_slowly)

    def session(self) -> AbstractContextManager[object]:
        """Service: one version of the table, until it is left."""
        transaction = self._transaction = self._begin()
        view = self._view
        view.get = transaction.get  # type: ignore[assignment]  # buffers are off, so it is bytes
        version, now = transaction.id(), time.monotonic()
        if version != self._version:
            self._version = version
            view.refresh()
        if now >= self._tick:
            self._tick = int(now) + 1
            view.tick()
        return transaction

    def answer(self, asked: bytes) -> Reply:
        """Service: what becomes of a stream's query."""
        return respond.respond(self._view, asked, True) or self._answer_slowly(asked, stream=True)

    def later(self, forward: Forward, send: Send) -> None:
        """Service: ask an upstream, and send what it says; the forwarder bounds how many wait."""
        task = asyncio.get_running_loop().create_task(self._forward(forward, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, forward: Forward, send: Send) -> None:
        """To the end of the chain, which may lead in and out of what is known here."""
        try:
            at: bytes | Forward = forward
            async with asyncio.timeout(self._longest_timeout + 0.5):
                while isinstance(at, Forward):
                    found = await self._forwarder.resolve(_question(at))
                    options = wire.extended_errors(found.errors)
                    said = Resolved(found.rcode, found.sections, options, found.authentic)
                    with self.session():
                        at = query.resume(self._view, at, said)
            self._ledger.forwarded(at, found.failure or self._view.failure)
        except TimeoutError:
            at = query.finish(self._view, forward, TOO_LONG)
            self._ledger.forwarded(at, "no_answer")
        except Exception:  # as in _answer_slowly
            log.exception("no answer from an upstream")
            at = query.finish(self._view, forward, Resolved(records.SERVFAIL, wire.Sections()))
            self._ledger.failed(at)
        send(at[wire.ID :])

    def _is_ours(self, name: bytes) -> bool:
        return self._view.zone_of(name).kind not in (ZoneKind.OUTSIDE, ZoneKind.SPARSE)

    def _answer_slowly(self, asked: bytes, stream: bool = False) -> Reply:
        try:
            reply = query.answer(self._view, _ANY_ID + asked, stream)
            self._ledger.slowly(reply, self._view.failure)
            return reply[wire.ID :] if isinstance(reply, bytes) else reply
        except Exception:  # a bug must cost one answer, not the worker
            log.exception("no answer to a query of %d bytes without id: %s", len(asked), asked[:512].hex())
            self._ledger.failed()
            return None


def _question(at: Forward) -> Question:
    dnssec_ok = at.query.edns is not None and at.query.edns.do
    return Question(at.name, at.query.type, bool(at.query.flags & wire.CD), dnssec_ok)
