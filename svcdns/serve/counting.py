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

from svcdns.dns import mnemonics, wire
from svcdns.dns.query import Forward
from svcdns.serve.looks import Looks
from svcdns.stats.histogram import BYTES, SECONDS, Histogram
from svcdns.stats.numbers import Traffic
from svcdns.stats.sampler import Sampler

TOGETHER = 64
"""Queries that are counted together: a full batch while it is in the processor's cache."""
ENDS = 4096
"""Different ends of packets until it is worked out what they mean."""
CODES = 65_536
"""Replies, likewise."""
EVERY = 64
"""One message in so many is measured, and counts for all of them."""

_end = itemgetter(slice(-15, None))
"""Type and class with the end of the name before them, or with an OPT without options behind them."""
_code = itemgetter(1)
_OPT_SIZE = 11
"""Of an OPT record without options (RFC 6891 6.1.2)."""

Reply: TypeAlias = bytes | Forward | None
"""Of a query; a question that an upstream must answer first; or None where no reply is due."""
Client: TypeAlias = Callable[[int], str]
"""The address of a query's sender, by the query's place in its batch."""


class Counting:
    """One protocol and address family of a worker."""

    def __init__(self, protocol: str, looks: Looks) -> None:
        self.protocol = protocol
        self.unsent = 0
        """Replies that the system did not take."""
        self._looks = looks
        self._traffic = Traffic()
        self._packets: list[bytes] = []
        self._replies: list[bytes] = []
        self._times: list[tuple[float, int]] = []
        """Of each batch: seconds until it was answered, and its replies."""
        self._ends: Counter[bytes] = Counter()
        self._kinds: dict[bytes, tuple[str, bool]] = {}
        self._codes = bytearray()
        self._measured = Sampler(EVERY, random.random)

    def batch(
        self,
        packets: Sequence[bytes],
        replies: Sequence[Reply],
        ready: int,
        seconds: float,
        client: Client,
    ) -> None:
        """Queries and what became of each; so many of the replies were sent at once."""
        self._packets += packets
        if ready == len(replies):
            self._replies += replies  # type: ignore[arg-type]  # all of them are bytes
        else:
            self._replies += [reply for reply in replies if isinstance(reply, bytes)]
        self._times.append((seconds, ready))
        self._looks.batch(self.protocol, packets, replies, seconds, client)
        if len(self._packets) >= TOGETHER:
            self._count()

    def late(self, packet: bytes, reply: bytes, seconds: float, client: str) -> None:
        """The reply to a query of an earlier batch that had to wait for an upstream."""
        self._replies.append(reply)
        self._traffic.seconds.observe(SECONDS, seconds)
        self._looks.late(self.protocol, packet, reply, seconds, client)

    def traffic(self) -> Traffic:
        """All that was counted."""
        self._count()
        self._fold()
        return self._traffic

    def _count(self) -> None:
        known, packets, replies = len(self._ends), self._packets, self._replies
        self._ends.update(map(_end, packets))
        if len(self._ends) > known:
            self._learn([packet for packet in packets if _end(packet) not in self._kinds])
        self._codes.extend(map(_code, replies))
        self._measure(packets, self._traffic.query_sizes)
        self._measure(replies, self._traffic.reply_sizes)
        for seconds, ready in self._times:
            self._traffic.seconds.observe(SECONDS, seconds, ready)
        for laid_aside in (packets, replies, self._times):
            laid_aside.clear()
        if len(self._ends) > ENDS or len(self._codes) > CODES:
            self._fold()

    def _measure(self, messages: Sequence[bytes], sizes: Histogram) -> None:
        for place in self._measured.among(len(messages)):
            sizes.observe(BYTES, wire.ID + len(messages[place]), EVERY)

    def _learn(self, packets: Sequence[bytes]) -> None:
        """What new ends mean. One that does not tell is forgotten: its queries are counted one by one."""
        self._kinds |= {_end(packet): kind(packet) for packet in packets if is_told_by_end(packet)}
        for packet in packets:
            if _end(packet) not in self._kinds:
                self._ends.pop(_end(packet), None)
                self._add(*kind(packet), 1)

    def _add(self, rrtype: str, dnssec: bool, times: int) -> None:
        traffic = self._traffic
        traffic.types[rrtype] = traffic.types.get(rrtype, 0) + times
        traffic.dnssec += times * dnssec

    def _fold(self) -> None:
        """Add up what was counted, by what it means."""
        traffic = self._traffic
        for end, times in self._ends.items():
            self._add(*self._kinds[end], times)
        for low in set(self._codes):
            code = mnemonics.rcode_label(low & 0xF)
            traffic.codes[code] = traffic.codes.get(code, 0) + self._codes.count(low)
        traffic.unsent = self.unsent
        for counted in (self._ends, self._kinds, self._codes):
            counted.clear()


def is_told_by_end(packet: bytes) -> bool:
    """The last bytes hold the type: nothing follows the question but an OPT without options (or nothing)."""
    after = packet[packet.find(0, wire.HEADER) + 1 + wire.QUESTION :]
    return not after or (len(after) == _OPT_SIZE and after[:3] == mnemonics.OPT)


def kind(packet: bytes) -> tuple[str, bool]:
    """A query's type, and whether it has the DO bit (RFC 3225)."""
    end = packet.find(0, wire.HEADER) + 1
    rrtype = mnemonics.TYPES.get(int.from_bytes(packet[end : end + 2], "big") if end > wire.HEADER else 0)
    opt = packet[end + 4 : end + 12]
    return rrtype or mnemonics.OTHER, opt[:3] == mnemonics.OPT and opt[-1] > 0x7F
