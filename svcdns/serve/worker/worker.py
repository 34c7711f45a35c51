"""Answers a worker's queries, from the table or from upstreams.

There is one thread and one event loop (`worker_process`). py-lmdb gives up the GIL at each `get`, so a
second busy thread would cost milliseconds per answer.
"""

import asyncio
import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from svcdns import addresses
from svcdns.dns.answer import cookie_path, fast_path, resolve
from svcdns.dns.answer.answer_context import AnswerContext
from svcdns.dns.answer.fast_path_caches import FastPathCaches
from svcdns.dns.answer.query_rules import CompiledRules, policy_of
from svcdns.dns.answer.resolve import AnsweredQuery, PendingQuery, UpstreamResult
from svcdns.dns.answer.view import View
from svcdns.dns.clients.rate_limiter import RateLimiter
from svcdns.dns.clients.server_cookies import ServerCookies
from svcdns.dns.table.table_meta import DamagedMetaError, ZoneKind
from svcdns.dns.wire import messages, records
from svcdns.errors import TableDamagedError
from svcdns.forward.dispatcher import Dispatcher
from svcdns.forward.forward_events import ForwardEvent
from svcdns.forward.forwarder import Forwarder
from svcdns.forward.options import NOT_KEPT
from svcdns.forward.questions import Question, UpstreamAnswer
from svcdns.forward.upstream_client import UpstreamClients
from svcdns.serve.runtime import ipc
from svcdns.serve.runtime.runtime_config import Block
from svcdns.serve.worker.client_connections import ClientConnections
from svcdns.serve.worker.fair_queue import FairQueue
from svcdns.serve.worker.query_log import QueryLog
from svcdns.serve.worker.reply_limiter import ReplyLimiter
from svcdns.serve.worker.service import ClientAddress, SendReply
from svcdns.serve.worker.traffic import Outcome, TrafficCounter
from svcdns.serve.worker.worker_stats import WorkerStatsCollector
from svcdns.table import damage, reader
from svcdns.table.reader import TableReader

log = logging.getLogger("svcdns.worker")

STARTS_PER_TURN = 4
"""Queries for upstreams that are begun in a turn of the event loop. Each costs about a millisecond, and what
is in the cluster waits as long."""
MAX_QUEUED_MISSES = 1000
"""Queries for upstreams that wait for their turn: about a second's work, and clients wait for two."""

CHAIN_TIMED_OUT = UpstreamResult(
    records.SERVFAIL,
    messages.Sections(),
    messages.encode_extended_error(
        messages.NO_REACHABLE_AUTHORITY, "the CNAMEs were not followed to their end in time"
    ),
)
"""The result for a chain of CNAMEs that took too long."""


