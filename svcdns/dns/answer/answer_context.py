"""What stays the same for the life of a worker, for both paths: identity, rules, upstreams, randomness."""

from typing import Protocol, TypeAlias

from svcdns.dns.answer.query_rules import CompiledRules
from svcdns.dns.answer.rotation import RandomBits, Shuffler
from svcdns.dns.answer.timed_replies import HitCounter
from svcdns.dns.clients.server_cookies import ServerCookies
from svcdns.dns.wire.messages import OptRecords

CachedAnswer: TypeAlias = tuple[int, bytes, OptRecords, HitCounter]
"""An upstream's cached answer: AD and rcode; a value as in the table; the OPT; who counts its uses."""


class UpstreamAnswers(Protocol):
    """What a worker knows of names outside the cluster (`forward`)."""

    def has_route(self, qname: bytes) -> bool:
        """Whether an upstream is to be asked for this folded name."""
        ...

    def lookup_cached(self, name_and_type: bytes, query_flags: int, do: int) -> CachedAnswer | None:
        """The cached answer for a folded name followed by its type (2 bytes); None where there is none.

        `query_flags` are the query's AD and CD, `do` is its DO bit, or -1 without EDNS.
        """
        ...


class AnswerContext:
    """Fixed when the worker starts; nothing here is written afterwards, but the shuffler's pools."""

    __slots__ = ("cookies", "loop_key", "random_bits", "rules", "server_id", "shuffler", "upstreams")

    def __init__(
        self,
        random_bits: RandomBits,
        server_id: str = "",
        *,
        upstreams: UpstreamAnswers | None = None,
        rules: CompiledRules | None = None,
        loop_key: bytes = b"",
        cookies: ServerCookies | None = None,
    ) -> None:
        self.random_bits = random_bits
        self.shuffler = Shuffler(random_bits)
        self.server_id = server_id
        """The answer to `id.server` in class CH (RFC 4892); empty: refused."""
        self.upstreams = upstreams
        """None: queries are not forwarded."""
        self.rules = rules
        self.loop_key = loop_key
        """Proves that a probe for forwarding loops is this server's (`loop_probe`); empty: no probes."""
        self.cookies = cookies
        """None: cookies of clients are not answered."""

    @property
    def is_recursive(self) -> bool:
        """Whether replies have RA set: other names are asked of upstreams."""
        return self.upstreams is not None

    def has_route(self, name: bytes) -> bool:
        """Whether an upstream is to be asked for this folded name."""
        return self.upstreams is not None and self.upstreams.has_route(name)
