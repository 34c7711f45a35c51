"""A worker: answers UDP and TCP from the table, in one thread and one event loop.

py-lmdb gives up the GIL at each `get`: a second busy thread would cost milliseconds per answer.
"""

import asyncio
import contextlib
import functools
import logging
import random
import secrets
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import uvloop

from svcdns import tls
from svcdns.dns import query, records, respond, wire
from svcdns.dns.meta import ZoneKind
from svcdns.dns.policy import Policy
from svcdns.dns.query import Forward, Resolved
from svcdns.dns.view import View
from svcdns.forward.exchange import Exchange
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.notes import Note
from svcdns.forward.question import Question
from svcdns.forward.settings import Forwarding
from svcdns.forward.upstreams import Upstreams
from svcdns.serve import channel, tcp, udp
from svcdns.serve.connections import Connections, Limits
from svcdns.serve.counting import Counting, Reply
from svcdns.serve.ledger import Ledger
from svcdns.serve.querylog import QueryLog
from svcdns.serve.service import Send
from svcdns.serve.sockets import Sockets
from svcdns.table import reader
from svcdns.table.reader import Reader

log = logging.getLogger("svcdns.worker")

BACKLOG = 512
HANDSHAKE = 5.0
"""Seconds that a client has for its TLS handshake."""

TOO_LONG = Resolved(
    records.SERVFAIL,
    wire.Sections(),
    wire.extended_error(wire.NO_REACHABLE_AUTHORITY, "the CNAMEs were not followed to their end in time"),
)

DRAIN = 2.0
"""Seconds that open TCP connections have to take their answers when the worker stops."""


NO_FORWARDING = Forwarding()

_ANY_ID = bytes(wire.ID)
"""Of a query on the slow path, whose reply's is taken off again."""


class Worker:
    """What one worker process holds."""

    def __init__(
        self,
        live: Path,
        forwarding: Forwarding = NO_FORWARDING,
        policy: Policy | None = None,
        loop_key: bytes = b"",
        tell: Callable[[Note], None] = lambda note: None,
        log: QueryLog | None = None,
    ) -> None:
        self._reader = Reader(live)
        self._ledger = Ledger(log)
        self._exchange = Exchange(forwarding.asking, time.monotonic)
        self._upstreams = Upstreams(forwarding, self._exchange, time.monotonic, tell, loop_key)
        self._forwarder = Forwarder(forwarding, self._upstreams, time.monotonic, self._is_ours)
        self._in_all = forwarding.asking.in_all
        self._tasks: set[asyncio.Task[None]] = set()
        order = random.Random(secrets.randbits(128))  # noqa: S311 - the order of records is no secret
        self._view = View(
            order.getrandbits,
            socket.gethostname(),
            outside=self._forwarder if forwarding.routes else None,
            policy=policy,
            loop_key=loop_key,
        )
        self._view.has_prefix = lambda prefix: reader.has_prefix(self._transaction, prefix)
        self._version = self._second = -1

    def counting(self, protocol: str, family: socket.AddressFamily) -> Counting:
        """Service: where a transport counts what it does."""
        return self._ledger.counting(protocol, family)

    def told(self, connections: Connections, late: float) -> channel.Counted:
        """What it tells the supervisor of itself; `late` is how late it is for that, in seconds."""
        self._ledger.late(late)
        waiting = len(self._tasks)
        return self._ledger.told(self._forwarder, self._upstreams, self._exchange, connections, waiting)

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
        self._exchange.close()
        for task in self._tasks:
            task.cancel()

    def datagrams(self, batch: Sequence[bytes]) -> Sequence[Reply]:
        """Service: what becomes of each."""
        with self.session():
            replies: Sequence[Reply] = respond.respond_all(self._view, batch)
            if all(replies):
                return replies
            return [
                reply or self._answer_slowly(asked, False)
                for asked, reply in zip(batch, replies, strict=True)
            ]

    def session(self) -> AbstractContextManager[object]:
        """Service: one version of the table, until it is left."""
        transaction = self._transaction = self._reader.begin()
        view = self._view
        view.get = transaction.get  # type: ignore[assignment]  # buffers are off, so it is bytes
        version, second = transaction.id(), int(time.monotonic())
        if version != self._version:
            self._version = version
            view.refresh()
        if second != self._second:
            self._second = second
            view.tick()
        return transaction

    def answer(self, asked: bytes) -> Reply:
        """Service: what becomes of a stream's query."""
        return respond.respond(self._view, asked, True) or self._answer_slowly(asked, True)

    def later(self, forward: Forward, send: Send) -> None:
        """Service: ask an upstream, and send what it says; the forwarder bounds how many wait."""
        task = asyncio.get_running_loop().create_task(self._forward(forward, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, forward: Forward, send: Send) -> None:
        """To the end of the chain, which may lead in and out of what is known here."""
        try:
            at: bytes | Forward = forward
            async with asyncio.timeout(self._in_all + 0.5):
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

    def _answer_slowly(self, asked: bytes, stream: bool) -> Reply:
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


def run(worker: Worker, control: socket.socket, own: Sockets, certificate: tls.Certificate | None) -> None:
    """Serve the sockets until told to stop, or until the supervisor is gone."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(worker, control, own, certificate))


async def _serve(
    worker: Worker, control: socket.socket, own: Sockets, certificate: tls.Certificate | None
) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):  # they are the supervisor's to act on
        loop.add_signal_handler(number, lambda: None)
    stop: asyncio.Future[None] = loop.create_future()
    loop.add_reader(control, _listen, control, stop)
    for sock in own.udp:
        udp.attach(loop, sock, worker)
    connections = Connections(loop, worker, Limits())
    make = functools.partial(tcp.Connection, connections)
    servers = [await loop.create_server(make, sock=sock, backlog=BACKLOG) for sock in own.tcp]
    if certificate is not None:
        context = certificate.context
        servers += [
            await loop.create_server(
                make, sock=sock, backlog=BACKLOG, ssl=context, ssl_handshake_timeout=HANDSHAKE
            )
            for sock in own.tls
        ]
        _refresh(loop, certificate)
    worker.start()
    channel.send(control, channel.Ready())
    _tell(worker, control, connections, time.monotonic())
    await stop
    for server in servers:
        server.close()
    for sock in own.udp:
        loop.remove_reader(sock)
    connections.drain()
    deadline = loop.time() + DRAIN
    while worker.waiting or (connections and loop.time() < deadline):  # noqa: ASYNC110 - for some turns
        await asyncio.sleep(0.02)
    worker.close()
    _tell(worker, control, connections, time.monotonic())


def _tell(worker: Worker, control: socket.socket, connections: Connections, due: float) -> None:
    """Once a second, what was counted: a worker that is not heard of for a while hangs."""
    now = time.monotonic()
    channel.send(control, worker.told(connections, max(0.0, now - due)))
    again = now + channel.TELL
    asyncio.get_running_loop().call_later(channel.TELL, _tell, worker, control, connections, again)


def _refresh(loop: asyncio.AbstractEventLoop, certificate: tls.Certificate) -> None:
    certificate.refresh()
    loop.call_later(tls.LOOK, _refresh, loop, certificate)


def _listen(control: socket.socket, stop: "asyncio.Future[None]") -> None:
    """Done when the supervisor says stop, or is gone."""
    with contextlib.suppress(BlockingIOError):
        while not stop.done():
            message = channel.receive(control)
            if message is None or isinstance(message, channel.Stopping):
                stop.set_result(None)
    if stop.done():
        asyncio.get_running_loop().remove_reader(control)