class Worker:
    """Everything that one worker process holds; it implements `DatagramService` and `StreamService`."""

    def __init__(
        self,
        table_path: Path,
        block: Block,
        policy: CompiledRules | None = None,
        loop_key: bytes = b"",
        on_upstream_event: Callable[[ForwardEvent], None] = lambda note: None,
        query_log: QueryLog | None = None,
        cookies: ServerCookies | None = None,
        limiter: RateLimiter | None = None,
    ) -> None:
        try:
            self._begin_read = TableReader(table_path).begin
        except TableDamagedError as error:
            damage.end_process(error)
        self._stats_collector = WorkerStatsCollector(query_log)
        self._clients = UpstreamClients(time.monotonic)
        self._dispatcher = Dispatcher(
            block.routes, self._clients, time.monotonic, on_upstream_event, loop_key
        )
        self._forwarder = Forwarder(
            block.cache or NOT_KEPT, self._dispatcher, time.monotonic, self._is_local_name
        )
        self._longest_timeout = max((route.options.timeout for route in block.routes), default=0)
        self._misses = FairQueue[tuple[PendingQuery, SendReply, str]](MAX_QUEUED_MISSES)
        self._forward_tasks: set[asyncio.Task[None]] = set()

        # A seed per worker: a fork would hand the same sequence to all of them.
        order = random.Random(secrets.randbits(128))  # noqa: S311 - the order of records is no secret
        self._view = View(
            AnswerContext(
                order.getrandbits,
                socket.gethostname(),
                upstreams=self._forwarder if block.routes else None,
                rules=policy_of(block.rules) if policy is None else policy,
                loop_key=loop_key,
                cookies=cookies,
            )
        )
        self._caches = FastPathCaches(self._view)
        self._limiter = None if limiter is None else ReplyLimiter(limiter, self._view, time.monotonic)
        self._client_at: ClientAddress = lambda i: b""
        # Made once, because each batch hands it over.
        self._has_prefix: Callable[[bytes], bool] = lambda prefix: reader.has_prefix(
            self._transaction, prefix
        )

    def traffic_counter(self, protocol: str, family: socket.AddressFamily) -> TrafficCounter:
        """QueryService: where a transport counts the traffic of an address family."""
        return self._stats_collector.traffic_counter(protocol, family)

    def collect_stats(self, connections: ClientConnections, lag: float) -> ipc.WorkerStats:
        """The worker's report to the supervisor; `lag` is how late the event loop made it, in seconds."""
        self._stats_collector.observe_lag(lag)
        return self._stats_collector.collect(
            self._forwarder, self._dispatcher, self._clients, connections, self.waiting_count, self._limiter
        )

    def give_up(self, reason: str) -> None:
        """DatagramService: end this process; the supervisor starts another."""
        log.error("the worker ends: %s", reason)
        logging.shutdown()
        # Not an exception: the event loop would only log it.
        os._exit(os.EX_IOERR)

    @property
    def waiting_count(self) -> int:
        """Queries that wait for upstreams, each for a bounded time."""
        return len(self._forward_tasks) + len(self._misses)

    def start(self) -> None:
        """Start what runs beside the queries, such as health checks; to be called in the event loop."""
        self._dispatcher.start()

    def close(self) -> None:
        """Stop what `start` started, and give up the queries that wait for upstreams."""
        self._dispatcher.close()
        self._clients.close()
        for task in self._forward_tasks:
            task.cancel()

    def answer_batch(self, batch: Sequence[bytes], client_at: ClientAddress) -> Sequence[Outcome]:
        """DatagramService: the outcome of each query, all from one version of the table."""
        self._client_at = client_at
        try:
            with self.begin_transaction():
                outcomes = fast_path.answer_batch(self._caches, batch, self._answer_unusual)
                if self._limiter is not None:
                    return self._limiter.limit_batch(batch, outcomes, client_at)
                return outcomes
        except damage.DamageError as error:
            damage.end_process(error)

    def limit_late_reply(self, packet: bytes, reply: bytes, host: str) -> bytes | None:
        """DatagramService: what to send in place of a reply that had to wait."""
        if self._limiter is None:
            return reply

        client = addresses.parse(host.partition("%")[0]) or b""
        try:
            with self.begin_transaction():
                return self._limiter.limit_reply(packet, reply, client)
        except damage.DamageError as error:
            damage.end_process(error)

    def begin_transaction(self) -> AbstractContextManager[object]:
        """StreamService: one version of the table, until the context is left."""
        try:
            transaction = self._transaction = self._begin_read()
            self._caches.begin_transaction(
                transaction.get,  # type: ignore[arg-type]  # buffers are off, so it is bytes
                self._has_prefix,
                transaction.id(),
                time.monotonic(),
            )
        except (damage.ReadError, DamagedMetaError) as error:
            # Whatever it is, this process answers nothing any more.
            damage.end_process(error)

        return transaction

    def answer(self, packet: bytes, client: bytes) -> Outcome:
        """StreamService: the outcome of a query that came over TCP or TLS."""
        try:
            return (
                fast_path.answer_fast(self._caches, packet, True)
                or cookie_path.answer_with_cookie(self._caches, packet, client, True)
                or self._answer_slowly(packet, client, stream=True)
            )
        except damage.DamageError as error:
            damage.end_process(error)

    def answer_later(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """QueryService: ask an upstream, and send its reply; when it is this client's turn."""
        if not self._misses:
            asyncio.get_running_loop().call_soon(self._start_misses)

        shed = self._misses.put(client, (forward, send, client))
        if shed is not None:
            self._reject(*shed)

    def _start_misses(self) -> None:
        """Begin some of the queries for upstreams, one of each client; the others in later turns."""
        loop = asyncio.get_running_loop()
        for _ in range(STARTS_PER_TURN):
            miss = self._misses.take()
            if miss is None:
                return

            task = loop.create_task(self._forward(*miss))
            # The event loop has only weak references to tasks: without the set, one may vanish.
            self._forward_tasks.add(task)
            task.add_done_callback(self._forward_tasks.discard)

        # In the next turn: the event loop reads its sockets before.
        if self._misses:
            loop.call_soon(self._start_misses)

    def _reject(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """Answer at once, without an upstream: a client that waits in vain asks again."""
        answer = self._forwarder.reject(_question_of(forward))
        # Without a transaction: a stream has one open while it hands over its queries.
        outcome = resolve.finish(self._view, forward, _result_of(answer))
        self._stats_collector.count_forwarded(outcome, answer.failure_reason or "")
        send(outcome.reply)

    async def _forward(self, forward: PendingQuery, send: SendReply, client: str) -> None:
        """Follow CNAMEs to the end of the chain, which may lead into the table and out again."""
        try:
            outcome: AnsweredQuery | PendingQuery = forward
            # The half second lets the forwarder's own timeout come first: its reply says more.
            async with asyncio.timeout(self._longest_timeout + 0.5):
                while isinstance(outcome, PendingQuery):
                    answer = await self._forwarder.resolve(_question_of(outcome), client)
                    result = _result_of(answer)

                    # A new transaction for each step: none may stay open while an upstream is asked.
                    with self.begin_transaction():
                        outcome = resolve.resume(self._view, outcome, result)
            self._stats_collector.count_forwarded(outcome, answer.failure_reason or "")
        except TimeoutError:
            outcome = resolve.finish(self._view, forward, CHAIN_TIMED_OUT)
            self._stats_collector.count_forwarded(outcome, "no_answer")
        except damage.DamageError as error:
            damage.end_process(error)
        except Exception:  # as in _answer_slowly
            log.exception("no answer from an upstream")
            failed = UpstreamResult(records.SERVFAIL, messages.Sections())
            outcome = resolve.finish(self._view, forward, failed)
            self._stats_collector.count_error(outcome.reply)
        send(outcome.reply)

    def _is_local_name(self, name: bytes) -> bool:
        """Whether this server alone answers this folded name, whatever an upstream may say of it."""
        if self._view.find_zone(name).kind not in (ZoneKind.EXTERNAL, ZoneKind.REVERSE):
            return True
        if self._dispatcher.is_never_forwarded(name):
            return True
        if not self._view.meta.has_hosts:
            return False

        with self.begin_transaction():
            return self._view.is_in_hosts(name)

    def _answer_unusual(self, packet: bytes, i: int) -> Outcome:
        """A datagram that the fast path does not know, at this index of its batch."""
        client = self._client_at(i)
        return cookie_path.answer_with_cookie(self._caches, packet, client, False) or self._answer_slowly(
            packet, client, stream=False
        )

    def _answer_slowly(self, packet: bytes, client: bytes, stream: bool) -> Outcome:
        try:
            outcome = resolve.answer_packet(self._view, packet, stream, client)
            self._stats_collector.count_slow_path(outcome)
            return outcome.reply if isinstance(outcome, AnsweredQuery) else outcome
        except damage.DamageError:
            raise
        except Exception:  # a bug must cost one answer, not the worker
            log.exception("no answer to a query of %d bytes without id: %s", len(packet), packet[:512].hex())
            self._stats_collector.count_error()
            return None


def _result_of(answer: UpstreamAnswer) -> UpstreamResult:
    options = messages.encode_extended_errors(answer.extended_errors)
    return UpstreamResult(answer.rcode, answer.sections, options, answer.is_authentic, answer.is_truncated)


def _question_of(forward: PendingQuery) -> Question:
    dnssec_ok = forward.query.edns is not None and forward.query.edns.do
    return Question(forward.name, forward.query.qtype, bool(forward.query.flags & messages.CD), dnssec_ok)
