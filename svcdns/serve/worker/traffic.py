"""What a transport counts, off the hot path: batches are laid aside, and counted together.

    receive, answer, send --batch--> ends, codes --a second--> Traffic

Nothing is done per query: types are found by the ends of the queries and response codes in a byte of
the replies, each by one call for all of them; both come without their id. Sizes are those of one message
in so many; and one query in so many is looked at (`looks`), which alone takes its client and its name.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeAlias

from svcdns.dns.answer.resolve import PendingQuery
from svcdns.dns.wire import messages, mnemonics
from svcdns.serve.worker.sampling import QuerySampling
from svcdns.stats.histogram import SIZE_BUCKETS, TIME_BUCKETS, Histogram
from svcdns.stats.sampler import Sampler
from svcdns.stats.worker_counters import TrafficCounts

COUNT_BATCH_SIZE = 64
"""Queries that are counted together: a full batch while it is in the processor's cache."""
MAX_QUERY_ENDS = 4096
"""Different ends of packets until it is worked out what they mean."""
MAX_RCODE_BYTES = 65_536
"""Replies, likewise."""
SIZE_SAMPLE_INTERVAL = 64
"""One message in so many is measured, and counts for all of them."""

_query_end = itemgetter(slice(-15, None))
"""Type and class with the end of the name before them, or with an OPT without options behind them."""
_rcode_byte = itemgetter(1)
_EMPTY_OPT_SIZE = 11
"""Of an OPT record without options (RFC 6891 6.1.2)."""

Outcome: TypeAlias = bytes | PendingQuery | None
"""Of a query; a question that an upstream must answer first; or None where no reply is due."""
ClientLookup: TypeAlias = Callable[[int], str]
"""The address of a query's sender, by the query's place in its batch."""


class TrafficCounter:
    """One protocol and address family of a worker."""

    def __init__(self, protocol: str, sampling: QuerySampling) -> None:
        self.protocol = protocol
        self.unsent_replies = 0
        """Replies that the system did not take."""
        self._sampling = sampling
        self._counts = TrafficCounts()
        self._pending_packets: list[bytes] = []
        self._pending_replies: list[bytes] = []
        self._pending_times: list[tuple[float, int]] = []
        """Of each batch: seconds until it was answered, and its replies."""
        self._query_ends: Counter[bytes] = Counter()
        self._type_by_query_end: dict[bytes, tuple[str, bool]] = {}
        self._rcode_bytes = bytearray()
        self._size_sampler = Sampler(SIZE_SAMPLE_INTERVAL, random.random)

    def add_batch(
        self,
        packets: Sequence[bytes],
        replies: Sequence[Outcome],
        sent_count: int,
        seconds: float,
        client_at: ClientLookup,
    ) -> None:
        """Queries and what became of each; so many of the replies were sent at once."""
        self._pending_packets += packets
        if sent_count == len(replies):
            self._pending_replies += replies  # type: ignore[arg-type]  # all of them are bytes
        else:
            self._pending_replies += [reply for reply in replies if isinstance(reply, bytes)]
        self._pending_times.append((seconds, sent_count))
        self._sampling.add_batch(self.protocol, packets, replies, seconds, client_at)
        if len(self._pending_packets) >= COUNT_BATCH_SIZE:
            self._count_pending()

    def add_late_reply(self, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """The reply to a query of an earlier batch that had to wait for an upstream."""
        self._pending_replies.append(reply)
        self._counts.answer_seconds.observe(TIME_BUCKETS, seconds)
        self._sampling.add_late_reply(self.protocol, packet, reply, seconds, client)

    def collect_counts(self) -> TrafficCounts:
        """All that was counted."""
        self._count_pending()
        self._add_up()
        return self._counts

    def _count_pending(self) -> None:
        known, packets, replies = len(self._query_ends), self._pending_packets, self._pending_replies
        self._query_ends.update(map(_query_end, packets))
        if len(self._query_ends) > known:
            self._learn_query_ends(
                [packet for packet in packets if _query_end(packet) not in self._type_by_query_end]
            )
        self._rcode_bytes.extend(map(_rcode_byte, replies))
        self._measure_sizes(packets, self._counts.query_sizes)
        self._measure_sizes(replies, self._counts.reply_sizes)
        for seconds, ready in self._pending_times:
            self._counts.answer_seconds.observe(TIME_BUCKETS, seconds, ready)
        for laid_aside in (packets, replies, self._pending_times):
            laid_aside.clear()
        if len(self._query_ends) > MAX_QUERY_ENDS or len(self._rcode_bytes) > MAX_RCODE_BYTES:
            self._add_up()

    def _measure_sizes(self, packets: Sequence[bytes], sizes: Histogram) -> None:
        for index in self._size_sampler.select(len(packets)):
            sizes.observe(SIZE_BUCKETS, messages.ID_SIZE + len(packets[index]), SIZE_SAMPLE_INTERVAL)

    def _learn_query_ends(self, packets: Sequence[bytes]) -> None:
        """What new ends mean. One that does not tell is forgotten: its queries are counted one by one."""
        self._type_by_query_end |= {
            _query_end(packet): type_and_dnssec_ok(packet) for packet in packets if has_type_at_end(packet)
        }
        for packet in packets:
            if _query_end(packet) not in self._type_by_query_end:
                self._query_ends.pop(_query_end(packet), None)
                self._add_queries(*type_and_dnssec_ok(packet), 1)

    def _add_queries(self, rrtype: str, dnssec: bool, times: int) -> None:
        traffic = self._counts
        traffic.queries_by_type[rrtype] = traffic.queries_by_type.get(rrtype, 0) + times
        traffic.dnssec_queries += times * dnssec

    def _add_up(self) -> None:
        """Add up what was counted, by what it means."""
        traffic = self._counts
        for end, times in self._query_ends.items():
            self._add_queries(*self._type_by_query_end[end], times)
        for low in set(self._rcode_bytes):
            code = mnemonics.rcode_label(low & 0xF)
            traffic.replies_by_rcode[code] = traffic.replies_by_rcode.get(code, 0) + self._rcode_bytes.count(
                low
            )
        traffic.unsent_replies = self.unsent_replies
        for counted in (self._query_ends, self._type_by_query_end, self._rcode_bytes):
            counted.clear()


def has_type_at_end(packet: bytes) -> bool:
    """The last bytes hold the type: nothing follows the question but an OPT without options (or nothing)."""
    after = packet[packet.find(0, messages.HEADER_SIZE_WITHOUT_ID) + 1 + messages.QTYPE_QCLASS_SIZE :]
    return not after or (len(after) == _EMPTY_OPT_SIZE and after[:3] == mnemonics.OPT_PREFIX)


def type_and_dnssec_ok(packet: bytes) -> tuple[str, bool]:
    """A query's type, and whether it has the DO bit (RFC 3225)."""
    end = packet.find(0, messages.HEADER_SIZE_WITHOUT_ID) + 1
    rrtype = mnemonics.TYPE_NAMES.get(
        int.from_bytes(packet[end : end + 2], "big") if end > messages.HEADER_SIZE_WITHOUT_ID else 0
    )
    opt = packet[end + 4 : end + 12]
    return rrtype or mnemonics.OTHER_LABEL, opt[:3] == mnemonics.OPT_PREFIX and opt[-1] > 0x7F
