"""One question to one upstream, by whatever way leads to a response that counts.

    tls://   a connection that lives on (RFC 7858)
    else     UDP; TCP where the answer was cut off (TC), came in another case than the question, or
             somebody seems to be guessing: a stream cannot be forged from afar

One that does not understand EDNS is asked once more without it (RFC 6891 6.2.2), in the same time.
Names leave in random case where this is wanted ("0x20", draft-vixie-dnsext-dns0x20): one more thing
that a forger must guess. An upstream that loses the case over TCP too does so itself, and is spared.
"""

import asyncio
import secrets
import time
from collections.abc import Callable

from msgspec import Struct, structs

from svcdns.dns import records
from svcdns.dns.response import Response
from svcdns.forward import udp
from svcdns.forward.connections import Connections
from svcdns.forward.options import ForwardOptions, Upstream
from svcdns.forward.question import Query, Question

REMEMBERED = 900.0
"""Seconds for which it is known what an upstream cannot do."""

_NOT_UNDERSTOOD = (records.FORMERR, records.NOTIMP)


class UpstreamError(Exception):
    """No answer that counts came; `refused` where nobody listens there."""

    def __init__(self, reason: str, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class Counts(Struct, frozen=True):
    """For metrics: plain numbers since the worker began."""

    udp: int
    """Questions, also where TCP followed."""
    tcp: int
    tls: int
    opened: int
    """Connections."""
    ignored: int
    """Wrong datagrams."""
    truncated: int
    """Answers over UDP that were cut off."""

    def __add__(self, other: "Counts") -> "Counts":
        pairs = zip(structs.astuple(self), structs.astuple(other), strict=True)
        return Counts(*(first + second for first, second in pairs))


class Exchange:
    """The questions that one worker asks in one way; `clock` is monotonic."""

    def __init__(self, options: ForwardOptions, clock: Callable[[], float] = time.monotonic) -> None:
        self._mixed_case = options.mixed_case
        self._datagrams = udp.Datagrams()
        self._connections = Connections(options, clock)
        self._without_edns = _Remembered(clock)
        self._losing_case = _Remembered(clock)
        self._truncated = 0

    async def ask(self, upstream: Upstream, question: Question, seconds: float) -> Response:
        """What it says within this time, whatever it is; raises UpstreamError alone."""
        end = asyncio.get_running_loop().time() + seconds
        try:
            return await self._asked(upstream, question, end)
        except TimeoutError as error:
            raise UpstreamError(str(error) or f"no answer within {seconds:.1f} s") from error
        except OSError as error:
            reason = error.strerror or str(error) or "the connection ended"
            raise UpstreamError(reason, isinstance(error, ConnectionRefusedError)) from error

    @property
    def counts(self) -> Counts:
        """As of now."""
        datagrams, streams = self._datagrams, self._connections
        return Counts(
            datagrams.asked, streams.tcp, streams.tls, streams.opened, datagrams.ignored, self._truncated
        )

    def close(self) -> None:
        """End all connections; who waits for one gets an UpstreamError."""
        self._connections.close()

    async def _asked(self, upstream: Upstream, question: Question, end: float) -> Response:
        with_edns = upstream not in self._without_edns
        found = await self._carried(upstream, Query(question, with_edns), end)
        if not with_edns or found.rcode not in _NOT_UNDERSTOOD:
            return found
        found = await self._carried(upstream, Query(question, False), end)
        if found.rcode not in _NOT_UNDERSTOOD:
            self._without_edns.add(upstream)
        return found

    async def _carried(self, upstream: Upstream, query: Query, end: float) -> Response:
        if upstream.tls:
            return await self._over_stream(upstream, query, end)
        mixed = self._mixed_case and upstream not in self._losing_case
        if mixed:
            query = Query(_in_mixed_case(query.asked), query.with_edns)
        found = await self._over_udp(upstream, query, end)
        if found is not None and not (mixed and _lost_case(found, query)):
            return found
        found = await self._over_stream(upstream, query, end)
        if mixed and _lost_case(found, query):
            self._losing_case.add(upstream)
        return found

    async def _over_udp(self, upstream: Upstream, query: Query, end: float) -> Response | None:
        """None where TCP is to be asked."""
        left = end - asyncio.get_running_loop().time()
        try:
            found = await self._datagrams.ask(upstream, query, left)
        except udp.GuessedError:
            return None
        if found.truncated:
            self._truncated += 1
            return None
        return found

    async def _over_stream(self, upstream: Upstream, query: Query, end: float) -> Response:
        async with asyncio.timeout_at(end):
            found = await self._connections.ask(upstream, query)
        if found.truncated:  # a part would be taken for the whole
            raise OSError("its answer is cut off over TCP too")
        return found


class Exchanges:
    """One Exchange for each set of options: routes whose options are equal share connections."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_options: dict[ForwardOptions, Exchange] = {}

    def of(self, options: ForwardOptions) -> Exchange:
        """The one for these options."""
        exchange = self._by_options.get(options)
        if exchange is None:
            exchange = self._by_options[options] = Exchange(options, self._clock)
        return exchange

    @property
    def counts(self) -> Counts:
        """Of all, as of now."""
        return sum((exchange.counts for exchange in self._by_options.values()), Counts(0, 0, 0, 0, 0, 0))

    def close(self) -> None:
        """End all connections; who waits for one gets an UpstreamError."""
        for exchange in self._by_options.values():
            exchange.close()


class _Remembered:
    """Upstreams of which something was seen a while ago."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[Upstream, float] = {}

    def add(self, upstream: Upstream) -> None:
        now = self._clock()
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[upstream] = now + REMEMBERED

    def __contains__(self, upstream: Upstream) -> bool:
        return upstream in self._until and self._until[upstream] > self._clock()


def _in_mixed_case(question: Question) -> Question:
    """Length bytes are below 64, and so never look like letters."""
    pairs = zip(question.name, secrets.token_bytes(len(question.name)), strict=True)
    name = bytes(byte ^ chance & 0x20 if 97 <= byte <= 122 else byte for byte, chance in pairs)
    return structs.replace(question, name=name)


def _lost_case(found: Response, query: Query) -> bool:
    return found.qname not in (b"", query.asked.name)
