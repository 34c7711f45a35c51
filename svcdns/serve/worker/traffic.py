"""Counts what a transport does, off the hot path: batches are set aside, and counted together.

    receive, answer, send --batch--> query ends, rcode bytes --a second--> TrafficCounts

Nothing is done per query: one call for all queries takes their last bytes, which tell the type, and one
for all replies takes the byte with the response code. Both come without their id. Sizes are measured at
one message in 64, and `sampling` looks at one query in 64, which alone needs its client and its name.
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
"""Queries that are counted together: a full batch, while it is in the processor's cache."""
MAX_QUERY_ENDS = 4096
"""Different ends of queries that are kept until they are added up by type."""
MAX_RCODE_BYTES = 65_536
"""Replies whose response code is kept until they are added up."""
SIZE_SAMPLE_INTERVAL = 64
"""One message in so many is measured, and counts for all of them."""

_query_end = itemgetter(slice(-15, None))
"""The last 15 bytes: type and class (4), with an empty OPT record (11) behind or some of the name before."""
_rcode_byte = itemgetter(1)
_EMPTY_OPT_SIZE = 11
"""Bytes of an OPT record without options (RFC 6891 6.1.2)."""

Outcome: TypeAlias = bytes | PendingQuery | None
"""Of a query: its reply without id, or the question for an upstream, or None where no reply is due."""
ClientLookup: TypeAlias = Callable[[int], str]
"""Returns the address of the client that sent the query at this index of its batch."""


class TrafficCounter:
    """Counts the traffic of one protocol and address family of a worker."""

    def __init__(self, protocol: str, sampling: QuerySampling) -> None:
        """`protocol` is a transport with CoreDNS's number of a family: `udp 1` is UDP over IPv4."""
        self.protocol = protocol
        self.unsent_replies = 0
        """Replies that the system did not take."""
        self._sampling = sampling
        self._counts = TrafficCounts()
        self._pending_packets: list[bytes] = []
        self._pending_replies: list[bytes] = []
        self._pending_times: list[tuple[float, int]] = []
        """Of each batch: seconds until it was answered, and how many replies it had."""
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
        """Count queries and the outcome of each; `sent_count` of the outcomes were replies, sent at once."""
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
        """Count the reply to a query of an earlier batch, which had to wait for an upstream."""
        self._pending_replies.append(reply)
        self._counts.answer_seconds.observe(TIME_BUCKETS, seconds)
        self._sampling.add_late_reply(self.protocol, packet, reply, seconds, client)

    def collect_counts(self) -> TrafficCounts:
        """Everything that was counted since the worker began."""
        self._count_pending()
        self._add_up()
        return self._counts

    def _count_pending(self) -> None:
        packets = self._pending_packets
        replies = self._pending_replies

        # Counter.update with map runs in C: no bytecode per query.
        known_end_count = len(self._query_ends)
        self._query_ends.update(map(_query_end, packets))
        if len(self._query_ends) > known_end_count:
            self._learn_query_ends(
                [packet for packet in packets if _query_end(packet) not in self._type_by_query_end]
            )
        self._rcode_bytes.extend(map(_rcode_byte, replies))

        self._measure_sizes(packets, self._counts.query_sizes)
        self._measure_sizes(replies, self._counts.reply_sizes)
        # All replies of a batch left together, so they took the same time.
        for seconds, reply_count in self._pending_times:
            self._counts.answer_seconds.observe(TIME_BUCKETS, seconds, reply_count)

        packets.clear()
        replies.clear()
        self._pending_times.clear()

        # Bounds the memory between two reports, whatever clients send.
        if len(self._query_ends) > MAX_QUERY_ENDS or len(self._rcode_bytes) > MAX_RCODE_BYTES:
            self._add_up()

    def _measure_sizes(self, packets: Sequence[bytes], sizes: Histogram) -> None:
        for index in self._size_sampler.select(len(packets)):
            sizes.observe(SIZE_BUCKETS, messages.ID_SIZE + len(packets[index]), SIZE_SAMPLE_INTERVAL)

    def _learn_query_ends(self, packets: Sequence[bytes]) -> None:
        """Find out which type each new end stands for.

        An end that does not contain the type is forgotten, and its queries are counted one by one.
        """
        self._type_by_query_end |= {
            _query_end(packet): type_and_dnssec_ok(packet) for packet in packets if has_type_at_end(packet)
        }
        for packet in packets:
            if _query_end(packet) not in self._type_by_query_end:
                self._query_ends.pop(_query_end(packet), None)
                self._add_queries(*type_and_dnssec_ok(packet), 1)

    def _add_queries(self, rrtype: str, dnssec_ok: bool, count: int) -> None:
        counts = self._counts
        counts.queries_by_type[rrtype] = counts.queries_by_type.get(rrtype, 0) + count
        counts.dnssec_queries += count * dnssec_ok

    def _add_up(self) -> None:
        """Add the kept ends and response codes to the counts by type and by response code."""
        counts = self._counts
        for end, count in self._query_ends.items():
            self._add_queries(*self._type_by_query_end[end], count)

        # Few different bytes occur, and bytearray.count runs in C.
        for rcode_byte in set(self._rcode_bytes):
            label = mnemonics.rcode_label(rcode_byte & 0xF)
            count = self._rcode_bytes.count(rcode_byte)
            counts.replies_by_rcode[label] = counts.replies_by_rcode.get(label, 0) + count

        counts.unsent_replies = self.unsent_replies
        self._query_ends.clear()
        self._type_by_query_end.clear()
        self._rcode_bytes.clear()


def has_type_at_end(packet: bytes) -> bool:
    """Whether the last bytes hold the type: the question ends the query, or an OPT without options does."""
    # No compression in a question: the first zero byte ends the name.
    question_end = packet.find(0, messages.HEADER_SIZE_WITHOUT_ID) + 1 + messages.QTYPE_QCLASS_SIZE
    additional = packet[question_end:]
    return not additional or (len(additional) == _EMPTY_OPT_SIZE and additional[:3] == mnemonics.OPT_PREFIX)


def type_and_dnssec_ok(packet: bytes) -> tuple[str, bool]:
    """A query's type as a label of metrics, and whether it has the DO bit (RFC 3225)."""
    name_end = packet.find(0, messages.HEADER_SIZE_WITHOUT_ID) + 1
    # A packet without a whole name has no type: 0 has no mnemonic.
    type_number = (
        int.from_bytes(packet[name_end : name_end + 2], "big")
        if name_end > messages.HEADER_SIZE_WITHOUT_ID
        else 0
    )
    label = mnemonics.TYPE_NAMES.get(type_number) or mnemonics.OTHER_LABEL

    # The first 8 bytes of the OPT record; DO is the highest bit of byte 7.
    opt = packet[name_end + 4 : name_end + 12]
    return label, opt[:3] == mnemonics.OPT_PREFIX and opt[-1] > 0x7F
