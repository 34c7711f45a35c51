"""One question to one upstream, by whatever way leads to a response that counts.

    tls://   a connection that lives on (RFC 7858)
    force_tcp    TCP
    else     UDP; TCP where the answer was cut off (TC), cannot be read, came in another case than the
             question, or somebody seems to be guessing: a stream cannot be forged from afar

One that rejects EDNS or drops such queries is asked once more without it (RFC 6891 6.2.2), in the same
time; what `edns_memory` has learnt decides for which questions.
Names leave in random case where this is wanted ("0x20", draft-vixie-dnsext-dns0x20): one more thing
that a forger must guess. An upstream that loses the case over TCP too does so itself, and is spared.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable

from msgspec import Struct, structs

from svcdns.dns.wire.response import Response
from svcdns.forward import upstream_udp
from svcdns.forward.connection_pool import ConnectionPool
from svcdns.forward.edns_memory import EdnsMemory
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.questions import QueryAnswer, Question, UpstreamQuery

LIMITATION_LIFETIME = 900.0
"""Seconds after which it is tried again whether an upstream has learnt to keep the case."""


class UpstreamError(Exception):
    """No valid and whole response came; `is_refused` if nothing listens at the upstream's port."""

    def __init__(self, reason: str, is_refused: bool = False, part: Response | None = None) -> None:
        super().__init__(reason)
        self.is_refused = is_refused
        self.part = part
        """A response over UDP with TC, after which TCP failed."""


class TransportCounts(Struct, frozen=True):
    """For metrics: plain numbers since the worker began."""

    udp_queries: int
    """Questions over UDP, those that TCP followed included."""
    tcp_queries: int
    tls_queries: int
    opened_connections: int
    """TCP and TLS connections that were opened."""
    ignored_datagrams: int
    """Datagrams that answered no query."""
    truncated_responses: int
    """Responses over UDP with TC set."""

    def __add__(self, counts: "TransportCounts") -> "TransportCounts":
        pairs = zip(structs.astuple(self), structs.astuple(counts), strict=True)
        return TransportCounts(*(first + second for first, second in pairs))


