"""Everything that is cached between a query and its reply. This is the one list of it.

Of one worker, in `FastPathCaches`; a bound that is reached drops the whole cache, but for `reply_cache`,
which drops its oldest:

    what               key                                 valid until              bound
    reply_cache        query without id                    the next version         32 MiB
    timed_replies      query without id                    the second ends,         10 MiB
                                                           or the next version
    nxdomain_replies   query without id and first label    the next version         32,768 entries
    shapes             query without id and name           zones or freshness       256 entries
                                                           change
    zones_by_parent    name                                zones or freshness       16,384 entries
                                                           change

What other modules hold:

    View.negative_soas              zone and length of a name     the next version   255 for each zone
    NegativeSoas.nxdomain_reply     flags, OPT, length of a name  the next version   some 10 for each of 255
    CompiledRules.rewrite           name                          the process ends   4,096 entries
    Shuffler.reorder_for            number of records             the process ends   4,096; 15 pools of 512
    rotation.split_records          number and size of records    the process ends   as many, for A and AAAA

A version of the table and a second are noticed by `begin_transaction`, which every batch of queries calls.
(What upstreams answered is cached by TTL in `forward`.)
"""

from collections.abc import Callable

from svcdns.dns.answer.negative import NegativeReply
from svcdns.dns.answer.query_shape import QueryShape
from svcdns.dns.answer.reply_cache import ENTRY_OVERHEAD, ReplyCache
from svcdns.dns.answer.timed_replies import CachedReply, RotatingReply
from svcdns.dns.answer.view import View
from svcdns.dns.table.node_format import GetValue
from svcdns.dns.table.table_meta import Zone

MAX_TIMED_REPLY_BYTES = 10 << 20
"""Approximate bytes of `timed_replies`: only one second's worth, so less than `reply_cache` may hold."""
MAX_PARENTS = 16_384
"""Entries of `zones_by_parent`: 2 MiB of usual names, 6 MiB of the longest."""
MAX_NXDOMAIN_ENTRIES = 32_768
"""Entries of `nxdomain_replies`: 6 MiB of usual names, 13 MiB of the longest."""
MAX_SHAPES = 256
"""Entries of `shapes`; clients send a dozen."""


class FastPathCaches:
    """What one worker remembers from query to query, and the view of the table that it follows from."""

    __slots__ = (
        "_next_second",
        "_version",
        "cacheable_count",
        "nxdomain_replies",
        "reply_cache",
        "shapes",
        "timed_replies",
        "timed_replies_size",
        "view",
        "zones_by_parent",
    )

    def __init__(self, view: View) -> None:
        self.view = view
        self.reply_cache = ReplyCache()
        """Replies that stay the same."""
        self.cacheable_count = 0
        """How many replies could have been added to `reply_cache`; one in a few is."""
        self.timed_replies: dict[bytes, RotatingReply | CachedReply] = {}
        """Replies whose order or TTLs change."""
        self.timed_replies_size = 0
        """Bytes, as MAX_TIMED_REPLY_BYTES counts them."""
        self.nxdomain_replies: dict[bytes, NegativeReply | None] = {}
        """What all first labels get; None where names may exist below what is left of the query."""
        self.shapes: dict[bytes, QueryShape] = {}
        """Usual queries without options."""
        self.zones_by_parent: dict[bytes, Zone] = {}
        """The zone of the names that are one label longer than this valid name."""
        self._version = -1
        self._next_second = 0

    def begin_transaction(
        self, get: GetValue, has_prefix: Callable[[bytes], bool], version: int, now: float
    ) -> None:
        """Read from this transaction on; drop what does not hold for its version, or at this time.

        `version` is a number that differs from version to version; `now` is in seconds, of any clock that
        only goes forward.
        """
        view = self.view
        view.get = get
        view.has_prefix = has_prefix

        if version != self._version:
            self._version = version
            self._start_version()
        if now >= self._next_second:
            self._next_second = int(now) + 1
            self.drop_timed_replies()

    def _start_version(self) -> None:
        self.reply_cache = ReplyCache()
        self.nxdomain_replies = {}
        self.drop_timed_replies()

        if self.view.refresh():
            self.shapes = {}
            self.zones_by_parent = {}

    def drop_timed_replies(self) -> None:
        """Another second has begun: TTLs are lower by one, and the records' order is drawn anew."""
        self.timed_replies = {}
        self.timed_replies_size = 0

    def add_timed_reply(self, query: bytes, timed_reply: RotatingReply | CachedReply) -> None:
        """Keep it for the rest of the second."""
        self.timed_replies_size += len(query) + timed_reply.size + ENTRY_OVERHEAD
        if self.timed_replies_size > MAX_TIMED_REPLY_BYTES:
            self.drop_timed_replies()
        self.timed_replies[query] = timed_reply

    def add_nxdomain_reply(self, query_without_first_label: bytes, reply: NegativeReply | None) -> None:
        """Keep it until the next version of the table."""
        if len(self.nxdomain_replies) >= MAX_NXDOMAIN_ENTRIES:
            self.nxdomain_replies.clear()
        self.nxdomain_replies[query_without_first_label] = reply

    def add_shape(self, query_without_name: bytes, shape: QueryShape) -> None:
        """Keep it until the table's zones or freshness change."""
        if len(self.shapes) >= MAX_SHAPES:
            self.shapes.clear()
        self.shapes[query_without_name] = shape

    def add_parent_zone(self, parent: bytes, zone: Zone) -> None:
        """Keep it until the table's zones or freshness change."""
        if len(self.zones_by_parent) >= MAX_PARENTS:
            self.zones_by_parent.clear()
        self.zones_by_parent[parent] = zone