class UpstreamClient:
    """The questions that one worker asks in one way; `clock` is monotonic."""

    def __init__(self, options: ForwardOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._uses_mixed_case = options.mixed_case
        self._forces_tcp = options.force_tcp
        self._udp = upstream_udp.UdpTransport()
        self._connection_pool = ConnectionPool(options, clock)
        self._clock = clock
        self._edns_memory = EdnsMemory()
        self._without_mixed_case = _ExpiringSet(clock)
        self._truncated_count = 0

    async def exchange(self, upstream: Upstream, question: Question, timeout: float) -> Response:
        """The whole response within `timeout` seconds, whatever its rcode; raises only UpstreamError."""
        # One deadline for all that follows: a second try over TCP or without EDNS gets what remains.
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            return await self._exchange_with_edns_fallback(upstream, question, deadline)
        except _PartError as error:
            reason = f"its answer is cut off, and over TCP: {_explain(error.tcp_error, timeout)}"
            raise UpstreamError(reason, part=error.part) from error
        except OSError as error:
            is_refused = isinstance(error, ConnectionRefusedError)
            raise UpstreamError(_explain(error, timeout), is_refused) from error

    @property
    def counts(self) -> TransportCounts:
        """The counts as of now."""
        datagrams, streams = self._udp, self._connection_pool
        return TransportCounts(
            datagrams.query_count,
            streams.tcp_query_count,
            streams.tls_query_count,
            streams.opened_count,
            datagrams.ignored_count,
            self._truncated_count,
        )

    def close(self) -> None:
        """End all connections; pending questions get an UpstreamError."""
        self._connection_pool.close()

    async def _exchange_with_edns_fallback(
        self, upstream: Upstream, question: Question, deadline: float
    ) -> Response:
        memory = self._edns_memory
        sent_at = self._clock()
        query = UpstreamQuery(question, memory.plan_query(upstream, sent_at))
        answer = await self._exchange_over_transport(upstream, query, deadline)
        if not query.has_edns:
            return answer.response

        if answer.query.has_edns:
            now = self._clock()
            if not memory.is_rejection(upstream, answer.response, now):
                memory.record_accepted(upstream, now)
                return answer.response

            # What it said counts if it says nothing to the query without OPT.
            with contextlib.suppress(OSError):
                query = UpstreamQuery(question, False)
                answer = await self._exchange_over_transport(upstream, query, deadline)
            if answer.query.has_edns:
                return answer.response

        memory.record_answer_without(upstream, question.name, answer.response, sent_at, self._clock())
        return answer.response

    async def _exchange_over_transport(
        self, upstream: Upstream, query: UpstreamQuery, deadline: float
    ) -> QueryAnswer:
        if upstream.tls or self._forces_tcp:
            return await self._exchange_over_stream_alone(upstream, query, deadline)

        # Not over a stream (above): nobody else can write into it.
        is_mixed = self._uses_mixed_case and upstream not in self._without_mixed_case
        if is_mixed:
            query = UpstreamQuery(_randomize_case(query.question), query.has_edns)

        # TCP gets the query that was answered: one with OPT may be dropped there too.
        query, udp_answer = await self._exchange_over_udp(upstream, query, deadline)
        if udp_answer is not None and is_mixed and _has_lost_case(udp_answer):
            udp_answer = None
        if udp_answer is not None and not udp_answer.response.is_truncated:
            return udp_answer

        try:
            answer = await self._exchange_over_stream(upstream, query, deadline)
        except OSError as error:
            if udp_answer is None:
                raise
            raise _PartError(error, udp_answer.response) from error

        # Over TCP it was the upstream: a forger would have had to guess the sequence numbers.
        if is_mixed and _has_lost_case(answer):
            self._without_mixed_case.add(upstream)
        return answer

    async def _exchange_over_udp(
        self, upstream: Upstream, query: UpstreamQuery, deadline: float
    ) -> tuple[UpstreamQuery, QueryAnswer | None]:
        """The query that was answered, and its answer, cut off or not; None if nothing of it may be used."""
        last_query = None
        if query.has_edns and not self._edns_memory.is_proven(upstream, self._clock()):
            last_query = UpstreamQuery(query.question, has_edns=False)

        remaining = deadline - asyncio.get_running_loop().time()
        try:
            answer = await self._udp.exchange(upstream, query, remaining, last_query)
        except upstream_udp.UnreadableError as error:
            return error.query, None
        except upstream_udp.SpoofingError:
            return query, None

        self._truncated_count += answer.response.is_truncated
        return answer.query, answer

    async def _exchange_over_stream_alone(
        self, upstream: Upstream, query: UpstreamQuery, deadline: float
    ) -> QueryAnswer:
        if not query.has_edns or self._edns_memory.is_proven(upstream, self._clock()):
            return await self._exchange_over_stream(upstream, query, deadline)

        # As over UDP, silence may be due to OPT: the second half of the time is for a query without.
        half_time = (asyncio.get_running_loop().time() + deadline) / 2
        try:
            return await self._exchange_over_stream(upstream, query, half_time)
        except TimeoutError:
            query = UpstreamQuery(query.question, has_edns=False)
            return await self._exchange_over_stream(upstream, query, deadline)

    async def _exchange_over_stream(
        self, upstream: Upstream, query: UpstreamQuery, deadline: float
    ) -> QueryAnswer:
        async with asyncio.timeout_at(deadline):
            response = await self._connection_pool.exchange(upstream, query)
        if response.is_truncated:  # a part would be taken for the whole
            raise OSError("its answer is cut off over TCP too")
        return QueryAnswer(response, query)


class UpstreamClients:
    """One client for each set of options: routes whose options are equal share connections."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_options: dict[ForwardOptions, UpstreamClient] = {}

    def client_for(self, options: ForwardOptions) -> UpstreamClient:
        """The client for these options, made when it is first asked for."""
        client = self._by_options.get(options)
        if client is None:
            client = self._by_options[options] = UpstreamClient(options, self._clock)
        return client

    @property
    def counts(self) -> TransportCounts:
        """The sum over all clients, as of now."""
        return sum(
            (exchange.counts for exchange in self._by_options.values()), TransportCounts(0, 0, 0, 0, 0, 0)
        )

    def close(self) -> None:
        """End all connections; pending questions get an UpstreamError."""
        for exchange in self._by_options.values():
            exchange.close()


class _PartError(OSError):
    """A response over UDP was cut off, and TCP brought none."""

    def __init__(self, tcp_error: OSError, part: Response) -> None:
        super().__init__(str(tcp_error))
        self.tcp_error = tcp_error
        self.part = part


def _explain(error: OSError, timeout: float) -> str:
    # TimeoutError is a kind of OSError.
    if isinstance(error, TimeoutError):
        return str(error) or f"no answer within {timeout:.1f} s"
    return error.strerror or str(error) or "the connection ended"


class _ExpiringSet:
    """Upstreams in which a limitation was seen less than LIMITATION_LIFETIME ago."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._expires_at: dict[Upstream, float] = {}

    def add(self, upstream: Upstream) -> None:
        now = self._clock()
        # Cleaned when something is added: no timer, and no growth by upstreams that have gone.
        self._expires_at = {
            member: expires_at for member, expires_at in self._expires_at.items() if expires_at > now
        }
        self._expires_at[upstream] = now + LIMITATION_LIFETIME

    def __contains__(self, upstream: Upstream) -> bool:
        return upstream in self._expires_at and self._expires_at[upstream] > self._clock()


def _randomize_case(question: Question) -> Question:
    """Length bytes are below 64, and so never look like letters."""
    pairs = zip(question.name, secrets.token_bytes(len(question.name)), strict=True)
    # 0x20 is the bit in which ASCII's small and capital letters differ. Other bytes stay as they are.
    name = bytes(byte ^ chance & 0x20 if 97 <= byte <= 122 else byte for byte, chance in pairs)
    return structs.replace(question, name=name)


def _has_lost_case(answer: QueryAnswer) -> bool:
    # An error may come without its question. That is no loss of case.
    return answer.response.qname not in (b"", answer.query.question.name)
